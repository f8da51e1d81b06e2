# ruff: noqa: SLF001 - a gap is closed from inside ministack
"""`Custom::S3AutoDeleteObjects` without its Node.js function, and buckets that refuse to go while full."""

import importlib
from types import ModuleType
from typing import Any, Final

RESOURCE_TYPE: Final = "Custom::S3AutoDeleteObjects"


def close() -> None:
    """Empty the bucket when its resource is deleted; refuse to delete a bucket that nobody emptied."""
    provisioners: Any = importlib.import_module("ministack.services.cloudformation.provisioners")
    buckets = provisioners._s3

    def create(_logical_id: str, properties: dict[str, Any], _stack: str) -> tuple[str, dict[str, str]]:
        return properties["BucketName"], {}

    def update(_physical_id: str, _old: dict[str, Any], new: dict[str, Any], _stack: str) -> tuple[str, dict[str, str]]:
        return new["BucketName"], {}

    def delete(physical_id: str, _properties: dict[str, Any]) -> None:
        empty(buckets, physical_id)

    def delete_bucket(physical_id: str, _properties: dict[str, Any]) -> None:
        status, _, body = buckets._delete_bucket(physical_id)
        if status == 409:  # noqa: PLR2004 - Conflict
            raise ValueError(body.decode())

    provisioners._RESOURCE_HANDLERS[RESOURCE_TYPE] = {"create": create, "update": update, "delete": delete}
    provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]["delete"] = delete_bucket


def empty(buckets: ModuleType, name: str) -> None:
    """Remove every object of a bucket with all its versions and delete markers; no bucket is an empty one."""
    bucket = buckets._buckets.get(name)
    if bucket is None:
        return
    versions = [
        (key, version["version_id"])
        for (owner, key), history in buckets._object_versions.items()
        if owner == name
        for version in history
    ]
    for key, version in versions:
        buckets._delete_object_version(bucket, name, key, version)
    for key in list(bucket["objects"]):
        buckets._purge_current_object(name, key, bucket)
