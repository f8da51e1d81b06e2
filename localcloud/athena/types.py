"""Trino's types: how they coerce, and what they are called in DuckDB, in Glue, in Arrow and in results."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import pyarrow as pa
from sqlglot import exp

from localcloud.athena.duck import quoted
from localcloud.athena.errors import AthenaError, mismatch, unsupported


@dataclass(frozen=True)
class Type:
    """One type; `args` are precision and scale, element types, or the (name, type) pairs of a row."""

    name: str
    args: tuple[Any, ...] = ()

    def __str__(self) -> str:
        """Return the type as Trino writes it."""
        if self.name == "row":
            return "row(" + ", ".join(f"{name} {kind}" if name else str(kind) for name, kind in self.args) + ")"
        if self.name == ZONED:
            return f"timestamp({self.args[0]}) with time zone"
        return f"{self.name}({', '.join(map(str, self.args))})" if self.args else self.name


ZONED: Final = "timestamp with time zone"
UNKNOWN, BOOLEAN, VARCHAR, VARBINARY = Type("unknown"), Type("boolean"), Type("varchar"), Type("varbinary")
TINYINT, SMALLINT, INTEGER, BIGINT = Type("tinyint"), Type("smallint"), Type("integer"), Type("bigint")
REAL, DOUBLE, DATE, JSON = Type("real"), Type("double"), Type("date"), Type("json")
TIMESTAMP, TIMESTAMP6 = Type("timestamp", (3,)), Type("timestamp", (6,))
DAYS, MONTHS = Type("interval day to second"), Type("interval year to month")
INTEGERS: Final = (TINYINT, SMALLINT, INTEGER, BIGINT)
TIMES: Final = ("date", "timestamp", ZONED)
MAX_PRECISION: Final = 38
_DIGITS: Final = {TINYINT: 3, SMALLINT: 5, INTEGER: 10, BIGINT: 19}
_PRECISE: Final = 6
_DIGITS_OF: Final = {"s": 0, "ms": 3, "us": 6, "ns": 9}

# Trino, then DuckDB, Glue, Arrow; a zoned timestamp is its instant in UTC, the zone is part of the static type.
_NAMES: Final[dict[str, tuple[str, str | None, Any]]] = {
    "boolean": ("BOOLEAN", "boolean", pa.bool_()),
    "tinyint": ("TINYINT", "tinyint", pa.int8()),
    "smallint": ("SMALLINT", "smallint", pa.int16()),
    "integer": ("INTEGER", "int", pa.int32()),
    "bigint": ("BIGINT", "bigint", pa.int64()),
    "real": ("FLOAT", "float", pa.float32()),
    "double": ("DOUBLE", "double", pa.float64()),
    "varchar": ("VARCHAR", "string", pa.string()),
    "varbinary": ("BLOB", "binary", pa.binary()),
    "date": ("DATE", "date", pa.date32()),
    "timestamp": ("TIMESTAMP", None, None),
    ZONED: ("TIMESTAMP", None, pa.timestamp("us", "UTC")),
    "json": ("VARCHAR", None, None),
    "unknown": ("INTEGER", None, None),
    DAYS.name: ("INTERVAL", None, None),
    MONTHS.name: ("INTERVAL", None, None),
}
_FROM_HIVE: Final = {hive: name for name, (_, hive, _) in _NAMES.items() if hive} | {"integer": "integer"}
_FROM_ARROW: Final = {arrow: name for name, (_, _, arrow) in _NAMES.items() if arrow} | {
    pa.large_string(): "varchar",
    pa.large_binary(): "varbinary",
    pa.null(): "unknown",
    pa.uint8(): "smallint",
    pa.uint16(): "integer",
    pa.uint32(): "bigint",
}
_FROM_SQL: Final = {name.upper(): Type(name) for name in ("boolean", "tinyint", "smallint", "bigint", "double")} | {
    "INT": INTEGER,
    "FLOAT": REAL,
    "DATE": DATE,
    "JSON": JSON,
    "VARCHAR": VARCHAR,
    "TEXT": VARCHAR,
    "VARBINARY": VARBINARY,
}
_HIVE_TYPE: Final = re.compile(r"(\w+)(?:\(([\d,]*)\)|<(.*)>)?", re.DOTALL)

_PIECE: Final = re.compile(r"'(?:[^'\\]|\\.|'')*'|.", re.DOTALL)


def decimal(precision: int, scale: int) -> Type:
    """Return decimal(precision, scale), cut to the 38 digits there are."""
    return Type("decimal", (min(precision, MAX_PRECISION), scale))


def array(item: Type) -> Type:
    """Return the array of a type."""
    return Type("array", (item,))


def row(parts: Any) -> Type:
    """Return the row of (name, type) pairs; a field without a name has an empty one."""
    return Type("row", tuple(parts))


def zoned(zone: str, precision: int = 3) -> Type:
    """Return the timestamp with time zone of values that are all in one zone."""
    return Type(ZONED, (precision, zone))


def numeric(kind: Type) -> bool:
    """Whether arithmetic is done with values of a type."""
    return kind in INTEGERS or kind.name in ("decimal", "real", "double")


def floating(kind: Type) -> bool:
    """Whether a type has NaN and Infinity."""
    return kind in (REAL, DOUBLE)


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
            return f"STRUCT({', '.join(f'{quoted(field)} {duckdb(part)}' for field, part in fields(kind))})"
        case "decimal":
            return f"DECIMAL({kind.args[0]},{kind.args[1]})"
    return _NAMES[kind.name][0]


def fields(kind: Type) -> list[tuple[str, Type]]:
    """Return a row's fields, those without a name called after their places."""
    return [(name or f"field{at}", part) for at, (name, part) in enumerate(kind.args)]


