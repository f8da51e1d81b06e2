"""The draft of a table's contract, as YAML."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from etl.contracts import types
from etl.contracts.model import Field, Relationship
from serverless_app.authoring.infer.draft import scalar, scalar_type
from serverless_app.authoring.infer.postgres_checks import RowRule

_BROKEN = "SELECT COUNT(*) FROM ${object} WHERE "


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is said of a table."""

    dataset: str
    table: str
    description: str
    fields: tuple[Field, ...]
    relationships: tuple[Relationship, ...]
    unique: tuple[tuple[str, ...], ...]
    """Keys of several columns beside the primary one."""
    window: str | None
    notes: Mapping[str, str]
    """Remarks by field."""
    windows: tuple[str, ...]
    """Columns that might be the window's."""
    left_out: tuple[str, ...]


def written(draft: Draft, rules: Sequence[RowRule] = (), unsaid: Sequence[RowRule] = ()) -> str:
    """Write a contract."""
    return "\n".join((*_head(draft), *_dataset(draft, rules, unsaid), "    properties:", *_properties(draft))) + "\n"


def _head(draft: Draft) -> Iterator[str]:
    identity = re.sub(r"[^0-9a-z]+", "-", draft.dataset.lower()).strip("-") or "dataset"
    yield f"# Drafted from what PostgreSQL declares about the table {_one_line(draft.table)}."
    for column in draft.left_out:
        yield f"# Left out is {_one_line(column)}: its text depends on the database's locale; cast it in a view."
    if draft.windows:
        yield f"# To export it by days, say which column tells the day of a row: --window {draft.windows[0]}"
    yield "apiVersion: v3.1.0"
    yield "kind: DataContract"
    yield f"id: {scalar(identity)}"
    yield "version: 0.1.0"
    yield "status: draft"


def _dataset(draft: Draft, rules: Sequence[RowRule], unsaid: Sequence[RowRule]) -> Iterator[str]:
    yield "schema:"
    yield f"  - name: {scalar(draft.dataset)}"
    if draft.table != draft.dataset:
        yield f"    physicalName: {scalar(draft.table)}"
    yield "    logicalType: object"
    if draft.description:
        yield f"    description: {scalar(draft.description)}"
    if draft.window is not None:
        yield "    customProperties:"
        yield "      - property: windowColumn"
        yield f"        value: {scalar(draft.window)}"
    if composite := [one for one in draft.relationships if len(one.columns) > 1]:
        yield "    relationships:"
        for one in composite:
            yield f"      - from: [{', '.join(scalar(f'{draft.dataset}.{name}') for name in one.columns)}]"
            yield f"        to: [{', '.join(scalar(f'{one.to_dataset}.{name}') for name in one.to_columns)}]"
    for rule in unsaid:
        yield f"    # not said here: CHECK {_one_line(rule.name)}: {_one_line(rule.condition)}"
    if draft.unique or rules:
        yield "    quality:"
    for columns in draft.unique:
        yield "      - metric: duplicateValues"
        yield "        mustBe: 0"
        yield f"        arguments: {{properties: [{', '.join(map(scalar, columns))}]}}"
    for rule in rules:
        yield "      - type: sql"
        yield f"        name: {scalar(rule.name)}"
        yield f"        query: {scalar(_BROKEN + f'NOT ({rule.condition})')}"
        yield "        mustBe: 0"


def _properties(draft: Draft) -> Iterator[str]:
    references = {one.columns[0]: one for one in draft.relationships if len(one.columns) == 1}
    for field in draft.fields:
        yield f"      - name: {scalar(field.name)}"
        if field.description:
            yield f"        description: {scalar(field.description)}"
        yield from (f"        {line}" for line in _said(field))
        if field.allowed is not None:
            yield "        quality:"
            yield "          - metric: invalidValues"
            yield "            mustBe: 0"
            yield f"            arguments: {{validValues: [{', '.join(map(scalar, field.allowed))}]}}"
        if (one := references.get(field.name)) is not None:
            yield "        relationships:"
            yield f"          - to: {scalar(f'{one.to_dataset}.{one.to_columns[0]}')}"
        if note := draft.notes.get(field.name):
            yield f"        # {_one_line(note)}"


def _said(field: Field) -> Iterator[str]:
    if field.required:
        yield "required: true"
    if field.key_position is not None:
        yield "primaryKey: true"
        yield f"primaryKeyPosition: {field.key_position}"
    if field.unique:
        yield "unique: true"
    if field.partition_position is not None:
        yield "partitioned: true"
        yield f"partitionKeyPosition: {field.partition_position}"
    if field.computed is not None:
        yield f"transformLogic: {scalar(field.computed)}"
    if isinstance(field.type, types.Array):
        yield "logicalType: array"
        yield "items:"
        yield from (f"  {line}" for line in scalar_type(field.type.item.type))
    else:
        yield from scalar_type(field.type, _options(field))


def _options(field: Field) -> dict[str, object]:
    options = {
        "minLength": field.min_length,
        "maxLength": field.max_length,
        "pattern": field.pattern,
        "minimum": field.minimum,
        "maximum": field.maximum,
        "exclusiveMinimum": field.exclusive_minimum,
        "exclusiveMaximum": field.exclusive_maximum,
    }
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in options.items()
        if value is not None
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())
