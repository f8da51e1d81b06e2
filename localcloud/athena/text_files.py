"""Files of lines: CSV as LazySimpleSerDe and OpenCSVSerDe read it, JSON as Hive's and OpenX's SerDes do."""

import bz2
import csv
import gzip
import itertools
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from localcloud.athena import types
from localcloud.athena.casts import explicit
from localcloud.athena.errors import AthenaError, unsupported
from localcloud.athena.types import VARCHAR, Type

LAZY: Final = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN_CSV: Final = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
JSON_SERDES: Final = (
    "org.openx.data.jsonserde.JsonSerDe",
    "org.apache.hive.hcatalog.data.JsonSerDe",
    "org.apache.hadoop.hive.serde2.JsonSerDe",
)
SERDES: Final = (LAZY, OPEN_CSV, *JSON_SERDES)
_OPENED: Final[dict[str, Callable[..., Any]]] = {".gz": gzip.open, ".bz2": bz2.open}
_UNREADABLE: Final = (".zst", ".snappy", ".lzo", ".lz4", ".deflate")
_LAZY_TYPES: Final = ("boolean", "tinyint", "smallint", "integer", "bigint", "real", "double", "decimal")
_OPEN_TYPES: Final = ("boolean", "integer", "bigint", "double")
_DELIMITERS: Final = {"\\t": "\t", "\\001": "\x01", "1": "\x01", "\\u0001": "\x01"}
_CHUNK: Final = 50_000
_BITS: Final = {"tinyint": 8, "smallint": 16, "integer": 32, "bigint": 64}

Columns = Sequence[tuple[str, Type]]


def value(sql: str, name: str, kind: Type, library: str) -> str:
    """Return the SQL that reads a field as the declared type; OpenCSVSerDe counts days and milliseconds."""
    if kind == VARCHAR or library in JSON_SERDES:
        return f"CAST({sql} AS {types.duckdb(kind)})"
    if library == OPEN_CSV and kind.name in ("date", "timestamp"):
        number = (explicit(sql, VARCHAR, types.BIGINT) or "").replace("athena_unreadable", "athena_bad_field")
        days = f"DATE '1970-01-01' + CAST({number} AS INTEGER)"
        return days if kind == types.DATE else f"make_timestamp({number} * 1000)"
    read = explicit(sql, VARCHAR, kind)
    known = (*_LAZY_TYPES, "date", "timestamp") if library == LAZY else _OPEN_TYPES
    if kind.name not in known or read is None:
        raise unsupported(f"{kind} in CSV files: column {name}")
    read = read.replace("athena_unreadable", "athena_bad_field")
    # Hive reads an empty field of any type but text as NULL; OpenCSVSerDe cannot read it.
    return f"CASE WHEN {sql} <> '' THEN {read} END" if library == LAZY else read


def _lines(path: Path, key: str, skipped: int = 0) -> Iterator[str]:
    suffix = Path(key).suffix.lower()
    if suffix in _UNREADABLE:
        raise unsupported(f"text compressed as {suffix}: {key}")
    with _OPENED.get(suffix, open)(path, "rt", encoding="utf-8", newline="\n") as lines:
        try:
            for line in itertools.islice(lines, skipped, None):
                yield line.removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError as error:
            raise AthenaError("HIVE_BAD_DATA", f"{key} is not UTF-8: {error}") from error


# CSV


def read_csv(path: Path, key: str, columns: Columns, table: dict[str, Any], serde: dict[str, Any]) -> pa.Table:
    """Return a CSV file's columns as text, called c0, c1, …, as a SerDe separates them."""
    options = serde.get("Parameters") or {}
    settings = options | (table.get("Parameters") or {})
    null, escape = None, options.get("escape.delim")
    if serde["SerializationLibrary"] == LAZY:
        null = options.get("serialization.null.format", "\\N")
        reading: dict[str, Any] = {
            "delimiter": _character(options.get("field.delim", options.get("serialization.format", "\x01"))),
            "quoting": csv.QUOTE_NONE,
            "escapechar": escape and _character(escape),
        }
    else:
        reading = {
            "delimiter": _character(options.get("separatorChar", ",")),
            "quotechar": _character(options.get("quoteChar", '"')),
            "escapechar": _character(options.get("escapeChar", "\\")),
            "strict": True,
        }
    csv.field_size_limit(2**31 - 1)
    lines = _lines(path, key, int(settings.get("skip.header.line.count", 0)))
    rows = (row for line in lines for row in csv.reader([line], **reading))
    return _texts(rows, len(columns), null)


def _character(written: str) -> str:
    named = _DELIMITERS.get(written, written)
    if len(named) != 1:
        raise unsupported(f"the delimiter {written!r}")
    return named


def _texts(rows: Iterator[list[str]], width: int, null: str | None) -> pa.Table:
    schema = pa.schema([(f"c{at}", pa.string()) for at in range(width)])
    batches = []
    while chunk := list(itertools.islice(rows, _CHUNK)):
        cut = ([None if one == null else one for one in row[:width]] + [None] * (width - len(row)) for row in chunk)
        arrays = [pa.array(values, pa.string()) for values in zip(*cut, strict=True)]
        batches.append(pa.record_batch(arrays, schema=schema))
    return pa.Table.from_batches(batches, schema)


