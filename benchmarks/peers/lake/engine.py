"""The project's own export, as a function runs it: a file for each of thirty days, CHUNKS of them at a time."""

import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

# Imported before the clock starts, as every way does with what it needs.
import etl.extract.postgres.judging
import etl.quality.expressions  # noqa: F401
from benchmarks.clock import report
from benchmarks.peers.lake import days_of, folder_of, parts_of
from etl.contracts.arrow import file_schema
from etl.contracts.reader import read_contract
from etl.extract.postgres import connect, connection_settings
from etl.load.parquet import ParquetUpload

_CONTRACT = Path(__file__).parents[2] / "contracts" / "transfers.yaml"


class _Folder:
    """S3 for an upload: the data was read already, so the scratch file becomes the object."""

    def __init__(self, out: Path, scratch: Path) -> None:
        self._out = out
        self._scratch = scratch

    def create_multipart_upload(self, **_: Any) -> dict[str, Any]:
        return {"UploadId": "upload"}

    def upload_part(self, **_: Any) -> dict[str, Any]:
        return {"ETag": "etag"}

    def complete_multipart_upload(self, *, Key: str, **_: Any) -> dict[str, Any]:  # noqa: N803 -- S3's word
        path = self._out / Key
        path.parent.mkdir(parents=True)
        path.hardlink_to(self._scratch)
        return {"ETag": "etag"}

    def put_object(self, *, Key: str, **_: Any) -> dict[str, Any]:  # noqa: N803 -- S3's word
        return self.complete_multipart_upload(Key=Key)


class _Export:
    def __init__(self, address: str, out: Path) -> None:
        parts = parts_of(address)
        self._secret = {"username": parts.pop("user"), **parts}
        self._out = out
        self._contract = read_contract(_CONTRACT)
        self._schema = file_schema(self._contract)

    def chunks(self, days: Iterable[date], scratch: Path) -> int:
        """Write the days through one connection, as a warm function does; return how many rows they have."""
        with connect(connection_settings(self._secret)) as source:
            s3 = _Folder(self._out, scratch)
            rows = 0
            for day in days:
                key = str(folder_of(Path("transfers"), day) / "data.parquet")
                with (
                    source.snapshot() as snapshot,
                    ParquetUpload(
                        s3,
                        "lake",
                        key,
                        self._schema,
                        compression=self._contract.layout.compression,
                        scratch=scratch,
                        replaces=None,
                    ) as upload,
                ):
                    for part in snapshot.read(self._contract, day, batch_rows=10_000):
                        upload.write(part.rows)
                    upload.close_file()
                    rows += upload.publish().rows
            return rows


def export(address: str, out: Path, first: date, last: date, at_once: int) -> dict[str, Any]:
    """Write a file for each day; a thread that is done with one takes the next."""
    shared = _Export(address, out)
    days = iter(list(days_of(first, last)))
    with ThreadPoolExecutor(at_once) as pool:
        done = pool.map(lambda number: shared.chunks(days, out / f"scratch-{number}"), range(at_once))
    return {"rows": sum(done)}


if __name__ == "__main__":
    first, last = (date.fromisoformat(text) for text in sys.argv[3:5])
    report(lambda: export(sys.argv[1], Path(sys.argv[2]), first, last, int(sys.argv[5])))
