"""The typed model of a contract: what the pipelines ask of a dataset, independent of the file that says it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from etl.contracts.types import Struct, Type

Bound = int | Decimal | date | datetime
"""What a value is compared with: exact numbers for numbers, days for dates, times for timestamps (with a zone
exactly when the field's type is zoned)."""


class Dimension(StrEnum):
    """What a rule says something about; the standard calls validity `conformity`."""

    COMPLETENESS = "completeness"
    ACCURACY = "accuracy"
    CONSISTENCY = "consistency"
    VALIDITY = "validity"
    UNIQUENESS = "uniqueness"
    TIMELINESS = "timeliness"


class Severity(StrEnum):
    """What happens when a rule is broken."""

    WARNING = "warning"
    """It is reported."""
    REJECT = "reject"
    """The row goes to the rejects."""
    ERROR = "error"
    """The run fails before anything is published."""


DEFAULT_THRESHOLDS: Mapping[Dimension, Decimal] = MappingProxyType(
    {
        Dimension.COMPLETENESS: Decimal("0.95"),
        Dimension.ACCURACY: Decimal("0.98"),
        Dimension.CONSISTENCY: Decimal("0.99"),
        Dimension.VALIDITY: Decimal("0.97"),
    }
)
"""The score, 0 to 1, that a dimension has to reach; a dimension that is not here has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One declared field and every rule on it; None means no such rule."""

    name: str
    type: Type
    description: str = ""
    business_name: str = ""
    classification: str = ""
    examples: tuple[object, ...] = ()
    required: bool = False
    unique: bool = False
    key_position: int | None = None
    """Its place in the primary key, from 1."""
    partition_position: int | None = None
    """Its place among the partition columns, from 1."""
    partition_transform: str | None = None
    """How Iceberg partitions by it: `year`, `month`, `day`, `hour`, `bucket(n)` or `truncate(n)`; None means by
    the value itself."""
    computed: str | None = None
    """How the pipeline computes the field; such a field is not expected in the source."""
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    """A portable regular expression (`etl.contracts.patterns`) that has to match somewhere in the text."""
    minimum: Bound | None = None
    maximum: Bound | None = None
    exclusive_minimum: Bound | None = None
    exclusive_maximum: Bound | None = None
    allowed: tuple[str | int | Decimal, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """A foreign key: the values of `columns` have to be among those of `to_columns` of another dataset."""

    columns: tuple[str, ...]
    to_dataset: str
    to_columns: tuple[str, ...]


class Metric(StrEnum):
    """What a declared quality rule measures."""

    NULLS = "nullValues"
    MISSING = "missingValues"
    INVALID = "invalidValues"
    DUPLICATES = "duplicateValues"
    ROWS = "rowCount"
    SQL = "sql"


class Unit(StrEnum):
    """What the number that a rule compares is."""

    ROWS = "rows"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One entry of `quality`, as declared: a number that is measured, and the bounds that it has to keep.

    Rules that follow from the fields themselves (required, range, …) are not here; `etl.quality` knows both.
    """

    metric: Metric
    columns: tuple[str, ...] = ()
    """None for a rule on the whole dataset; several for a composite `duplicateValues`."""
    name: str = ""
    description: str = ""
    dimension: Dimension | None = None
    severity: Severity | None = None
    """None: reject for a rule on rows that allows no failures, error for any other."""
    unit: Unit = Unit.ROWS
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    above: Decimal | None = None
    below: Decimal | None = None
    """The bounds; `mustBe` is both `at_least` and `at_most`."""
    not_equal: Decimal | None = None
    allowed: tuple[str | int | Decimal, ...] | None = None
    """`invalidValues`: the valid ones."""
    pattern: str | None = None
    """`invalidValues`: what a valid text matches."""
    missing: tuple[str | int | Decimal | None, ...] | None = None
    """`missingValues`: what counts as missing; None is null."""
    trailing_median: int | None = None
    """`rowCount`: compare with the median of so many runs before: the bounds are percents of it."""
    query: str | None = None
    """`sql`: a query in PostgreSQL's dialect with one number as its result; `${object}` is the dataset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """The newest value of a timestamp or date field may be at most so old when the run's window ends."""

    column: str
    at_most: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How engines store the dataset: what has no influence on its values."""

    compression: str = "snappy"
    """Of Parquet files: snappy, zstd, gzip or none."""
    sort_columns: tuple[str, ...] = ()
    """The order of rows within a Parquet file."""
    indexes: tuple[tuple[str, ...], ...] = ()
    """PostgreSQL: beside those of the keys."""
    redshift_distribution: str = "auto"
    """Redshift: `auto`, `even`, `all`, or the name of the column that distributes the rows."""
    redshift_sort_key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One dataset: its fields, its keys and what is asked of its rows."""

    id: str
    version: str
    dataset: str
    fields: tuple[Field, ...]
    name: str = ""
    table: str = ""
    """The physical name; the dataset's own when there is none."""
    description: str = ""
    purpose: str = ""
    usage: str = ""
    limitations: str = ""
    domain: str = ""
    tolerance: Decimal = Decimal(0)
    """The share of rejected rows, 0 to 1, up to which a run goes on."""
    thresholds: Mapping[Dimension, Decimal] = attribute(default_factory=lambda: DEFAULT_THRESHOLDS)
    """The score, 0 to 1, that each dimension has to reach."""
    window_column: str | None = None
    """The required date or timestamp field that says which window a row belongs to; None for a dataset that is
    only ever taken whole."""
    relationships: tuple[Relationship, ...] = ()
    checks: tuple[Check, ...] = ()
    freshness: Freshness | None = None
    layout: Layout = Layout()

    def __post_init__(self) -> None:
        if not self.table:
            object.__setattr__(self, "table", self.dataset)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The names of the key fields, in the order of their positions."""
        keyed = [(field.key_position, field.name) for field in self.fields if field.key_position is not None]
        return tuple(name for _, name in sorted(keyed))

    @property
    def partition_columns(self) -> tuple[str, ...]:
        """The names of the partition fields, in the order of their positions."""
        placed = [(field.partition_position, field.name) for field in self.fields]
        return tuple(name for position, name in sorted(one for one in placed if one[0] is not None))

    @property
    def source_fields(self) -> tuple[Field, ...]:
        """The fields that the source has to bring: all but the computed ones."""
        return tuple(field for field in self.fields if field.computed is None)

    def field(self, name: str) -> Field:
        """Return a field by its name; KeyError when there is none."""
        for one in self.fields:
            if one.name == name:
                return one
        raise KeyError(name)

    def walk(self) -> Iterator[tuple[str, Field]]:
        """Yield every field with its path, `address.city` for one inside a struct; a struct comes before its fields."""
        yield from _walk("", self.fields)


def _walk(prefix: str, fields: tuple[Field, ...]) -> Iterator[tuple[str, Field]]:
    for one in fields:
        path = f"{prefix}{one.name}"
        yield path, one
        if isinstance(one.type, Struct):
            yield from _walk(f"{path}.", one.type.fields)
