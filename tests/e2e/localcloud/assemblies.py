"""Small cloud assemblies, made by hand, and what it takes to watch what runs in them."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

Template = dict[str, Any]
Found = TypeVar("Found")

ASSETS = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
PATIENCE_SECONDS = 15.0


def write_assembly(assembly: Path, stack_name: str, resources: Template, code: str = "") -> Path:
    """Write what `cdk synth` would write for one stack whose functions all run the module `app`."""
    (assembly / "code").mkdir(parents=True, exist_ok=True)
    (assembly / "code" / "app.py").write_text(code)
    outputs = {name: {"Value": {"Ref": name}} for name in resources}
    template = json.dumps({"Resources": resources, "Outputs": outputs})
    (assembly / "stack.template.json").write_text(template)
    files = {
        "template": _asset("stack.template.json", "file", f"{_digest(template)}.json"),
        "code": _asset("code", "zip", f"{_digest(code)}.zip"),
    }
    (assembly / "stack.assets.json").write_text(json.dumps({"files": files, "dockerImages": {}}))
    artifacts = {
        "stack.assets": {"type": "cdk:asset-manifest", "properties": {"file": "stack.assets.json"}},
        "stack": {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": "stack.template.json", "stackName": stack_name},
            "dependencies": ["stack.assets"],
        },
    }
    (assembly / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return assembly


def role(*statements: Mapping[str, Any]) -> Template:
    """Return a role for functions, machines and rules with the given grants and no others."""
    services = ["lambda.amazonaws.com", "states.amazonaws.com", "events.amazonaws.com"]
    trust = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
    grants = [{"Effect": "Allow", **statement} for statement in statements]
    properties: Template = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}}
    if grants:
        document = {"Version": "2012-10-17", "Statement": grants}
        properties["Policies"] = [{"PolicyName": "grants", "PolicyDocument": document}]
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def function(name: str, code: str, *, timeout: int = 30, layers: Sequence[Template] = ()) -> Template:
    """Return a function that runs `handler` of the module `app` with the role `Role`."""
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": name,
            "Runtime": "python3.11",
            "Handler": "app.handler",
            "Timeout": timeout,
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": {"S3Bucket": {"Fn::Sub": ASSETS}, "S3Key": f"{_digest(code)}.zip"},
            "Layers": list(layers),
        },
    }


def invoke(name: str, **options: Any) -> Template:
    """Return a last state that calls a function, by name or ARN, with its own input."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": name, "Payload": "{% $states.input %}"},
        "Output": "{% $states.result.Payload %}",
        "End": True,
        **options,
    }


def machine(states: Mapping[str, Any]) -> Template:
    """Return a state machine with the given states, started at the first; `${Function.Arn}` is filled in."""
    definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
            "DefinitionString": {"Fn::Sub": json.dumps(definition)},
        },
    }


def finished(machines: Any, execution: str) -> dict[str, Any]:
    """Return the execution's description once it is over."""
    return wait_for(
        lambda: machines.describe_execution(executionArn=execution),
        lambda found: found["status"] != "RUNNING",
    )


def wait_for(look: Callable[[], Found], enough: Callable[[Found], object] = bool) -> Found:
    """Look until it is enough, and fail when it never is."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not enough(found := look()):
        assert time.monotonic() < deadline, f"still {found!r} after {PATIENCE_SECONDS} s"
    return found


def _asset(path: str, packaging: str, key: str) -> Template:
    destination = {"bucketName": ASSETS, "objectKey": key}
    return {"source": {"path": path, "packaging": packaging}, "destinations": {"here": destination}}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
