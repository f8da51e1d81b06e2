"""The typed model of a contract: what the pipelines ask of a dataset, independent of the file that says it."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class LogicalType(StrEnum):
    """The types of the standard that records of this project can have."""

    STRING = "string"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    DATE = "date"
    OBJECT = "object"
    ARRAY = "array"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One declared field and every rule on it; None means no such rule."""

    name: str
    type: LogicalType
    description: str = ""
    required: bool = False
    key_position: int | None = None
    computed: str | None = None
    """How the pipeline computes the field; such a field is not expected in the source."""
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    exclusive_minimum: Decimal | None = None
    exclusive_maximum: Decimal | None = None
    allowed: tuple[str | int | Decimal, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One dataset: its fields, its key and how many rejects it tolerates."""

    id: str
    version: str
    dataset: str
    fields: tuple[Field, ...]
    tolerance: Decimal = Decimal(0)
    """The share of rejected rows, 0 to 1, up to which a run goes on."""

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The names of the key fields, in the order of their positions."""
        keyed = [(field.key_position, field.name) for field in self.fields if field.key_position is not None]
        return tuple(name for _, name in sorted(keyed))

    @property
    def source_fields(self) -> tuple[Field, ...]:
        """The fields that the source has to bring: all but the computed ones."""
        return tuple(field for field in self.fields if field.computed is None)
