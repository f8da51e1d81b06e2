"""Read a cloud assembly (`cdk.out`): its stacks in dependency order and the assets each one needs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from localcloud.errors import LocalCloudError


@dataclass(frozen=True)
class Place:
    """Where an environment-agnostic assembly is deployed to."""

    account: str
    region: str

    def fill(self, text: str) -> str:
        """Return the text with the assembly's placeholders for account, region and partition filled in."""
        filled = text.replace("${AWS::AccountId}", self.account).replace("${AWS::Region}", self.region)
        return filled.replace("${AWS::Partition}", "aws")


@dataclass(frozen=True)
class FileAsset:
    """A file, or a directory to be zipped, and the object it becomes."""

    source: Path
    zipped: bool
    bucket: str
    key: str


@dataclass(frozen=True)
class StackArtifact:
    """A stack as the assembly describes it; its template is one of the assets."""

    name: str
    template: FileAsset
    assets: tuple[FileAsset, ...]
    tags: dict[str, str]


def read_stacks(assembly: Path, place: Place) -> Iterator[StackArtifact]:
    """Yield the assembly's stacks, each after those it depends on."""
    try:
        artifacts: dict[str, Any] = json.loads((assembly / "manifest.json").read_bytes())["artifacts"]
    except FileNotFoundError:
        raise LocalCloudError(f"{assembly} is not a cloud assembly (no manifest.json); synthesise it first") from None
    graph = {name: artifact.get("dependencies", ()) for name, artifact in artifacts.items()}
    for name in TopologicalSorter(graph).static_order():
        artifact = artifacts[name]
        if artifact["type"] == "aws:cloudformation:stack":
            manifests = [artifacts[other] for other in graph[name]]
            assets = [
                asset
                for manifest in manifests
                if manifest["type"] == "cdk:asset-manifest"
                for asset in _read_assets(assembly / manifest["properties"]["file"], place)
            ]
            yield _stack(name, artifact["properties"], tuple(assets), assembly)


def _stack(name: str, properties: dict[str, Any], assets: tuple[FileAsset, ...], assembly: Path) -> StackArtifact:
    template = assembly / properties["templateFile"]
    for asset in assets:
        if asset.source == template:
            return StackArtifact(properties.get("stackName", name), asset, assets, properties.get("tags", {}))
    raise LocalCloudError(f"{template.name} is not among the assets of stack {name}; use the default synthesizer")


def _read_assets(manifest: Path, place: Place) -> Iterator[FileAsset]:
    content = json.loads(manifest.read_bytes())
    if content.get("dockerImages"):
        raise LocalCloudError(f"{manifest.name} has container images, which the local cloud cannot run")
    for asset in content["files"].values():
        for destination in asset["destinations"].values():
            yield FileAsset(
                source=manifest.parent / asset["source"]["path"],
                zipped=asset["source"]["packaging"] == "zip",
                bucket=place.fill(destination["bucketName"]),
                key=place.fill(destination["objectKey"]),
            )
