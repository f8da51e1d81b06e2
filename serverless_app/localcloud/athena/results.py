# ruff: noqa: C901, E501, PLR0911, PLR0912 - one branch per type; one fact, one line; one answer per type
"""Results as Athena writes them: one CSV file on S3, from which the API's pages are read back."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import IO, Any, Final
from zoneinfo import ZoneInfo

from serverless_app.localcloud.athena import types
from serverless_app.localcloud.athena.errors import AthenaError, unsupported
from serverless_app.localcloud.athena.types import Type
from serverless_app.localcloud.athena.udfs import java_double, java_float

_FIELD: Final = re.compile(r'"((?:[^"]|"")*)"|')
_PRECISION: Final = {"boolean": 0, "tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19, "real": 17, "double": 17, "timestamp": 3, "timestamp with time zone": 3, "varchar": 2147483647, "date": 0}  # fmt: skip
Row = Sequence[str | None]


@dataclass(frozen=True)
class Result:
    """What a statement answers: named columns, rows of values as DuckDB gives them, and how many rows it wrote."""

    columns: Sequence[tuple[str, Type]] = ()
    rows: Iterable[Sequence[Any]] = ()
    written: int | None = None
    manifest: Sequence[str] | None = None


def column_info(columns: Sequence[tuple[str, Type]]) -> list[dict[str, Any]]:
    """Return `ResultSetMetadata.ColumnInfo`."""
    return [
        {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": name,
            "Label": name,
            "Type": types.result_name(kind),
            "Precision": kind.args[0] if kind.name == "decimal" else _PRECISION.get(kind.name, 0),
            "Scale": kind.args[1] if kind.name == "decimal" else 0,
            "Nullable": "UNKNOWN",
            "CaseSensitive": kind.name in ("varchar", "json"),
        }
        for name, kind in columns
    ]


def write_csv(out: IO[bytes], result: Result) -> None:
    """Write header and rows, every value quoted and NULL as nothing."""
    formats = [formatter(kind) for _, kind in result.columns]
    out.write(_line([name for name, _ in result.columns]))
    for row in result.rows:
        out.write(_line([None if value is None else form(value) for form, value in zip(formats, row, strict=True)]))


def write_text(out: IO[bytes], result: Result) -> None:
    """Write the lines of a utility statement's answer."""
    for row in result.rows:
        out.write("\t".join(str(value) for value in row).encode() + b"\n")


def _line(values: Row) -> bytes:
    return ",".join("" if value is None else '"' + value.replace('"', '""') + '"' for value in values).encode() + b"\n"


def read_csv(body: str) -> Iterator[Row]:
    """Return the rows of a result file; what is not quoted is NULL."""
    at, row = 0, []
    while at < len(body):
        found = _FIELD.match(body, at)
        if found is None:
            raise AthenaError("GENERIC_INTERNAL_ERROR", "the result file is damaged")
        row.append(None if found[1] is None else found[1].replace('""', '"'))
        at = found.end() + 1
        if body[found.end() : at] == "\n":
            yield row
            row = []


def read_text(body: str) -> Iterator[Row]:
    """Return the lines of a utility statement's answer as rows of one column."""
    yield from ([line] for line in body.removesuffix("\n").split("\n") if body)


def described(columns: Sequence[tuple[str, Type]], written: int | None, *, header: bool) -> bytes:
    """Return what stands beside a result file: its columns."""
    return json.dumps({"ColumnInfo": column_info(columns), "UpdateCount": written or 0, "Header": header}).encode()


def formatter(kind: Type) -> Callable[[Any], str]:
    """Return how values of a type are shown."""
    match kind.name:
        case "boolean":
            return lambda value: "true" if value else "false"
        case "double":
            return java_double
        case "real":
            return java_float
        case "decimal":
            return lambda value: f"{value:f}"
        case "varbinary":
            return lambda value: value.hex(" ")
        case "date":
            return date.isoformat
        case "timestamp":
            return _stamp(kind.args[0])
        case "timestamp with time zone":
            return _zoned(*kind.args)
        case types.DAYS.name:
            return _duration
        case "array":
            item = _nested(kind.args[0])
            return lambda value: "[" + ", ".join(map(item, value)) + "]"
        case "map":
            key, item = _nested(kind.args[0]), _nested(kind.args[1])
            return lambda value: "{" + ", ".join(f"{key(k)}={item(v)}" for k, v in value.items()) + "}"
        case "row":
            parts = [(name or f"field{at}", _nested(part)) for at, (name, part) in enumerate(kind.args)]
            return lambda value: (
                "{" + ", ".join(f"{n}={form(v)}" for (n, form), v in zip(parts, value.values(), strict=True)) + "}"
            )
        case types.MONTHS.name:
            raise unsupported("a result of type interval year to month")
    return str


def _nested(kind: Type) -> Callable[[Any], str]:
    form = formatter(kind)
    return lambda value: "null" if value is None else form(value)


def _stamp(precision: int) -> Callable[[datetime], str]:
    # The client protocol that Athena speaks knows milliseconds; Iceberg's microseconds are shown whole.
    if precision <= types.TIMESTAMP.args[0]:
        return lambda value: value.isoformat(" ", "milliseconds")
    return lambda value: value.isoformat(" ", "microseconds")


def _zoned(precision: int, zone: str) -> Callable[[datetime], str]:
    stamp, place = _stamp(precision), ZoneInfo(zone)

    def shown(value: datetime) -> str:
        return f"{stamp(value.replace(tzinfo=ZoneInfo('UTC')).astimezone(place).replace(tzinfo=None))} {zone}"

    return shown


def _duration(value: timedelta) -> str:
    microseconds = abs(value) // timedelta(microseconds=1)
    days, rest = divmod(microseconds, 86_400_000_000)
    hours, rest = divmod(rest, 3_600_000_000)
    minutes, rest = divmod(rest, 60_000_000)
    return f"{'-' if value < timedelta() else ''}{days} {hours:02}:{minutes:02}:{rest // 1_000_000:02}.{rest % 1_000_000 // 1000:03}"


__all__ = [
    "Decimal",
    "Result",
    "column_info",
    "described",
    "formatter",
    "read_csv",
    "read_text",
    "write_csv",
    "write_text",
]
