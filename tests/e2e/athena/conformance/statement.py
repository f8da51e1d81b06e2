"""A statement, what the documentation says that it comes to, and where it says so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.e2e.athena.queries import Row


@dataclass(frozen=True, kw_only=True)
class Statement:
    """`error` is a pattern of the error that is due; without one, the columns and rows are."""

    sql: str
    cite: str
    """A page, and what it says."""
    columns: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    ordered: bool = False
    error: str = ""
    may_refuse: bool = False
    """A refusal by name will do, a wrong answer never."""


def value(expression: str, kind: str, text: str | None, cite: str, *, may_refuse: bool = False) -> Statement:
    """One expression, which makes one unnamed column of one row."""
    return Statement(
        sql=f"SELECT {expression}", cite=cite, columns={"_col0": kind}, rows=((text,),), may_refuse=may_refuse
    )


def table(
    sql: str,
    columns: Mapping[str, str],
    rows: Iterable[Row],
    cite: str,
    *,
    ordered: bool = False,
    may_refuse: bool = False,
) -> Statement:
    """A query with named columns; its rows come in any order unless it sorts them."""
    return Statement(sql=sql, cite=cite, columns=columns, rows=tuple(rows), ordered=ordered, may_refuse=may_refuse)


def fails(sql: str, error: str, cite: str, *, may_refuse: bool = False) -> Statement:
    """A statement that ends with an error."""
    return Statement(sql=sql, cite=cite, error=error, may_refuse=may_refuse)
