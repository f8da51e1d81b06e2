"""A first draft of a contract, from a file: what it says holds for every row that was looked at."""

import re
from pathlib import Path

from etl.contracts import types
from etl.contracts.model import Field
from etl.contracts.reader import parse_contract
from serverless_app.authoring.infer.draft import with_key, written
from serverless_app.authoring.infer.files import look
from serverless_app.authoring.infer.observed import Observed
from serverless_app.authoring.infer.parquet import look_at_parquet

__all__ = ["ROWS", "infer"]

ROWS = 1_000_000
"""How many rows are looked at unless somebody says otherwise."""


def infer(path: Path, *, dataset: str | None = None, rows: int = ROWS) -> str:
    """Draft a contract from a file.

    Returns: YAML that `read_contract` reads. Types are the narrowest that hold every value and are no accident: a
    number with leading zeros stays a text, up to four places make a decimal, others a float, integers have 64 bits. A
    field without nulls is required. What may be a rule, but need not be, stands there as a comment.

    Parameters
    ----------
    path
        CSV, JSON Lines, a JSON array of objects (or one object with such an array in it), or Parquet.
    dataset
        Its name; that of the file when there is none.
    rows
        How many rows are looked at, from the first on. The draft says how many that were.

    Raises
    ------
    InputError
        The file is missing, of another kind, broken or empty.
    ContractError
        The file has what no contract can say, such as two columns whose names differ by case alone.
    """
    if path.suffix.lower() in (".parquet", ".pq"):
        seen, fields = look_at_parquet(path, rows)
    else:
        seen = look(path, rows)
        fields = tuple(_field(name, observed) for name, observed in seen.fields.items())
    name = dataset or re.sub(r"\W+", "_", path.stem).strip("_") or "dataset"
    looked = "all of them" if seen.whole else f"the first {seen.rows:,}; there are more"
    head = [
        f"Drafted from {path.name}: {seen.rows:,} rows, {looked}.",
        *seen.remarks,
        "Say what the dataset and its fields mean (description), and which rules they keep: docs/contracts.md.",
    ]
    text = written(head, name, with_key(fields, seen.fields), seen.fields)
    parse_contract(text.encode(), path.with_name(f"{name}.yaml"))
    return text


def _field(name: str, seen: Observed) -> Field:
    return Field(name=name, type=_type(seen), required=seen.required)


def _type(seen: Observed) -> types.Type:
    if seen.is_struct:
        return types.Struct(tuple(_field(name, inner) for name, inner in seen.fields.items()))
    if seen.is_array:
        item = seen.items
        return types.Array(Field(name="element", type=types.Text()) if item is None else _field("element", item))
    return seen.type
