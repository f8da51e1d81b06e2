# ruff: noqa: PLR0911 - one answer per type
"""Files of lines: CSV as LazySimpleSerDe and OpenCSVSerDe read it, JSON as Hive's and OpenX's SerDes do."""

import bz2
import csv
import gzip
import json
import math
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from serverless_app.localcloud.athena import types
from serverless_app.localcloud.athena.errors import AthenaError, unsupported
from serverless_app.localcloud.athena.types import Type

LAZY: Final = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN_CSV: Final = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
JSON_SERDES: Final = (
    "org.openx.data.jsonserde.JsonSerDe",
    "org.apache.hive.hcatalog.data.JsonSerDe",
    "org.apache.hadoop.hive.serde2.JsonSerDe",
)
_OPENED: Final[dict[str, Callable[..., Any]]] = {".gz": gzip.open, ".bz2": bz2.open}
_UNREADABLE: Final = (".zst", ".snappy", ".lzo", ".lz4", ".deflate")
_CHUNK: Final = 50_000
_BITS: Final = {"tinyint": 8, "smallint": 16, "integer": 32, "bigint": 64}


def _lines(path: Path, key: str, skipped: int) -> Iterator[str]:
    suffix = Path(key).suffix.lower()
    if suffix in _UNREADABLE:
        raise unsupported(f"text compressed as {suffix}: {key}")
    with _OPENED.get(suffix, open)(path, "rt", encoding="utf-8", newline="\n") as lines:
        try:
            for number, line in enumerate(lines):
                if number >= skipped:
                    yield line.removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError as error:
            raise AthenaError("HIVE_BAD_DATA", f"{key} is not UTF-8: {error}") from error


def read_csv(path: Path, key: str, columns: list[str], table: dict[str, Any], serde: dict[str, Any]) -> pa.Table:
    """Return a CSV file's columns as text, as a SerDe separates them."""
    options = serde.get("Parameters") or {}
    skipped = int(
        (table.get("Parameters") or {}).get("skip.header.line.count", options.get("skip.header.line.count", 0))
    )
    lazy = serde["SerializationLibrary"] == LAZY
    if lazy:
        null = options.get("serialization.null.format", "\\N")
        escape = options.get("escape.delim")
        reading: dict[str, Any] = {
            "delimiter": _character(options.get("field.delim", options.get("serialization.format", "\x01"))),
            "quoting": csv.QUOTE_NONE,
            "escapechar": escape and _character(escape),
        }
    else:
        null = None
        reading = {
            "delimiter": _character(options.get("separatorChar", ",")),
            "quotechar": _character(options.get("quoteChar", '"')),
            "escapechar": _character(options.get("escapeChar", "\\")),
        }
    csv.field_size_limit(2**31 - 1)
    rows = (row for line in _lines(path, key, skipped) for row in csv.reader([line], strict=not lazy, **reading))
    return _texts(rows, columns, null)


def _character(value: str) -> str:
    named = {"\\t": "\t", "\\001": "\x01", "1": "\x01", "\\u0001": "\x01"}.get(value, value)
    if len(named) != 1:
        raise unsupported(f"the delimiter {value!r}")
    return named


def _texts(rows: Iterator[list[str]], columns: list[str], null: str | None) -> pa.Table:
    width, batches = len(columns), []
    schema = pa.schema([(name, pa.string()) for name in columns])
    chunk: list[list[str | None]] = []

    def flush() -> None:
        arrays = [pa.array(values, pa.string()) for values in zip(*chunk, strict=True)]
        batches.append(pa.record_batch(arrays, schema=schema))
        chunk.clear()

    for row in rows:
        values: list[str | None] = [None if value == null else value for value in row[:width]]
        chunk.append(values + [None] * (width - len(values)))
        if len(chunk) == _CHUNK:
            flush()
    if chunk:
        flush()
    return pa.Table.from_batches(batches, schema)


def read_json(
    path: Path, key: str, columns: list[tuple[str, Type]], table: dict[str, Any], serde: dict[str, Any]
) -> pa.Table:
    """Return a file of JSON objects, one a line, as the table's types."""
    options = (serde.get("Parameters") or {}) | (table.get("Parameters") or {})
    ignoring = options.get("ignore.malformed.json", "false").lower() == "true"
    known = {name: name for name, _ in columns}
    for setting in options:
        if setting.startswith("mapping."):
            known[options[setting].lower()] = setting.removeprefix("mapping.").lower()
    values: dict[str, list[Any]] = {name: [] for name, _ in columns}
    for number, line in enumerate(_lines(path, key, 0), 1):
        if not line.strip():
            continue
        record = _record(line, f"{key}:{number}", ignoring=ignoring)
        present = {known.get(name.lower(), name.lower()): value for name, value in record.items()}
        for name, kind in columns:
            values[name].append(_value(present.get(name), kind, f"{name} in {key}:{number}"))
    return pa.table({name: pa.array(values[name], arrow(kind)) for name, kind in columns})


