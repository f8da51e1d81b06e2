"""Changes of fields: which are there, and what each of them says."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Any

from etl.contracts.model import Field
from etl.contracts.types import Array, Struct, Text
from etl.values.json_values import describe
from serverless_app.authoring.diff.changes import Change, Side, loosened, tightened, unguaranteed
from serverless_app.authoring.diff.types import Step, step

_ALIKE = 0.6
"""From this likeness of names on, difflib's own measure for close matches, a dropped and an added field are one."""
_WORDS = ("description", "business_name", "classification", "examples")


def fieldset_changes(prefix: str, old: Sequence[Field], new: Sequence[Field]) -> Iterator[Change]:
    """Yield the changes between the fields of one level, and of the levels below it.

    `prefix`: what leads to the fields: empty, or `address.`.
    """
    before, after = {field.name: field for field in old}, {field.name: field for field in new}
    gone = [field for field in old if field.name not in after]
    come = [field for field in new if field.name not in before]
    for field in list(gone):
        if (match := _renamed(field, come)) is not None:
            gone.remove(field)
            come.remove(match)
            yield _rename(prefix, field, match)
            yield from field_changes(f"{prefix}{match.name}", field, match)
    yield from (_dropped(f"{prefix}{field.name}") for field in gone)
    for field in new:
        if field in come:
            yield _added(f"{prefix}{field.name}", field)
        elif field.name in before:
            yield from field_changes(f"{prefix}{field.name}", before[field.name], field)
    kept = [name for name in after if name in before]
    if kept != [name for name in before if name in after]:
        what = f"the fields are in another order: {', '.join(kept)}"
        yield Change(prefix.removesuffix(".") or "<fields>", "moved", what, "columns are read by their names")


def field_changes(path: str, old: Field, new: Field) -> Iterator[Change]:
    """Yield the changes of one field, and of the fields inside it.

    `old, new`: the field in both versions; keys and partitions are compared for the whole contract.
    """
    computed = new.computed is not None
    yield from _type(path, old, new, computed=computed)
    yield from _nullability(path, old, new, computed=computed)
    yield from _uniqueness(path, old, new, computed=computed)
    yield from _origin(path, old, new)
    yield from _lengths(path, old, new, computed=computed)
    yield from _ranges(path, old, new, computed=computed)
    yield from _pattern(path, old, new, computed=computed)
    yield from _allowed(path, old, new, computed=computed)
    if changed := [name.replace("_", " ") for name in _WORDS if getattr(old, name) != getattr(new, name)]:
        yield Change(path, "description", f"{', '.join(changed)} reworded", "words change no value")


def _renamed(field: Field, come: list[Field]) -> Field | None:
    """Return the added field that most likely is the dropped one."""

    def likeness(other: Field) -> float:
        if field.description and field.description == other.description:
            return 1.0
        return SequenceMatcher(None, field.name.lower(), other.name.lower()).ratio()

    alike = [other for other in come if _bare(other) == _bare(field) and likeness(other) >= _ALIKE]
    return max(alike, key=likeness, default=None)


def _bare(field: Field) -> Field:
    return replace(field, name="", description="", business_name="", classification="", examples=())


def _rename(prefix: str, old: Field, new: Field) -> Change:
    both = (Side.READERS,) if new.computed is not None else (Side.READERS, Side.SOURCES)
    what = f"{prefix}{old.name} is gone and {prefix}{new.name} is like it: renamed, it seems"
    return Change(f"{prefix}{new.name}", "renamed", what, "whoever uses the old name no longer finds it", both)


def _dropped(path: str) -> Change:
    return Change(path, "dropped", "the field is gone", "queries that name it fail", (Side.READERS,))


def _added(path: str, field: Field) -> Change:
    kind = describe(field.type)
    if field.computed is not None:
        return Change(path, "added", f"a computed {kind} field", "the pipeline makes it; nobody reads it yet")
    if field.required or field.key_position is not None:
        why = "no source brings it yet, and rows without it are refused"
        return Change(path, "added", f"a required {kind} field", why, (Side.SOURCES,))
    return Change(path, "added", f"an optional {kind} field", "rows without it stay good; nobody reads it yet")


def _type(path: str, old: Field, new: Field, *, computed: bool) -> Iterator[Change]:
    match old.type, new.type:
        case Struct(before), Struct(after):
            yield from fieldset_changes(f"{path}.", before, after)
            return
        case Array(before), Array(after):
            yield from field_changes(f"{path}[]", before, after)
            return
    taken = step(old.type, new.type)
    what = f"{describe(old.type)} {taken} to {describe(new.type)}"
    if taken is Step.WIDENED:
        why = "readers' columns and code have the old type; every value that a source brings still fits"
        yield Change(path, "type", what, why, (Side.READERS,))
    elif taken is not Step.SAME:
        sides = (Side.READERS,) if computed else (Side.READERS, Side.SOURCES)
        yield Change(path, "type", what, "readers have the old type, and values that were good do not fit", sides)


