"""A contract as a pydantic model: for an API that takes or gives rows like JSON."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel, BeforeValidator, ConfigDict, create_model
from pydantic import Field as Declared
from pydantic_core import PydanticCustomError

from etl.contracts import types
from etl.contracts.json_values import belongs_to, describe, parse_day, parse_time
from etl.contracts.model import Check, Contract, Field, Metric
from etl.contracts.patterns import python_pattern

Extra = Literal["ignore", "allow"]
_Rule = tuple[str, str, Callable[[Any], bool]]


def record_model(contract: Contract, *, extra: Extra = "ignore") -> type[BaseModel]:
    """Return a model whose verdict on a record is that of `RecordValidator`, and whose values have Python's types.

    Parameters
    ----------
    contract
        The contract. Computed fields are not part of the model, as no record brings them, and neither are rules
        that a record alone can neither keep nor break.
    extra
        Whether fields that the contract does not declare are left out or kept.

    Returns
    -------
    type of BaseModel
        For plain values: `str`, `int` and `Decimal` for numbers, `bool`, None, `list` and `dict`. Numbers come out
        as `int`, `Decimal` or `float` by their type, dates and timestamps as such, UUIDs as text in lower case.
        A field whose name Python or pydantic does not take has another attribute, and its own name as the alias:
        `model_dump(by_alias=True)` has the names of the contract. Errors have the reason codes as their types
        where pydantic has no rule of its own.
    """
    return _model(contract.dataset, contract.source_fields, contract.checks, extra)


def _model(name: str, fields: tuple[Field, ...], checks: tuple[Check, ...], extra: Extra) -> type[BaseModel]:
    config = ConfigDict(extra=extra, title=name, protected_namespaces=())
    declared: dict[str, Any] = {
        _attribute(index, field): _declaration(field, [one for one in checks if one.columns == (field.name,)], extra)
        for index, field in enumerate(fields)
    }
    return create_model(name, __config__=config, **declared)


def _attribute(index: int, field: Field) -> str:
    usable = field.name.isidentifier() and not field.name.startswith("_") and not hasattr(BaseModel, field.name)
    return field.name if usable else f"field_{index}"


def _declaration(field: Field, checks: list[Check], extra: Extra) -> tuple[Any, Any]:
    annotation = _annotation(field, checks, extra)
    described: dict[str, Any] = {"alias": field.name, "description": field.description or None}
    if schema := _json_schema(field):
        described["json_schema_extra"] = schema
    if _required(field, checks):
        return Annotated[annotation, BeforeValidator(_present)], Declared(**described)
    return annotation | None, Declared(default=None, **described)


def _required(field: Field, checks: Iterable[Check]) -> bool:
    nulls = any(check.metric is Metric.NULLS or None in (check.missing or ()) for check in checks)
    return field.required or nulls


def _json_schema(field: Field) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    if field.pattern is not None:
        schema["pattern"] = field.pattern.removesuffix(r"\z") + "$" * field.pattern.endswith(r"\z")
    if field.allowed is not None:
        schema["enum"] = [value if isinstance(value, str | int) else float(value) for value in field.allowed]
    return schema


def _annotation(field: Field, checks: Iterable[Check], extra: Extra) -> Any:
    kind: Any = _PYTHON.get(type(field.type), Any)
    if isinstance(field.type, types.Struct):
        kind = _model(field.name, field.type.fields, (), extra)
    elif isinstance(field.type, types.Array):
        inner = _annotation(field.type.item, (), extra)
        required = field.type.item.required
        item: Any = Annotated[inner, BeforeValidator(_present)] if required else inner | None
        kind = list[item]
    annotation: Any = Annotated[kind, BeforeValidator(_reader(field, checks))]
    for constraint in _constraints(field):
        annotation = Annotated[annotation, constraint]
    return annotation


def _present(value: object) -> object:
    if value is None:
        raise PydanticCustomError("required", "a value is required")
    return value


def _reader(field: Field, checks: Iterable[Check]) -> Callable[[Any], Any]:
    """Return what checks a value as it came, and gives it as Python's type: bounds are kept by pydantic."""
    belongs, convert, rules = belongs_to(field.type), _converter(field.type), tuple(_rules(field, checks))

    def read(value: Any) -> Any:
        if not belongs(value):
            raise PydanticCustomError("type", "expected {expected}", {"expected": describe(field.type)})
        for code, expected, holds in rules:
            if not holds(value):
                raise PydanticCustomError(code, "expected {expected}", {"expected": expected})
        return convert(value)

    return read


def _converter(of: types.Type) -> Callable[[Any], Any]:
    if isinstance(of, types.Timestamp):
        return partial(parse_time, zoned=of.zoned)
    return _CONVERTERS.get(type(of), lambda value: value)


def _rules(field: Field, checks: Iterable[Check]) -> Iterator[_Rule]:
    if isinstance(field.type, types.Text):
        yield "nul", "text without the character NUL", lambda value: "\0" not in value
    if isinstance(field.type, types.Float):
        # A double is not the number that was written: 0.1 would be more than the bound 0.1.
        yield from (("range", f"{sign} {bound}", holds) for sign, bound, holds in _bounds(field))
    for pattern in (field.pattern, *(check.pattern for check in checks)):
        if pattern is not None:
            yield "pattern", pattern, _matches(pattern)
    for allowed in (field.allowed, *(check.allowed for check in checks)):
        if allowed is not None:
            yield "allowed", f"one of {', '.join(map(str, allowed))}", frozenset(allowed).__contains__
    for check in checks:
        if words := [word for word in check.missing or () if word is not None]:
            yield "missing", f"a value, not {' or '.join(map(repr, words))}", _none_of(words)


def _bounds(field: Field) -> Iterator[tuple[str, Any, Callable[[Any], bool]]]:
    # Any: a field's bounds are of its type, which the checker cannot know.
    least: Any = field.minimum
    most: Any = field.maximum
    above: Any = field.exclusive_minimum
    below: Any = field.exclusive_maximum
    if least is not None:
        yield ">=", least, lambda value: value >= least
    if most is not None:
        yield "<=", most, lambda value: value <= most
    if above is not None:
        yield ">", above, lambda value: value > above
    if below is not None:
        yield "<", below, lambda value: value < below


def _matches(pattern: str) -> Callable[[str], bool]:
    search = python_pattern(pattern).search
    return lambda value: search(value) is not None


def _none_of(words: list[Any]) -> Callable[[Any], bool]:
    return lambda value: value not in words


def _constraints(field: Field) -> Iterator[Any]:
    lengths: tuple[tuple[Any, Any], ...] = ((MinLen, field.min_length), (MaxLen, field.max_length))
    bounds: tuple[tuple[Any, Any], ...] = (
        (Ge, field.minimum),
        (Le, field.maximum),
        (Gt, field.exclusive_minimum),
        (Lt, field.exclusive_maximum),
    )
    given = lengths if isinstance(field.type, types.Float) else lengths + bounds
    return (constraint(bound) for constraint, bound in given if bound is not None)


_CONVERTERS: dict[type[types.Type], Callable[[Any], Any]] = {
    types.Uuid: str.lower,
    types.Integer: int,
    types.Number: Decimal,
    types.Decimal: Decimal,
    types.Float: float,
    types.Date: parse_day,
}
_PYTHON: dict[type[types.Type], Any] = {
    types.Text: str,
    types.Uuid: str,
    types.Boolean: bool,
    types.Integer: int,
    types.Number: Decimal,
    types.Decimal: Decimal,
    types.Float: float,
    types.Date: date,
    types.Timestamp: datetime,
}
