# ruff: noqa: PLR0911 - one answer per type
"""Trino's types, how they coerce, and what they are called in DuckDB, Glue and Athena's results."""

from dataclasses import dataclass
from typing import Any, Final

from sqlglot import exp

from serverless_app.localcloud.athena.errors import AthenaError, mismatch, unsupported


@dataclass(frozen=True)
class Type:
    """One type; `args` are precision and scale, element types, or the (name, type) pairs of a row."""

    name: str
    args: tuple[Any, ...] = ()

    def __str__(self) -> str:
        """Return the type as Trino writes it."""
        if self.name == "row":
            return "row(" + ", ".join(f"{name} {kind}" if name else str(kind) for name, kind in self.args) + ")"
        if self.name == "timestamp with time zone":
            return f"timestamp({self.args[0]}) with time zone"
        return f"{self.name}({', '.join(map(str, self.args))})" if self.args else self.name


UNKNOWN, BOOLEAN, VARCHAR, VARBINARY = Type("unknown"), Type("boolean"), Type("varchar"), Type("varbinary")
TINYINT, SMALLINT, INTEGER, BIGINT = Type("tinyint"), Type("smallint"), Type("integer"), Type("bigint")
REAL, DOUBLE, DATE, JSON = Type("real"), Type("double"), Type("date"), Type("json")
TIMESTAMP, TIMESTAMP6 = Type("timestamp", (3,)), Type("timestamp", (6,))
DAYS, MONTHS = Type("interval day to second"), Type("interval year to month")

INTEGERS: Final = (TINYINT, SMALLINT, INTEGER, BIGINT)
DIGITS: Final = {TINYINT: 3, SMALLINT: 5, INTEGER: 10, BIGINT: 19}
MAX_PRECISION: Final = 38
_DUCKDB: Final = {
    "unknown": "INTEGER",
    "varbinary": "BLOB",
    "real": "FLOAT",
    "json": "VARCHAR",
    "timestamp": "TIMESTAMP",
    # The instant in UTC; the zone, which DuckDB would lose, is part of the static type.
    "timestamp with time zone": "TIMESTAMP",
    DAYS.name: "INTERVAL",
    MONTHS.name: "INTERVAL",
}
_HIVE: Final = {"varchar": "string", "integer": "int", "real": "float", "varbinary": "binary"}
_FROM_HIVE: Final = {hive: name for name, hive in _HIVE.items()} | {"integer": "integer"}
_PLAIN_HIVE: Final = ("boolean", "tinyint", "smallint", "bigint", "double", "date")
_RESULT: Final = {"real": "float"}
_SQL: Final = {
    "BOOLEAN": BOOLEAN,
    "TINYINT": TINYINT,
    "SMALLINT": SMALLINT,
    "INT": INTEGER,
    "BIGINT": BIGINT,
    "FLOAT": REAL,
    "DOUBLE": DOUBLE,
    "DATE": DATE,
    "JSON": JSON,
    "VARBINARY": VARBINARY,
}


def decimal(precision: int, scale: int) -> Type:
    """Return decimal(precision, scale), cut to the 38 digits there are."""
    return Type("decimal", (min(precision, MAX_PRECISION), scale))


def array(item: Type) -> Type:
    """Return the array of a type."""
    return Type("array", (item,))


def zoned(zone: str, precision: int = 3) -> Type:
    """Return the timestamp with time zone of values that are all in one zone."""
    return Type("timestamp with time zone", (precision, zone))


def numeric(kind: Type) -> bool:
    """Whether arithmetic is done with values of a type."""
    return kind in INTEGERS or kind.name in ("decimal", "real", "double")


def orderable(kind: Type) -> bool:
    """Whether `<` and ORDER BY take a type."""
    if kind.name in ("array", "row"):
        return all(orderable(part[1] if kind.name == "row" else part) for part in kind.args)
    return kind.name not in ("map", "json")


def duckdb(kind: Type) -> str:
    """Return the DuckDB type that holds values of a type."""
    match kind.name:
        case "array":
            return f"{duckdb(kind.args[0])}[]"
        case "map":
            return f"MAP({duckdb(kind.args[0])}, {duckdb(kind.args[1])})"
        case "row":
            fields = ", ".join(f"{quoted(name or f'field{i}')} {duckdb(t)}" for i, (name, t) in enumerate(kind.args))
            return f"STRUCT({fields})"
        case "decimal":
            return f"DECIMAL({kind.args[0]},{kind.args[1]})"
    return _DUCKDB.get(kind.name, kind.name.upper())


def quoted(name: str) -> str:
    """Return a DuckDB identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """Return a DuckDB string literal."""
    if "\0" in value:
        raise unsupported("the character U+0000 in text")
    return "'" + value.replace("'", "''") + "'"


def hive(kind: Type) -> str:
    """Return the type as the Glue Catalog writes it; what has no place there is refused in Athena's words."""
    match kind.name:
        case "array":
            return f"array<{hive(kind.args[0])}>"
        case "map":
            return f"map<{hive(kind.args[0])},{hive(kind.args[1])}>"
        case "row":
            return "struct<" + ",".join(f"{name}:{hive(t)}" for name, t in kind.args) + ">"
        case "decimal":
            return f"decimal({kind.args[0]},{kind.args[1]})"
        case "timestamp" if kind.args[0] <= TIMESTAMP.args[0]:
            return "timestamp"
    name = _HIVE.get(kind.name, kind.name)
    if name in _HIVE.values() or name in _PLAIN_HIVE:
        return name
    raise AthenaError("NOT_SUPPORTED", f"Unsupported Hive type: {kind}")


def result_name(kind: Type) -> str:
    """Return the type as `GetQueryResults` names it."""
    return _RESULT.get(kind.name, kind.name)


