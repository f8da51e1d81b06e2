"""The functions that are answered, and how a call finds its overload; functions.toml lists them."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from localcloud.athena import types
from localcloud.athena.errors import unsupported
from localcloud.athena.types import UNKNOWN, ZONED, Type

LITERALS: Final = ("unit", "pattern", "mysql", "joda")
_TABLE: Final = Path(__file__).with_name("functions.toml")
_ANY: Final[dict[str, Callable[[Type], bool]]] = {
    "T": lambda _kind: True,
    "U": lambda _kind: True,
    "O": types.orderable,
    "N": types.numeric,
    "I": lambda kind: kind in types.INTEGERS,
    "D": lambda kind: kind.name == "decimal",
    "F": types.floating,
    "M": lambda kind: kind.name in types.TIMES and _in_utc(kind),
}
_OTHERS: Final[dict[str, Callable[[Type], bool]]] = dict.fromkeys(LITERALS, lambda kind: kind == types.VARCHAR) | {
    "clock": lambda kind: kind.name in types.TIMES,
    ZONED: lambda kind: kind.name == ZONED,
}


@dataclass(frozen=True)
class Overload:
    """One way to call a function."""

    parameters: tuple[Type, ...]
    repeated: bool
    result: Type
    template: str


@dataclass(frozen=True)
class Function:
    """One function: how it is called, what its example answers, and its overloads, unless it is typed by itself."""

    name: str
    group: str
    example: str
    answer: str
    overloads: tuple[Overload, ...]


@dataclass(frozen=True)
class Call:
    """An overload that takes the arguments given, with the types that its variables have then."""

    overload: Overload
    parameters: tuple[Type, ...]
    result: Type


@cache
def functions() -> dict[str, Function]:
    """Return the allow-list, by name."""
    table: dict[str, dict[str, list[str]]] = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return {
        name: Function(name, group, example, answer, tuple(_overload(name, group, one) for one in overloads))
        for group, rows in table.items()
        for name, (example, answer, *overloads) in rows.items()
    }


@cache
def of_group(group: str) -> frozenset[str]:
    """Return the names of a group's functions."""
    return frozenset(name for name, function in functions().items() if function.group == group)


def _overload(name: str, group: str, source: str) -> Overload:
    signature, _, template = source.partition(": ")
    parameters, _, result = signature.partition("->")
    default = {"Aggregate": f"{name}({{d}}{{all}}{{f}}", "Window": f"{name}({{all}}{{n}}{{f}}"}
    kinds = tuple(_kind(part) for part in types.split(parameters.replace("...", "")) if part.strip())
    return Overload(kinds, "..." in parameters, _kind(result), template or default.get(group, f"{name}({{all}})"))


def _kind(source: str) -> Type:
    name, _, inside = source.strip().removesuffix(")").partition("(")
    match name:
        case "timestamp":
            return Type(name, (int(inside or 6),))
        case "timestamptz":
            return types.zoned("UTC")
        case "decimal":
            return types.decimal(*map(int, inside.split(",")))
        case "row":
            return types.row(("", _kind(part)) for part in types.split(inside))
    return Type(name, tuple(_kind(part) for part in types.split(inside) if part))


def find(function: Function, given: Sequence[Type]) -> Call | None:
    """Return the first overload that takes the arguments, without coercion if there is one."""
    for exactly in (True, False):
        for overload in function.overloads:
            parameters = overload.parameters
            if overload.repeated and len(given) > len(parameters):
                parameters += (parameters[-1],) * (len(given) - len(parameters))
            bindings = _bindings(parameters, given, exactly=exactly)
            if bindings is not None:
                kinds = tuple(_bound(parameter, bindings) for parameter in parameters)
                return Call(overload, kinds, _bound(overload.result, bindings))
    return None


def _bindings(parameters: Sequence[Type], given: Sequence[Type], *, exactly: bool) -> dict[str, Type] | None:
    bindings: dict[str, Type] = {}
    fits = (
        len(parameters) == len(given)
        and all(_bind(*pair, bindings, exactly=exactly) for pair in zip(parameters, given, strict=True))
        and all(kind == UNKNOWN or _ANY[name](kind) for name, kind in bindings.items())
    )
    return bindings if fits else None


def _bind(parameter: Type, given: Type, bindings: dict[str, Type], *, exactly: bool) -> bool:
    if parameter.name in _ANY:
        kind = types.common(bindings.get(parameter.name, UNKNOWN), given)
        bindings[parameter.name] = kind or UNKNOWN
        return kind is not None
    if given == UNKNOWN and not exactly:
        return all(_bind(part, UNKNOWN, bindings, exactly=False) for part in _parts(parameter))
    if parameter.name in _OTHERS:
        return _OTHERS[parameter.name](given)
    if parameter.name in ("array", "map", "row"):
        same = given.name == parameter.name and len(given.args) == len(parameter.args)
        return same and all(
            _bind(part, kind, bindings, exactly=exactly)
            for part, kind in zip(_parts(parameter), _parts(given), strict=True)
        )
    alike = parameter == given or (parameter.name == given.name == "timestamp")
    return alike or (not exactly and types.common(parameter, given) == parameter)


def _in_utc(kind: Type) -> bool:
    if kind.name == ZONED and kind.args[1] != "UTC":
        raise unsupported(f"this function in the time zone {kind.args[1]}")
    return True


def _parts(kind: Type) -> list[Type]:
    parts = (part[1] if isinstance(part, tuple) else part for part in kind.args)
    return [part for part in parts if isinstance(part, Type)]


def _bound(parameter: Type, bindings: dict[str, Type]) -> Type:
    def bound(part: Any) -> Any:
        if isinstance(part, tuple):
            return (part[0], bound(part[1]))
        return _bound(part, bindings) if isinstance(part, Type) else part

    return bindings.get(parameter.name) or Type(parameter.name, tuple(map(bound, parameter.args)))


def refuses(sql: str) -> bool:
    """Whether an expression may refuse what it is given, which TRY must not hide."""
    return "athena_refus" in sql
