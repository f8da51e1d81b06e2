"""SQL that contracts declare, read in PostgreSQL's dialect and rebuilt from what means the same on every engine.

Nothing is passed through: each node is understood, typed and built anew, or refused by name. Numbers are decimals with
known digits, as integer arithmetic overflows in three ways; NaN and infinities, which are no values of any type, are
null, and so is a division by zero; `LIKE` gets its escapes spelled out.

Sources: "Numeric Types" and "Pattern Matching" of PostgreSQL 18, "Decimal precision and scale" of Spark 3.5
(`DecimalPrecision`), "Decimal functions and operators" of Trino.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from etl.contracts.patterns import portable
from etl.contracts.types import Boolean, Date, Decimal, Float, Integer, Text, Timestamp, Uuid
from etl.quality.measures import Column
from etl.quality.nodes import column_of, finite, instant_of, local_of, text_of
from etl.timestamps import parse_timestamp

_DIGITS = 38
_INTEGER_DIGITS = {16: 5, 32: 10, 64: 19}
_DOUBLE = Float(64)


class Kind(StrEnum):
    """What a value is, as far as operators care."""

    TEXT = "text"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "double precision"
    DATE = "date"
    LOCAL = "timestamp without a zone"
    INSTANT = "timestamp with a zone"
    NULL = "null"


_EXACT = (Kind.INTEGER, Kind.DECIMAL)
_TIMES = (Kind.DATE, Kind.LOCAL, Kind.INSTANT)


@dataclass(frozen=True, slots=True)
class Typed:
    """An expression that is rebuilt, with its type; digits count for exact numbers only."""

    sql: exp.Expr
    kind: Kind
    precision: int = 0
    scale: int = 0

    @property
    def is_text_literal(self) -> bool:
        return isinstance(self.sql, exp.Literal) and self.kind is Kind.TEXT


def condition(sql: str, scope: Sequence[Column]) -> exp.Expr:
    """Return a declared condition on a row.

    Raises ValueError: it is no condition, or has something that engines see differently; the message says what.
    """
    select = parsed(f"SELECT 1 FROM dataset WHERE {sql}")  # noqa: S608 -- parsed and rebuilt, never run as it is
    return _Builder(scope).boolean(select.args["where"].this)


def parsed(sql: str) -> exp.Select:
    """Read one SELECT over one table with nothing but WHERE; ValueError for anything else."""
    try:
        statements = sqlglot.parse(sql, read="postgres")
    except SqlglotError as error:
        raise ValueError(f"{sql!r} is no SQL: {str(error).splitlines()[0]}") from error
    if len(statements) != 1 or not isinstance(select := statements[0], exp.Select):
        raise ValueError(f"{sql!r} is not one SELECT; a rule only reads")
    extra = {name for name, value in select.args.items() if value} - {"kind", "expressions", "from_", "where"}
    if extra or not isinstance(select.args["from_"].this, exp.Table) or select.args["from_"].this.alias:
        raise ValueError(f"{sql!r}: a rule is one SELECT from ${{object}} with nothing but WHERE")
    return select


def value(node: exp.Expr, scope: Sequence[Column]) -> Typed:
    """Rebuild one value of a query that `parsed` read; ValueError for what is not portable."""
    return _Builder(scope).value(node)


def where(select: exp.Select, scope: Sequence[Column]) -> exp.Expr:
    """Rebuild the condition of a query that `parsed` read; true when it has none."""
    clause = select.args.get("where")
    return exp.true() if clause is None else _Builder(scope).boolean(clause.this)


class _Builder:
    def __init__(self, scope: Sequence[Column]) -> None:
        self._columns = {column.path: column for column in scope}
        self._folded = {tuple(map(str.casefold, path)): column for path, column in self._columns.items()}

    def boolean(self, node: exp.Expr) -> exp.Expr:
        built = self.value(node)
        if built.kind not in (Kind.BOOLEAN, Kind.NULL):
            raise ValueError(f"{_said(node)} is {built.kind}, not a condition")
        return built.sql

    def value(self, node: exp.Expr) -> Typed:
        build = _BUILDERS.get(type(node))
        given = {name for name, value in node.args.items() if value}
        if build is None or given - _UNDERSTOOD:
            raise ValueError(
                f"{_said(node)}: engines differ in it, or it is unknown; docs/quality.md lists what is portable"
            )
        built = build(self, node)
        return Typed(exp.Not(this=exp.Paren(this=built.sql)), Kind.BOOLEAN) if node.args.get("negate") else built

    def column(self, node: exp.Expr) -> Typed:
        parts = _dotted(node)
        exact = tuple(part.name for part in parts)
        found = self._columns.get(exact)
        if found is None and not any(part.quoted for part in parts):
            found = self._folded.get(tuple(map(str.casefold, exact)))
        if found is None:
            raise ValueError(f"{'.'.join(exact)} is no field of the contract; correct the name")
        return _typed_column(found)

    def literal(self, node: exp.Expr) -> Typed:
        if node.is_string:
            return Typed(text_of(node.this), Kind.TEXT)
        digits, _, fraction = node.this.partition(".")
        if not (digits + fraction).isdigit():
            raise ValueError(f"{_said(node)}: write the number without an exponent")
        precision, scale = max(1, len(digits.lstrip("0")) + len(fraction)), len(fraction)
        if precision > _DIGITS:
            raise ValueError(f"{_said(node)} has more than {_DIGITS} digits")
        if scale == 0 and precision < _INTEGER_DIGITS[64]:
            return Typed(exp.Literal.number(digits), Kind.INTEGER, precision)
        sql = exp.cast(text_of(node.this), f"decimal({precision}, {scale})")
        return Typed(sql, Kind.DECIMAL, precision, scale)

    def constant(self, node: exp.Expr) -> Typed:
        return Typed(node.copy(), Kind.NULL if isinstance(node, exp.Null) else Kind.BOOLEAN)

    def paren(self, node: exp.Expr) -> Typed:
        inner = self.value(node.this)
        return replace(inner, sql=exp.Paren(this=inner.sql))

    def connector(self, node: exp.Expr) -> Typed:
        sides = (exp.Paren(this=self.boolean(side)) for side in (node.this, node.expression))
        return Typed(type(node)(**dict(zip(("this", "expression"), sides, strict=True))), Kind.BOOLEAN)

    def negation(self, node: exp.Expr) -> Typed:
        return Typed(exp.Not(this=exp.Paren(this=self.boolean(node.this))), Kind.BOOLEAN)

    def comparison(self, node: exp.Expr) -> Typed:
        left, right = self._alike(node, [self.value(node.this), self.value(node.expression)])
        return Typed(type(node)(this=left.sql, expression=right.sql), Kind.BOOLEAN)

    def between(self, node: exp.Expr) -> Typed:
        parts = [self.value(node.args[name]) for name in ("this", "low", "high")]
        this, low, high = (one.sql for one in self._alike(node, parts))
        return Typed(exp.Between(this=this, low=low, high=high), Kind.BOOLEAN)

    def membership(self, node: exp.Expr) -> Typed:
        if node.args.get("query") or node.args.get("unnest") or not node.expressions:
            raise ValueError(f"{_said(node)}: a rule reads one dataset; write a relationship instead")
        parts = [self.value(one) for one in (node.this, *node.expressions)]
        this, *among = self._alike(node, parts)
        return Typed(exp.In(this=this.sql, expressions=[one.sql for one in among]), Kind.BOOLEAN)

    def identity(self, node: exp.Expr) -> Typed:
        if isinstance(node.expression, exp.Null):
            return Typed(exp.Is(this=exp.Paren(this=self.value(node.this).sql), expression=exp.null()), Kind.BOOLEAN)
        if not isinstance(node.expression, exp.Boolean):
            raise ValueError(f"{_said(node)}: IS takes NULL, TRUE or FALSE")  # noqa: TRY004 -- the text is wrong
        # Athena's rendering of IS TRUE would lose the null.
        test = exp.EQ(this=exp.Paren(this=self.boolean(node.this)), expression=node.expression.copy())
        return Typed(exp.Coalesce(this=test, expressions=[exp.false()]), Kind.BOOLEAN)

    def like(self, node: exp.Expr) -> Typed:
        if isinstance(node, exp.Escape):
            if not isinstance(node.this, exp.Like):
                raise ValueError(f"{_said(node)}: ESCAPE belongs to LIKE")  # noqa: TRY004 -- as above
            like = self._like(node.this, node.expression.name)
            return (
                Typed(exp.Not(this=exp.Paren(this=like)), Kind.BOOLEAN)
                if node.this.args.get("negate")
                else Typed(like, Kind.BOOLEAN)
            )
        return Typed(self._like(node, "\\"), Kind.BOOLEAN)

    def _like(self, node: exp.Expr, escape: str) -> exp.Expr:
        text, pattern = self.value(node.this), node.expression
        if not isinstance(node, exp.Like) or text.kind is not Kind.TEXT or not pattern.is_string:
            raise ValueError(f"{_said(node)}: LIKE compares a text with a written pattern")
        return _like(text.sql, pattern.this, escape)

    def matching(self, node: exp.Expr) -> Typed:
        text, pattern = self.value(node.this), node.expression
        if text.kind is not Kind.TEXT or not pattern.is_string:
            raise ValueError(f"{_said(node)}: ~ matches a text with a written pattern")
        return Typed(exp.RegexpLike(this=text.sql, expression=text_of(portable(pattern.this))), Kind.BOOLEAN)

    def arithmetic(self, node: exp.Expr) -> Typed:
        left, right = self.value(node.this), None
        if isinstance(node.expression, exp.Interval):
            return self._moved(node, left)
        right = self.value(node.expression)
        if isinstance(node, exp.Sub) and left.kind is right.kind is Kind.DATE:
            days = exp.DateDiff(this=left.sql, expression=right.sql, unit=exp.var("DAY"))
            return Typed(days, Kind.INTEGER, 7)
        if Kind.FLOAT in (left.kind, right.kind):
            sides = [_double(node, one) for one in (left, right)]
            return Typed(exp.Paren(this=type(node)(this=sides[0], expression=sides[1])), Kind.FLOAT)
        return _exact_arithmetic(node, left, right)

    def division(self, node: exp.Expr) -> Typed:
        left, right = self.value(node.this), self.value(node.expression)
        if Kind.FLOAT not in (left.kind, right.kind):
            raise ValueError(
                f"{_said(node)}: the quotient of exact numbers has other digits on every engine; multiply instead, "
                "or write CAST(… AS DOUBLE PRECISION)"
            )
        divisor = exp.Nullif(this=_double(node, right), expression=exp.cast(text_of("0"), "double"))
        quotient = exp.Div(this=_double(node, left), expression=divisor, typed=True, safe=False)
        return Typed(exp.Paren(this=quotient), Kind.FLOAT)

    def negative(self, node: exp.Expr) -> Typed:
        inner = self.value(node.this)
        if inner.kind not in (*_EXACT, Kind.FLOAT):
            raise ValueError(f"{_said(node)}: only a number has a sign")
        inner = _decimal(inner) if inner.kind is Kind.INTEGER and not isinstance(inner.sql, exp.Literal) else inner
        return replace(inner, sql=exp.Paren(this=exp.Neg(this=inner.sql)))

    def absolute(self, node: exp.Expr) -> Typed:
        inner = self.value(node.this)
        if inner.kind not in (*_EXACT, Kind.FLOAT):
            raise ValueError(f"{_said(node)}: only a number has an absolute value")
        # The smallest integer has none of its own type.
        inner = _decimal(inner) if inner.kind is Kind.INTEGER else inner
        return replace(inner, sql=exp.Abs(this=inner.sql))

    def length(self, node: exp.Expr) -> Typed:
        inner = self.value(node.this)
        if inner.kind is not Kind.TEXT:
            raise ValueError(f"{_said(node)}: only a text has a length")
        return Typed(exp.Length(this=inner.sql), Kind.INTEGER, 10)

    def concatenation(self, node: exp.Expr) -> Typed:
        left, right = self.value(node.this), self.value(node.expression)
        if left.kind is not Kind.TEXT or right.kind is not Kind.TEXT:
            raise ValueError(f"{_said(node)}: || joins texts")
        return Typed(exp.Paren(this=exp.DPipe(this=left.sql, expression=right.sql, safe=True)), Kind.TEXT)

    def coalesce(self, node: exp.Expr) -> Typed:
        parts = self._alike(node, [self.value(one) for one in (node.this, *node.expressions)])
        sql = exp.Coalesce(this=parts[0].sql, expressions=[one.sql for one in parts[1:]])
        return replace(_widest(parts), sql=sql)

    def nullif(self, node: exp.Expr) -> Typed:
        left, right = self._alike(node, [self.value(node.this), self.value(node.expression)])
        return replace(left, sql=exp.Nullif(this=left.sql, expression=right.sql))

    def case(self, node: exp.Expr) -> Typed:
        if node.this is not None:
            raise ValueError(f"{_said(node)}: write CASE WHEN with conditions")
        tests = [exp.Paren(this=self.boolean(one.this)) for one in node.args["ifs"]]
        results = [one.args["true"] for one in node.args["ifs"]] + [node.args.get("default") or exp.null()]
        values = self._alike(node, [self.value(one) for one in results])
        ifs = [exp.If(this=test, true=one.sql) for test, one in zip(tests, values[:-1], strict=True)]
        return replace(_widest(values), sql=exp.Case(ifs=ifs, default=values[-1].sql))

    def part(self, node: exp.Expr) -> Typed:
        unit, inner = node.name.upper(), self.value(node.expression)
        if unit not in ("YEAR", "MONTH", "DAY") or inner.kind not in (Kind.DATE, Kind.LOCAL):
            raise ValueError(f"{_said(node)}: EXTRACT takes YEAR, MONTH or DAY of what has no zone")
        return Typed(exp.Extract(this=exp.var(unit), expression=inner.sql), Kind.INTEGER, 10)

    def cast(self, node: exp.Expr) -> Typed:
        inner, target = self.value(node.this), node.args["to"].this
        if target is exp.DataType.Type.DOUBLE and inner.kind in (*_EXACT, Kind.FLOAT):
            return Typed(_double(node, inner), Kind.FLOAT)
        kind = _TIME_TYPES.get(target)
        if kind is not None and inner.is_text_literal:
            return _time_literal(node, inner.sql.name, kind)
        raise ValueError(f"{_said(node)}: a cast makes numbers double precision, or written texts dates and timestamps")

    def _moved(self, node: exp.Expr, time: Typed) -> Typed:
        interval = node.expression
        unit = interval.text("unit").upper().removesuffix("S")
        if time.kind not in _TIMES or unit not in _SECONDS or not interval.this.name.isdigit():
            raise ValueError(f"{_said(node)}: an interval is a whole number of days, hours, minutes or seconds")
        base = exp.cast(time.sql, _local_type()) if time.kind is Kind.DATE else time.sql
        # In seconds: a day of an instant has 24 hours whatever zone a session is in.
        seconds = exp.Literal.string(str(int(interval.this.name) * _SECONDS[unit]))
        moved = type(node)(this=base, expression=exp.Interval(this=seconds, unit=exp.var("SECOND")))
        return Typed(exp.Paren(this=moved), Kind.INSTANT if time.kind is Kind.INSTANT else Kind.LOCAL)

    def _alike(self, node: exp.Expr, parts: list[Typed]) -> list[Typed]:
        """Bring values that are compared to one type, as PostgreSQL does, or refuse."""
        kinds = {part.kind for part in parts if part.kind is not Kind.NULL and not part.is_text_literal}
        times: set[Kind] = {kind for kind in kinds if kind in _TIMES}
        if times and len(kinds) == len(times):
            return _alike_times(node, parts, times)
        kinds |= {Kind.TEXT for part in parts if part.is_text_literal}
        if kinds <= {Kind.INTEGER} or (len(kinds) <= 1 and Kind.DECIMAL not in kinds):
            return parts
        if kinds <= set(_EXACT):
            return _alike_decimals(node, parts)
        if kinds <= {*_EXACT, Kind.FLOAT}:
            return [part if part.kind is Kind.NULL else Typed(_double(node, part), Kind.FLOAT) for part in parts]
        raise ValueError(f"{_said(node)} compares {' with '.join(sorted(kinds))}; engines convert in their own ways")


_Build = Callable[[_Builder, exp.Expr], Typed]
_BUILDERS: dict[type, _Build] = {
    exp.Column: _Builder.column,
    exp.Dot: _Builder.column,
    exp.Literal: _Builder.literal,
    exp.Boolean: _Builder.constant,
    exp.Null: _Builder.constant,
    exp.Paren: _Builder.paren,
    exp.And: _Builder.connector,
    exp.Or: _Builder.connector,
    exp.Not: _Builder.negation,
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE), _Builder.comparison),
    exp.NullSafeEQ: _Builder.comparison,
    exp.NullSafeNEQ: _Builder.comparison,
    exp.Between: _Builder.between,
    exp.In: _Builder.membership,
    exp.Is: _Builder.identity,
    exp.Like: _Builder.like,
    exp.Escape: _Builder.like,
    exp.RegexpLike: _Builder.matching,
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul), _Builder.arithmetic),
    exp.Div: _Builder.division,
    exp.Neg: _Builder.negative,
    exp.Abs: _Builder.absolute,
    exp.Length: _Builder.length,
    exp.DPipe: _Builder.concatenation,
    exp.Coalesce: _Builder.coalesce,
    exp.Nullif: _Builder.nullif,
    exp.Case: _Builder.case,
    exp.Extract: _Builder.part,
    exp.Cast: _Builder.cast,
}
# The parts of nodes that the builders look at; what has another one means something else.
_UNDERSTOOD = {
    *("this", "expression", "expressions", "negate", "low", "high", "query", "unnest", "ifs", "default", "to", "unit"),
    *("table", "db", "catalog", "quoted", "is_string"),
    # How the dialect divides and joins, which the builders say anew.
    *("typed", "safe"),
}
_TIME_TYPES = {
    exp.DataType.Type.DATE: Kind.DATE,
    exp.DataType.Type.TIMESTAMP: Kind.LOCAL,
    exp.DataType.Type.TIMESTAMPTZ: Kind.INSTANT,
}
_SECONDS = {"DAY": 86_400, "HOUR": 3_600, "MINUTE": 60, "SECOND": 1}


def _said(node: exp.Expr) -> str:
    return node.sql(dialect="postgres")


def _dotted(node: exp.Expr) -> list[exp.Identifier]:
    """Return the names of PostgreSQL's `(a).b.c`."""
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        return [*_dotted(node.this), node.expression]
    inner = node.unnest()
    if isinstance(inner, exp.Column):
        return [part for part in inner.parts if isinstance(part, exp.Identifier)]
    raise ValueError(f"{_said(node)} names no field")


