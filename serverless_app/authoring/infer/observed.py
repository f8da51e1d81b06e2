"""What the values of a field have in common, found by looking at every one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from etl.contracts import types
from serverless_app.authoring.infer.scalars import Candidates, Source

_FEW = 20
"""Up to so many values are kept as what a text might be limited to."""
MOST_FIELDS = 1000
"""An object with more keys is a dictionary, not a struct."""


@dataclass(slots=True)
class Observed:
    """One field, or the items of an array, with everything seen of it."""

    source: Source
    count: int = 0
    """How many values there were, nulls among them."""
    present: int = 0
    unique: bool = True
    """Whether no scalar came twice; kept for columns only."""
    longest: int = 0
    """Of the texts, in code points."""
    few: dict[object, None] | None = field(default_factory=dict)
    """The different scalars, in their order; None when there are many."""
    examples: list[Any] = field(default_factory=list)
    scalars: Candidates = field(init=False)
    objects: int = 0
    arrays: int = 0
    fields: dict[str, Observed] = field(default_factory=dict)
    items: Observed | None = None
    _hashes: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.scalars = Candidates(self.source)

    def add(self, value: Any) -> None:
        """Look at one value; None is null."""
        self.count += 1
        if value is None:
            return
        self.present += 1
        if isinstance(value, dict):
            self._add_object(value)
        elif isinstance(value, list):
            self._add_items(value)
        else:
            self._add_scalar(value)

    def _add_object(self, value: Mapping[str, Any]) -> None:
        self.objects += 1
        for name in value:
            if name not in self.fields and len(self.fields) <= MOST_FIELDS:
                # The objects before had no such key: nulls, all of them.
                self.fields[name] = Observed(self.source, count=self.objects - 1)
        for name, seen in self.fields.items():
            seen.add(value.get(name))

    def _add_items(self, values: Iterable[Any]) -> None:
        self.arrays += 1
        self.items = self.items or Observed(self.source)
        for item in values:
            self.items.add(item)

    def _add_scalar(self, value: Any) -> None:
        if self.few and isinstance(value, str) and value in self.few:
            self.unique = False
            return
        self.scalars.add(value)
        if isinstance(value, str):
            self.longest = max(self.longest, len(value))
        if self.few is not None:
            self.few.setdefault(value)
            if len(self.few) > _FEW:
                self.few = None
        if self.unique:
            known = len(self._hashes)
            self._hashes.add(hash(value))
            if len(self._hashes) == known:
                self.unique = False
                self._hashes.clear()
        if len(self.examples) < 2 and value not in (*self.examples, ""):  # noqa: PLR2004 -- two say more than one
            self.examples.append(value)

    @property
    def required(self) -> bool:
        """Whether there was a value every time."""
        return self.present == self.count > 0

    @property
    def is_struct(self) -> bool:
        """Whether it always was an object, whose keys can be columns."""
        names = {name.lower() for name in self.fields}
        usable = "" not in names and len(names) == len(self.fields) <= MOST_FIELDS
        return self.objects == self.present > 0 and bool(names) and usable

    @property
    def is_array(self) -> bool:
        """Whether it always was an array."""
        return self.arrays == self.present > 0

    @property
    def type(self) -> types.Type:
        """The type of a scalar; JSON for what has no type of its own."""
        if self.objects == self.present > 0:
            return types.Json(only_objects=True)
        if self.objects or self.arrays:
            return types.Json()
        return self.scalars.type()