def hive(kind: Type) -> str:
    """Return the type as the Glue Catalog writes it; what has no place there is refused in Athena's words."""
    match kind.name:
        case "array" | "map":
            return f"{kind.name}<{','.join(map(hive, kind.args))}>"
        case "row":
            return "struct<" + ",".join(f"{name}:{hive(part)}" for name, part in kind.args) + ">"
        case "decimal":
            return f"decimal({kind.args[0]},{kind.args[1]})"
    found = "timestamp" if kind.name == "timestamp" and kind.args <= TIMESTAMP.args else _NAMES[kind.name][1]
    if found is None:
        raise AthenaError("NOT_SUPPORTED", f"Unsupported Hive type: {kind}")
    return found


def arrow(kind: Type) -> pa.DataType:
    """Return the Arrow type of values in files."""
    match kind.name:
        case "decimal":
            return pa.decimal128(*kind.args)
        case "array":
            return pa.list_(arrow(kind.args[0]))
        case "map":
            return pa.map_(*map(arrow, kind.args))
        case "row":
            return pa.struct([(name, arrow(part)) for name, part in kind.args])
        case "timestamp":
            return pa.timestamp("us" if kind.args > TIMESTAMP.args else "ms")
    found = None if kind.name == ZONED and kind.args[1] != "UTC" else _NAMES[kind.name][2]
    if found is None:
        raise unsupported(f"{kind} in a file")
    return found


def of_arrow(given: pa.DataType) -> Type:
    """Return the type of the values in a file; what has none is refused."""
    if given in _FROM_ARROW:
        return Type(_FROM_ARROW[given])
    found = next((make(given) for fits, make in _MADE_OF_ARROW if fits(given)), None)
    if found is None:
        raise unsupported(f"values of type {given} in a file")
    return found


_MADE_OF_ARROW: Final[tuple[tuple[Callable[[Any], bool], Callable[[Any], Type]], ...]] = (
    (pa.types.is_dictionary, lambda given: of_arrow(given.value_type)),
    (pa.types.is_list, lambda given: array(of_arrow(given.value_type))),
    (pa.types.is_large_list, lambda given: array(of_arrow(given.value_type))),
    (pa.types.is_map, lambda given: Type("map", (of_arrow(given.key_type), of_arrow(given.item_type)))),
    (pa.types.is_struct, lambda given: row((field.name.lower(), of_arrow(field.type)) for field in given)),
    (pa.types.is_decimal, lambda given: decimal(given.precision, given.scale)),
    (
        pa.types.is_timestamp,
        lambda given: (
            zoned("UTC", _DIGITS_OF[given.unit]) if given.tz else Type("timestamp", (_DIGITS_OF[given.unit],))
        ),
    ),
)


