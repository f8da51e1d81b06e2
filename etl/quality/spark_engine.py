"""Rules on Spark 3.5, for Glue jobs: Spark's own functions only, so that nothing leaves the JVM but counts and keys.

The session's zone, its ANSI mode and how it reads literals and names have no influence: they are set for the time of
the check, and put back.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlglot import exp

from etl.contracts.model import Contract
from etl.contracts.types import (
    Array,
    Boolean,
    Date,
    Decimal,
    Float,
    Integer,
    Json,
    Number,
    Struct,
    Text,
    Timestamp,
    Type,
    Uuid,
)
from etl.errors import InputError
from etl.quality.evaluation import evaluate
from etl.quality.expressions import comparable, failing, render, usable
from etl.quality.measures import Column, Referenced, Unique
from etl.quality.rules import Rule
from etl.quality.scorecard import Rejects, Scorecard
from etl.quality.statements import DATASET, REFERENCE, displayed, repeated_keys, repeated_rows, targets
from etl.values.json_values import describe
from etl.windows import Window

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_DIALECT = "spark"
_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "false",
    "spark.sql.caseSensitive": "false",
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.parser.quotedRegexColumnNames": "false",
    "spark.sql.decimalOperations.allowPrecisionLoss": "true",
}
_INTEGERS = {"byte": 8, "short": 16, "integer": 32, "long": 64}
_NAMES: dict[type, tuple[str, ...]] = {
    **dict.fromkeys((Text, Json, Uuid), ("string",)),
    Boolean: ("boolean",),
    Decimal: (),
    Number: ("decimal", *_INTEGERS),
    Date: ("date",),
    Struct: ("struct",),
    Array: ("array",),
}


def check(
    dataframe: "DataFrame",
    contract: Contract,
    *,
    references: "Mapping[str, DataFrame] | None" = None,
    window: Window | None = None,
    window_end: datetime | None = None,
    history: Sequence[int] = (),
    rejects: Rejects | None = None,
    run: str = "",
) -> Scorecard:
    """Return the scorecard of a data frame, equal to DuckDB's on the same rows.

    Parameters
    ----------
    dataframe
        The dataset, typed as the contract says. It is read once for the rules on rows, once for each key and each
        reference, and again for samples of what fails: cache it when it is dear to compute.
    references
        By name the datasets that foreign keys lead to; one that is not here leaves its rules `skipped`. The dataset
        itself needs no entry.
    window, window_end, history, rejects, run
        As `etl.quality.evaluation.evaluate` takes them.

    Raises
    ------
    InputError
        The data frame lacks a column, or has one of a type that the contract's does not hold.
    ContractError
        A rule cannot be said in SQL that means the same everywhere.
    """
    session = dataframe.sparkSession
    with _settings(session):
        engine = _Spark(session, dataframe, contract, references or {})
        try:
            return evaluate(
                engine,
                contract,
                window=window,
                window_end=window_end,
                history=history,
                rejects=rejects,
                run=run,
            )
        finally:
            engine.forget()


@contextmanager
def _settings(session: "SparkSession") -> Iterator[None]:
    before = {name: session.conf.get(name) for name in _SETTINGS}
    for name, setting in _SETTINGS.items():
        session.conf.set(name, setting)
    try:
        yield
    finally:
        for name, earlier in before.items():
            session.conf.set(name, str(earlier))


class _Spark:
    name = "spark"

    def __init__(
        self, session: "SparkSession", dataframe: "DataFrame", contract: Contract, references: "Mapping[str, DataFrame]"
    ) -> None:
        self._session = session
        self._contract = contract
        self._references = {contract.dataset: dataframe, **references}
        # Two checks may run in one session.
        self._names = {name: f"{name}_{uuid4().hex}" for name in (DATASET, REFERENCE)}
        self._types = {DATASET: dataframe.schema}
        dataframe.createOrReplaceTempView(self._names[DATASET])

    def forget(self) -> None:
        for name in self._names.values():
            self._session.catalog.dropTempView(name)

    def conform(self, columns: Sequence[Column]) -> None:
        conform(self._types[DATASET], columns, self._contract.dataset)

    def rows(self, query: exp.Expr) -> list[tuple[object, ...]]:
        return self._run(render(self._placed(query), _DIALECT))

    def duplicates(self, measure: Unique, limit: int) -> tuple[int, Sequence[tuple[object, ...]]]:
        [(failed,)] = self.rows(repeated_rows(measure))
        return int(str(failed)), self.rows(repeated_keys(measure, limit)) if failed else ()

    def samples(
        self, rules: Sequence[Rule], key: Sequence[Column], limit: int
    ) -> Mapping[str, Sequence[tuple[object, ...]]]:
        keys = [f"{render(displayed(comparable(one), one), _DIALECT)} AS k{place}" for place, one in enumerate(key)]
        broken = [f"IF({render(failing(rule), _DIALECT)}, {place}, NULL)" for place, rule in enumerate(rules)]
        whole = " AND ".join(f"({render(usable(column), _DIALECT)})" for column in key)
        names = ", ".join(f"k{place}" for place in range(len(key)))
        marked = f"SELECT EXPLODE(ARRAY_COMPACT(ARRAY({', '.join(broken)}))) AS rule, {', '.join(keys)}"
        marked += f" FROM {self._names[DATASET]} WHERE {whole}"
        placed = f"SELECT *, ROW_NUMBER() OVER (PARTITION BY rule ORDER BY {names}) AS place FROM ({marked})"  # noqa: S608 -- made of quoted names
        found = self._run(f"SELECT rule, {names} FROM ({placed}) WHERE place <= {limit} ORDER BY rule, place")  # noqa: S608 -- as above
        samples = defaultdict(list)
        for place, *values in found:
            samples[rules[int(str(place))].id].append(tuple(values))
        return samples

    def refer(self, measure: Referenced) -> bool:
        frame = self._references.get(measure.dataset)
        if frame is None:
            return False
        conform(frame.schema, targets(measure), measure.dataset)
        frame.createOrReplaceTempView(self._names[REFERENCE])
        return True

    def _placed(self, query: exp.Expr) -> exp.Expr:
        return query.transform(
            lambda node: (
                exp.to_table(self._names[node.name])
                if isinstance(node, exp.Table) and node.name in self._names
                else node
            )
        )

    def _run(self, sql: str) -> list[tuple[object, ...]]:
        return [tuple(row) for row in self._session.sql(sql).collect()]


def conform(schema: Any, columns: Sequence[Column], dataset: str) -> None:
    """Raise InputError unless the columns are there, once, with types of Spark that hold nothing but the contract's."""
    for column in columns:
        found = schema
        for name in column.path:
            alike = [] if found.typeName() != "struct" else [one for one in found.names if one.lower() == name.lower()]
            if alike != [name]:
                raise InputError(
                    f"dataset {dataset} has {'no column' if not alike else f'{alike} for column'} {column.name}; "
                    "check that the data frame is this dataset's"
                )
            found = found[name].dataType
        if not _holds(column.type, found):
            raise InputError(
                f"dataset {dataset}: column {column.name} is {found.simpleString()}, and the contract says "
                f"{describe(column.type)}; cast it first, and reject what does not fit"
            )


def _holds(type_: Type, found: Any) -> bool:
    name = str(found.typeName()).partition("(")[0]
    match type_:
        case Integer(bits):
            return _INTEGERS.get(name, 128) <= bits
        case Decimal(precision, scale) if name == "decimal":
            return bool(found.scale <= scale and found.precision - found.scale <= precision - scale)
        case Timestamp(zoned):
            return name == ("timestamp" if zoned else "timestamp_ntz")
        case Float(bits):
            return name == "float" or (name == "double" and bits == 64)  # noqa: PLR2004 -- double precision
        case _:
            return name in _NAMES[type(type_)]
