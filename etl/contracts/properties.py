"""The properties of a dataset: their types, their bounds and the rules that stand on them."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal as Exact
from typing import Any

import msgspec

from etl.contracts import standard
from etl.contracts.checks import allowed_values, read_check, read_relationship
from etl.contracts.located import Refusal, inside
from etl.contracts.model import Bound, Check, Field, Metric, Relationship, Severity
from etl.contracts.patterns import portable
from etl.contracts.types import (
    Array,
    Boolean,
    Date,
    Decimal,
    Float,
    Integer,
    Json,
    Number,
    Struct,
    Text,
    Timestamp,
    Type,
    Uuid,
)
from etl.timestamps import parse_timestamp

_RANGES = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_OPTIONS = {
    "string": frozenset({"format", "minLength", "maxLength", "pattern"}),
    "number": _RANGES | {"format"},
    "integer": _RANGES | {"format"},
    "date": _RANGES,
    "timestamp": _RANGES | {"timezone"},
}
_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)", re.ASCII)
_MOST_DIGITS = 38
_INTEGERS = {None: 64, "i16": 16, "i32": 32, "i64": 64}
_FLOATS = {"f32": 32, "f64": 64}
_TRANSFORM = re.compile(r"year|month|day|hour|(?:bucket|truncate)\([1-9]\d*\)", re.ASCII)

Read = tuple[tuple[Field, ...], list[Check], list[Relationship]]


def read_properties(declared: Sequence[standard.Property], dataset: str) -> Read:
    """Read the fields of a dataset.

    `declared`: `properties` of the schema object.
    Returns: the fields; and the checks and the relationships that stand on them.
    Raises Refusal: a property says what cannot be, or what is not read here.
    """
    with inside("properties"):
        fields, checks, relationships = [], [], []
        for index, one in enumerate(declared):
            with inside(index):
                field, field_checks = _field(one, top=True)
                fields.append(field)
                checks += field_checks
                relationships += [read_relationship(to, dataset, one.name, [one.name]) for to in one.relationships]
        _refuse_twice("property", [field.name.lower() for field in fields])
        _refuse_twice("primaryKeyPosition", [one.key_position for one in fields if one.key_position is not None])
        _refuse_twice(
            "partitionKeyPosition", [one.partition_position for one in fields if one.partition_position is not None]
        )
    return tuple(fields), checks, relationships


def _refuse_twice(what: str, values: Sequence[object]) -> None:
    if twice := [value for value, count in Counter(values).items() if count > 1]:
        index = [index for index, value in enumerate(values) if value == twice[0]][1]
        raise Refusal(f"{what} {twice[0]!r} is there twice (case does not tell names apart); change one", index)


def _field(declared: standard.Property, *, top: bool) -> tuple[Field, list[Check]]:
    name, options = declared.name, declared.logical_type_options
    if not name:
        raise Refusal("a property has no name; give it one", "name")
    _refuse_half_positions(declared)
    if not top:
        _refuse_below_the_top(declared)
    type_ = _type(declared)
    with inside("logicalTypeOptions"):
        rules: dict[str, Any] = {
            "min_length": _length(options.min_length, "minLength"),
            "max_length": _length(options.max_length, "maxLength"),
            "pattern": None if options.pattern is None else _pattern(options.pattern),
            "minimum": _bound(options.minimum, "minimum", type_),
            "maximum": _bound(options.maximum, "maximum", type_),
            "exclusive_minimum": _bound(options.exclusive_minimum, "exclusiveMinimum", type_),
            "exclusive_maximum": _bound(options.exclusive_maximum, "exclusiveMaximum", type_),
        }
    checks, allowed = _quality(declared)
    field = Field(
        name=name,
        type=type_,
        description=declared.description,
        business_name=declared.business_name,
        classification=declared.classification,
        examples=tuple(declared.examples),
        required=declared.required or declared.primary_key,
        unique=declared.unique,
        key_position=declared.primary_key_position,
        partition_position=declared.partition_key_position,
        partition_transform=_transform(declared),
        computed=declared.transform_logic,
        allowed=allowed,
        **rules,
    )
    return field, checks


def _refuse_half_positions(declared: standard.Property) -> None:
    if declared.primary_key != (declared.primary_key_position is not None):
        raise Refusal(f"property {declared.name}: primaryKey and primaryKeyPosition go together; give both")
    if declared.partitioned != (declared.partition_key_position is not None):
        raise Refusal(f"property {declared.name}: partitioned and partitionKeyPosition go together; give both")


def _refuse_below_the_top(declared: standard.Property) -> None:
    for key, value in {
        "primaryKey": declared.primary_key,
        "partitioned": declared.partitioned,
        "unique": declared.unique,
        "transformLogic": declared.transform_logic,
        "relationships": declared.relationships,
        "customProperties": declared.custom_properties,
    }.items():
        if value:
            raise Refusal(f"property {declared.name}: {key} is for columns, not for fields inside one; remove it", key)


def _type(declared: standard.Property | standard.Item) -> Type:
    _refuse_misplaced(declared)
    types = {
        "string": _text,
        "number": _number,
        "integer": _integer,
        "boolean": lambda _: Boolean(),
        "date": lambda _: Date(),
        "timestamp": lambda one: Timestamp(zoned=one.logical_type_options.timezone is not False),
        "object": _object,
        "array": _array,
    }
    return types[declared.logical_type](declared)


def _refuse_misplaced(declared: standard.Property | standard.Item) -> None:
    kind, name = declared.logical_type, declared.name
    options = msgspec.to_builtins(declared.logical_type_options, builtin_types=(Exact,))
    given = {key for key, value in options.items() if value is not None}
    if misplaced := sorted(given - _OPTIONS.get(kind, frozenset())):
        path = "logicalTypeOptions", misplaced[0]
        raise Refusal(f"property {name}: {misplaced[0]} is no option for type {kind}; remove it", *path)
    if declared.items is not None and kind != "array":
        raise Refusal(f"property {name}: items are for type array, not {kind}; remove them", "items")
    if declared.properties and kind != "object":
        raise Refusal(f"property {name}: properties are for type object, not {kind}; remove them", "properties")
    if declared.physical_type is not None and kind not in ("string", "number"):
        raise Refusal(f"property {name}: physicalType says nothing for type {kind}; remove it", "physicalType")


def _text(declared: standard.Property | standard.Item) -> Type:
    physical, options = declared.physical_type, declared.logical_type_options
    if physical not in (None, "json"):
        raise Refusal(
            f"property {declared.name}: physicalType {physical!r} is nothing for a string; write json, or leave it out",
            "physicalType",
        )
    if options.format not in (None, "uuid"):
        raise Refusal(
            f"property {declared.name}: format {options.format!r} is not checked here; write uuid, or a pattern",
            *("logicalTypeOptions", "format"),
        )
    if physical is None and options.format is None:
        return Text(options.max_length)
    if options.min_length is not None or options.max_length is not None or options.pattern is not None:
        raise Refusal(
            f"property {declared.name}: a {physical or 'uuid'} has no lengths and patterns; remove them",
            "logicalTypeOptions",
        )
    return Json() if physical else Uuid()


def _number(declared: standard.Property | standard.Item) -> Type:
    physical, form = declared.physical_type, declared.logical_type_options.format
    if form is not None:
        if form not in _FLOATS or physical is not None:
            raise Refusal(
                f"property {declared.name}: format {form!r} is for floating-point numbers: write f32 or f64,"
                " and no physicalType",
                *("logicalTypeOptions", "format"),
            )
        return Float(_FLOATS[form])
    if physical is None:
        return Number()
    found = _DECIMAL.fullmatch(physical)
    if found is None or not 1 <= int(found[1]) <= _MOST_DIGITS or int(found[2]) > int(found[1]):
        raise Refusal(
            f"property {declared.name}: physicalType {physical!r} is no decimal: write decimal(p,s) with p up to"
            f" {_MOST_DIGITS} and s up to p, or format f64 under logicalTypeOptions",
            "physicalType",
        )
    return Decimal(int(found[1]), int(found[2]))


def _integer(declared: standard.Property | standard.Item) -> Type:
    form = declared.logical_type_options.format
    if form not in _INTEGERS:
        raise Refusal(
            f"property {declared.name}: format {form!r} is no integer that every engine has; write i16, i32 or i64",
            *("logicalTypeOptions", "format"),
        )
    return Integer(_INTEGERS[form])


def _object(declared: standard.Property | standard.Item) -> Type:
    if not declared.properties:
        return Json(only_objects=True)
    fields = []
    for index, one in enumerate(declared.properties):
        with inside("properties", index):
            field, checks = _field(one, top=False)
            if checks:
                raise Refusal(
                    f"property {one.name}: inside an object only invalidValues with validValues that must be 0"
                    " is checked; say the rule as a query of the dataset",
                    "quality",
                )
            fields.append(field)
    with inside("properties"):
        _refuse_twice("property", [field.name.lower() for field in fields])
    return Struct(tuple(fields))


def _array(declared: standard.Property | standard.Item) -> Type:
    item = declared.items
    if item is None:
        raise Refusal(f"property {declared.name}: an array needs items; say what they are")
    with inside("items"):
        type_ = _type(item)
        options = msgspec.to_builtins(item.logical_type_options, builtin_types=(Exact,))
        if ruled := [key for key, value in options.items() if value is not None and key not in ("format", "timezone")]:
            raise Refusal(
                f"items of {declared.name}: {ruled[0]} is not checked on items; remove it",
                *("logicalTypeOptions", ruled[0]),
            )
        _refuse_rules_within(type_, declared.name)
    return Array(Field(name="element", type=type_, description=item.description, required=item.required))


def _refuse_rules_within(type_: Type, name: str) -> None:
    fields: Iterable[Field] = type_.fields if isinstance(type_, Struct) else ()
    for field in fields:
        plain = Field(
            name=field.name,
            type=field.type,
            description=field.description,
            business_name=field.business_name,
            classification=field.classification,
            examples=field.examples,
            required=field.required,
        )
        if field != plain:
            raise Refusal(f"items of {name}: rules on {field.name} are not checked on items; only types and required")
        _refuse_rules_within(field.type, name)


def _length(value: int | None, key: str) -> int | None:
    if value is not None and value < 0:
        raise Refusal(f"{key} is {value}; give a count from 0", key)
    return value


def _pattern(pattern: str) -> str:
    try:
        return portable(pattern)
    except ValueError as error:
        raise Refusal(str(error), "pattern") from error


def _bound(value: Any, key: str, type_: Type) -> Bound | None:
    if value is None:
        return None
    if isinstance(type_, Date):
        return _day(value, key)
    if isinstance(type_, Timestamp):
        return _time(value, key, zoned=type_.zoned)
    if isinstance(value, bool) or not isinstance(value, int | Exact):
        raise Refusal(f"{key} is {value!r}; give a number", key)
    return Exact(value)


def _day(value: Any, key: str) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise Refusal(f"{key} is {value!r}; give a day, such as 2018-02-01", key) from error


def _time(value: Any, key: str, *, zoned: bool) -> datetime:
    instant = parse_timestamp(value) if isinstance(value, str) else None
    if instant is None:
        raise Refusal(f"{key} is {value!r}; give a time, such as 2018-02-01T10:00:00{'Z' if zoned else ''}", key)
    if not zoned and datetime.fromisoformat(value).tzinfo is not None:
        raise Refusal(f"{key} is {value!r}, but the timestamp has no zone; remove it there", key)
    return instant if zoned else instant.replace(tzinfo=None)


def _quality(declared: standard.Property) -> tuple[list[Check], tuple[str | int | Exact, ...] | None]:
    """Return the checks of a property, and apart from them the values that its field allows."""
    checks: list[Check] = []
    allowed = None
    for index, quality in enumerate(declared.quality):
        with inside("quality", index):
            check = read_check(quality, declared.name, [declared.name])
            if not _is_plain_list(check):
                checks.append(check)
            elif allowed is not None:
                raise Refusal(f"property {declared.name}: invalidValues twice; give one list of valid values")
            elif declared.logical_type in ("object", "array", "boolean", "date", "timestamp"):
                raise Refusal(
                    f"property {declared.name}: validValues is no rule for {declared.logical_type}; remove it"
                )
            else:
                allowed = allowed_values(check, declared.name, text=declared.logical_type == "string")
    return checks, allowed


def _is_plain_list(check: Check) -> bool:
    """Tell whether a check says no more than `allowed` of a field does: each other value is rejected."""
    return (
        check.metric is Metric.INVALID
        and check.allowed is not None
        and check.at_least == check.at_most == 0
        and check.severity in (None, Severity.REJECT)
        and check.dimension is None
        and not check.name
    )


def _transform(declared: standard.Property) -> str | None:
    found = None
    for index, custom in enumerate(declared.custom_properties):
        with inside("customProperties", index):
            if custom.property != "icebergTransform" or found is not None:
                raise Refusal(
                    f"property {declared.name}: custom property {custom.property!r} is unknown or there twice;"
                    " a property may have one icebergTransform"
                )
            if not isinstance(custom.value, str) or _TRANSFORM.fullmatch(custom.value) is None:
                raise Refusal(
                    f"property {declared.name}: icebergTransform is {custom.value!r}; write year, month, day, hour,"
                    " bucket(n) or truncate(n)"
                )
            if not declared.partitioned:
                raise Refusal(f"property {declared.name}: icebergTransform needs partitioned: true; add it")
            found = custom.value
    return found
