"""How DuckDB's SQL is written: from names and literals of our own, never from a user's text."""

from collections.abc import Iterable

from localcloud.athena.errors import unsupported


def quoted(name: str) -> str:
    """Return an identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """Return a string literal."""
    if "\0" in value:
        raise unsupported("the character U+0000 in text")
    return "'" + value.replace("'", "''") + "'"


def select(values: Iterable[str], rest: str = "", *, distinct: bool = False) -> str:
    """Return a query whose columns are called c0, c1, …; `rest` begins with FROM."""
    listed = ", ".join(f"{value} AS c{at}" for at, value in enumerate(values))
    return f"SELECT {'DISTINCT ' if distinct else ''}{listed} {rest}"


def places(width: int) -> list[str]:
    """Return the names c0, c1, … of a query's columns."""
    return [f"c{at}" for at in range(width)]


def names(width: int) -> str:
    """Return these names, separated by commas."""
    return ", ".join(places(width))
