"""The custom properties of a dataset: what the standard has no word for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from etl.contracts import standard
from etl.contracts.located import Refusal, inside
from etl.contracts.model import DEFAULT_THRESHOLDS, Dimension, Field, Layout
from etl.contracts.types import Date, Timestamp

_COMPRESSIONS = ("snappy", "zstd", "gzip", "none")
_DISTRIBUTIONS = ("auto", "even", "all")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the custom properties of a dataset say."""

    tolerance: Decimal
    thresholds: Mapping[Dimension, Decimal]
    window_column: str | None
    layout: Layout


def read_settings(said: Sequence[standard.CustomProperty], fields: Sequence[Field]) -> Settings:
    """Read the custom properties of a dataset.

    `said`: `customProperties` of the schema object.
    Raises Refusal: one is unknown, there twice, or has a value that it cannot have.
    """
    names = [field.name for field in fields]
    read: dict[str, Callable[[Any], Any]] = {
        "rejectTolerance": _share,
        "thresholds": _thresholds,
        "windowColumn": lambda value: _window_column(value, fields),
        "parquetCompression": lambda value: _one_of(value, _COMPRESSIONS),
        "sortColumns": lambda value: _columns(value, names),
        "postgresIndexes": lambda value: tuple(_columns(one, names) for one in _list(value)),
        "redshiftDistribution": lambda value: _one_of(value, (*_DISTRIBUTIONS, *names)),
        "redshiftSortKey": lambda value: _columns(value, names),
    }
    found: dict[str, Any] = {}
    for index, custom in enumerate(said):
        with inside("customProperties", index):
            if custom.property not in read:
                raise Refusal(f"custom property {custom.property!r} is unknown; there are {', '.join(read)}")
            if custom.property in found:
                raise Refusal(f"custom property {custom.property!r} is there twice; remove one")
            try:
                found[custom.property] = read[custom.property](custom.value)
            except ValueError as error:
                raise Refusal(f"{custom.property} is {custom.value!r}; {error}", "value") from error
    layout = Layout(
        compression=found.get("parquetCompression", "snappy"),
        sort_columns=found.get("sortColumns", ()),
        indexes=found.get("postgresIndexes", ()),
        redshift_distribution=found.get("redshiftDistribution", "auto"),
        redshift_sort_key=found.get("redshiftSortKey", ()),
    )
    return Settings(
        tolerance=found.get("rejectTolerance", Decimal(0)),
        thresholds=found.get("thresholds", DEFAULT_THRESHOLDS),
        window_column=found.get("windowColumn"),
        layout=layout,
    )


def _share(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 <= value <= 1:
        raise ValueError("give a share from 0 to 1")
    return Decimal(value)


def _thresholds(value: Any) -> Mapping[Dimension, Decimal]:
    if not isinstance(value, dict):
        raise ValueError("give dimensions with their thresholds, such as {completeness: 0.9}")  # noqa: TRY004
    shares = {_dimension(name): _share(share) for name, share in value.items()}
    return MappingProxyType({**DEFAULT_THRESHOLDS, **shares})


def _dimension(name: Any) -> Dimension:
    try:
        return Dimension("validity" if name == "conformity" else name)
    except ValueError as error:
        raise ValueError(f"{name!r} is no dimension; there are {', '.join(Dimension)}") from error


def _window_column(value: Any, fields: Sequence[Field]) -> str:
    times = [field for field in fields if isinstance(field.type, Date | Timestamp) and field.computed is None]
    placing = [field.name for field in times if field.required or field.key_position]
    if value not in placing:
        raise ValueError(
            "name a required date or timestamp column of the source, so that every row belongs to a window; "
            + (f"there are {', '.join(placing)}" if placing else "there is none")
        )
    return str(value)


def _one_of(value: Any, choices: Sequence[str]) -> str:
    if value not in choices:
        raise ValueError(f"write one of {', '.join(choices)}")
    return str(value)


def _columns(value: Any, names: Sequence[str]) -> tuple[str, ...]:
    columns = _list(value)
    if not columns or any(one not in names for one in columns):
        raise ValueError(f"give a list of columns; there are {', '.join(names)}")
    return tuple(columns)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("give a list")  # noqa: TRY004 -- the file is wrong, not the program
    return value