def _typed_column(column: Column) -> Typed:  # noqa: PLR0911 -- one line for each type
    sql = column_of(column)
    match column.type:
        case Text():
            return Typed(sql, Kind.TEXT)
        case Uuid():
            return Typed(exp.Lower(this=exp.cast(sql, "text")), Kind.TEXT)
        case Boolean():
            return Typed(sql, Kind.BOOLEAN)
        case Integer(bits):
            return Typed(sql, Kind.INTEGER, _INTEGER_DIGITS[bits])
        case Decimal(precision, scale):
            return Typed(sql, Kind.DECIMAL, precision, scale)
        case Float() as type_:
            number = exp.Case(ifs=[exp.If(this=finite(sql, type_), true=exp.cast(sql, "double"))])
            return Typed(number, Kind.FLOAT)
        case Date():
            return Typed(sql, Kind.DATE)
        case Timestamp(zoned):
            return Typed(sql, Kind.INSTANT if zoned else Kind.LOCAL)
    raise ValueError(f"{column.name} is {type(column.type).__name__.lower()}, which no portable operator takes")


def _local_type() -> exp.DataType:
    return exp.DataType(this=exp.DataType.Type.TIMESTAMPNTZ)


def _time_literal(node: exp.Expr, text: str, kind: Kind) -> Typed:
    moment = parse_timestamp(text)
    zoned = text[10:].endswith("Z") or "+" in text or "-" in text[10:]
    if moment is None or (kind is Kind.LOCAL and zoned) or (kind is Kind.DATE and len(text) != len("2018-02-01")):
        raise ValueError(f"{_said(node)}: {text!r} is no {kind}; write 2018-02-01 or 2018-02-01T10:00:00Z")
    if kind is Kind.DATE:
        return Typed(exp.cast(text_of(text), "date"), kind)
    return Typed(instant_of(moment) if kind is Kind.INSTANT else local_of(moment.replace(tzinfo=None)), kind)


