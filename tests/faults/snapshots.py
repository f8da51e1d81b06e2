"""What the readers of a pipeline's results can see at one moment, name by name."""

import json
from collections.abc import Mapping
from typing import Any

Snapshot = Mapping[str, object]
"""Names of things, such as objects and items, and all that they hold."""


def objects(s3: Any, bucket: str) -> dict[str, object]:
    """Return the objects of a bucket with their bytes; parts of an upload that is not complete are none."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
    return {f"object {key}": s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def items(dynamodb: Any, table: str, *, key: tuple[str, ...]) -> dict[str, object]:
    """Return the items of a table by their keys, whatever the order of their attributes."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    found = [item for page in pages for item in page["Items"]]
    return {
        f"item {' '.join(str(item[name]) for name in key)}": json.dumps(item, sort_keys=True, default=repr)
        for item in found
    }


def half_visible(now: Snapshot, *, before: Snapshot, after: Snapshot) -> list[str]:
    """Say what of a moment is neither as it was before the undisturbed run nor as that leaves it."""
    problems = []
    for name in sorted(now.keys() | before.keys() | after.keys()):
        allowed = [state.get(name) for state in (before, after)]
        if now.get(name) not in allowed:
            problems.append(f"{name} is {'in part or wrong' if name in now else 'gone'}")
    return problems


def differences(now: Snapshot, after: Snapshot) -> list[str]:
    """Say where an end state differs from the undisturbed one."""
    lost = [f"{name} is lost" for name in sorted(after.keys() - now.keys())]
    added = [f"{name} is too many" for name in sorted(now.keys() - after.keys())]
    other = [f"{name} differs" for name in sorted(now.keys() & after.keys()) if now[name] != after[name]]
    return lost + added + other
