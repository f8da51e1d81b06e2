"""Files that commands read: where they come from, and how their text is written."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer

from etl.aws import translate_errors
from etl.contracts import Contract
from etl.errors import InputError
from serverless_app.target import TargetName, open_target

PARQUET = (".parquet", ".pq")

Delimiter = Annotated[str | None, typer.Option(help="Of a CSV file; else a comma, or a tab in a .tsv.")]
Encoding = Annotated[str, typer.Option(help="Of a CSV or JSON file, as Python calls it: latin-1, utf-16.")]
JsonPath = Annotated[str | None, typer.Option("--path", help="Keys to the records of a JSON document: data.rows.")]


class Fetched:
    """Files that are here: what stands on S3 is downloaded, by a target that is opened when it is first needed."""

    def __init__(self, folder: Path, target: TargetName) -> None:
        self._folder = folder
        self._s3 = cache(lambda: open_target(target).client("s3"))

    def path(self, file: str) -> Path:
        """Return where a file is; raise InputError when it is not there, or an error of S3."""
        if not file.startswith("s3://"):
            path = Path(file)
            if not path.exists() or path.is_dir():
                raise InputError(f"{file}: there is no such file; check the path")
            return path
        bucket, _, key = file.removeprefix("s3://").partition("/")
        # Under a name of its own: two keys may end alike.
        path = self._folder / f"{sum(1 for _ in self._folder.iterdir())}-{Path(key).name}"
        with translate_errors(file):
            self._s3().download_file(bucket, key, str(path))
        return path


def as_brought(contract: Contract, columns: Iterable[str]) -> Contract:
    """Return a contract without the computed fields that a file does not have: no source has to bring them."""
    there = set(columns)
    fields = tuple(field for field in contract.fields if field.computed is None or field.name in there)
    return replace(contract, fields=fields)


def written(file: Path, *, delimiter: str | None, encoding: str, path: str | None) -> dict[str, Any]:
    """Return how a file's text is written, as `etl.extract.files.split` takes it."""
    from etl.extract.files import CsvOptions, JsonOptions  # noqa: PLC0415 -- DuckDB and sqlglot, 0.4 s

    usual = "\t" if ".tsv" in file.suffixes else ","
    return {
        "csv": CsvOptions(delimiter=usual if delimiter is None else delimiter, encoding=encoding),
        "json": JsonOptions(path=path, encoding=encoding),
    }
