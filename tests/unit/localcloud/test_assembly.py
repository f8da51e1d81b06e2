"""A cloud assembly is read as the CDK CLI reads it."""

import json
from pathlib import Path
from typing import Any

import pytest

from localcloud import LocalCloudError
from localcloud.assembly import Place, read_stacks

PLACE = Place(account="123456789012", region="eu-central-1")
BUCKET = "assets-${AWS::AccountId}-${AWS::Region}"


def write_stack(assembly: Path, name: str, *needs: str, images: bool = False) -> dict[str, Any]:
    destination = {"bucketName": BUCKET, "objectKey": f"{name}.json"}
    template = {
        "source": {"path": f"{name}.template.json", "packaging": "file"},
        "destinations": {"here": destination},
    }
    manifest = {"files": {name: template}, "dockerImages": {"image": {}} if images else {}}
    (assembly / f"{name}.assets.json").write_text(json.dumps(manifest))
    assets = {"type": "cdk:asset-manifest", "properties": {"file": f"{name}.assets.json"}}
    stack = {
        "type": "aws:cloudformation:stack",
        "properties": {"templateFile": f"{name}.template.json", "tags": {"stack": name}},
        "dependencies": [f"{name}.assets", *needs],
    }
    return {name: stack, f"{name}.assets": assets}


def write_manifest(assembly: Path, artifacts: dict[str, Any]) -> None:
    (assembly / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))


def test_a_stack_comes_after_those_it_needs(tmp_path: Path) -> None:
    last, first = write_stack(tmp_path, "Alpha", "Omega"), write_stack(tmp_path, "Omega")
    write_manifest(tmp_path, last | first)
    assert [stack.name for stack in read_stacks(tmp_path, PLACE)] == ["Omega", "Alpha"]


def test_placeholders_become_the_account_and_region(tmp_path: Path) -> None:
    write_manifest(tmp_path, write_stack(tmp_path, "Alpha"))
    (stack,) = read_stacks(tmp_path, PLACE)
    assert stack.template.bucket == "assets-123456789012-eu-central-1"


def test_the_template_is_found_among_the_assets(tmp_path: Path) -> None:
    write_manifest(tmp_path, write_stack(tmp_path, "Alpha"))
    (stack,) = read_stacks(tmp_path, PLACE)
    assert stack.template.source == tmp_path / "Alpha.template.json"
    assert stack.tags == {"stack": "Alpha"}


def test_container_images_are_refused(tmp_path: Path) -> None:
    write_manifest(tmp_path, write_stack(tmp_path, "Alpha", images=True))
    with pytest.raises(LocalCloudError, match="container images"):
        list(read_stacks(tmp_path, PLACE))


def test_a_directory_without_a_manifest_is_no_assembly(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match="synthesise it first"):
        list(read_stacks(tmp_path, PLACE))