def from_hive(written: str) -> Type:
    """Return the type that a column of the Glue Catalog declares."""
    kind, rest = _hive(written.replace(" ", ""))
    if rest:
        raise unsupported(f"the column type {written}")
    return kind


def _hive(source: str) -> tuple[Type, str]:
    stop = min((at for at in map(source.find, "<>(),:") if at >= 0), default=len(source))
    name, rest = source[:stop].lower(), source[stop:]
    if name in _FROM_HIVE:
        return Type(_FROM_HIVE[name]), rest
    if name in _PLAIN_HIVE:
        return Type(name), rest
    if name == "timestamp":
        return TIMESTAMP, rest
    if name == "varchar" and rest.startswith("("):
        return VARCHAR, rest.partition(")")[2]
    if name == "decimal":
        inside, _, after = rest[1:].partition(")") if rest.startswith("(") else ("10,0", "", rest)
        precision, _, scale = inside.partition(",")
        return decimal(int(precision), int(scale or 0)), after
    if name in ("array", "map") and rest.startswith("<"):
        parts, rest = _hive_list(rest[1:])
        return Type(name, tuple(kind for _, kind in parts)), rest
    if name == "struct" and rest.startswith("<"):
        parts, rest = _hive_list(rest[1:], named=True)
        return Type("row", tuple(parts)), rest
    raise unsupported(f"the column type {source}")


def _hive_list(rest: str, *, named: bool = False) -> tuple[list[tuple[str, Type]], str]:
    parts: list[tuple[str, Type]] = []
    while True:
        name = ""
        if named:
            name, _, rest = rest.partition(":")
        kind, rest = _hive(rest)
        parts.append((name.lower(), kind))
        if rest.startswith(">"):
            return parts, rest[1:]
        if not rest.startswith(","):
            raise unsupported(f"the column type …{rest}")
        rest = rest[1:]


def from_sql(node: exp.DataType) -> Type:
    """Return the type that a CAST or a literal names."""
    name = node.this.name if isinstance(node.this, exp.DType) else str(node.this)
    numbers = [int(p.name) for p in node.expressions if isinstance(p, exp.DataTypeParam)]
    if name in _SQL and not numbers:
        return _SQL[name]
    match name:
        case "VARCHAR" | "TEXT" if not numbers:
            return VARCHAR
        case "DECIMAL":
            precision, scale = (*numbers, 0) if len(numbers) == 1 else numbers or (38, 0)
            if 1 <= precision <= MAX_PRECISION and scale <= precision:
                return decimal(precision, scale)
        case "TIMESTAMP" | "TIMESTAMPTZ" if (numbers or [3])[0] <= TIMESTAMP6.args[0]:
            precision = (numbers or [3])[0]
            return zoned("UTC", precision) if name == "TIMESTAMPTZ" else Type("timestamp", (precision,))
        case "ARRAY" | "MAP" if len(node.expressions) == (1 if name == "ARRAY" else 2):
            return Type(name.lower(), tuple(from_sql(part) for part in node.expressions))
        case "STRUCT":
            return Type("row", tuple(_field(part) for part in node.expressions))
    raise unsupported(f"the type {node.sql('trino')}")


def _field(node: exp.Expr) -> tuple[str, Type]:
    if isinstance(node, exp.ColumnDef):
        return node.name.lower(), from_sql(node.args["kind"])
    if isinstance(node, exp.DataType):
        return "", from_sql(node)
    raise unsupported(f"the row field {node.sql('trino')}")


def common(one: Type, other: Type) -> Type | None:
    """Return the type to which both coerce without a CAST, None when Trino has none."""
    if other in (one, UNKNOWN):
        return one
    if one == UNKNOWN:
        return other
    if numeric(one) and numeric(other):
        return _common_number(one, other)
    if one.name == other.name in ("array", "map"):
        parts = [common(a, b) for a, b in zip(one.args, other.args, strict=True)]
        return None if None in parts else Type(one.name, tuple(parts))
    if one.name == other.name == "row" and len(one.args) == len(other.args):
        kinds = [common(a, b) for (_, a), (_, b) in zip(one.args, other.args, strict=True)]
        names = [a if a == b else "" for (a, _), (b, _) in zip(one.args, other.args, strict=True)]
        return None if None in kinds else Type("row", tuple(zip(names, kinds, strict=True)))
    return _common_time(one, other)


def _common_number(one: Type, other: Type) -> Type:
    if DOUBLE in (one, other):
        return DOUBLE
    if REAL in (one, other):
        return REAL
    if one in INTEGERS and other in INTEGERS:
        return max(one, other, key=INTEGERS.index)
    (p1, s1), (p2, s2) = as_decimal(one).args, as_decimal(other).args
    scale = max(s1, s2)
    return decimal(max(p1 - s1, p2 - s2) + scale, scale)


def as_decimal(kind: Type) -> Type:
    """Return the decimal to which an exact number coerces."""
    return decimal(DIGITS[kind], 0) if kind in DIGITS else kind


def _common_time(one: Type, other: Type) -> Type | None:
    order = ("date", "timestamp", "timestamp with time zone")
    if one.name not in order or other.name not in order:
        return None
    low, high = sorted((one, other), key=lambda kind: (order.index(kind.name), kind.args[:1]))
    if low.name == high.name == order[2] and low.args[1] != high.args[1]:
        raise unsupported("values in different time zones in one column")
    return high


def need(kind: Type, wanted: Type, what: str) -> None:
    """Raise unless a type coerces to the wanted one."""
    if common(kind, wanted) != wanted:
        raise mismatch(f"{what} must evaluate to a {wanted} (actual: {kind})")
