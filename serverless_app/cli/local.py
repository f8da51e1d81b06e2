"""`etl local`: control the local cloud."""

import shlex
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from etl.timestamps import format_timestamp, parse_timestamp
from localcloud import LocalCloud
from serverless_app.cli.console import AsJson, conclude, console, print_json, reporting
from serverless_app.target import LocalTarget, local_cloud

app = typer.Typer(help="The local cloud: AWS on this machine.", no_args_is_help=True)


@app.command()
def up(*, as_json: AsJson = False) -> None:
    """Start the local cloud and leave it running; print how the AWS CLI and boto3 reach it."""
    with reporting():
        cloud = local_cloud()
        cloud.start(detached=True)
        _describe(cloud, as_json=as_json)


@app.command()
def status(*, as_json: AsJson = False) -> None:
    """Show whether the local cloud runs, where, and its stacks."""
    with reporting():
        _describe(local_cloud(), as_json=as_json)


@app.command()
def down(*, as_json: AsJson = False) -> None:
    """Stop the local cloud; keep its state for the next start."""
    with reporting():
        local_cloud().stop()
        conclude("The local cloud is down; its state is kept.", {"running": False}, as_json=as_json)


@app.command()
def reset(*, as_json: AsJson = False) -> None:
    """Delete everything in the local cloud."""
    with reporting():
        local_cloud().reset()
        conclude("The local cloud is empty.", {"stacks": {}}, as_json=as_json)


@app.command()
def deploy(*, as_json: AsJson = False) -> None:
    """Synthesise the app and deploy every stack into the local cloud."""
    with reporting():
        outputs = LocalTarget().deploy()
        if as_json:
            print_json(outputs)
        for stack, values in [] if as_json else outputs.items():
            console.print(f"[bold]{stack}[/]")
            for key, value in values.items():
                console.print(f"  {key} = {value}", highlight=False, soft_wrap=True)


@app.command()
def fire(
    rule: Annotated[str, typer.Argument(help="The rule, such as etl-daily-schedule.")],
    *,
    at: Annotated[str | None, typer.Option(help="The time that the event carries: 2018-02-01T02:00:00Z.")] = None,
    as_json: AsJson = False,
) -> None:
    """Fire a scheduled rule now, as if it were the given time."""
    with reporting():
        instant = datetime.now(UTC) if at is None else parse_timestamp(at)
        if instant is None:
            raise typer.BadParameter(f"--at {at} is not an ISO 8601 instant: write it like 2018-02-01T02:00:00Z")
        local_cloud().fire(rule, instant)
        time = format_timestamp(instant)
        text = f"{rule} has fired for {time}; `etl runs` lists what it started."
        conclude(text, {"rule": rule, "time": time}, as_json=as_json)


def _describe(cloud: LocalCloud, *, as_json: bool) -> None:
    status = cloud.status()
    environment = cloud.environment() if status.running else {}
    if as_json:
        document: dict[str, Any] = {
            "home": status.home,
            "running": status.running,
            "pid": status.pid,
            "endpoint_url": status.endpoint_url,
            "stacks": dict(status.stacks),
            "environment": environment,
            "postgres": dict(status.postgres),
        }
        print_json(document)
        return
    if not status.running:
        console.print(f"The local cloud in {status.home} is down; start it with `etl local up`.", highlight=False)
        return
    console.print(f"The local cloud runs at [bold]{status.endpoint_url}[/] (process {status.pid}).", highlight=False)
    for stack, stack_status in status.stacks.items():
        console.print(f"  {stack}: {stack_status}", highlight=False)
    for clients, variables in (("the AWS CLI and boto3", environment), ("psql", status.postgres)):
        if variables:
            assignments = " ".join(f"{key}={shlex.quote(value)}" for key, value in variables.items())
            console.print(f"\nFor {clients}, paste:\nexport {assignments}", highlight=False, soft_wrap=True)
