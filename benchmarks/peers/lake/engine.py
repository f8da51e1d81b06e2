"""The project's own export, as a function runs it: thirty days, a file for each.

python -m benchmarks.peers.lake.engine ADDRESS OUT FIRST LAST
"""

import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

# Imported before the clock starts, as every way does with what it needs.
import etl.quality.expressions  # noqa: F401
from benchmarks.clock import report
from etl.contracts.arrow import file_schema
from etl.contracts.reader import read_contract
from etl.extract.postgres import connect, connection_settings
from etl.load.parquet import ParquetUpload

_CONTRACT = Path(__file__).parents[2] / "contracts" / "transfers.yaml"


class _Folder:
    """S3 as far as an upload asks for it: parts are read, and an object is one file."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._parts: list[bytes] = []

    def create_multipart_upload(self, **_: Any) -> dict[str, Any]:
        return {"UploadId": "upload"}

    def upload_part(self, *, Key: str, Body: bytes, **_: Any) -> dict[str, Any]:  # noqa: N803 -- S3's words
        with self._path(Key).open("ab") as file:
            file.write(Body)
        return {"ETag": "etag"}

    def complete_multipart_upload(self, **_: Any) -> dict[str, Any]:
        return {"ETag": "etag"}

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> dict[str, Any]:  # noqa: N803 -- S3's words
        self._path(Key).write_bytes(Body)
        return {"ETag": "etag"}

    def _path(self, key: str) -> Path:
        path = self._out / key
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def export(address: str, out: Path, first: date, last: date) -> dict[str, Any]:
    """Write a file for each day."""
    said = dict(part.split("=", 1) for part in address.split())
    secret = {"username": said.pop("user"), **said}
    contract, s3, rows, rejected = read_contract(_CONTRACT), _Folder(out), 0, 0
    schema = file_schema(contract)
    with connect(connection_settings(secret)) as source:
        source.compare(contract)
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            with (
                source.snapshot() as snapshot,
                ParquetUpload(
                    s3,
                    "lake",
                    f"transfers/year={day:%Y}/month={day:%m}/day={day:%d}/data.parquet",
                    schema,
                    compression=contract.layout.compression,
                    scratch=out / "scratch",
                    replaces=None,
                ) as upload,
            ):
                for part in snapshot.read(contract, day, batch_rows=10_000):
                    upload.write(part.rows)
                    rejected += len(part.rejects)
                upload.close_file()
                rows += upload.publish().rows
    return {"rows": rows, "rejected": rejected}


if __name__ == "__main__":
    days = [date.fromisoformat(text) for text in sys.argv[3:5]]
    report(lambda: export(sys.argv[1], Path(sys.argv[2]), *days))
