"""The parts that rules are built of, each with one meaning on DuckDB and Spark, and in SQL rendered for Athena."""

from datetime import UTC, datetime

from sqlglot import exp

from etl.contracts.types import Float
from etl.quality.measures import Column

# Compared as the wider type where it must be; integers beyond it are written as decimals.
_INTEGER_DIGITS = 18
_FINITE = "ETL_IS_FINITE"


def column_of(column: Column) -> exp.Expr:
    """Return a reference to a column or a field inside a struct, quoted."""
    top, *inner = (exp.to_identifier(name, quoted=True) for name in column.path)
    reference: exp.Expr = exp.Column(this=top)
    for name in inner:
        reference = exp.Dot(this=reference, expression=name)
    return reference


def text_of(value: str) -> exp.Expr:
    """Return a text."""
    return exp.Literal.string(value)


def exact(steps: int, precision: int = 19, scale: int = 0) -> exp.Expr:
    """Return an exact number, given in units of its last digit; an integer stays one."""
    if scale == 0 and abs(steps) < 10**_INTEGER_DIGITS:
        number = exp.Literal.number(abs(steps))
        return exp.Neg(this=number) if steps < 0 else number
    digits = str(abs(steps)).rjust(scale + 1, "0")
    whole, fraction = digits[: len(digits) - scale], digits[len(digits) - scale :]
    text = f"{'-' if steps < 0 else ''}{whole}{'.' if scale else ''}{fraction}"
    return exp.cast(text_of(text), f"decimal({precision}, {scale})")


def float_of(text: str, type_: Float) -> exp.Expr:
    """Return the floating-point number that is nearest to a decimal one."""
    return exp.cast(text_of(text), "float" if type_.bits == 32 else "double")  # noqa: PLR2004 -- single precision


def finite(value: exp.Expr, type_: Float) -> exp.Expr:
    """Return what is true where a float is neither NaN nor infinite; `spelled` says it in an engine's words."""
    return exp.Anonymous(this=_FINITE, expressions=[value.copy(), exp.Literal.number(type_.bits)])


def spelled(expression: exp.Expr, dialect: str) -> exp.Expr:
    """Return an expression with what engines have no common word for in the words of one."""
    return expression.transform(
        lambda node: _finite(node, dialect) if isinstance(node, exp.Anonymous) and node.this == _FINITE else node
    )


def _finite(node: exp.Anonymous, dialect: str) -> exp.Expr:
    value, bits = node.expressions
    if dialect == "duckdb":
        # Parquet's statistics leave NaN out, and DuckDB 2.0 takes for granted what they say of comparisons and of
        # `isnan`; not of this function.
        return exp.Anonymous(this="ISFINITE", expressions=[value])
    type_ = Float(int(bits.this))
    return exp.paren(
        exp.and_(
            exp.Not(this=exp.IsNan(this=value.copy())),
            exp.GT(this=value.copy(), expression=float_of("-Infinity", type_)),
            exp.LT(this=value.copy(), expression=float_of("Infinity", type_)),
        )
    )


def instant_of(moment: datetime) -> exp.Expr:
    """Return an instant."""
    return exp.cast(text_of(f"{_clock(moment.astimezone(UTC))}+00:00"), "timestamptz(6)")


def local_of(moment: datetime) -> exp.Expr:
    """Return a wall-clock time without a zone."""
    return exp.cast(text_of(_clock(moment)), "timestampntz(6)")


def is_null(value: exp.Expr) -> exp.Expr:
    """Return what is true where there is no value."""
    return exp.Is(this=value, expression=exp.null())


def negated(test: exp.Expr) -> exp.Expr:
    """Return the opposite of a test."""
    return exp.not_(test, copy=False)


def all_of(*tests: exp.Expr) -> exp.Expr:
    """Return the conjunction; what is always true is left out."""
    kept = [test for test in tests if test != exp.true()]
    return exp.and_(*kept, copy=False) if kept else exp.true()


def any_of(*tests: exp.Expr | None) -> exp.Expr:
    """Return the disjunction of what is there; false when nothing is."""
    kept = [test for test in tests if test is not None and test != exp.false()]
    return exp.or_(*kept, copy=False) if kept else exp.false()


def _clock(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