def _alike_times(node: exp.Expr, parts: list[Typed], times: set[Kind]) -> list[Typed]:
    if Kind.INSTANT in times and len(times) > 1:
        raise ValueError(f"{_said(node)} compares a time that has a zone with one that has none")
    kind = max(times, key=_TIMES.index)
    alike = []
    for part in parts:
        if part.is_text_literal:
            alike.append(_time_literal(node, part.sql.name, kind))
        elif part.kind is Kind.DATE and kind is Kind.LOCAL:
            alike.append(Typed(exp.cast(part.sql, _local_type()), kind))
        else:
            alike.append(part)
    return alike


def _widest(parts: Sequence[Typed]) -> Typed:
    return max(parts, key=lambda part: (part.kind is not Kind.NULL, part.precision))


def _alike_decimals(node: exp.Expr, parts: list[Typed]) -> list[Typed]:
    scale = max(part.scale for part in parts)
    precision = scale + max(part.precision - part.scale for part in parts)
    _fit(node, precision)
    return [part if part.kind is Kind.NULL else _decimal(part, precision, scale) for part in parts]


def _decimal(part: Typed, precision: int | None = None, scale: int | None = None) -> Typed:
    wanted = (part.precision if precision is None else precision, part.scale if scale is None else scale)
    if part.kind is Kind.DECIMAL and wanted == (part.precision, part.scale):
        return part
    sql = exp.cast(part.sql, f"decimal({wanted[0]}, {wanted[1]})")
    return Typed(sql, Kind.DECIMAL, *wanted)


