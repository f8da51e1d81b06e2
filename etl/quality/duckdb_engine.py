"""Rules on DuckDB: Parquet files, or anything that a connection can read, with its threads and memory capped.

Uniqueness is exact and takes the memory of 64-bit hashes: rows whose hashes differ differ, so only those with equal
hashes, of which a clean dataset has none, are compared by value. `etl.quality.keys` finds them; where it cannot, DuckDB
does, and spills what exceeds the limit.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

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
from etl.quality import keys
from etl.quality.evaluation import evaluate
from etl.quality.expressions import comparable, failing, given, render, usable
from etl.quality.measures import Column, Referenced, Unique
from etl.quality.nodes import column_of
from etl.quality.rules import Rule
from etl.quality.scorecard import Rejects, Scorecard
from etl.quality.statements import DATASET, REFERENCE, displayed, targets
from etl.values.json_values import describe
from etl.windows import Window

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

_DIALECT = "duckdb"
_ALIKE = "etl_alike"
_HASHES = "etl_hashes"
_REPEATED = "etl_repeated"
_INTEGERS = {"tinyint": 8, "smallint": 16, "integer": 32, "bigint": 64, "utinyint": 9, "usmallint": 17, "uinteger": 33}
_NAMES: dict[type, tuple[str, ...]] = {
    Text: ("varchar", "enum"),
    Json: ("varchar",),
    Uuid: ("varchar", "uuid"),
    Boolean: ("boolean",),
    Decimal: (),
    Number: ("decimal", *_INTEGERS),
    Date: ("date",),
    Struct: ("struct",),
    Array: ("list",),
}

Source: TypeAlias = "str | Sequence[Path | str] | DuckDBPyRelation | Any"
"""Parquet files as a list of paths; a SELECT or a table's name as a text; a relation of the connection; an Arrow table
or data set."""


def check(
    source: Source,
    contract: Contract,
    *,
    references: Mapping[str, Source] | None = None,
    window: Window | None = None,
    window_end: datetime | None = None,
    history: Sequence[int] = (),
    rejects: Rejects | None = None,
    run: str = "",
    connection: "DuckDBPyConnection | None" = None,
    threads: int = 2,
    memory_limit: str = "256MB",
    temp_directory: Path | None = None,
) -> Scorecard:
    """Return the scorecard of a dataset that DuckDB reads.

    Parameters
    ----------
    references
        By name the datasets that foreign keys lead to; one that is not here leaves its rules `skipped`. The dataset
        itself needs no entry.
    window, window_end, history, rejects, run
        As `etl.quality.evaluation.evaluate` takes them.
    connection
        The one that the sources belong to, set to UTC meanwhile; a new one when there is none.
    threads, memory_limit, temp_directory
        Of a new connection: what exceeds the limit goes to files in the directory (the system's own when None).

    Raises
    ------
    InputError
        The dataset cannot be read, or lacks a column, or has one of a type that the contract's does not hold.
    ContractError
        A rule cannot be said in SQL that means the same everywhere.
    """
    with _connected(connection, threads, memory_limit, temp_directory) as opened:
        engine = _DuckDB(opened, source, contract, references or {})
        return evaluate(
            engine,
            contract,
            window=window,
            window_end=window_end,
            history=history,
            rejects=rejects,
            run=run,
        )


@contextmanager
def _connected(
    given: "DuckDBPyConnection | None", threads: int, memory_limit: str, temp_directory: Path | None
) -> "Iterator[DuckDBPyConnection]":
    import duckdb  # noqa: PLC0415 -- costs 0.1 s, and only this engine needs it

    if given is not None:
        with _in_utc(given):
            yield given
        return
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads,
        "memory_limit": memory_limit,
        "preserve_insertion_order": False,
    }
    if temp_directory is not None:
        config["temp_directory"] = str(temp_directory)
    with duckdb.connect(config=config) as opened, _in_utc(opened):
        yield opened


@contextmanager
def _in_utc(connection: "DuckDBPyConnection") -> Iterator[None]:
    [(zone,)] = connection.execute("SELECT current_setting('TimeZone')").fetchall()
    connection.execute("SET TimeZone = 'UTC'")
    try:
        yield
    finally:
        connection.execute(f"SET TimeZone = '{zone}'")


class _DuckDB:
    name = "duckdb"

    def __init__(
        self,
        connection: "DuckDBPyConnection",
        source: Source,
        contract: Contract,
        references: Mapping[str, Source],
    ) -> None:
        self._connection = connection
        self._contract = contract
        self._references = {contract.dataset: source, **references}
        self._canonical: set[Column] = set()
        """UUIDs that are stored as such, or as texts that were found to be in lower case."""
        self._show(DATASET, source, contract.dataset)

    def conform(self, columns: Sequence[Column]) -> None:
        types = self._types(DATASET)
        conform(types, columns, self._contract.dataset)
        self._canonical = {column for column in columns if getattr(_type_of(types, column), "id", "") == "uuid"}

    def rows(self, query: exp.Select) -> list[tuple[object, ...]]:
        return self._run(render(given(query, self._canonical), _DIALECT))

    def duplicates(self, measure: Unique, limit: int) -> tuple[int, Sequence[tuple[object, ...]]]:
        whole = " AND ".join(f"({render(usable(column), _DIALECT)})" for column in measure.columns)
        rows = f"FROM {DATASET} WHERE {whole}"
        if not self._shared(measure, rows):
            return 0, ()
        named = [f"{render(comparable(column), _DIALECT)} AS k{n}" for n, column in enumerate(measure.columns)]
        shown = [render(displayed(exp.column(f"k{n}"), one), _DIALECT) for n, one in enumerate(measure.columns)]
        # All of it is made of quoted names.
        suspects = f"SELECT {', '.join(named)} {rows} AND {self._hash(measure)} IN (FROM {_ALIKE})"
        self._keep(_REPEATED, f"SELECT *, count(*) AS n FROM ({suspects}) GROUP BY ALL HAVING n > 1")  # noqa: S608
        [(failed,)] = self._run(f"SELECT coalesce(sum(n - 1), 0)::BIGINT FROM {_REPEATED}")  # noqa: S608
        order = ", ".join(f"k{n}" for n in range(len(named)))
        found = self._run(f"SELECT {', '.join(shown)} FROM {_REPEATED} ORDER BY {order} LIMIT {limit}")  # noqa: S608
        return int(str(failed)), found

    def _shared(self, measure: Unique, rows: str) -> bool:
        """Keep the hashes that more than one row has; False when there are none."""
        hashes = self._looked_up(measure, rows) if keys.is_there() else None
        if hashes is None:
            hashed = f"SELECT {self._hash(measure)} AS h {rows}"
            neighbours = f"SELECT h, lag(h) OVER (ORDER BY h) AS before FROM ({hashed})"  # noqa: S608 -- as above
            self._keep(_ALIKE, f"SELECT DISTINCT h FROM ({neighbours}) WHERE h = before")  # noqa: S608 -- as above
        else:
            self._connection.register(_HASHES, hashes)
            self._keep(_ALIKE, f"FROM {_HASHES}")
            self._connection.unregister(_HASHES)
        return bool(self._run(f"FROM {_ALIKE} LIMIT 1"))

    def _looked_up(self, measure: Unique, rows: str) -> "pa.Table | None":
        first, *more = measure.columns
        if isinstance(first.type, Uuid) and not more and first not in self._canonical:
            text = render(column_of(first), _DIALECT)
            found = self._look(f"SELECT hash({text}) AS h, {text} {rows}")
            if found.canonical:
                self._canonical.add(first)
                return found.shared
        return self._look(f"SELECT {self._hash(measure)} AS h {rows}").shared

    def _look(self, query: str) -> keys.Found:
        with _explaining(self._contract.dataset):
            return keys.look(self._connection.sql(query).to_arrow_reader(keys.BATCH_ROWS), keys.MOST_ROWS)

    def _hash(self, measure: Unique) -> str:
        values = (column_of(one) if one in self._canonical else comparable(one) for one in measure.columns)
        return f"hash({', '.join(render(one, _DIALECT) for one in values)})"

    def _keep(self, name: str, query: str) -> None:
        self._run(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")

    def samples(
        self, rules: Sequence[Rule], key: Sequence[Column], limit: int
    ) -> Mapping[str, Sequence[tuple[object, ...]]]:
        keys = ", ".join(render(displayed(comparable(column), column), _DIALECT) for column in key)
        whole = " AND ".join(f"({render(usable(column), _DIALECT)})" for column in key)
        smallest = ", ".join(
            f"min(row({keys}), {limit}) FILTER (WHERE {render(failing(rule), _DIALECT)})" for rule in rules
        )
        [found] = self._run(f"SELECT {smallest} FROM {DATASET} WHERE {whole}")  # noqa: S608 -- as above
        return {rule.id: sample or () for rule, sample in zip(rules, found, strict=True)}  # type: ignore[misc]  # lists of tuples

    def refer(self, measure: Referenced) -> bool:
        source = self._references.get(measure.dataset)
        if source is None:
            return False
        self._show(REFERENCE, source, measure.dataset)
        conform(self._types(REFERENCE), targets(measure), measure.dataset)
        return True

    def _show(self, name: str, source: Source, dataset: str) -> None:
        with _explaining(dataset):
            if isinstance(source, str):
                body = source if source.lstrip()[:6].lower() == "select" else f"FROM {source}"
                self._connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {body}")
            elif isinstance(source, list | tuple):
                paths = [str(path) for path in source]
                self._connection.read_parquet(paths, **self._layout(paths)).create_view(name, replace=True)
            else:
                self._connection.register(name, source)

    def _layout(self, paths: Sequence[str]) -> dict[str, Any]:
        placed = [column for column in self._contract.partition_columns if f"/{column}=" in paths[0]]
        return {"hive_partitioning": bool(placed)}

    def _types(self, name: str) -> dict[str, Any]:
        relation = self._connection.table(name)
        return dict(zip(relation.columns, relation.dtypes, strict=True))

    def _run(self, sql: str) -> list[tuple[object, ...]]:
        with _explaining(self._contract.dataset):
            return self._connection.execute(sql).fetchall()


@contextmanager
def _explaining(dataset: str) -> Iterator[None]:
    import duckdb  # noqa: PLC0415 -- as above

    try:
        yield
    except (duckdb.Error, OSError) as error:  # OSError is how Arrow passes on what DuckDB says in a stream
        raise InputError(
            f"dataset {dataset}: DuckDB cannot evaluate it: {str(error).splitlines()[0]}. Check that the files are "
            "whole, and that the memory limit and the temporary directory leave room"
        ) from error


def conform(types: Mapping[str, Any], columns: Sequence[Column], dataset: str) -> None:
    """Raise InputError unless the columns are there, with types of DuckDB that hold nothing but the contract's."""
    for column in columns:
        found = _type_of(types, column)
        if found is None:
            raise InputError(f"dataset {dataset} has no column {column.name}; check that the file is this dataset's")
        if not _holds(column.type, found):
            raise InputError(
                f"dataset {dataset}: column {column.name} is {found}, and the contract says {describe(column.type)};"
                " put the file through the split first (`etl split`), which types it or rejects what does not fit"
            )


def _type_of(types: Mapping[str, Any], column: Column) -> Any:
    top, *inner = column.path
    found = types.get(top)
    for name in inner:
        found = dict(found.children).get(name) if found is not None and found.id == "struct" else None
    return found


def _holds(type_: Type, found: Any) -> bool:
    name = str(found.id)
    match type_:
        case Integer(bits):
            return _INTEGERS.get(name, 128) <= bits
        case Decimal(precision, scale) if name == "decimal":
            digits = dict(found.children)
            return bool(digits["scale"] <= scale and digits["precision"] - digits["scale"] <= precision - scale)
        case Timestamp(zoned):
            return name == ("timestamp with time zone" if zoned else "timestamp")
        case Float(bits):
            return name == "float" or (name == "double" and bits == 64)  # noqa: PLR2004 -- double precision
        case _:
            return name in _NAMES[type(type_)]
