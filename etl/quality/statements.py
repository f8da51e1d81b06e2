"""The queries that rules become: one pass for all rules on rows, a group-by for each key, a join for each reference."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from sqlglot import exp

from etl.contracts.model import Severity
from etl.contracts.types import Date, Timestamp, Uuid
from etl.errors import ContractError
from etl.quality.conditions import Kind, Typed, parsed, value, where
from etl.quality.expressions import checked, comparable, failing, usable
from etl.quality.measures import Aggregate, Column, Fresh, Referenced, RowMeasure, Rows, Unique
from etl.quality.nodes import all_of, any_of, column_of, instant_of, is_null, local_of, text_of
from etl.quality.rules import Rule

DATASET = "etl_dataset"
"""The name under which an engine sees the dataset; one that a rule refers to is `etl_reference`."""
REFERENCE = "etl_reference"


@dataclass(frozen=True, slots=True)
class Pass:
    """The one query over all rows, and the names of its results."""

    select: exp.Select
    names: tuple[str, ...]
    rules: Mapping[str, tuple[str, str]]
    """By rule the results that hold the rows checked and failed; for a number, its dividend and divisor; for a key,
    only the rows that have it whole."""
    rows: str
    rejected: str


def row_pass(rules: Sequence[Rule], window_end: datetime | None = None) -> Pass:
    """Return the query that evaluates every rule but those on keys and references.

    `window_end`: in UTC; a rule on freshness is left out without it.
    Raises ContractError: a rule's SQL is not portable.
    """
    counts = _Counts()
    rows = counts.add(exp.Count(this=exp.Star()))
    found: dict[str, tuple[str, str]] = {}
    rejecting = []
    for rule in rules:
        match rule.measure:
            case Rows():
                found[rule.id] = (rows, rows)
            case Fresh(column, at_most) if window_end is not None:
                found[rule.id] = (rows, counts.of(fresh(column, window_end - at_most)))
            case Aggregate(query, scope):
                found[rule.id] = counts.number(rule, query, scope)
            case Unique(columns):
                whole = counts.of(all_of(*(usable(column) for column in columns)))
                found[rule.id] = (whole, "")
            case measure if isinstance(measure, RowMeasure):
                test = failing(rule)
                found[rule.id] = (counts.of(checked(measure)), counts.of(test))
                if rule.severity is Severity.REJECT:
                    rejecting.append(test)
    rejected = counts.of(any_of(*(test.copy() for test in rejecting)))
    return Pass(counts.select(), counts.names, found, rows, rejected)


class _Counts:
    """Aggregates over conditions that are evaluated once for each row, whichever way they are combined."""

    def __init__(self) -> None:
        self._aggregates: dict[str, exp.Expr] = {}

    def add(self, aggregate: exp.Expr) -> str:
        for name, known in self._aggregates.items():
            if known == aggregate:
                return name
        name = f"n{len(self._aggregates)}"
        self._aggregates[name] = aggregate
        return name

    def of(self, test: exp.Expr) -> str:
        if test == exp.true():
            return self.add(exp.Count(this=exp.Star()))
        match test:
            case exp.Not(this=exp.Is(this=there, expression=exp.Null())):
                # Says the same, and needs no test of each row.
                return self.add(exp.Count(this=there.copy()))
        return self.add(exp.CountIf(this=test.copy()))

    def number(self, rule: Rule, query: str, scope: Sequence[Column]) -> tuple[str, str]:
        try:
            dividend, divisor = _aggregate(query, scope)
        except ValueError as error:
            raise ContractError(f"rule {rule.id}: {error}") from error
        return self.add(dividend), self.add(divisor) if divisor is not None else ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._aggregates)

    def select(self) -> exp.Select:
        results = [exp.alias_(aggregate.copy(), name) for name, aggregate in self._aggregates.items()]
        return exp.select(*results).from_(DATASET)


def _aggregate(query: str, scope: Sequence[Column]) -> tuple[exp.Expr, exp.Expr | None]:
    """Return the aggregate of a query with one number as its result, and for a mean what divides it."""
    select = parsed(query.replace("${object}", DATASET))
    table = select.args["from_"].this
    if len(select.expressions) != 1 or table.name != DATASET or table.db:
        raise ValueError("a query has one result, and reads from ${object}")
    rows = where(select, scope)
    node = select.expressions[0].unalias()
    match node:
        case exp.Count(this=exp.Star()):
            return _count(rows), None
        case exp.Count(this=exp.Distinct(expressions=[inner])):
            return exp.Count(this=exp.Distinct(expressions=[_kept(value(inner, scope).sql, rows)])), None
        case exp.Count(this=inner) if not node.expressions:
            return exp.Count(this=_kept(value(inner, scope).sql, rows)), None
        case exp.Sum(this=inner) | exp.Avg(this=inner):
            kept = _kept(_summable(value(inner, scope)), rows)
            return exp.Sum(this=kept), exp.Count(this=kept.copy()) if isinstance(node, exp.Avg) else None
        case exp.Min(this=inner) | exp.Max(this=inner) if not node.expressions:
            return type(node)(this=_kept(_number(value(inner, scope)), rows)), None
    raise ValueError(f"{node.sql(dialect='postgres')}: a query results in one COUNT, SUM, AVG, MIN or MAX")


def _count(rows: exp.Expr) -> exp.Expr:
    return exp.Count(this=exp.Star() if rows == exp.true() else _kept(exp.Literal.number(1), rows))


def _kept(number: exp.Expr, rows: exp.Expr) -> exp.Expr:
    return number if rows == exp.true() else exp.Case(ifs=[exp.If(this=rows.copy(), true=number)])


def _summable(typed: Typed) -> exp.Expr:
    if typed.kind is Kind.FLOAT:
        raise ValueError("the sum of double precision depends on the order of the rows; give the field decimal(p,s)")
    _number(typed)
    # Spark widens a sum by ten digits, and gives null beyond 38.
    if typed.precision > 28:  # noqa: PLR2004 -- 38 less 10
        raise ValueError(f"a sum of {typed.precision} digits may need more than engines have")
    # Integers would wrap around in one engine and fail in another.
    return exp.cast(typed.sql, f"decimal({typed.precision}, {typed.scale})")


def _number(typed: Typed) -> exp.Expr:
    if typed.kind not in (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT):
        raise ValueError(f"a rule compares a number, and this is {typed.kind}")
    return typed.sql


def number_of(dividend: object, divisor: object) -> Fraction | None:
    """Return the number that two results of the pass stand for; None when there were no rows to measure."""
    if dividend is None or divisor == 0:
        return None
    return Fraction(str(dividend)) / (1 if divisor is None else Fraction(str(divisor)))


def fresh(column: Column, least: datetime) -> exp.Expr:
    """Return what is true for a row that is not older; the time without a zone, and a day's start, count as UTC."""
    match column.type:
        case Timestamp(zoned):
            bound = instant_of(least) if zoned else local_of(least.astimezone(UTC).replace(tzinfo=None))
        case Date():
            bound = exp.cast(text_of(_day_from(least).isoformat()), "date")
        case _:
            raise ContractError(f"freshness is on {column.name}, which is no date or timestamp; name one that is")
    return all_of(usable(column), exp.GTE(this=column_of(column), expression=bound))