def _nullability(path: str, old: Field, new: Field, *, computed: bool) -> Iterator[Change]:
    was, now = (field.required or field.key_position is not None for field in (old, new))
    if now and not was:
        yield tightened(path, "nullability", "a value is required now", computed=computed)
    elif was and not now:
        yield unguaranteed(path, "nullability", "it may be null now", "readers meet nulls where there never were any")


def _uniqueness(path: str, old: Field, new: Field, *, computed: bool) -> Iterator[Change]:
    if new.unique and not old.unique:
        yield tightened(path, "unique", "values have to be unique now", computed=computed)
    elif old.unique and not new.unique:
        yield unguaranteed(path, "unique", "values may repeat now", "joins on it give a row more than once")


def _origin(path: str, old: Field, new: Field) -> Iterator[Change]:
    if old.computed == new.computed:
        return
    if new.computed is None:
        what, why = "the source has to bring it now", "the pipeline no longer computes what no source brings yet"
        yield Change(path, "computed", what, why, (Side.SOURCES,))
    elif old.computed is None:
        yield Change(path, "computed", "the pipeline computes it now", "what sources bring for it is not looked at")
    else:
        what = f"it is computed in another way: {new.computed}"
        yield Change(path, "computed", what, "the same kind of value, made in another way")


def _lengths(path: str, old: Field, new: Field, *, computed: bool) -> Iterator[Change]:
    yield from _limit(path, "length", "minimum length", (old.min_length, new.min_length), 1, computed=computed)
    was, now = _width(old), _width(new)
    if was is not None and (now is None or now > was):
        what = f"maximum length {was} → {'none' if now is None else now}"
        yield unguaranteed(path, "length", what, "readers' columns may be too narrow for what comes")
    else:
        yield from _limit(path, "length", "maximum length", (was, now), -1, computed=computed)


def _width(field: Field) -> int | None:
    if field.max_length is None and isinstance(field.type, Text):
        return field.type.max_length
    return field.max_length


def _ranges(path: str, old: Field, new: Field, *, computed: bool) -> Iterator[Change]:
    yield from _limit(path, "range", "lower bound", (_lower(old), _lower(new)), 1, computed=computed)
    yield from _limit(path, "range", "upper bound", (_upper(old), _upper(new)), -1, computed=computed)


class _Bound(tuple[Any, int]):
    """A bound that sorts by how far it lets values go, and reads as people write it."""

    __slots__ = ()

    def __str__(self) -> str:
        value, side = self
        return f"{value}" if side in (0, 2) else f"{value} (exclusive)"


def _lower(field: Field) -> _Bound | None:
    given = [(field.minimum, 0), (field.exclusive_minimum, 1)]
    return max((_Bound(one) for one in given if one[0] is not None), default=None)


def _upper(field: Field) -> _Bound | None:
    given = [(field.maximum, 2), (field.exclusive_maximum, 1)]
    return min((_Bound(one) for one in given if one[0] is not None), default=None)


def _limit(
    path: str, kind: str, name: str, limits: tuple[Any, Any], tighter: int, *, computed: bool
) -> Iterator[Change]:
    """Yield the change of a limit; `tighter` is 1 when more is tighter, -1 when less is."""
    was, now = limits
    if was == now:
        return
    what = f"{name} {'none' if was is None else was} → {'none' if now is None else now}"
    if now is None or (was is not None and _outwards(was, now, tighter)):
        yield loosened(path, kind, what)
    else:
        yield tightened(path, kind, what, computed=computed)


def _outwards(was: Any, now: Any, tighter: int) -> bool:
    try:
        return bool(now < was if tighter > 0 else now > was)
    except TypeError:  # The type of the field changed, too: a number does not compare with a day.
        return False


def _pattern(path: str, old: Field, new: Field, *, computed: bool) -> Iterator[Change]:
    if old.pattern == new.pattern:
        return
    if new.pattern is None:
        yield loosened(path, "pattern", f"pattern {old.pattern} removed")
    else:
        what = f"pattern {'none' if old.pattern is None else old.pattern} → {new.pattern}"
        yield tightened(path, "pattern", what, computed=computed)


def _allowed(path: str, old: Field, new: Field, *, computed: bool) -> Iterator[Change]:
    was, now = old.allowed, new.allowed
    if was == now:
        return
    if now is None:
        yield loosened(path, "allowed", "every value is allowed now")
    elif was is None:
        yield tightened(path, "allowed", f"only {_listed(now)} allowed now", computed=computed)
    else:
        if gone := [value for value in was if value not in now]:
            yield tightened(path, "allowed", f"no longer allowed: {_listed(gone)}", computed=computed)
        if come := [value for value in now if value not in was]:
            yield loosened(path, "allowed", f"allowed now: {_listed(come)}")


def _listed(values: Sequence[object]) -> str:
    return ", ".join(map(str, values))
