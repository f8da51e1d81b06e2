"""CSV: the header, the reader of single records, and what DuckDB can take over."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from etl.contracts.model import Contract
from etl.errors import InputError
from etl.extract.files.csv_records import Text
from etl.extract.files.rows import Take
from etl.values.converters import from_text
from etl.values.records import Problem


def columns_of(header: Text, contract: Contract, name: str) -> list[str]:
    """Return the columns that a header line names.

    Parameters
    ----------
    header
        The first record.
    contract
        All its source fields have to be there, in any order.
    name
        What messages call the file.

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        The header cannot be read, names a column twice or lacks one.
    """
    if header.fields is None:
        problem = "" if header.problem is None else f": {header.problem.code}, it needs {header.problem.expected}"
        raise InputError(f"{name}: line {header.line} is no header{problem}. Mend it, or say that there is none")
    names = [(one or "").strip(" \t") for one in header.fields]
    if not any(names):
        raise InputError(f"{name}: line {header.line} is blank: remove it, or say that there is no header")
    if twice := [one for one, count in Counter(names).items() if count > 1]:
        raise InputError(f"{name} has two columns named {twice[0]!r}: rename one, as nobody can tell which is meant")
    if missing := [field.name for field in contract.source_fields if field.name not in names]:
        raise InputError(
            f"{name} has no column {missing[0]!r}, which contract {contract.id} declares; its header names"
            f" {', '.join(names)}. Correct the header, the delimiter or the contract"
        )
    return names


def take_csv(contract: Contract, columns: Sequence[str]) -> Take:
    """Return what makes values of a CSV record.

    Parameters
    ----------
    contract
        The contract.
    columns
        Of the file, in its order.

    Returns
    -------
    callable
    """
    places = [(field.name, columns.index(field.name), from_text(field)) for field in contract.source_fields]
    count = len(columns)

    def take(text: Text) -> tuple[list[Any], list[Problem]]:
        fields = text.fields or []
        if len(fields) != count:
            return [], [Problem("columns", "", f"{count} columns, not {len(fields)}")]
        problems: list[Problem] = []
        values = [
            None if (value := fields[place]) is None else convert(name, value, problems)
            for name, place, convert in places
        ]
        return values, problems

    return take