def _record(line: str, where: str, *, ignoring: bool) -> dict[str, Any]:
    try:
        record = json.loads(line, parse_float=Decimal)
    except ValueError as error:
        if ignoring:
            return {}
        raise AthenaError("HIVE_CURSOR_ERROR", f"Row is not a valid JSON Object: {where}: {error}") from error
    if not isinstance(record, dict):
        raise AthenaError("HIVE_CURSOR_ERROR", f"Row is not a valid JSON Object: {where}")
    return record


def _value(value: Any, kind: Type, where: str) -> Any:
    if value is None:
        return None
    found = _CONVERTED.get(kind.name, _unconverted)(value, kind, where)
    if found is None:
        raise AthenaError("HIVE_BAD_DATA", f"Error parsing a value of column {where}: it is no {kind}")
    return found


def _unconverted(_any: Any, kind: Type, where: str) -> Any:
    raise unsupported(f"{kind} in JSON files: column {where}")


def _integer(value: Any, kind: Type, _where: str) -> int | None:
    fits = (
        isinstance(value, int)
        and not isinstance(value, bool)
        and -(2 ** (_BITS[kind.name] - 1)) <= value < 2 ** (_BITS[kind.name] - 1)
    )
    return value if fits else None


def _float(value: Any, _kind: Type, _where: str) -> float | None:
    return (
        float(value)
        if isinstance(value, (int, Decimal)) and not isinstance(value, bool) and math.isfinite(float(value))
        else None
    )


def _decimal(value: Any, kind: Type, _where: str) -> Decimal | None:
    if not isinstance(value, (int, Decimal)) or isinstance(value, bool):
        return None
    exact = Decimal(value)
    _, digits, exponent = exact.normalize().as_tuple()
    precision, scale = kind.args
    fits = -int(exponent) <= scale and len(digits) + int(exponent) <= precision - scale
    return exact if fits or not exact else None


def _string(value: Any, _kind: Type, where: str) -> str:
    if isinstance(value, (dict, list, Decimal)):
        raise unsupported(f"a JSON {type(value).__name__} as string: column {where}")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _day(value: Any, _kind: Type, _where: str) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == len("2020-01-01") else None
    except ValueError:
        return None


def _instant(value: Any, _kind: Type, _where: str) -> datetime | None:
    try:
        found = datetime.strptime(value, "%Y-%m-%d %H:%M:%S.%f" if "." in value else "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - Hive's timestamps have no zone
    except (ValueError, TypeError):
        return None
    return None if found.microsecond % 1000 else found


def _items(value: Any, kind: Type, where: str) -> list[Any] | None:
    return [_value(one, kind.args[0], where) for one in value] if isinstance(value, list) else None


def _pairs(value: Any, kind: Type, where: str) -> list[Any] | None:
    if not isinstance(value, dict) or kind.args[0] != types.VARCHAR:
        return None
    return [(name, _value(one, kind.args[1], where)) for name, one in value.items()]


def _fields(value: Any, kind: Type, where: str) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return None
    present = {name.lower(): one for name, one in value.items()}
    return {name: _value(present.get(name), part, f"{where}.{name}") for name, part in kind.args}


_CONVERTED: Final[dict[str, Callable[[Any, Type, str], Any]]] = {
    "boolean": lambda value, _kind, _where: value if isinstance(value, bool) else None,
    **dict.fromkeys(_BITS, _integer),
    "real": _float,
    "double": _float,
    "decimal": _decimal,
    "varchar": _string,
    "date": _day,
    "timestamp": _instant,
    "array": _items,
    "map": _pairs,
    "row": _fields,
}


def arrow(kind: Type) -> pa.DataType:
    """Return the Arrow type of files that Athena writes and of values read from JSON."""
    match kind.name:
        case "decimal":
            return pa.decimal128(*kind.args)
        case "array":
            return pa.list_(arrow(kind.args[0]))
        case "map":
            return pa.map_(arrow(kind.args[0]), arrow(kind.args[1]))
        case "row":
            return pa.struct([(name, arrow(part)) for name, part in kind.args])
        case "timestamp":
            return pa.timestamp("us" if kind.args[0] > types.TIMESTAMP.args[0] else "ms")
    plain = {
        "boolean": pa.bool_(),
        "real": pa.float32(),
        "double": pa.float64(),
        "varchar": pa.string(),
        "varbinary": pa.binary(),
        "date": pa.date32(),
    }
    if kind.name in _BITS:
        return getattr(pa, f"int{_BITS[kind.name]}")()
    if kind.name not in plain:
        raise unsupported(f"{kind} in a file")
    return plain[kind.name]
