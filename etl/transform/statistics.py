"""Statistics over exact numbers, one value at a time, in any order."""

from decimal import Context, Decimal

# DynamoDB's numbers span 1E-130 to 1E+126 with 38 digits: any sum of them fits into this without rounding.
_EXACT = Context(prec=400)
_MEAN = Context(prec=38)


class Statistics:
    """Count, sum, minimum, maximum and mean of the values added so far."""

    def __init__(self) -> None:
        self.count = 0
        self.sum = Decimal(0)
        self.minimum: Decimal | None = None
        self.maximum: Decimal | None = None

    def add(self, value: Decimal) -> None:
        """Add a value: at most 38 digits, between 1E-130 and 1E+126 in size, as DynamoDB stores."""
        self.count += 1
        self.sum = _EXACT.add(self.sum, value)
        if self.minimum is None or value < self.minimum:
            self.minimum = value
        if self.maximum is None or value > self.maximum:
            self.maximum = value

    @property
    def mean(self) -> Decimal | None:
        """The mean, rounded half to even at 38 digits; None when there are no values."""
        return _MEAN.divide(self.sum, Decimal(self.count)) if self.count else None

    def to_dict(self) -> dict[str, int | str | None]:
        """Return the statistics for a result; None where there are no values.

        `sum`, `min`, `max` and `mean` are decimal text, because a JSON number would be read with 16 digits.
        """
        return {
            "count": self.count,
            "sum": _text(self.sum),
            "min": _text(self.minimum),
            "max": _text(self.maximum),
            "mean": _text(self.mean),
        }


def _text(value: Decimal | None) -> str | None:
    # Equal values have equal texts, whether they came as 1 or as 1.0.
    return None if value is None else f"{value.normalize(_EXACT):f}"
