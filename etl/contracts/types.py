"""The types that a field can have: what every engine's type is derived from.

====================  =======================================================================
in a contract         type
====================  =======================================================================
string                `Text`, with `format: uuid` `Uuid`, with `physicalType: json` `Json`
boolean               `Boolean`
integer               `Integer`: `format` i16, i32 or i64 (as when there is none)
number                `Number`: any decimal, as it is; `physicalType: decimal(p,s)` `Decimal`;
                      `format` f32 or f64 `Float`
date                  `Date`
timestamp             `Timestamp` in microseconds: an instant, or with `timezone: false` a
                      wall-clock time without a zone
object                `Struct` of its `properties`; without any, a `Json` object
array                 `Array` of its `items`
====================  =======================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from etl.contracts.model import Field


@dataclass(frozen=True, slots=True)
class Text:
    """Unicode text without the character NUL, which PostgreSQL cannot store."""

    max_length: int | None = None
    """In code points; it is the width of the column where an engine has such a thing."""


@dataclass(frozen=True, slots=True)
class Uuid:
    """A UUID in its canonical form, in lower case."""


@dataclass(frozen=True, slots=True)
class Json:
    """A JSON document."""

    only_objects: bool = False


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Integer:
    """A signed integer of 16, 32 or 64 bits."""

    bits: int = 64

    @property
    def minimum(self) -> int:
        """The smallest value."""
        return -(1 << (self.bits - 1))

    @property
    def maximum(self) -> int:
        """The largest value."""
        return -self.minimum - 1


@dataclass(frozen=True, slots=True)
class Number:
    """A decimal number of any size and scale: for JSON-like records and PostgreSQL, no type of Arrow or Athena."""


@dataclass(frozen=True, slots=True)
class Decimal:
    """A decimal number with `precision` digits (1 to 38), `scale` of them after the point."""

    precision: int
    scale: int


@dataclass(frozen=True, slots=True)
class Float:
    """A binary floating-point number of 32 or 64 bits; neither NaN nor infinite."""

    bits: int = 64


@dataclass(frozen=True, slots=True)
class Date:
    """A day of the years 1 to 9999."""


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A time of the years 1 to 9999 in microseconds."""

    zoned: bool = True
    """An instant, kept in UTC; otherwise a wall-clock time without a zone."""


@dataclass(frozen=True, slots=True)
class Array:
    """A list of values of one type; `item` is the field that its elements are, with the name `element`."""

    item: Field


@dataclass(frozen=True, slots=True)
class Struct:
    """Named fields."""

    fields: tuple[Field, ...]


Type: TypeAlias = Text | Uuid | Json | Boolean | Integer | Number | Decimal | Float | Date | Timestamp | Array | Struct
