"""A synthesised stack as its readers see it: physical names in place of logical ids."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NAMES = ("TableName", "FunctionName", "BucketName", "StateMachineName", "TopicName", "QueueName", "LogGroupName")
_REF_IS_ARN = ("AWS::SNS::Topic", "AWS::StepFunctions::StateMachine", "AWS::KMS::Key")


@dataclass(frozen=True)
class Resource:
    """A resource with its references resolved to names: `Ref` gives `name`, an ARN gives `arn:name`."""

    logical_id: str
    type: str
    properties: dict[str, Any]
    deletion_policy: str | None


class StackTemplate:
    """The template of one stack in a cloud assembly."""

    def __init__(self, assembly: Path, stack: str = "EtlPipelineStack") -> None:
        self._assembly = assembly
        self.path = assembly / f"{stack}.template.json"
        self.raw: dict[str, Any] = json.loads(self.path.read_text())

    @staticmethod
    def dependencies(assembly: Path, stack: str) -> list[str]:
        """Return the names of the artifacts that have to be deployed before a stack."""
        artifact = json.loads((assembly / "manifest.json").read_text())["artifacts"][stack]
        return list(artifact["dependencies"])

    def all(self, kind: str) -> list[Resource]:
        """Return every resource of a type, like `AWS::SQS::Queue`."""
        return [self._resource(id_) for id_, raw in self.raw["Resources"].items() if raw["Type"] == kind]

    def one(self, kind: str, **properties: object) -> Resource:
        """Return the only resource of a type that has these top-level properties."""
        found = [r for r in self.all(kind) if properties.items() <= _hashable(r.properties)]
        assert len(found) == 1, f"{len(found)} of {kind} with {properties}"
        return found[0]

    def outputs(self) -> dict[str, Any]:
        """Return the outputs' values by key, without those that are for other stacks."""
        outputs = {key: output for key, output in self.raw["Outputs"].items() if "Export" not in output}
        return {key: self.resolve(output["Value"]) for key, output in outputs.items()}

    def statements(self, role: str) -> list[dict[str, Any]]:
        """Return the policy statements of the role with this logical id."""
        return [
            statement
            for policy in self.all("AWS::IAM::Policy")
            if f"role:{role}" in policy.properties["Roles"]
            for statement in policy.properties["PolicyDocument"]["Statement"]
        ]

    def role_of(self, resource: Resource) -> str:
        """Return the logical id of the role that a function or a state machine runs as."""
        arn: str = resource.properties.get("Role") or resource.properties["RoleArn"]
        return arn.removeprefix("arn:role:")

    def definition(self) -> dict[str, Any]:
        """Return the definition of the stack's only state machine."""
        text: str = self.one("AWS::StepFunctions::StateMachine").properties["DefinitionString"]
        definition: dict[str, Any] = json.loads(text)
        return definition

    def resolve(self, value: Any) -> Any:  # noqa: PLR0911 -- one return an intrinsic function
        """Replace the intrinsic functions in a value."""
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        if set(value) == {"Ref"}:
            return self._ref(value["Ref"])
        if set(value) == {"Fn::GetAtt"}:
            id_, attribute = value["Fn::GetAtt"]
            return f"arn:{self._name(id_)}" if attribute == "Arn" else self._name(id_)
        if set(value) == {"Fn::ImportValue"}:
            return self._imported(value["Fn::ImportValue"])
        if set(value) == {"Fn::Join"}:
            separator, parts = value["Fn::Join"]
            return str(separator).join(str(self.resolve(part)) for part in parts)
        return {key: self.resolve(item) for key, item in value.items()}

    def _resource(self, id_: str) -> Resource:
        raw = self.raw["Resources"][id_]
        return Resource(id_, raw["Type"], self.resolve(raw.get("Properties", {})), raw.get("DeletionPolicy"))

    def _ref(self, id_: str) -> str:
        if id_.startswith("AWS::"):
            return {"AWS::Partition": "aws", "AWS::AccountId": "{account}", "AWS::Region": "{region}"}[id_]
        prefix = "arn:" if self.raw["Resources"][id_]["Type"] in _REF_IS_ARN else ""
        return prefix + self._name(id_)

    def _imported(self, export: str) -> Any:
        exporter = StackTemplate(self._assembly, export.partition(":")[0])
        (value,) = [
            output["Value"]
            for output in exporter.raw["Outputs"].values()
            if output.get("Export", {}).get("Name") == export
        ]
        return exporter.resolve(value)

    def _name(self, id_: str) -> str:
        raw = self.raw["Resources"][id_]
        if raw["Type"] == "AWS::IAM::Role":
            return f"role:{id_}"
        given = [raw.get("Properties", {}).get(key) for key in _NAMES if key in raw.get("Properties", {})]
        return str(self.resolve(given[0])) if given else id_


def function_of(template: StackTemplate, name: str) -> dict[str, Any]:
    """Return the properties of the function with this name."""
    return template.one("AWS::Lambda::Function", FunctionName=name).properties


def allowed(statements: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Return the actions by resource; a denial is an error."""
    actions: dict[str, set[str]] = {}
    for statement in statements:
        assert statement["Effect"] == "Allow"
        for resource in listed(statement["Resource"]):
            actions.setdefault(resource, set()).update(listed(statement["Action"]))
    return actions


def listed(value: str | list[str]) -> list[str]:
    """Return what a policy writes as one text or as a list, as a list."""
    return [value] if isinstance(value, str) else value


def _hashable(properties: dict[str, Any]) -> Any:
    return {key: value for key, value in properties.items() if isinstance(value, str | int | bool)}.items()
