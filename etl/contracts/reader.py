"""From a contract file to the typed model: every error names the file, the place in it and the fix."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import yaml

from etl.contracts.model import Contract, Field, LogicalType
from etl.contracts.standard import DataContract, Property, SchemaObject
from etl.errors import ContractError

_TOLERANCE = "rejectTolerance"
_LENGTHS = frozenset({"minLength", "maxLength", "pattern"})
_RANGES = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_OPTIONS = {"string": _LENGTHS, "number": _RANGES, "integer": _RANGES}


class _DecimalLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen at run time
    """Safe YAML, with numbers exact and timestamps left as text."""


_DecimalLoader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: Decimal(loader.construct_scalar(node)))
_DecimalLoader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))


def read_contract(path: Path) -> Contract:
    """Read the contract of one dataset.

    Parameters
    ----------
    path
        A YAML file in the Open Data Contract Standard v3.1 with one schema object.

    Returns
    -------
    Contract

    Raises
    ------
    ContractError
        The file is missing, no YAML, or asks for something that this project does not do; the message names
        the file and the place.
    """
    try:
        standard = msgspec.convert(_load(path), DataContract)
    except msgspec.ValidationError as error:
        raise ContractError(f"{path}: {error}. docs/contracts.md lists what a contract may say") from error
    if len(standard.schema) != 1:
        raise ContractError(f"{path}: schema has {len(standard.schema)} objects; give each dataset a file of its own")
    dataset = standard.schema[0]
    return Contract(
        id=standard.id,
        version=standard.version,
        dataset=dataset.name,
        fields=tuple(_field(path, property_) for property_ in dataset.properties),
        tolerance=_tolerance(path, dataset),
    )


def _load(path: Path) -> Any:
    try:
        return yaml.load(path.read_bytes(), Loader=_DecimalLoader)  # noqa: S506 -- a subclass of the safe loader
    except OSError as error:
        raise ContractError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except yaml.YAMLError as error:
        raise ContractError(f"{path}: not YAML: {error}") from error
    except (ArithmeticError, LookupError, RecursionError, ValueError) as error:
        # What PyYAML's constructors let through when a scalar does not fit its notation or its tag.
        raise ContractError(f"{path}: not YAML: a value does not fit its notation ({error!r}); quote text") from error


def _field(path: Path, declared: Property) -> Field:
    options = declared.logical_type_options
    if declared.primary_key != (declared.primary_key_position is not None):
        raise ContractError(f"{path}: property {declared.name}: primaryKey and primaryKeyPosition go together")
    _refuse_misplaced(path, declared)
    try:
        re.compile(options.pattern or "")
    except re.error as error:
        raise ContractError(f"{path}: property {declared.name}: pattern {options.pattern!r}: {error}") from error
    return Field(
        name=declared.name,
        type=LogicalType(declared.logical_type),
        description=declared.description,
        required=declared.required or declared.primary_key,
        key_position=declared.primary_key_position,
        computed=declared.transform_logic,
        min_length=options.min_length,
        max_length=options.max_length,
        pattern=options.pattern,
        minimum=_decimal(options.minimum),
        maximum=_decimal(options.maximum),
        exclusive_minimum=_decimal(options.exclusive_minimum),
        exclusive_maximum=_decimal(options.exclusive_maximum),
        allowed=_allowed(path, declared),
    )


def _refuse_misplaced(path: Path, declared: Property) -> None:
    given = {name for name, value in msgspec.to_builtins(declared.logical_type_options).items() if value is not None}
    if misplaced := sorted(given - _OPTIONS.get(declared.logical_type, frozenset())):
        raise ContractError(
            f"{path}: property {declared.name}: {misplaced[0]} is no rule for type {declared.logical_type}; remove it"
        )


def _allowed(path: Path, declared: Property) -> tuple[str | int | Decimal, ...] | None:
    rules = [rule.arguments.valid_values for rule in declared.quality]
    if len(rules) > 1:
        raise ContractError(f"{path}: property {declared.name}: invalidValues twice; give one list of valid values")
    if rules and declared.logical_type in {"object", "array"}:
        raise ContractError(f"{path}: property {declared.name}: invalidValues is no rule for {declared.logical_type}")
    if wrong := [value for values in rules for value in values if not _is_text_or_number(value)]:
        raise ContractError(f"{path}: property {declared.name}: {wrong[0]!r} is no text or number; quote it")
    return tuple(rules[0]) if rules else None


def _is_text_or_number(value: object) -> bool:
    return isinstance(value, str | int | Decimal) and not isinstance(value, bool)


def _decimal(value: int | Decimal | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _tolerance(path: Path, dataset: SchemaObject) -> Decimal:
    for custom in dataset.custom_properties:
        if custom.property != _TOLERANCE:
            raise ContractError(f"{path}: custom property {custom.property!r} is unknown; there is {_TOLERANCE}")
        is_number = isinstance(custom.value, int | Decimal) and not isinstance(custom.value, bool)
        if is_number and 0 <= custom.value <= 1:
            return Decimal(custom.value)
        raise ContractError(f"{path}: {_TOLERANCE} is {custom.value!r}; give a share from 0 to 1")
    return Decimal(0)