def _exact_arithmetic(node: exp.Expr, left: Typed, right: Typed) -> Typed:
    for one in (left, right):
        if one.kind not in _EXACT:
            raise ValueError(f"{_said(node)}: {one.kind} is nothing to calculate with")
    left, right = _decimal(left), _decimal(right)
    if isinstance(node, exp.Mul):
        precision, scale = left.precision + right.precision, left.scale + right.scale
    else:
        scale = max(left.scale, right.scale)
        precision = scale + max(left.precision - left.scale, right.precision - right.scale) + 1
    # Spark gives a product one digit more, and rounds when that is too many.
    _fit(node, precision + (isinstance(node, exp.Mul) and scale > 0))
    return Typed(exp.Paren(this=type(node)(this=left.sql, expression=right.sql)), Kind.DECIMAL, precision, scale)


def _fit(node: exp.Expr, precision: int) -> None:
    if precision > _DIGITS:
        raise ValueError(
            f"{_said(node)} may need {precision} digits, engines have {_DIGITS}; write CAST(… AS DOUBLE PRECISION)"
        )


def _double(node: exp.Expr, part: Typed) -> exp.Expr:
    if part.kind is Kind.FLOAT:
        return part.sql
    if part.kind not in _EXACT:
        raise ValueError(f"{_said(node)}: {part.kind} is no number")
    return exp.cast(part.sql, "double")


def _like(text: exp.Expr, pattern: str, escape: str) -> exp.Expr:
    """Return LIKE with `!` as its escape, where there is anything to escape."""
    plain, written, characters = True, "", iter(pattern)
    for character in characters:
        literal = character == escape
        symbol = next(characters, "") if literal else character
        if literal and not symbol:
            raise ValueError(f"LIKE {pattern!r} ends with its escape")
        wild = symbol in ("%", "_")
        escaped = (literal and wild) or symbol == "!"
        plain = plain and not escaped and symbol != "\\"
        written += f"!{symbol}" if escaped else symbol
    like = exp.Like(this=text, expression=text_of(written if not plain else pattern.replace(escape, "")))
    return like if plain else exp.Escape(this=like, expression=text_of("!"))
