"""A pipeline more: a folder, its handler, a stack, one line in app.py and its settings; nothing else is touched."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
COPIED = ("app.py", "cdk.json", "etl", "lambdas", "localcloud", "serverless_app", "requirements.txt")
NEW = {
    "etl/pipelines/greetings/__init__.py": "",
    "etl/pipelines/greetings/pipeline.py": """
from etl.inputs import Grain
from etl.pipelines.declaration import PipelineDeclaration

PIPELINE = PipelineDeclaration(name="greetings", grain=Grain.DAY, words=("date",), datasets=dict)
""",
    "lambdas/greetings/__init__.py": "",
    "lambdas/greetings/requirements.txt": "msgspec==0.22.0\n",
    "lambdas/greetings/greet.py": """
from datetime import datetime
from typing import Any

import msgspec

from etl.pipelines.greetings.pipeline import PIPELINE
from lambdas.entry import entry


class Request(msgspec.Struct):
    started: datetime
    input: dict[str, Any]


class Result(msgspec.Struct):
    day: str
    greeted: int


@entry(Request, measures={"greeted": "greeted"})
def handler(request: Request) -> Result:
    days = PIPELINE.inputs.days(request.input, started=request.started, lookback_days=0)
    return Result(days.first.isoformat(), 7)
""",
    "serverless_app/stacks/greetings_stack.py": """
import aws_cdk as cdk
from constructs import Construct

from serverless_app.config import PipelineConfig
from serverless_app.constructs.compute.python_function import PipelineFunctions
from serverless_app.constructs.workflow.failure_path import FailurePath
from serverless_app.constructs.workflow.function_task import function_task
from serverless_app.constructs.workflow.pipeline_state_machine import PipelineStateMachine
from serverless_app.constructs.workflow.run_report import RunReport
from serverless_app.stacks.platform_stack import Platform

CONTEXT = "$states.context.Execution"


class GreetingsConfig(PipelineConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class GreetingsStack(cdk.Stack):
    def __init__(self, scope: Construct, id_: str, *, config: GreetingsConfig, platform: Platform) -> None:
        super().__init__(scope, id_)
        functions = PipelineFunctions(self, pipeline="greetings", prefix="greetings", config=config, environment={})
        greet = functions.make("greet")
        report = RunReport(self, "Report", pipeline="greetings", ledger=platform.ledger)
        task = function_task(
            self, "GreetAll", function=greet, timeout_seconds=config.timeout_seconds,
            payload={"started": f"{{% {CONTEXT}.StartTime %}}", "input": f"{{% {CONTEXT}.Input %}}"},
            output="{% $states.result.Payload %}",
        )
        FailurePath(self, "Failure", pipeline="greetings", topic=platform.topic, report=report).catch(task)
        task.next(report.succeeded({"rows_out": "$states.input.greeted"}))
        machine = PipelineStateMachine(
            self, "Pipeline", name="greetings", start=report.started(task), functions=[greet],
            timeout=cdk.Duration.minutes(5), topic=platform.topic, config=config,
        ).machine
        report.grant(machine)
        cdk.CfnOutput(self, "StateMachineArn", value=machine.state_machine_arn)
""",
}
SETTINGS = {"schedule": "cron(0 2 * * ? *)", "python_runtime": "3.13", "memory_mb": 256, "timeout_seconds": 60}
LINE = 'GreetingsStack(app, "GreetingsStack", config=app.config("greetings", GreetingsConfig), platform=platform)\n'


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the pipeline `greetings`."""
    tree = tmp_path_factory.mktemp("tree")
    listed = subprocess.run(["git", "ls-files", *COPIED], cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S607 -- git is what made the checkout
    contents = {name: (ROOT / name).read_text() for name in listed.stdout.splitlines()}
    assert not NEW.keys() & contents.keys()
    contents["app.py"] = contents["app.py"].replace(
        "\napp.synth()", f"from serverless_app.stacks.greetings_stack import *\n{LINE}\napp.synth()"
    )
    settings = json.loads(contents["cdk.json"])
    for environment in settings["context"]["environments"].values():
        environment["pipelines"]["greetings"] = SETTINGS
    for name, content in (contents | NEW | {"cdk.json": json.dumps(settings)}).items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(content)
    return tree


def test_a_new_pipeline_synthesises_deploys_runs_and_is_listed(tree: Path) -> None:
    def etl(*arguments: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-c", "from serverless_app.cli import app; app()", *arguments],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": str(tree), "ETL_LOCAL_HOME": str(tree / "home"), "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    try:
        assert "--date" in etl("run", "greetings", "--help")
        run = json.loads(etl("run", "greetings", "--date", "2024-12-22", "--json"))
        assert (run["status"], run["output"]["day"], run["output"]["greeted"]) == ("SUCCEEDED", "2024-12-22", 7)
        (listed,) = json.loads(etl("runs", "greetings", "--json"))
        assert (listed["run"], listed["status"], listed["rows_out"]) == (run["run"], "SUCCEEDED", 7)
    finally:
        etl("local", "down")