def _day_from(instant: datetime) -> date:
    moment = instant.astimezone(UTC)
    starts = (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0)
    return moment.date() if starts else moment.date() + timedelta(days=1)


def repeated_rows(measure: Unique) -> exp.Select:
    """Return a query for the number of rows that are not the first with their key."""
    keys = [comparable(column) for column in measure.columns]
    grouped = _keyed(measure.columns, exp.alias_(exp.Count(this=exp.Star()), "n")).group_by(*keys)
    beyond_the_first = exp.Sum(this=exp.column("n") - 1)
    zero = exp.Literal.number(0)
    total = exp.cast(exp.Coalesce(this=beyond_the_first, expressions=[zero]), "bigint")
    return exp.select(total).from_(grouped.subquery("keys"))


def repeated_keys(measure: Unique, limit: int) -> exp.Select:
    """Return a query for the smallest keys that are there more than once."""
    keys = [comparable(column) for column in measure.columns]
    grouped = _keyed(measure.columns, *_named(key.copy() for key in keys)).group_by(*keys)
    repeated = grouped.having(exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(1)))
    return _smallest(repeated, measure.columns, limit)


def reference_count(measure: Referenced) -> exp.Select:
    """Return a query for the rows with a whole reference, and those of them whose reference leads nowhere."""
    missing = is_null(_side("found", 0))
    return _joined(measure, exp.Count(this=exp.Star()), exp.CountIf(this=missing))


