"""The catalog and the objects, as AWS's tools see them: through the local cloud's own Glue and S3."""

import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from localcloud import access
from localcloud.athena.errors import AthenaError

_BUCKET = re.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True)
class Object:
    """One object on S3."""

    bucket: str
    key: str
    size: int
    etag: str


@dataclass(frozen=True)
class Clients:
    """How to reach the local cloud: its endpoint, its account, and where it keeps the bodies of objects."""

    endpoint_url: str
    region: str
    account: str
    objects: Path
    scratch: Path

    @classmethod
    def from_environment(cls) -> "Clients":
        """Return the clients of the local cloud that started this process."""
        scheme = "https" if os.environ.get("USE_SSL") else "http"
        return cls(
            f"{scheme}://127.0.0.1:{os.environ['GATEWAY_PORT']}",
            os.environ["MINISTACK_REGION"],
            os.environ["MINISTACK_ACCOUNT_ID"],
            Path(os.environ["S3_DATA_DIR"]).resolve(),
            Path(tempfile.gettempdir()),
        )

    @cached_property
    def s3(self) -> Any:
        """The administrator's client of S3."""
        return self._client("s3")

    @cached_property
    def glue(self) -> Any:
        """The administrator's client of the Glue Catalog."""
        return self._client("glue")

    def _client(self, service: str) -> Any:
        session = access.administrator(self.region)
        return session.client(  # type: ignore[call-overload]  # any service, by a name known at run time
            service,
            endpoint_url=self.endpoint_url,
            verify=os.environ.get("AWS_CA_BUNDLE"),
            config=Config(proxies={}, max_pool_connections=32),
        )

    def credentials(self) -> dict[str, str]:
        """Return what a library needs to make clients of its own."""
        return {"access-key-id": access.ACCESS_KEY, "secret-access-key": access.SECRET_KEY, "region": self.region}

    def objects_in(self, location: str) -> list[Object]:
        """Return the objects of a folder and its sub-folders that Hive does not hide."""
        bucket, prefix = split(location)
        prefix = f"{prefix.rstrip('/')}/" if prefix else ""
        return [
            Object(bucket, one["Key"], one["Size"], one["ETag"])
            for one in self._listed(bucket, prefix)
            if one["Size"] and not _hidden(one["Key"].removeprefix(prefix))
        ]

    def _listed(self, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
        try:
            for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                yield from page.get("Contents", [])
        except ClientError as error:
            raise AthenaError("HIVE_FILESYSTEM_ERROR", f"cannot list s3://{bucket}/{prefix}: {error}") from error

    def path(self, one: Object) -> Path:
        """Return a file with an object's body: the local cloud's own where that is plain, else a copy."""
        folder = self.objects / self.account / one.bucket
        own = folder / one.key
        if own.is_file() and own.stat().st_size == one.size and own.resolve().is_relative_to(folder):
            return own
        copy = self.scratch / f"athena-{sha256(repr(one).encode()).hexdigest()}"
        if not copy.is_file():
            draft = copy.with_suffix(f".{os.urandom(4).hex()}")
            self.s3.download_file(one.bucket, one.key, str(draft))
            draft.replace(copy)
        return copy

    def put(self, location: str, body: Any) -> None:
        """Write an object, whole or not at all."""
        bucket, key = split(location)
        try:
            self.s3.put_object(Bucket=bucket, Key=key, Body=body)
        except ClientError as error:
            raise AthenaError("INVALID_BUCKET_NAME", f"cannot write {location}: {error}") from error

    def get(self, location: str) -> bytes:
        """Return an object's body."""
        bucket, key = split(location)
        body: bytes = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def remove_folder(self, location: str) -> None:
        """Remove every object under a location, hidden ones, too."""
        bucket, prefix = split(location.rstrip("/") + "/")
        for one in list(self._listed(bucket, prefix)):
            self.s3.delete_object(Bucket=bucket, Key=one["Key"])

    def table(self, database: str, name: str) -> dict[str, Any] | None:
        """Return a table of the catalog, None when there is none."""
        try:
            found: dict[str, Any] = self.glue.get_table(DatabaseName=database, Name=name)["Table"]
        except self.glue.exceptions.EntityNotFoundException:
            return None
        return found

    def need_database(self, database: str) -> None:
        """Raise unless the catalog has a database."""
        try:
            self.glue.get_database(Name=database)
        except self.glue.exceptions.EntityNotFoundException as error:
            raise AthenaError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist") from error

    def databases(self) -> list[str]:
        """Return the catalog's databases."""
        return sorted(one["Name"] for one in self._catalogued("get_databases", "DatabaseList"))

    def tables(self, database: str) -> list[dict[str, Any]]:
        """Return a database's tables and views."""
        found = self._catalogued("get_tables", "TableList", DatabaseName=database)
        return sorted(found, key=lambda one: str(one["Name"]))

    def partitions(self, database: str, name: str) -> list[dict[str, Any]]:
        """Return a table's registered partitions."""
        return list(self._catalogued("get_partitions", "Partitions", DatabaseName=database, TableName=name))

    def _catalogued(self, action: str, key: str, **asked: str) -> Iterator[dict[str, Any]]:
        return (one for page in self.glue.get_paginator(action).paginate(**asked) for one in page[key])

    def forget_partitions(self, database: str, name: str) -> None:
        """Remove what a statement that was killed has left of partitions."""
        left = [{"Values": one["Values"]} for one in self.partitions(database, name)]
        for start in range(0, len(left), 25):
            self.glue.batch_delete_partition(
                DatabaseName=database, TableName=name, PartitionsToDelete=left[start : start + 25]
            )


def split(location: str) -> tuple[str, str]:
    """Return bucket and key of an S3 address."""
    scheme, separator, rest = location.partition("://")
    if not separator or scheme not in ("s3", "s3a", "s3n"):
        raise AthenaError("INVALID_INPUT", f"{location} is no address on S3: write s3://bucket/folder/")
    bucket, _, key = rest.partition("/")
    if _BUCKET.fullmatch(bucket) is None or ".." in bucket or ".." in key.split("/"):
        raise AthenaError("INVALID_INPUT", f"{location} is no address on S3: write s3://bucket/folder/")
    return bucket, key


def _hidden(key: str) -> bool:
    return any(part.startswith(("_", ".")) for part in key.split("/"))
