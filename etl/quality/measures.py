"""What a rule measures, as plain data: the expressions that engines run are built from it."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

from etl.contracts.model import Bound, Unit
from etl.contracts.types import Type

Value: TypeAlias = str | int | Decimal


@dataclass(frozen=True, slots=True)
class Column:
    """A field by its way through structs: `("address", "city")`."""

    path: tuple[str, ...]
    type: Type

    @property
    def name(self) -> str:
        """The path as contracts write it: `address.city`."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Present:
    """The column is not null; asked of rows whose enclosing struct is there."""

    column: Column


@dataclass(frozen=True, slots=True)
class WellTyped:
    """The value is one of the contract's type, where the engine's type holds more: no NaN, no text that is no UUID."""

    column: Column


@dataclass(frozen=True, slots=True)
class NotMissing:
    """The value is none of those that stand for a missing one; None is null."""

    column: Column
    values: tuple[Value | None, ...]


@dataclass(frozen=True, slots=True)
class LengthWithin:
    """The text has so many code points."""

    column: Column
    least: int | None
    most: int | None


@dataclass(frozen=True, slots=True)
class Within:
    """The value lies between bounds."""

    column: Column
    minimum: Bound | None = None
    maximum: Bound | None = None
    exclusive_minimum: Bound | None = None
    exclusive_maximum: Bound | None = None


@dataclass(frozen=True, slots=True)
class Valid:
    """The value is one of a list, and its text matches a pattern in normal form."""

    column: Column
    allowed: tuple[Value, ...] | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Unbroken:
    """No row meets the condition: SQL in PostgreSQL's dialect, true for a row that breaks the rule."""

    condition: str
    scope: tuple[Column, ...]
    """The columns that it can name."""


RowMeasure: TypeAlias = Present | WellTyped | NotMissing | LengthWithin | Within | Valid | Unbroken
"""Of each row by itself: all of them are evaluated in one pass."""


@dataclass(frozen=True, slots=True)
class Unique:
    """No two rows agree in these columns; a row with a null in one of them is not compared."""

    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Referenced:
    """The columns' values stand in another dataset; a row with a null in one of them is not looked up."""

    columns: tuple[Column, ...]
    dataset: str
    to_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """The number of rows, or its percentage of the median of so many runs before."""

    trailing_median: int | None = None


@dataclass(frozen=True, slots=True)
class Fresh:
    """The newest value is at most so old when the run's window ends."""

    column: Column
    at_most: timedelta


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The one number that a query over the dataset results in: PostgreSQL's dialect, `${object}` is the dataset."""

    query: str
    scope: tuple[Column, ...]


Measure: TypeAlias = RowMeasure | Unique | Referenced | Rows | Fresh | Aggregate


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a number has to keep to."""

    at_least: Decimal | None = None
    at_most: Decimal | None = None
    above: Decimal | None = None
    below: Decimal | None = None
    not_equal: Decimal | None = None
    unit: Unit = Unit.ROWS

    def hold(self, number: Fraction) -> bool:
        """Tell whether a number keeps to them, exactly."""
        return (
            (self.at_least is None or number >= Fraction(self.at_least))
            and (self.at_most is None or number <= Fraction(self.at_most))
            and (self.above is None or number > Fraction(self.above))
            and (self.below is None or number < Fraction(self.below))
            and (self.not_equal is None or number != Fraction(self.not_equal))
        )

    @property
    def forbids(self) -> bool:
        """Whether, as bounds of failures, they allow none."""
        one = Decimal(self.unit is Unit.ROWS)
        return (self.at_most is not None and self.at_most <= 0) or (self.below is not None and self.below <= one)

    def __str__(self) -> str:
        if self.at_least is not None and self.at_least == self.at_most:
            parts = [f"= {self.at_most:f}"]
        else:
            signs = ((">=", self.at_least), ("<=", self.at_most), (">", self.above), ("<", self.below))
            parts = [f"{sign} {bound:f}" for sign, bound in signs if bound is not None]
        if self.not_equal is not None:
            parts.append(f"!= {self.not_equal:f}")
        return " and ".join(parts) + (" %" if self.unit is Unit.PERCENT else "")


NONE = Bounds(at_most=Decimal(0))
"""No failure is allowed."""