def lost_references(measure: Referenced, limit: int) -> exp.Select:
    """Return a query for the smallest references that lead nowhere."""
    keys = [_side("rows", place) for place in range(len(measure.columns))]
    lost = _joined(measure, *_named(iter(keys))).where(is_null(_side("found", 0)))
    return _smallest(lost.distinct(), measure.columns, limit)


def _smallest(keys: exp.Select, columns: Sequence[Column], limit: int) -> exp.Select:
    places = [exp.column(f"k{place}") for place in range(len(columns))]
    shown = [displayed(place, column) for place, column in zip(places, columns, strict=True)]
    return exp.select(*shown).from_(keys.subquery("keys")).order_by(*places).limit(limit)


def _joined(measure: Referenced, *results: exp.Expr) -> exp.Select:
    places = range(len(measure.columns))
    here = _keyed(measure.columns, *_named(comparable(column) for column in measure.columns))
    there = exp.select(*_named(comparable(column) for column in targets(measure))).distinct().from_(REFERENCE)
    there = there.where(*(usable(column) for column in targets(measure)))
    on = exp.and_(*(exp.EQ(this=_side("rows", place), expression=_side("found", place)) for place in places))
    found = exp.select(*results).from_(here.subquery("rows"))
    return found.join(there.subquery("found"), on=on, join_type="left")


def targets(measure: Referenced) -> list[Column]:
    """Return the columns that a reference leads to, which have the types of those that it comes from."""
    return [Column((name,), column.type) for name, column in zip(measure.to_columns, measure.columns, strict=True)]


def _keyed(columns: Sequence[Column], *results: exp.Expr) -> exp.Select:
    return exp.select(*results).from_(DATASET).where(*(usable(column) for column in columns))


def _named(values: Iterator[exp.Expr]) -> list[exp.Expr]:
    return [exp.alias_(one, f"k{place}") for place, one in enumerate(values)]


def _side(table: str, place: int) -> exp.Expr:
    return exp.column(f"k{place}", table=table)


def displayed(key: exp.Expr, column: Column) -> exp.Expr:
    """Return a part of a key in the form that `key_text` takes, in the same order."""
    # Days and instants as clients hand them out depend on zones and on the years that they can hold.
    match column.type:
        case Timestamp():
            return exp.UnixMicros(this=key if column.type.zoned else exp.cast(key, "timestamptz"))
        case Date():
            return exp.cast(key, "text")
        case _:
            return key


def key_text(column: Column, found: object) -> str:
    """Return a value of a key as scorecards show it."""
    if isinstance(column.type, Timestamp) and isinstance(found, int):
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=found)
        text = moment.replace(tzinfo=None).isoformat()
        return f"{text}Z" if column.type.zoned else text
    if isinstance(found, Decimal):
        return f"{found:f}"
    return str(found).lower() if isinstance(found, bool) or isinstance(column.type, Uuid) else str(found)
