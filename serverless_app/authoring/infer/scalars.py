"""Which types every value of a field belongs to, and the narrowest that is no accident."""

import re
from decimal import Decimal as Exact
from enum import StrEnum
from typing import Any

from etl.contracts import types
from etl.values.json_values import belongs_to

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(?:\.([0-9]*))?", re.ASCII)
"""Without what the numbers of telephones, accounts and postcodes start with, a plus or zeros: those are texts."""
_BLANKS = " \t"
_MOST_DIGITS = 38
_EXACT_DIGITS = 15
"""Decimal digits that come back from a double as they were."""
_USUAL_DIGITS = 18
"""What fits in 64 bits: room to grow for a decimal."""
_LONG = types.Integer(64)
_LEAST_PLACES = 2
"""Amounts with one place so far are as likely to have two."""
_MONEY_PLACES = 4
_TEXTS: tuple[types.Type, ...] = (
    types.Uuid(),
    types.Date(),
    types.Timestamp(zoned=False),
    types.Timestamp(zoned=True),
)


class Source(StrEnum):
    """How values come."""

    TEXT = "text"
    """All of them as text, as in CSV."""
    JSON = "json"
    """With the types of JSON."""


class Candidates:
    """The types that all values so far belong to."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._seen = False
        self._numbers = True
        self._booleans = True
        self._texts = [(one, belongs_to(one)) for one in _TEXTS]
        self._strings = True
        self._digits = self._places = 0
        self._whole = 0
        self._fits = True

    def add(self, value: Any) -> None:
        """Look at one value, which is neither null nor nested."""
        self._seen = True
        stripped = value.strip(_BLANKS) if self._source is Source.TEXT else value
        if self._numbers:
            self._add_number(stripped)
        if self._booleans:
            self._booleans = isinstance(stripped, bool) or (
                self._source is Source.TEXT and stripped.lower() in ("true", "false")
            )
        self._strings = self._strings and isinstance(value, str)
        if self._texts:
            self._texts = [one for one in self._texts if isinstance(stripped, str) and one[1](stripped)]

    def _add_number(self, value: Any) -> None:
        if isinstance(value, Exact):
            value = f"{value:f}"
        elif isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        elif self._source is Source.JSON:
            self._numbers = False
            return
        found = _NUMBER.fullmatch(value)
        if found is None:
            self._numbers = False
            return
        whole, places = found[1].lstrip("0"), (found[2] or "").rstrip("0")
        self._whole = max(self._whole, len(whole))
        if len(whole) > _USUAL_DIGITS:
            self._fits = self._fits and _LONG.minimum <= int(value.partition(".")[0]) <= _LONG.maximum
        self._places = max(self._places, len(places))
        self._digits = max(self._digits, len((whole + places).strip("0")))

    def type(self) -> types.Type:
        """Return the type that all values belong to; text when there was none."""
        if not self._seen:
            return types.Text()
        if self._numbers:
            return self._number()
        if self._booleans:
            return types.Boolean()
        if self._texts:
            return self._texts[0][0]
        return types.Text() if self._strings else types.Json()

    def _number(self) -> types.Type:
        if self._places == 0 and self._fits:
            return types.Integer(64)
        scale = max(self._places, _LEAST_PLACES if self._places else 0)
        precision = self._whole + scale
        if (scale <= _MONEY_PLACES or self._digits > _EXACT_DIGITS) and precision <= _MOST_DIGITS:
            return types.Decimal(max(_USUAL_DIGITS, precision), scale)
        inexact = self._digits > _EXACT_DIGITS or not self._places
        return types.Number() if inexact else types.Float(64)
