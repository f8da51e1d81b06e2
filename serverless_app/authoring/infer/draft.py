"""A draft of a contract, as YAML with remarks for whoever completes it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal as Exact
from types import MappingProxyType
from typing import Any

from etl.contracts import types
from etl.contracts.model import Field
from serverless_app.authoring.infer.observed import Observed

_PLAIN = re.compile(r"[A-Za-z_][0-9A-Za-z_.-]*(?: [0-9A-Za-z_]+)*", re.ASCII)
_WORDS = frozenset({"y", "n", "yes", "no", "true", "false", "on", "off", "null"})
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_KEY = re.compile(r"(?:.*[_\- ])?(?:id|key|uuid|guid|code|no|number|nr)|.*[a-z0-9](?:Id|ID|Key|Uuid|Guid)", re.ASCII)
_SHORT = 100
"""Longer examples say no more."""


def with_key(fields: Sequence[Field], seen: dict[str, Observed]) -> tuple[Field, ...]:
    """Return the fields with the likely primary key among them: the first that is unique, complete and named so."""
    for index, field in enumerate(fields):
        observed = seen[field.name]
        scalar = isinstance(field.type, types.Text | types.Uuid | types.Integer)
        named = _KEY.fullmatch(field.name) or _KEY.fullmatch(field.name.lower())
        if scalar and named and field.required and observed.unique and observed.count > 1:
            return (*fields[:index], replace(field, key_position=1), *fields[index + 1 :])
    return tuple(fields)


def written(head: Sequence[str], dataset: str, fields: Sequence[Field], seen: dict[str, Observed]) -> str:
    """Write a contract."""
    identity = re.sub(r"[^0-9a-z]+", "-", dataset.lower()).strip("-") or "dataset"
    lines = [
        *(f"# {_one_line(remark)}" for remark in head),
        "apiVersion: v3.1.0",
        "kind: DataContract",
        f"id: {scalar(identity)}",
        "version: 0.1.0",
        "status: draft",
        "schema:",
        f"  - name: {scalar(dataset)}",
        "    logicalType: object",
        "    properties:",
    ]
    for field in fields:
        lines += _property("      ", field, seen[field.name])
    return "\n".join(lines) + "\n"


def scalar(value: object) -> str:
    """Write one value so that YAML reads the same value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Exact):
        text = f"{value:f}"
        return text if "." in text else f"{text}.0"
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def _property(indent: str, field: Field, seen: Observed) -> Iterator[str]:
    yield f"{indent}- name: {scalar(field.name)}"
    inner = f"{indent}  "
    if field.required:
        yield f"{inner}required: true"
    if field.key_position is not None:
        yield f"{inner}primaryKey: true"
        yield f"{inner}primaryKeyPosition: {field.key_position}"
    yield from _type(inner, field.type, seen)
    examples = [scalar(_example(field.type, value)) for value in seen.examples]
    if examples and all(len(example) <= _SHORT for example in examples):
        yield f"{inner}examples: [{', '.join(examples)}]"
    yield from _suggestions(inner, field, seen)


def _type(indent: str, of: types.Type, seen: Observed) -> Iterator[str]:
    match of:
        case types.Struct(fields):
            yield f"{indent}logicalType: object"
            yield f"{indent}properties:"
            for field in fields:
                yield from _property(f"{indent}  ", field, seen.fields.get(field.name) or Observed(seen.source))
        case types.Array(item):
            yield f"{indent}logicalType: array"
            yield f"{indent}items:"
            if item.required:
                yield f"{indent}  required: true"
            yield from _type(f"{indent}  ", item.type, seen.items or Observed(seen.source))
        case _:
            yield from (f"{indent}{line}" for line in scalar_type(of))


def scalar_type(of: types.Type, rules: Mapping[str, object] = MappingProxyType({})) -> Iterator[str]:
    """Yield the lines that say a type which does not nest, and the rules among its options."""
    logical, physical = _LOGICAL[type(of)], None
    options: dict[str, object] = {}
    match of:
        case types.Integer(bits):
            options = {"format": f"i{bits}"}
        case types.Decimal(precision, scale):
            physical = f"decimal({precision},{scale})"
        case types.Float(bits):
            options = {"format": f"f{bits}"}
        case types.Timestamp(False):
            options = {"timezone": False}
        case types.Uuid():
            options = {"format": "uuid"}
        case types.Json(False):
            logical, physical = "string", "json"
    yield f"logicalType: {logical}"
    if physical is not None:
        yield f"physicalType: {physical}"
    if said := [f"{name}: {scalar(value)}" for name, value in {**options, **rules}.items()]:
        yield f"logicalTypeOptions: {{{', '.join(said)}}}"


_LOGICAL: dict[type[types.Type], str] = {
    types.Text: "string",
    types.Uuid: "string",
    types.Json: "object",
    types.Boolean: "boolean",
    types.Integer: "integer",
    types.Number: "number",
    types.Decimal: "number",
    types.Float: "number",
    types.Date: "date",
    types.Timestamp: "timestamp",
}


def _example(of: types.Type, value: Any) -> object:
    """Return a value that was seen as the type has it."""
    text = str(value)
    match of:
        case types.Boolean():
            return text.strip().lower() == "true"
        case types.Integer():
            return int(Exact(text.strip()))
        case types.Decimal() | types.Number() | types.Float():
            return Exact(text.strip())
        case types.Text() | types.Json():
            return text
    return value.isoformat() if isinstance(value, date | datetime) else text.strip()


def _suggestions(indent: str, field: Field, seen: Observed) -> Iterator[str]:
    """Say what may be a rule: that it held so far is no reason that it has to."""
    if not seen.present:
        yield f"{indent}# never had a value: the type is a guess"
    if isinstance(field.type, types.Number):
        yield f"{indent}# more digits than a column holds; for a table, choose decimal(p,s) or format f64"
    if not isinstance(field.type, types.Text) or not seen.present:
        return
    yield f"{indent}# longest so far: {seen.longest} characters"
    few = [str(value) for value in seen.few or ()]
    if few and len(few) * 2 <= seen.present and all(len(value) <= _SHORT for value in few):
        yield f"{indent}# these values alone so far; to allow no others:"
        yield f"{indent}# quality:"
        yield f"{indent}#   - metric: invalidValues"
        yield f"{indent}#     mustBe: 0"
        yield f"{indent}#     arguments: {{validValues: [{', '.join(map(scalar, few))}]}}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
