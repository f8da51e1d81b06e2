"""Changes of what a contract says of the dataset as a whole: keys, checks, thresholds, freshness, layout."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace
from decimal import Decimal

from etl.contracts.model import Check, Contract, Freshness, Severity
from serverless_app.authoring.diff.changes import Change, Side, loosened, tightened, unguaranteed

_BOTH = (Side.READERS, Side.SOURCES)
_WORDS = ("name", "description", "purpose", "usage", "limitations", "domain")


def dataset_changes(old: Contract, new: Contract) -> Iterator[Change]:
    """Yield the changes that are not of a single field."""
    yield from _identity(old, new)
    yield from _keys(old, new)
    yield from _partitions(old, new)
    yield from _window(old, new)
    yield from _tolerances(old, new)
    yield from _relationships(old, new)
    yield from _checks(old, new)
    yield from _freshness(old.freshness, new.freshness)
    yield from _layout(old, new)
    if changed := [name for name in _WORDS if getattr(old, name) != getattr(new, name)]:
        yield Change("<contract>", "description", f"{', '.join(changed)} reworded", "words change no value")


def _identity(old: Contract, new: Contract) -> Iterator[Change]:
    if old.id != new.id:
        what = f"id {old.id} → {new.id}"
        yield Change("<contract>", "identity", what, "by its id it is another contract", _BOTH)
    if old.dataset != new.dataset:
        what = f"dataset {old.dataset} → {new.dataset}"
        yield Change("<contract>", "identity", what, "whoever uses the old name no longer finds it", _BOTH)
    elif old.table != new.table:
        what = f"table {old.table} → {new.table}"
        yield unguaranteed("<contract>", "identity", what, "queries that name the old table fail")


def _keys(old: Contract, new: Contract) -> Iterator[Change]:
    if old.primary_key != new.primary_key:
        what = f"primary key {_listed(old.primary_key)} → {_listed(new.primary_key)}"
        why = "readers join and update by the old key, and rows may be duplicates by the new one"
        yield Change("<primary key>", "key", what, why, _BOTH)


def _partitions(old: Contract, new: Contract) -> Iterator[Change]:
    if old.partition_columns != new.partition_columns:
        what = f"partitions {_listed(old.partition_columns)} → {_listed(new.partition_columns)}"
        yield unguaranteed(
            "<partitions>", "partition", what, "paths change, and queries no longer prune by the old ones"
        )
    transforms = [{one.name: one.partition_transform for one in contract.fields} for contract in (old, new)]
    for name in sorted(transforms[0].keys() & transforms[1].keys()):
        was, now = (one[name] for one in transforms)
        if was != now:
            what = f"partition transform {was or 'none'} → {now or 'none'}"
            yield Change(name, "partition", what, "Iceberg plans by the values, whatever the files are split by")


def _tolerances(old: Contract, new: Contract) -> Iterator[Change]:
    yield from _share("<tolerance>", "tolerance", (old.tolerance, new.tolerance), tighter=-1)
    for dimension in sorted(old.thresholds.keys() | new.thresholds.keys()):
        shares = (old.thresholds.get(dimension, Decimal(0)), new.thresholds.get(dimension, Decimal(0)))
        yield from _share(f"<threshold of {dimension}>", "threshold", shares, tighter=1)


def _share(path: str, kind: str, shares: tuple[Decimal, Decimal], *, tighter: int) -> Iterator[Change]:
    was, now = shares
    if was == now:
        return
    what = f"{was} → {now}"
    if (now > was) == (tighter > 0):
        yield Change(path, kind, what, "runs that passed may fail now", (Side.SOURCES,))
    else:
        yield Change(path, kind, what, "every run that passed still does")


def _relationships(old: Contract, new: Contract) -> Iterator[Change]:
    for one in old.relationships:
        if one not in new.relationships:
            what = f"the relationship to {one.to_dataset} ({_listed(one.to_columns)}) is gone"
            yield unguaranteed(_listed(one.columns), "relationship", what, "inner joins may lose rows now")
    for one in new.relationships:
        if one not in old.relationships:
            what = f"values have to be in {one.to_dataset} ({_listed(one.to_columns)}) now"
            yield tightened(_listed(one.columns), "relationship", what)


def _checks(old: Contract, new: Contract) -> Iterator[Change]:
    before, after = _numbered(old.checks), _numbered(new.checks)
    for key, check in before.items():
        if key not in after:
            yield loosened(_place(check), "check", f"{_title(check)} removed")
    for key, check in after.items():
        if key not in before:
            yield _stricter(check, f"{_title(check)} added")
        elif before[key] != check:
            yield _changed(before[key], check)


def _changed(was: Check, now: Check) -> Change:
    if replace(was, description=now.description, dimension=now.dimension) == now:
        return Change(_place(now), "check", f"{_title(now)} reworded", "what is measured and asked stays the same")
    what = f"{_title(now)} changed: {', '.join(_differences(was, now))}"
    return loosened(_place(now), "check", what) if _looser(was, now) else _stricter(now, what)


def _differences(was: Check, now: Check) -> Iterator[str]:
    for field in fields(Check):
        before, after = getattr(was, field.name), getattr(now, field.name)
        if before != after:
            yield f"{field.name} {_said(before)} → {_said(after)}"


def _said(value: object) -> str:
    return "none" if value is None else str(value)


def _looser(was: Check, now: Check) -> bool:
    """Tell whether whatever keeps the old check keeps the new one: only its bounds moved, all of them outwards."""
    names = ("at_least", "above", "at_most", "below")
    if replace(was, **{name: getattr(now, name) for name in names}, description=now.description) != now:
        return now.severity is Severity.WARNING
    outwards = (-1, -1, 1, 1)
    return all(
        getattr(now, name) is None
        or (getattr(was, name) is not None and (getattr(now, name) - getattr(was, name)) * sign >= 0)
        for name, sign in zip(names, outwards, strict=True)
    )


def _stricter(check: Check, what: str) -> Change:
    if check.severity is Severity.WARNING:
        return Change(_place(check), "check", what, "it only warns")
    return Change(_place(check), "check", what, "rows or runs that were good may fail now", (Side.SOURCES,))


def _numbered(checks: tuple[Check, ...]) -> dict[tuple[object, ...], Check]:
    """Return the checks by what tells them apart: the name, or what is measured and the place among its like."""
    seen: Counter[tuple[object, ...]] = Counter()
    numbered: dict[tuple[object, ...], Check] = {}
    for check in checks:
        like = (check.name,) if check.name else (check.metric, check.columns, check.query)
        numbered[*like, seen[like]] = check
        seen[like] += 1
    return numbered


def _place(check: Check) -> str:
    return _listed(check.columns) if check.columns else "<dataset>"


def _title(check: Check) -> str:
    return f"check {check.name}" if check.name else f"check {check.metric}"


def _window(old: Contract, new: Contract) -> Iterator[Change]:
    if old.window_column != new.window_column:
        what = f"window column {old.window_column or 'none'} → {new.window_column or 'none'}"
        yield Change(
            "<window>", "partition", what, "rows move to the windows, and so the partitions, of other days", _BOTH
        )


def _freshness(was: Freshness | None, now: Freshness | None) -> Iterator[Change]:
    if was == now:
        return
    path, what = "<freshness>", f"{_age(was)} → {_age(now)}"
    if now is None or (was is not None and was.column == now.column and now.at_most > was.at_most):
        yield unguaranteed(path, "freshness", what, "readers may get older data than they were promised")
    else:
        yield Change(path, "freshness", what, "runs that were fresh enough may fail now", (Side.SOURCES,))


def _age(freshness: Freshness | None) -> str:
    return "none" if freshness is None else f"{freshness.column} at most {freshness.at_most} old"


def _layout(old: Contract, new: Contract) -> Iterator[Change]:
    for field in fields(old.layout):
        was, now = getattr(old.layout, field.name), getattr(new.layout, field.name)
        if was != now:
            what = f"{field.name.replace('_', ' ')} {_said(was)} → {_said(now)}"
            yield Change("<layout>", "layout", what, "values stay the same; an existing table has to be rebuilt for it")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
