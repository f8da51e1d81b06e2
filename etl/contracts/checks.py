"""Declared quality rules, relationships and the freshness of a dataset, from the standard to the model."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from etl.contracts import standard
from etl.contracts.located import Refusal, inside
from etl.contracts.model import Check, Dimension, Field, Freshness, Metric, Relationship, Severity, Unit
from etl.contracts.patterns import portable
from etl.contracts.types import Date, Timestamp

_ARGUMENTS = {
    Metric.INVALID: {"valid_values", "pattern"},
    Metric.MISSING: {"missing_values"},
    Metric.DUPLICATES: {"properties"},
    Metric.ROWS: {"trailing_median"},
}
_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days"}


def read_check(said: standard.Quality, column: str | None, names: Sequence[str]) -> Check:
    """Read one entry of `quality`.

    `column`: the property that it stands on; None for the dataset.
    Raises Refusal: it says too little, too much, or what is not measured here.
    """
    metric = _metric(said)
    where = f"quality of {column}" if column else "quality of the dataset"
    arguments = _arguments(said, metric, where)
    columns = _columns(metric, arguments.properties, column, names, where)
    bounds = _bounds(said, where)
    check = Check(
        metric=metric,
        columns=columns,
        name=said.name,
        description=said.description,
        dimension=_dimension(said.dimension),
        severity=None if said.severity is None else Severity(said.severity),
        unit=Unit(said.unit),
        allowed=None if arguments.valid_values is None else tuple(arguments.valid_values),
        pattern=None if arguments.pattern is None else _pattern(arguments.pattern),
        missing=None if arguments.missing_values is None else tuple(arguments.missing_values),
        trailing_median=arguments.trailing_median,
        query=said.query,
        **bounds,
    )
    _refuse_contradictions(check, where)
    return check


def allowed_values(check: Check, name: str, *, text: bool) -> tuple[str | int | Decimal, ...]:
    """Return the valid values of a check, each of which has to be a text or a number, as its property is.

    `check`: with `allowed`.
    Raises Refusal: a value is of another kind.
    """
    for value in check.allowed or ():
        if not isinstance(value, str) and not _is_number(value):
            raise Refusal(f"property {name}: {value!r} is no text or number; quote it", "arguments", "validValues")
        if isinstance(value, str) != text:
            kind = "text: quote it" if text else "number: remove its quotes"
            raise Refusal(f"property {name}: valid value {value!r} has to be a {kind}", "arguments", "validValues")
    return check.allowed or ()


def read_relationship(
    said: standard.Relationship, dataset: str, column: str | None, names: Sequence[str]
) -> Relationship:
    """Read a foreign key.

    Raises Refusal: a reference is not `dataset.column`, or the two sides have not as many columns.

    Parameters
    ----------
    said
        The entry of `relationships`.
    column
        The property that it stands on; None for the dataset, where `from` names the columns.
    """
    if (said.from_ is None) == (column is None):
        raise Refusal("`from` belongs to relationships of the dataset, and only to them; add or remove it")
    origin, columns = (dataset, (column,)) if column is not None else _references(said.from_, "from")
    target, to_columns = _references(said.to, "to")
    if origin != dataset or not set(columns) <= set(names):
        raise Refusal(f"`from` names {said.from_!r}, but this dataset is {dataset} and has {', '.join(names)}", "from")
    if len(columns) != len(to_columns):
        raise Refusal(f"{len(columns)} columns refer to {len(to_columns)}; give as many", "to")
    return Relationship(columns=columns, to_dataset=target, to_columns=to_columns)


def read_freshness(said: Sequence[standard.ServiceLevel], dataset: str, fields: Sequence[Field]) -> Freshness | None:
    """Read how fresh a dataset has to be.

    Raises Refusal: there are several, or the element is no time.

    Parameters
    ----------
    said
        `slaProperties`: none, or the freshness.
    dataset, fields
        What `element` may name: `dataset.column`, a date or a timestamp.
    """
    if not said:
        return None
    with inside("slaProperties"):
        if len(said) > 1:
            raise Refusal("freshness is there twice; remove one", 1)
        (level,) = said
        times = {f"{dataset}.{one.name}": one.name for one in fields if isinstance(one.type, Date | Timestamp)}
        if level.element not in times:
            choices = ", ".join(times) or "none, as the dataset has no date or timestamp"
            raise Refusal(f"element {level.element!r} is no time of this dataset; there is {choices}", 0, "element")
        if level.value <= 0:
            raise Refusal(f"freshness is {level.value}; give a span from 1", 0, "value")
    return Freshness(column=times[level.element], at_most=timedelta(**{_UNITS[level.unit]: level.value}))


def _metric(said: standard.Quality) -> Metric:
    if (said.metric is None) == (said.query is None):
        raise Refusal("a quality rule has either a metric or a query; give one of them")
    if said.type is not None and (said.type == "sql") != (said.query is not None):
        raise Refusal(f"type {said.type} does not go with what the rule has; remove it or write the other", "type")
    if said.query is not None and said.type != "sql":
        raise Refusal("a query needs type: sql; add it", "query")
    return Metric.SQL if said.metric is None else Metric(said.metric)


def _arguments(said: standard.Quality, metric: Metric, where: str) -> standard.Arguments:
    arguments = said.arguments
    given = {name for name in arguments.__struct_fields__ if getattr(arguments, name) is not None}
    if wrong := sorted(given - _ARGUMENTS.get(metric, set())):
        raise Refusal(f"{where}: {metric} has no argument like {wrong[0]}; remove it", "arguments")
    if metric in (Metric.INVALID, Metric.MISSING) and len(given) != 1:
        needed = " or ".join(sorted(_ARGUMENTS[metric]))
        raise Refusal(f"{where}: {metric} needs one argument of {needed}; give it", "arguments")
    return arguments


def _columns(
    metric: Metric, named: list[str] | None, column: str | None, names: Sequence[str], where: str
) -> tuple[str, ...]:
    if named is not None:
        if column is not None or not named or not set(named) <= set(names):
            raise Refusal(
                f"{where}: properties {named} are not some of {', '.join(names)}, or stand on a property", "arguments"
            )
        return tuple(named)
    if (metric is Metric.ROWS) != (column is None) and metric is not Metric.SQL:
        place = "of the dataset" if metric is Metric.ROWS else "of a property"
        raise Refusal(f"{where}: {metric} is a rule {place}; move it there")
    return () if column is None else (column,)


def _bounds(said: standard.Quality, where: str) -> dict[str, Decimal]:
    given: list[dict[str, Any]] = [
        {"at_least": said.must_be, "at_most": said.must_be},
        {"not_equal": said.must_not_be},
        {"above": said.must_be_greater_than},
        {"at_least": said.must_be_greater_or_equal_to},
        {"below": said.must_be_less_than},
        {"at_most": said.must_be_less_or_equal_to},
    ]
    if (between := said.must_be_between) is not None:
        if len(between) != len(("least", "most")) or between[0] > between[1]:
            raise Refusal(f"{where}: mustBeBetween is {between}; give two numbers in order", "mustBeBetween")
        given.append({"at_least": between[0], "at_most": between[1]})
    chosen = [one for one in given if None not in one.values()]
    if len(chosen) != 1:
        raise Refusal(f"{where}: there are {len(chosen)} operators (mustBe, mustBeLessThan, …); give exactly one")
    return {name: Decimal(value) for name, value in chosen[0].items()}


def _refuse_contradictions(check: Check, where: str) -> None:
    on_rows = check.metric in (Metric.NULLS, Metric.MISSING, Metric.INVALID, Metric.SQL)
    if check.severity is Severity.REJECT and not (on_rows and check.at_most == 0):
        raise Refusal(
            f"{where}: only a rule on rows that must be 0 can reject rows; write warning or error", "severity"
        )
    if check.unit is Unit.PERCENT and check.metric is Metric.SQL:
        raise Refusal(f"{where}: the number of a query has no percent; remove the unit", "unit")
    if (check.metric is Metric.ROWS and check.unit is Unit.PERCENT) != (check.trailing_median is not None):
        raise Refusal(f"{where}: percent of rowCount and the argument trailingMedian go together; give both", "unit")
    if check.trailing_median is not None and check.trailing_median < 1:
        raise Refusal(f"{where}: trailingMedian is {check.trailing_median}; give a number of runs from 1", "arguments")


def _references(said: str | list[str] | None, key: str) -> tuple[str, tuple[str, ...]]:
    texts = [said] if isinstance(said, str) else said or []
    parts = [text.rpartition(".") for text in texts]
    datasets = {dataset for dataset, _, _ in parts}
    if len(datasets) != 1 or not all(dataset and column for dataset, _, column in parts):
        raise Refusal(f"`{key}` is {said!r}; write dataset.column, with one dataset", key)
    return datasets.pop(), tuple(column for _, _, column in parts)


def _dimension(said: str | None) -> Dimension | None:
    return None if said is None else Dimension("validity" if said == "conformity" else said)


def _pattern(pattern: str) -> str:
    try:
        return portable(pattern)
    except ValueError as error:
        raise Refusal(str(error), "arguments", "pattern") from error


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
