"""The life of the stack by the real CDK CLI on a local cloud that enforces IAM: bootstrapped to destroyed."""

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud import LocalCloud
from serverless_app import executions
from tests.e2e.cdk_cli.command import APP, QUICKLY, ROOT, Said, cdk

STACK = "EtlPipelineStack"
PLATFORM = "PlatformStack"
MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:etl-pipeline"
DAY = {"date": "2018-02-01"}


@dataclass(frozen=True)
class Life:
    """What every command of the stack's life said, and what the cloud held in between."""

    synthesised: Said
    diff_before: Said
    deployed: Said
    layer: set[str]
    diff_after: Said
    first_run: dict[str, Any]
    diff_changed: Said
    updated: Said
    status: str
    lookback: str
    second_run: dict[str, Any]
    destroyed: Said
    left: dict[str, list[str]]


def live(directory: Path) -> Life:
    """Go through the stack's life, in a directory of its own, and return what was seen."""
    out, changed, changed_out = directory / "cdk.out", changed_project(directory / "changed"), directory / "changed.out"
    with LocalCloud(directory / "cloud", wait_scale=0, iam=True) as cloud:
        there = cloud.environment() | QUICKLY
        bootstrapped = cdk("bootstrap", f"aws://{cloud.account}/{cloud.region}", environment=there, directory=changed)
        assert bootstrapped.code == 0, bootstrapped.text
        synthesised = cdk("synth", "--quiet", "--app", APP, "--output", str(out), environment={})
        assert synthesised.code == 0, synthesised.text
        assembly = ("--app", str(out), STACK)
        return Life(
            synthesised=synthesised,
            diff_before=cdk("diff", "--fail", *assembly, environment=there),
            deployed=cdk("deploy", "--require-approval", "never", *assembly, environment=there),
            layer=layer_files(cloud),
            diff_after=cdk("diff", "--fail", *assembly, environment=there),
            first_run=run(cloud),
            diff_changed=cdk("diff", STACK, "--output", str(changed_out), environment=there, directory=changed),
            updated=cdk("deploy", "--require-approval", "never", "--app", str(changed_out), STACK, environment=there),
            status=cloud.status().stacks[STACK],
            lookback=lookback(cloud),
            second_run=run(cloud),
            destroyed=cdk("destroy", "--force", "--app", str(changed_out), STACK, PLATFORM, environment=there),
            left=left(cloud),
        )


def changed_project(directory: Path) -> Path:
    """Return a directory whose cdk.json asks for a look-back of 48 hours."""
    directory.mkdir()
    settings = json.loads((ROOT / "cdk.json").read_text())
    settings["app"] = APP
    settings["context"]["environments"]["dev"]["pipelines"]["etl_pipeline"]["lookback_hours"] = 48
    (directory / "cdk.json").write_text(json.dumps(settings))
    return directory


def layer_files(cloud: LocalCloud) -> set[str]:
    """Return the files of the dependency layer as it was published."""
    template = cloud.client("cloudformation").get_template(StackName=STACK)["TemplateBody"]
    resources = (template if isinstance(template, dict) else json.loads(template))["Resources"]
    (layer,) = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::Lambda::LayerVersion"]
    bucket = f"cdk-hnb659fds-assets-{cloud.account}-{cloud.region}"
    body = cloud.client("s3").get_object(Bucket=bucket, Key=layer["Content"]["S3Key"])["Body"].read()
    return set(zipfile.ZipFile(io.BytesIO(body)).namelist())


def run(cloud: LocalCloud) -> dict[str, Any]:
    """Put an event into the source, run its day and return the run's result with what stands in the destination."""
    item = {"id": {"S": "a"}, "name": {"S": "a"}, "value": {"N": "1"}, "timestamp": {"S": "2018-02-01T12:00:00Z"}}
    cloud.client("dynamodb").put_item(TableName="etl-source-data", Item=item)
    states = cloud.client("stepfunctions")
    execution = executions.follow(states, executions.start(states, MACHINE, DAY), every=0.05)
    count = cloud.client("dynamodb").scan(TableName="etl-destination-data", Select="COUNT")["Count"]
    return {"status": execution.status, "output": execution.output, "destination": count}


def lookback(cloud: LocalCloud) -> str:
    """Return the look-back that the deployed function is configured with."""
    configuration = cloud.client("lambda").get_function_configuration(FunctionName="etl-extract")
    hours: str = configuration["Environment"]["Variables"]["LOOKBACK_HOURS"]
    return hours


def left(cloud: LocalCloud) -> dict[str, list[str]]:
    """Return what the cloud still holds beside the bootstrap's own."""
    buckets = [one["Name"] for one in cloud.client("s3").list_buckets()["Buckets"]]
    roles = [one["RoleName"] for one in cloud.client("iam").list_roles()["Roles"]]
    return {
        "stacks": [name for name in cloud.status().stacks if name != "CDKToolkit"],
        "tables": cloud.client("dynamodb").list_tables()["TableNames"],
        "buckets": [name for name in buckets if not name.startswith("cdk-hnb659fds-")],
        "functions": [one["FunctionName"] for one in cloud.client("lambda").list_functions()["Functions"]],
        "machines": [one["name"] for one in cloud.client("stepfunctions").list_state_machines()["stateMachines"]],
        "rules": [one["Name"] for one in cloud.client("events").list_rules()["Rules"]],
        "topics": [one["TopicArn"] for one in cloud.client("sns").list_topics()["Topics"]],
        "queues": cloud.client("sqs").list_queues().get("QueueUrls", []),
        "roles": [name for name in roles if not name.startswith("cdk-hnb659fds-")],
    }
