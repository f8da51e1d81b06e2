"""The rows of a file, looked at one by one up to a bound."""

import json
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import msgspec

from etl.errors import InputError
from etl.extract.files.csv_records import CsvReader, Text, lines_in
from serverless_app.authoring.infer.observed import MOST_FIELDS, Observed
from serverless_app.authoring.infer.scalars import Source

_LONGEST = 16 * 1024 * 1024
"""Bytes of a CSV record."""
_SEPARATORS = (",", ";", "\t", "|")
_decoder = msgspec.json.Decoder(float_hook=Decimal)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file holds, as far as it was read."""

    fields: dict[str, Observed]
    rows: int
    whole: bool
    """Whether there were no more rows than those."""
    remarks: tuple[str, ...] = ()
    """What a reader of the draft should know about the file."""


def look(path: Path, rows: int) -> Seen:
    """Look at the rows of a file.

    `path`: `.csv`, `.tsv`, `.json`, `.jsonl`, `.ndjson`.
    Raises InputError: there is no such file, its kind is unknown, it is broken, or it has no rows.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; check the path")
    match path.suffix.lower():
        case ".csv" | ".tsv" | ".txt":
            seen = _csv(path, rows)
        case ".jsonl" | ".ndjson":
            seen = _json_lines(path, rows)
        case ".json":
            seen = _json(path, rows)
        case other:
            raise InputError(f"{path}: files like {other or 'this'} are not read here; give CSV, JSON or Parquet")
    refuse_nothing(path, seen)
    return seen


def refuse_nothing(path: Path, seen: Seen) -> None:
    """Raise InputError when there is nothing to infer from."""
    if not seen.rows or not seen.fields:
        what = "fields" if seen.rows else "rows"
        raise InputError(f"{path}: it has no {what}, so there is nothing to infer from; give a file with some")


def observe(records: Iterable[dict[str, Any]], rows: int, source: Source) -> Seen:
    """Look at records, of which none has to have all the fields."""
    whole, root = Observed(source), iter(records)
    for record in islice(root, rows):
        whole.add(record)
    if len(whole.fields) > MOST_FIELDS:
        raise InputError(f"the records have more than {MOST_FIELDS} different keys: no table has so many columns")
    return Seen(whole.fields, whole.count, next(root, None) is None)


def _csv(path: Path, rows: int) -> Seen:
    if not path.stat().st_size:
        return Seen({}, 0, whole=True)
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        separator = _separator(data)
        texts = _texts(data, CsvReader(separator, _LONGEST))
        names = _names(path, next(texts, None))
        broken: list[int] = []
        seen = observe(_rows(texts, names, broken), rows, Source.TEXT)
    remarks = [f"The fields are separated by {separator!r}."] if separator != "," else []
    if broken:
        remarks.append(f"{len(broken)} lines are no rows of it, and were left out; the first is line {broken[0]}.")
    return Seen(seen.fields, seen.rows, seen.whole, tuple(remarks))


def _separator(data: mmap) -> str:
    """Return the likeliest separator by the first line, which names the columns."""
    header = data[: max(data.find(b"\n"), 0) or len(data)]
    return max(_SEPARATORS, key=lambda sign: header.count(sign.encode()))


def _texts(data: mmap, reader: CsvReader) -> Iterator[Text]:
    """Yield the records as the split reads them, blank lines left out."""
    at, line = len(BOM_UTF8) if data[: len(BOM_UTF8)] == BOM_UTF8 else 0, 1
    while at < len(data):
        text, at = reader.read(data, at, line, final=True)  # type: ignore[arg-type]  # a map is sliced and searched, too
        line += lines_in(text.raw)
        if text.raw.strip(b"\r\n"):
            yield text


def _names(path: Path, header: Text | None) -> list[str]:
    if header is None or header.fields is None:
        problem = None if header is None else header.problem
        needed = "a line with the names of the columns" if problem is None else problem.expected
        raise InputError(f"{path}: it has no header that can be read; it needs {needed}")
    names = [(name or "").strip(" \t") for name in header.fields]
    if twice := [name for name, count in Counter(names).items() if count > 1 or not name]:
        raise InputError(f"{path}: its header has the name {twice[0]!r} twice, or an empty one; name every column")
    return names


def _rows(texts: Iterable[Text], names: list[str], broken: list[int]) -> Iterator[dict[str, str | None]]:
    for text in texts:
        if text.fields is None or len(text.fields) != len(names):
            broken.append(text.line)
        else:
            yield dict(zip(names, text.fields, strict=True))


def _json(path: Path, rows: int) -> Seen:
    with path.open("rb") as file:
        first = file.readline()
        lines = _is_record(first) and (file.readline() or _nested(_decoded(path, first)) is None)
    if lines:
        return _json_lines(path, rows)
    document = _decoded(path, path.read_bytes())
    if isinstance(document, dict) and (member := _nested(document)) is not None:
        seen = observe(document[member], rows, Source.JSON)
        return Seen(seen.fields, seen.rows, seen.whole, (f"The records are the items of {json.dumps(member)}.",))
    if not isinstance(document, list) or not all(isinstance(one, dict) for one in document):
        raise InputError(f"{path}: it holds neither a JSON object a line nor one array of objects; give one of these")
    return observe(document, rows, Source.JSON)


def _json_lines(path: Path, rows: int) -> Seen:
    with path.open("rb") as file:
        return observe(_lines(path, file), rows, Source.JSON)


def _is_record(line: bytes) -> bool:
    try:
        return isinstance(_decoder.decode(line), dict)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


def _nested(document: dict[str, Any]) -> str | None:
    """Return the only member that is an array of objects, such as `features` in GeoJSON."""
    found = [
        name
        for name, value in document.items()
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value)
    ]
    return found[0] if len(found) == 1 else None


def _lines(path: Path, file: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(file, start=1):
        if line.strip():
            value = _decoded(path, line, number)
            if not isinstance(value, dict):
                raise InputError(f"{path}:{number}: the line holds no JSON object; mend or remove it")
            yield value


def _decoded(path: Path, text: bytes, line: int = 1) -> Any:
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}:{line}: no JSON ({error}); mend or remove it") from error
