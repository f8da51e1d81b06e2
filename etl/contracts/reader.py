"""From a contract file to the typed model: every error names the file, the place in it and the fix."""

import re
from collections import Counter
from collections.abc import Sequence
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


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen at run time
    """Safe YAML with numbers exact, timestamps left as text, and no key twice in a mapping."""

    def unique_mapping(self, node: yaml.MappingNode) -> dict[Any, Any]:
        keys = [self.construct_object(key) for key, _ in node.value]
        if twice := [key for key, count in Counter(keys).items() if count > 1]:
            raise yaml.constructor.ConstructorError(None, None, f"key {twice[0]!r} is there twice", node.start_mark)
        mapping: dict[Any, Any] = self.construct_mapping(node, deep=True)
        return mapping

    def exact_number(self, node: yaml.ScalarNode) -> Decimal:
        number = Decimal(self.construct_scalar(node))
        if not number.is_finite():
            raise ValueError(f"{number} is no number that a rule could compare with")
        return number


_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.unique_mapping)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.exact_number)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))


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
        return _contract(msgspec.convert(_load(path), DataContract))
    except OSError as error:
        raise ContractError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except yaml.YAMLError as error:
        raise ContractError(f"{path}: not YAML: {error}") from error
    except msgspec.ValidationError as error:
        raise ContractError(f"{path}: {error}. docs/contracts.md lists what a contract may say") from error
    except ValueError as error:
        raise ContractError(f"{path}: {error}") from error


def _load(path: Path) -> Any:
    try:
        return yaml.load(path.read_bytes(), Loader=_Loader)  # noqa: S506 -- a subclass of the safe loader
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        # What PyYAML's constructors let through when a scalar does not fit its notation or its tag.
        raise ValueError(f"not YAML: a value does not fit its notation ({error!r}); quote text") from error


def _contract(standard: DataContract) -> Contract:
    if len(standard.schema) != 1:
        raise ValueError(f"schema has {len(standard.schema)} objects; give each dataset a file of its own")
    dataset = standard.schema[0]
    fields = tuple(_field(declared) for declared in dataset.properties)
    _refuse_twice("property", [field.name for field in fields])
    _refuse_twice("primaryKeyPosition", [field.key_position for field in fields if field.key_position is not None])
    return Contract(
        id=standard.id,
        version=standard.version,
        dataset=dataset.name,
        fields=fields,
        tolerance=_tolerance(dataset),
    )


def _refuse_twice(what: str, values: Sequence[object]) -> None:
    if twice := [value for value, count in Counter(values).items() if count > 1]:
        raise ValueError(f"{what} {twice[0]!r} is there twice; remove one")


def _field(declared: Property) -> Field:
    options = declared.logical_type_options
    if declared.primary_key != (declared.primary_key_position is not None):
        raise ValueError(f"property {declared.name}: primaryKey and primaryKeyPosition go together")
    _refuse_misplaced(declared)
    try:
        re.compile(options.pattern or "")
    except re.error as error:
        raise ValueError(f"property {declared.name}: pattern {options.pattern!r}: {error}") from error
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
        allowed=_allowed(declared),
    )


def _refuse_misplaced(declared: Property) -> None:
    given = {name for name, value in msgspec.to_builtins(declared.logical_type_options).items() if value is not None}
    if misplaced := sorted(given - _OPTIONS.get(declared.logical_type, frozenset())):
        raise ValueError(
            f"property {declared.name}: {misplaced[0]} is no rule for type {declared.logical_type}; remove it"
        )


def _allowed(declared: Property) -> tuple[str | int | Decimal, ...] | None:
    rules = [rule.arguments.valid_values for rule in declared.quality]
    if len(rules) > 1:
        raise ValueError(f"property {declared.name}: invalidValues twice; give one list of valid values")
    if rules and declared.logical_type in {"object", "array"}:
        raise ValueError(f"property {declared.name}: invalidValues is no rule for {declared.logical_type}")
    if wrong := [value for values in rules for value in values if not (isinstance(value, str) or _is_number(value))]:
        raise ValueError(f"property {declared.name}: {wrong[0]!r} is no text or number; quote it")
    return tuple(rules[0]) if rules else None


def _decimal(value: int | Decimal | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _tolerance(dataset: SchemaObject) -> Decimal:
    _refuse_twice("custom property", [custom.property for custom in dataset.custom_properties])
    for custom in dataset.custom_properties:
        if custom.property != _TOLERANCE:
            raise ValueError(f"custom property {custom.property!r} is unknown; there is {_TOLERANCE}")
        if not _is_number(custom.value) or not 0 <= custom.value <= 1:
            raise ValueError(f"{_TOLERANCE} is {custom.value!r}; give a share from 0 to 1")
        return Decimal(custom.value)
    return Decimal(0)


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