@lru_cache(maxsize=1024)
def from_hive(written: str) -> Type:
    """Return the type that a column of the Glue Catalog declares."""
    found = _HIVE_TYPE.fullmatch("".join(written.split()))
    name, numbers, inside = (found[1].lower(), found[2], found[3]) if found else ("", None, None)
    if name in _FROM_HIVE and numbers is None and inside is None:
        return Type(_FROM_HIVE[name])
    if name == "timestamp" and numbers is None and inside is None:
        return TIMESTAMP
    if name == "varchar" and numbers:
        return VARCHAR
    if name == "decimal" and inside is None:
        precision, _, scale = (numbers or "10").partition(",")
        return decimal(int(precision), int(scale or 0))
    parts = split(inside or "")
    if len(parts) == {"array": 1, "map": 2}.get(name):
        return Type(name, tuple(map(from_hive, parts)))
    if name == "struct" and all(":" in part for part in parts):
        named = (part.partition(":") for part in parts)
        return row((field.strip("`").lower(), from_hive(kind)) for field, _, kind in named)
    raise unsupported(f"the column type {written}")


def split(source: str) -> list[str]:
    """Return what stands between the commas outside of all brackets and quotes."""
    parts, depth = [""], 0
    for piece in _PIECE.findall(source):
        depth += (piece in ("(", "<")) - (piece in (")", ">"))
        if piece == "," and not depth:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def from_sql(node: exp.DataType) -> Type:
    """Return the type that a CAST or a literal names."""
    name = node.this.name if isinstance(node.this, exp.DType) else str(node.this)
    numbers = [int(p.name) for p in node.expressions if isinstance(p, exp.DataTypeParam)]
    if name in _FROM_SQL and not numbers:
        return _FROM_SQL[name]
    match name:
        case "DECIMAL":
            precision, scale = (*numbers, 0) if len(numbers) == 1 else numbers or (38, 0)
            if 1 <= precision <= MAX_PRECISION and scale <= precision:
                return decimal(precision, scale)
        case "TIMESTAMP" | "TIMESTAMPTZ" if not numbers or numbers[0] <= _PRECISE:
            digits = (*numbers, 3)[0]
            return zoned("UTC", digits) if name == "TIMESTAMPTZ" else Type("timestamp", (digits,))
        case "ARRAY" | "MAP" if len(node.expressions) == (1 if name == "ARRAY" else 2):
            return Type(name.lower(), tuple(from_sql(part) for part in node.expressions))
        case "STRUCT":
            return row(_field(part) for part in node.expressions)
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
    if one.name == other.name and one.name in ("array", "map", "row") and len(one.args) == len(other.args):
        return _common_parts(one, other)
    return _common_time(one, other) if one.name in TIMES and other.name in TIMES else None


def _common_parts(one: Type, other: Type) -> Type | None:
    if one.name == "row":
        kinds = [common(a, b) for (_, a), (_, b) in zip(one.args, other.args, strict=True)]
        names = [a if a == b else "" for (a, _), (b, _) in zip(one.args, other.args, strict=True)]
        return None if None in kinds else row(zip(names, kinds, strict=True))
    kinds = [common(a, b) for a, b in zip(one.args, other.args, strict=True)]
    return None if None in kinds else Type(one.name, tuple(kinds))


def _common_number(one: Type, other: Type) -> Type:
    if floating(one) or floating(other):
        return DOUBLE if DOUBLE in (one, other) else REAL
    if one in INTEGERS and other in INTEGERS:
        return max(one, other, key=INTEGERS.index)
    (p1, s1), (p2, s2) = as_decimal(one).args, as_decimal(other).args
    scale = max(s1, s2)
    return decimal(max(p1 - s1, p2 - s2) + scale, scale)


def as_decimal(kind: Type) -> Type:
    """Return the decimal to which an exact number coerces."""
    return decimal(_DIGITS[kind], 0) if kind in _DIGITS else kind


def _common_time(one: Type, other: Type) -> Type:
    low, high = sorted((one, other), key=lambda kind: (TIMES.index(kind.name), kind.args[:1]))
    if low.name == high.name == ZONED and low.args[1] != high.args[1]:
        raise unsupported("values in different time zones in one column")
    return high


def need(kind: Type, wanted: Type, what: str) -> None:
    """Raise unless a type coerces to the wanted one."""
    if common(kind, wanted) != wanted:
        raise mismatch(f"{what} must evaluate to a {wanted} (actual: {kind})")
