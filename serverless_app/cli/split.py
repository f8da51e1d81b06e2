"""`etl split`: a file into typed rows and rejects, without any pipeline."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from etl.contracts import read_contract
from serverless_app.cli.console import AsJson, Where, conclude, reporting
from serverless_app.cli.contract import find_contract
from serverless_app.cli.files import Delimiter, Encoding, Fetched, JsonPath, written
from serverless_app.target import TargetName


def split(
    contract: Annotated[str, typer.Argument(metavar="CONTRACT", help="A file, PIPELINE/DATASET, or a dataset.")],
    file: Annotated[str, typer.Argument(help="CSV, JSON or Parquet; here or s3://.")],
    *,
    good: Annotated[Path, typer.Option(dir_okay=False, help="Where the typed rows go, as Parquet.")],
    rejects: Annotated[Path, typer.Option(dir_okay=False, help="Where the others go, a reject a line of JSON.")],
    delimiter: Delimiter = None,
    encoding: Encoding = "utf-8",
    path: JsonPath = None,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """Split a file into rows typed as a contract says, and rejects with every reason, line and raw record."""
    from etl.extract.files import split_to_parquet  # noqa: PLC0415 -- DuckDB and sqlglot, 0.4 s

    with reporting(), TemporaryDirectory() as folder:
        source = Fetched(Path(folder), target).path(file)
        summary = split_to_parquet(
            source,
            read_contract(find_contract(contract)),
            good,
            rejects,
            name=file,
            **written(source, delimiter=delimiter, encoding=encoding, path=path),
        )
        reasons = ", ".join(f"{code}: {count:,}" for code, count in sorted(summary.reasons.items()))
        text = (
            f"{summary.read:,} rows read: {summary.good:,} good, in {good}; {summary.rejected:,} rejected, in {rejects}"
            f"{f' ({reasons})' if reasons else ''}."
        )
        if summary.left_out:
            text += f" Not in the contract, and left out: {', '.join(summary.left_out)}."
        document = {
            "read": summary.read,
            "good": summary.good,
            "rejected": summary.rejected,
            "reasons": dict(summary.reasons),
            "left_out": list(summary.left_out),
        }
        conclude(text, document, as_json=as_json)
