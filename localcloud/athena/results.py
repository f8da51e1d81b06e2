"""Results as Athena writes them: one CSV file on S3, from which the API's pages are read back."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import IO, Any, Final
from zoneinfo import ZoneInfo

from localcloud.athena import types
from localcloud.athena.errors import AthenaError, unsupported
from localcloud.athena.types import ZONED, Type
from localcloud.athena.udfs import java_double, java_float

_FIELD: Final = re.compile(r'"((?:[^"]|"")*)"|')
_PRECISION: Final = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19, "real": 17, "double": 17} | {
    "timestamp": 3,
    ZONED: 3,
    "varchar": 2147483647,
}
Row = Sequence[str | None]
Form = Callable[[Any], str]


@dataclass(frozen=True)
class Result:
    """What a statement answers: named columns, rows of values as DuckDB gives them, and how many rows it wrote."""

    columns: Sequence[tuple[str, Type]] = ()
    rows: Iterable[Sequence[Any]] = ()
    written: int | None = None
    manifest: Sequence[str] | None = None


def described(columns: Sequence[tuple[str, Type]], written: int | None, *, header: bool) -> bytes:
    """Return what stands beside a result file: its columns."""
    document = {"ColumnInfo": [_column(*one) for one in columns], "UpdateCount": written or 0, "Header": header}
    return json.dumps(document).encode()


def _column(name: str, kind: Type) -> dict[str, Any]:
    exact = kind.args if kind.name == "decimal" else (_PRECISION.get(kind.name, 0), 0)
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": "float" if kind.name == "real" else kind.name,
        "Precision": exact[0],
        "Scale": exact[1],
        "Nullable": "UNKNOWN",
        "CaseSensitive": kind.name in ("varchar", "json"),
    }


def write_csv(out: IO[bytes], result: Result) -> None:
    """Write header and rows, every value quoted and NULL as nothing."""
    forms = [_nullable(formatter(kind)) for _, kind in result.columns]
    out.write(_line([name for name, _ in result.columns]))
    for row in result.rows:
        out.write(_line([form(value) for form, value in zip(forms, row, strict=True)]))


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


def formatter(kind: Type) -> Form:
    """Return how values of a type are shown."""
    match kind.name:
        case "timestamp":
            return _stamp(kind.args[0])
        case "timestamp with time zone":
            return _zoned(*kind.args)
        case "array":
            item = _nested(kind.args[0])
            return lambda value: f"[{', '.join(map(item, value))}]"
        case "map":
            key, item = map(_nested, kind.args)
            return lambda value: "{" + ", ".join(f"{key(k)}={item(v)}" for k, v in value.items()) + "}"
        case "row":
            parts = [(name, _nested(part)) for name, part in types.fields(kind)]
            return lambda value: "{" + ", ".join(_fields(parts, value.values())) + "}"
        case types.MONTHS.name:
            raise unsupported("a result of type interval year to month")
    return _FORMS.get(kind.name, str)


def _nullable(form: Form) -> Callable[[Any], str | None]:
    return lambda value: None if value is None else form(value)


def _nested(kind: Type) -> Form:
    form = formatter(kind)
    return lambda value: "null" if value is None else form(value)


def _fields(parts: Iterable[tuple[str, Form]], values: Iterable[Any]) -> Iterator[str]:
    return (f"{name}={form(value)}" for (name, form), value in zip(parts, values, strict=True))


def _stamp(precision: int) -> Callable[[datetime], str]:
    # The client protocol that Athena speaks knows milliseconds; Iceberg's microseconds are shown whole.
    shown = "milliseconds" if precision <= types.TIMESTAMP.args[0] else "microseconds"
    return lambda value: value.isoformat(" ", shown)


def _zoned(precision: int, zone: str) -> Callable[[datetime], str]:
    stamp, place = _stamp(precision), ZoneInfo(zone)
    return lambda value: f"{stamp(value.replace(tzinfo=UTC).astimezone(place).replace(tzinfo=None))} {zone}"


def _duration(value: timedelta) -> str:
    whole = abs(value)
    hours, rest = divmod(whole.seconds, 3600)
    clock = f"{hours:02}:{rest // 60:02}:{rest % 60:02}.{whole.microseconds // 1000:03}"
    return f"{'-' if value < timedelta() else ''}{whole.days} {clock}"


_FORMS: Final[dict[str, Form]] = {
    "boolean": lambda value: "true" if value else "false",
    "double": java_double,
    "real": java_float,
    "decimal": lambda value: f"{value:f}",
    "varbinary": lambda value: value.hex(" "),
    "date": date.isoformat,
    types.DAYS.name: _duration,
}