# JSON


def read_json(path: Path, key: str, columns: Columns, table: dict[str, Any], serde: dict[str, Any]) -> pa.Table:
    """Return a file of JSON objects, one a line, as columns called c0, c1, … of the table's types."""
    options = (serde.get("Parameters") or {}) | (table.get("Parameters") or {})
    ignoring = options.get("ignore.malformed.json", "false").lower() == "true"
    mapped = {v.lower(): k.removeprefix("mapping.").lower() for k, v in options.items() if k.startswith("mapping.")}
    rows: list[list[Any]] = []
    for number, line in enumerate(_lines(path, key), 1):
        if line.strip():
            record = _record(line, f"{key}:{number}", ignoring=ignoring)
            present = {mapped.get(name.lower(), name.lower()): one for name, one in record.items()}
            rows.append([_value(present.get(name), kind, f"{name} in {key}:{number}") for name, kind in columns])
    by_column: Iterable[Any] = zip(*rows, strict=True) if rows else [()] * len(columns)
    arrays = [pa.array(list(one), types.arrow(kind)) for one, (_, kind) in zip(by_column, columns, strict=True)]
    return pa.table(arrays, names=[f"c{at}" for at in range(len(columns))])


def _record(line: str, where: str, *, ignoring: bool) -> dict[str, Any]:
    said = ""
    try:
        record = json.loads(line, parse_float=Decimal)
    except ValueError as error:
        record, said = None, f": {error}"
    if isinstance(record, dict):
        return record
    if ignoring and said:
        return {}
    raise AthenaError("HIVE_CURSOR_ERROR", f"Row is not a valid JSON Object: {where}{said}")


def _value(given: Any, kind: Type, where: str) -> Any:
    if given is None:
        return None
    if kind.name not in _CONVERTED:
        raise unsupported(f"{kind} in JSON files: column {where}")
    accepted, convert = _CONVERTED[kind.name]
    # true is an int of Python, and no number of JSON.
    fits = isinstance(given, accepted) and (kind.name in ("boolean", "varchar") or not isinstance(given, bool))
    found = convert(given, kind, where) if fits else None
    if found is None:
        raise AthenaError("HIVE_BAD_DATA", f"Error parsing a value of column {where}: it is no {kind}")
    return found


def _integer(given: int, kind: Type, _where: str) -> int | None:
    most = 2 ** (_BITS[kind.name] - 1)
    return given if -most <= given < most else None


def _float(given: Any, _kind: Type, _where: str) -> float | None:
    return float(given) if math.isfinite(float(given)) else None


def _decimal(given: Any, kind: Type, _where: str) -> Decimal | None:
    exact = Decimal(given)
    _, digits, exponent = exact.normalize().as_tuple()
    precision, scale = kind.args
    fits = -int(exponent) <= scale and len(digits) + int(exponent) <= precision - scale
    return exact if fits or not exact else None


def _string(given: Any, _kind: Type, where: str) -> str:
    if isinstance(given, (dict, list, Decimal)):
        raise unsupported(f"a JSON {type(given).__name__} as string: column {where}")
    return str(given).lower() if isinstance(given, bool) else str(given)


def _day(given: str, _kind: Type, _where: str) -> date | None:
    try:
        return date.fromisoformat(given) if len(given) == len("2020-01-01") else None
    except ValueError:
        return None


def _instant(given: str, _kind: Type, _where: str) -> datetime | None:
    try:
        found = datetime.strptime(given, f"%Y-%m-%d %H:%M:%S{'.%f' * ('.' in given)}")  # noqa: DTZ007 - Hive has no zones
    except ValueError:
        return None
    return None if found.microsecond % 1000 else found


def _items(given: list[Any], kind: Type, where: str) -> list[Any]:
    return [_value(one, kind.args[0], where) for one in given]


def _pairs(given: dict[str, Any], kind: Type, where: str) -> list[Any] | None:
    pairs = [(name, _value(one, kind.args[1], where)) for name, one in given.items()]
    return pairs if kind.args[0] == VARCHAR else None


def _fields(given: dict[str, Any], kind: Type, where: str) -> dict[str, Any]:
    present = {name.lower(): one for name, one in given.items()}
    return {name: _value(present.get(name), part, f"{where}.{name}") for name, part in kind.args}


# The kinds of JSON values that a type takes, and how.
_CONVERTED: Final[dict[str, tuple[Any, Callable[[Any, Type, str], Any]]]] = {
    "boolean": (bool, lambda given, _kind, _where: given),
    **dict.fromkeys(_BITS, (int, _integer)),
    "real": ((int, Decimal), _float),
    "double": ((int, Decimal), _float),
    "decimal": ((int, Decimal), _decimal),
    "varchar": (object, _string),
    "date": (str, _day),
    "timestamp": (str, _instant),
    "array": (list, _items),
    "map": (dict, _pairs),
    "row": (dict, _fields),
}
