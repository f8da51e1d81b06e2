"""The object that readers see: what stands at a key, and the version that was there before."""

from dataclasses import dataclass
from typing import Any

from etl.aws import translate_errors
from etl.errors import InputError, NotFound


def etag_of(s3: Any, bucket: str, key: str) -> str | None:
    """Return the ETag of the object that readers see now; None when there is no object."""
    try:
        with translate_errors(f"s3://{bucket}/{key}"):
            answer = s3.head_object(Bucket=bucket, Key=key)
    except NotFound:
        return None
    etag: str = answer["ETag"]
    return etag


def remove(s3: Any, bucket: str, key: str) -> None:
    """Take an object away from readers; its version stays behind."""
    with translate_errors(f"s3://{bucket}/{key}"):
        s3.delete_object(Bucket=bucket, Key=key)


def versions_of(s3: Any, bucket: str, key: str) -> tuple[str, str]:
    """Return the version that readers see (empty after a deletion) and the latest one before it with other content.

    Raises
    ------
    NotFound
        The object has no versions.
    InputError
        It has no earlier version with another content.
    """
    place = f"s3://{bucket}/{key}"
    with translate_errors(place):
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
        versions = [version for page in pages for version in page.get("Versions", ()) if version["Key"] == key]
    if not versions:
        raise NotFound(f"{place} has no versions: it was never published here")
    present = next((version for version in versions if version["IsLatest"]), None)
    if present is None:  # deleted: the newest version is what was there before
        return "", versions[0]["VersionId"]
    earlier = [version for version in versions if version["ETag"] != present["ETag"]]
    if not earlier:
        raise InputError(f"{place} has no earlier version with another content: there is nothing to bring back")
    return present["VersionId"], max(earlier, key=lambda version: version["LastModified"])["VersionId"]


@dataclass(frozen=True, slots=True)
class Restored:
    """An object whose earlier content readers see again."""

    version: str | None
    etag: str
    bytes: int


def restore(s3: Any, bucket: str, key: str, version: str) -> Restored:
    """Put an earlier version over the present one, in one step."""
    source = {"Bucket": bucket, "Key": key, "VersionId": version}
    with translate_errors(f"s3://{bucket}/{key}"):
        copied = s3.copy_object(Bucket=bucket, Key=key, CopySource=source)
        head = s3.head_object(Bucket=bucket, Key=key)
    return Restored(copied.get("VersionId"), head["ETag"], head["ContentLength"])
