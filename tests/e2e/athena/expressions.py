"""Random expressions of which SQL says alike in Trino and PostgreSQL, over rows of typed columns.

Left out is where the two differ by design: `length` and `extract` are cast, LIKE has an escape character, upper case
is asked of ASCII only, decimals keep one scale, and the smallest integers do not occur.
"""

from datetime import date
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

COLUMNS: Final = {
    "i": "integer",
    "j": "integer",
    "b": "bigint",
    "s": "varchar",
    "t": "varchar",
    "d": "date",
    "e": "date",
    "m": "decimal(10, 2)",
    "n": "decimal(10, 2)",
    "f": "boolean",
}
Sql = st.SearchStrategy[str]

_integers = st.one_of(st.integers(-9, 9), st.sampled_from([-2147483647, 46341, 2147483647]))
_texts = st.text("abAB _%'\\日😀", max_size=4)
_dates = st.dates(date(1995, 12, 25), date(2004, 3, 5))
_decimals = st.decimals(-100, 100, places=2)


def literal(value: object, kind: str) -> str:
    """Return a value as SQL of a known type."""
    if value is None:
        return f"CAST(NULL AS {kind})"
    text = str(value).replace("'", "''")
    return f"CAST('{text}' AS {kind})" if isinstance(value, str | date | Decimal) else f"CAST({text} AS {kind})"


def relations() -> Sql:
    """Return relations of one to four rows, with nulls."""
    values: dict[str, st.SearchStrategy[Any]] = {
        "i": _integers,
        "j": _integers,
        "s": _texts,
        "t": _texts,
        "d": _dates,
        "e": _dates,
    }
    values |= {"b": st.integers(-(10**12), 10**12), "m": _decimals, "n": _decimals, "f": st.booleans()}
    row = st.tuples(*(st.one_of(*[values[name]] * 4, st.none()) for name in COLUMNS)).map(
        lambda row: ", ".join(literal(value, kind) for value, kind in zip(row, COLUMNS.values(), strict=True))
    )
    return st.lists(row, min_size=1, max_size=4).map(
        lambda rows: f"(VALUES {', '.join(f'({row})' for row in rows)}) AS t({', '.join(COLUMNS)})"
    )


def integers(depth: int = 2) -> Sql:
    """Return expressions of type integer or bigint."""
    leaf = st.one_of(st.sampled_from(["i", "j", "b"]), st.integers(-9, 9).map(lambda number: f"({number})"))
    if depth == 0:
        return leaf
    inner, text = integers(depth - 1), texts(depth - 1)
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*"]), inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(["/", "%"]), st.sampled_from(["i", "j", "b"])),
        st.builds("(- {})".format, inner),
        st.builds("abs({})".format, inner),
        st.builds("CAST({} AS bigint)".format, inner),
        st.builds("CAST(length({}) AS bigint)".format, text),
        st.builds("CAST(strpos({}, 'a') AS bigint)".format, text),
        st.builds("CAST(extract({} FROM {}) AS bigint)".format, st.sampled_from(["year", "month", "day"]), dates()),
        _branches(inner, depth),
    )


def texts(depth: int = 2) -> Sql:
    """Return expressions of type varchar."""
    leaf = st.one_of(st.sampled_from(["s", "t"]), _texts.map(lambda text: literal(text, "varchar")))
    if depth == 0:
        return leaf
    inner = texts(depth - 1)
    position = st.integers(1, 4)
    return st.one_of(
        st.builds("({} || {})".format, inner, inner),
        st.builds("{}({})".format, st.sampled_from(["upper", "lower", "reverse", "trim", "ltrim", "rtrim"]), inner),
        st.builds("substr({}, {})".format, inner, position),
        st.builds("substr({}, {}, {})".format, inner, position, st.integers(0, 3)),
        st.builds("replace({}, 'a', {})".format, inner, inner),
        st.builds("{}({}, {}, 'xy')".format, st.sampled_from(["lpad", "rpad"]), inner, st.integers(0, 6)),
        st.builds("CAST({} AS varchar)".format, st.sampled_from(["i", "b", "d", "m", "f"])),
        _branches(inner, depth),
    )


def dates() -> Sql:
    """Return expressions of type date."""
    leaf = st.sampled_from(["d", "e", "DATE '2000-02-29'"])
    units = st.sampled_from(["DAY", "MONTH", "YEAR"])
    moved = st.builds(
        "CAST(({} {} INTERVAL '{}' {}) AS date)".format, leaf, st.sampled_from("+-"), st.integers(0, 40), units
    )
    return st.one_of(leaf, moved, st.builds("coalesce({}, {})".format, leaf, leaf))


def decimals() -> Sql:
    """Return expressions of type decimal with scale 2, and products with scale 4."""
    leaf = st.sampled_from(["m", "n", "CAST('1.25' AS decimal(10, 2))"])
    sums = st.builds("({} {} {})".format, leaf, st.sampled_from(["+", "-"]), leaf)
    choice = st.builds("CASE WHEN {} THEN {} ELSE {} END".format, booleans(1), leaf, leaf)
    return st.one_of(sums, choice, st.builds("({} * {})".format, leaf, leaf), st.builds("abs({})".format, leaf))


def booleans(depth: int = 2) -> Sql:
    """Return conditions."""
    leaf = st.sampled_from(["f", "true", "(i IS NULL)", "(s IS NOT NULL)"])
    if depth == 0:
        return leaf
    inner, number, text = booleans(depth - 1), integers(depth - 1), texts(depth - 1)
    compared = st.sampled_from(["<", "<=", "=", "<>", ">=", ">", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"])
    amount = st.sampled_from(["m", "n", "i", "b"])
    pattern = st.text("ab%_", max_size=3)
    return st.one_of(
        st.builds("({} {} {})".format, number, compared, number),
        st.builds("({} {} {})".format, text, compared, text),
        st.builds("({} {} {})".format, dates(), compared, dates()),
        st.builds("({} {} {})".format, amount, compared, amount),
        st.builds("({} AND {})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("(NOT {})".format, inner),
        st.builds("({} BETWEEN {} AND {})".format, number, number, number),
        st.builds("({} IN ({}, {}))".format, text, text, text),
        st.builds("({} LIKE '{}' ESCAPE '!')".format, text, pattern),
    )


def aggregates() -> Sql:
    """Return aggregates of expressions."""
    number = st.builds("{}({})".format, st.sampled_from(["count", "min", "max"]), integers(1))
    total = st.builds("sum({})".format, st.sampled_from(["i", "j", "m", "(m * n)", "CASE WHEN f THEN i END"]))
    text = st.builds("{}({})".format, st.sampled_from(["min", "max", "count"]), texts(1))
    fact = st.builds("{}({})".format, st.sampled_from(["bool_and", "bool_or", "count"]), booleans(1))
    distinct = st.builds("count(DISTINCT {})".format, st.one_of(texts(1), dates(), booleans(1)))
    every = st.one_of(number, total, text, fact, distinct)
    return st.one_of(every, st.builds("{} FILTER (WHERE {})".format, every, booleans(1)), st.just("count(*)"))


def _branches(inner: Sql, depth: int) -> Sql:
    return st.one_of(
        st.builds("CASE WHEN {} THEN {} ELSE {} END".format, booleans(depth - 1), inner, inner),
        st.builds("coalesce({}, {})".format, inner, inner),
        st.builds("nullif({}, {})".format, inner, inner),
    )
