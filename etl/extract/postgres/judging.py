"""Judge batches of the driver: good rows get the contract's types, the others become rejects with their reasons."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from etl.contracts.model import Contract, Field
from etl.contracts.types import Json, Text
from etl.extract.postgres.columns import Reading
from etl.extract.postgres.extracted import Extracted, RejectedRow, shown
from etl.extract.postgres.fast_rules import FastRules
from etl.quality.row_rules import RowRules, source_schema, without_echoes
from etl.values.converters import from_json, from_text
from etl.values.json_text import JsonError, parse_json
from etl.values.json_values import belongs_to, describe
from etl.values.parquet import plain, python_values
from etl.values.records import Problem

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Problems = dict[int, list[Problem]]
"""The problems of a batch's rows, by the row's number, in the order of the fields."""


class Judge:
    """Applies a contract to batches whose columns are the source fields, in their order.

    After them come the texts of `Reading.beyond`, for the fields that have it.
    """

    def __init__(self, contract: Contract, readings: Mapping[str, Reading], *, is_utf8: bool) -> None:
        """`is_utf8` says that the server guarantees the encoding of its texts."""
        self._schema = source_schema(contract)
        self._columns = [_FieldReader(field, readings[field.name]) for field in contract.source_fields]
        self._rules = RowRules(contract)
        self._fast = FastRules(contract, self._rules.conditions)
        self._is_utf8 = is_utf8

    def __call__(self, batch: pa.RecordBatch, first: int) -> Extracted:
        """Judge a batch; its first row has the number `first` in the chunk, counted from 1."""
        problems: Problems = {}
        beyond = self._beyond(batch, problems)
        arrays = [
            column.typed(self._readable(values, column.field, problems), wanted.type, problems)
            for values, column, wanted in zip(batch.columns, self._columns, self._schema, strict=False)
        ]
        rows = pa.RecordBatch.from_arrays(arrays, schema=self._schema)
        suspects = sorted(set(problems) | self._suspects(rows))
        rejects = self._rejects(rows, suspects, problems) if suspects else {}
        if not rejects:
            return Extracted(rows, [])
        good = pa.array([row not in rejects for row in range(rows.num_rows)])
        refused = [RejectedRow(first + row, broken, self._raw(batch, beyond, row)) for row, broken in rejects.items()]
        return Extracted(rows.filter(good), refused)

    @cached_property
    def _engine(self) -> "DuckDBPyConnection":
        import duckdb  # noqa: PLC0415 -- costs 0.1 s, and only a chunk with doubtful rows needs it

        opened = duckdb.connect(config={"threads": 1, "preserve_insertion_order": True})
        opened.execute("SET TimeZone = 'UTC'")
        return opened

    def _beyond(self, batch: pa.RecordBatch, problems: Problems) -> Mapping[str, pa.Array]:
        """Note the values that the driver would change, and return their texts by field."""
        names = [column.field.name for column in self._columns if column.reading.beyond is not None]
        texts = dict(zip(names, batch.columns[len(self._columns) :], strict=True))
        for column in self._columns:
            text = texts.get(column.field.name)
            if text is not None and text.null_count < len(text):
                _note(problems, _rows(text.is_valid()), column.field, "type", describe(column.field.type))
        return texts

    def _readable(self, column: pa.Array, field: Field, problems: Problems) -> pa.Array:
        """Return the column with null for texts that are not UTF-8, which only an SQL_ASCII server sends."""
        if self._is_utf8 or column.type != pa.string():
            return column
        try:
            column.validate(full=True)
        except pa.ArrowInvalid:
            wrong = [isinstance(value, UnicodeDecodeError) for value in python_values(column)]
            _note(problems, _rows(pa.array(wrong)), field, "encoding", "UTF-8")
            return pc.if_else(pa.array(wrong), pa.scalar(None, pa.string()), column)
        return column

    def _suspects(self, rows: pa.RecordBatch) -> set[int]:
        """Return the numbers of the rows that may break a rule."""
        conditions = self._fast.open(rows)
        if not conditions:
            return set()
        self._engine.register("judged_rows", pa.Table.from_batches([rows]))
        either = " OR ".join(f"({condition})" for condition in conditions)
        sql = f"SELECT {either} AS broken FROM judged_rows"  # noqa: S608 -- rendered
        answer: pa.Table = self._engine.sql(sql).to_arrow_table()
        self._engine.unregister("judged_rows")
        return set(_rows(answer.column("broken")))

    def _rejects(self, rows: pa.RecordBatch, suspects: Sequence[int], problems: Problems) -> dict[int, list[Problem]]:
        """Return the problems of those suspects that break the contract."""
        table = pa.Table.from_batches([rows]).take(pa.array(suspects, pa.int64()))
        verdicts = zip(suspects, self._rules.broken(self._engine, table), strict=True)
        judged = ((row, without_echoes(problems.get(row, []), broken)) for row, broken in verdicts)
        return {row: remaining for row, remaining in judged if remaining}

    def _raw(self, batch: pa.RecordBatch, beyond: Mapping[str, pa.Array], row: int) -> dict[str, Any]:
        raw = {column.field.name: shown(batch.column(place)[row]) for place, column in enumerate(self._columns)}
        return raw | {name: texts[row].as_py() for name, texts in beyond.items() if texts[row].is_valid}


class _FieldReader:
    """Types the column of one field."""

    def __init__(self, field: Field, reading: Reading) -> None:
        self.field = field
        self.reading = reading
        self._of_text, self._of_json = from_text(field), from_json(field)

    def typed(self, column: pa.Array, wanted: pa.DataType, problems: Problems) -> pa.Array:
        """Return the column in the wanted type, with null for values of the wrong type."""
        values, doubtful = self.reading.convert(column)
        if values.type != wanted:
            values = values.cast(wanted)
        if doubtful is None:
            return values
        rows = _rows(doubtful)
        decided = pa.array(self._decided(column, rows, problems), wanted)
        place = {row: len(values) + number for number, row in enumerate(rows)}
        merged = pa.concat_arrays([values, decided])
        return merged.take(pa.array([place.get(row, row) for row in range(len(values))], pa.int64()))

    def _decided(self, column: pa.Array, rows: Sequence[int], problems: Problems) -> Iterable[Any]:
        """Yield the values of doubtful rows, each decided by `etl.values.converters`."""
        for row, value in zip(rows, python_values(column.take(pa.array(rows, pa.int64()))), strict=True):
            of_row: list[Problem] = []
            yield self._value(value, of_row)
            if of_row:
                problems.setdefault(row, []).extend(of_row)

    def _value(self, value: Any, problems: list[Problem]) -> Any:
        match value:
            case None:
                return None
            case Exception():
                problems.append(Problem("type", self.field.name, describe(self.field.type)))
                return None
            case str() if isinstance(self.field.type, Json):
                return _document(self.field, value, problems)
            case str() if not isinstance(self.field.type, Text):
                return self._of_text(self.field.name, value, problems)
        return self._of_json(self.field.name, plain(value, self.field.type), problems)


def _document(field: Field, text: str, problems: list[Problem]) -> str | None:
    """Keep a document as its text, with its white space. `null` is a document; PostgreSQL tells it from no value."""
    code = "type"
    try:
        if belongs_to(field.type)(parse_json(text)):
            return text
    except JsonError as error:
        code = "duplicate_key" if error.key else code
    problems.append(Problem(code, field.name, describe(field.type)))
    return None


def _note(problems: Problems, rows: Iterable[int], field: Field, code: str, expected: str) -> None:
    for row in rows:
        problems.setdefault(row, []).append(Problem(code, field.name, expected))


def _rows(mask: pa.BooleanArray) -> list[int]:
    rows: list[int] = pc.indices_nonzero(mask).to_pylist()
    return rows
