"""Plain CSV lines through DuckDB: typed rows for what is good beyond doubt, and which lines are not.

It only has to be careful, never right about everything: DuckDB reads fields as text, casts them, and a value counts
as good where the cast's result, written out, is the text again, or the text has a form of which the cast is known to
be exact. Everything else is decided by `etl.split.values`, so that a cast which is laxer than the definition
(`1.5` to 2, `1_0` to 10, `epoch`, an offset that is ignored) is never believed.
"""

from collections.abc import Sequence
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from etl.contracts.model import Contract
from etl.contracts.types import Boolean, Date, Decimal, Float, Integer, Text, Timestamp, Type, Uuid
from etl.split.engine import Engine
from etl.split.merging import Typed
from etl.split.row_rules import RowRules, source_schema
from etl.split.scan import CsvScanner

_MARK = "is good"
_INTEGERS = {16: "SMALLINT", 32: "INTEGER", 64: "BIGINT"}
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
_ZONE = "(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])?"
_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
_UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


class Cast(NamedTuple):
    """SQL for a column: its value, and whether that is beyond doubt where the text is not null."""

    value: str
    sure: str


class FastCsv:
    """The query of a contract over the columns of a file."""

    def __init__(self, contract: Contract, columns: Sequence[str], rules: RowRules, scanner: CsvScanner) -> None:
        self._schema = source_schema(contract)
        texts = {field.name: f'"{columns.index(field.name)} text"' for field in contract.source_fields}
        casts = [cast_of(field.type, texts[field.name]) for field in contract.source_fields]
        names = [_quoted(field.name) for field in contract.source_fields]
        values = [f"{cast.value} AS {name}" for cast, name in zip(casts, names, strict=True)]
        doubts = [
            f"({cast.sure} OR {text} IS NULL)" for cast, text in zip(casts, texts.values(), strict=True) if cast.sure
        ]
        last = len(columns) - 1
        # Padded columns are null, empty ones are not, as nothing can be equal to `nullstr`: so fields are counted.
        # DuckDB would pass over one delimiter too many at the end of a line.
        sure = " AND ".join([f'"{last} field" IS NOT NULL AND "{last + 1} field" IS NULL', *doubts])
        kept = " AND ".join([f'"{_MARK}"', *(f"NOT ({condition})" for condition in rules.conditions)])
        structure = ", ".join(f"'{place} field': 'VARCHAR'" for place in range(len(columns) + 1))
        fields = ", ".join(f'nullif("{place} field", \'\') AS "{place} text"' for place in range(len(columns)))
        delimiter = scanner.delimiter.replace("'", "''")
        read = (
            f'SELECT {fields}, "{last} field", "{last + 1} field" FROM read_csv(?, auto_detect = false,'  # noqa: S608
            f" header = false, delim = '{delimiter}', quote = '\"', escape = '\"',"
            f" nullstr = E'\\n', allow_quoted_nulls = false, null_padding = true, strict_mode = true,"
            f" store_rejects = true, max_line_size = {scanner.limit + 2}, new_line = '\\n', columns = {{{structure}}})"
        )
        self._query = (
            f'SELECT {", ".join(names)}, coalesce({kept}, false) AS "{_MARK}" FROM'  # noqa: S608 -- names are quoted
            f' (SELECT {", ".join(values)}, {sure} AS "{_MARK}" FROM ({read}))'
        )

    def typed(self, engine: Engine, data: bytes, count: int) -> Typed:
        """Return what is good beyond doubt.

        Parameters
        ----------
        engine
            Of this thread.
        data
            Plain lines.
        count
            How many there are.

        Returns
        -------
        Typed
            All lines are doubtful when DuckDB does not account for each of them.
        """
        engine.file.write_bytes(data.replace(b"\r\n", b"\n") if b"\r" in data else data)
        connection = engine.connection
        try:
            table = connection.sql(self._query, params=[str(engine.file)]).to_arrow_table()
        except duckdb.Error:
            # Whatever it dislikes, the deciding path gives the reason.
            return Typed(self._schema.empty_table(), range(count))
        found = connection.execute("SELECT DISTINCT line FROM reject_errors ORDER BY line").fetchall()
        connection.execute("DROP TABLE reject_errors; DROP TABLE reject_scans")
        ragged = [line - 1 for (line,) in found]
        if table.num_rows + len(ragged) != count:
            return Typed(self._schema.empty_table(), range(count))
        good = table.column(_MARK)
        columns = [
            column if column.type == field.type else column.cast(field.type)
            for column, field in zip(table.columns[:-1], self._schema, strict=True)
        ]
        rows = pa.Table.from_arrays(columns, schema=self._schema)
        doubtful = _places(pc.indices_nonzero(pc.invert(good)).to_pylist(), ragged)
        return Typed(rows.filter(good) if len(doubtful) > len(ragged) else rows, doubtful)


def _places(rows: list[int], ragged: list[int]) -> list[int]:
    """Return the places of lines: of rows, which were counted without the ragged lines, and of these."""
    places, before = [], 0
    for row in rows:
        while before < len(ragged) and ragged[before] <= row + before:
            before += 1
        places.append(row + before)
    return sorted(places + ragged)


def cast_of(type_: Type, text: str) -> Cast:  # noqa: PLR0911 -- one case for each type
    """Return the cast of a text to a type; a type that has none is sure only where the text is null."""
    match type_:
        case Text():
            return Cast(text, "")
        case Uuid():
            canonical = f"CAST(TRY_CAST({text} AS UUID) AS VARCHAR) = {text}"
            return Cast(f"lower({text})", _either(canonical, _matches(text, _UUID)))
        case Boolean():
            return _boolean(text)
        case Integer(bits):
            return _exact(text, _INTEGERS[bits], "[+-]?[0-9]{1,18}")
        case Decimal(precision, scale):
            return _exact(text, f"DECIMAL({precision},{scale})", rf"[+-]?[0-9]+(?:\.[0-9]{{0,{scale}}})?")
        case Float(bits):
            double = f"TRY_CAST({text} AS DOUBLE)"
            value = double if bits == 64 else f"TRY_CAST({double} AS FLOAT)"  # noqa: PLR2004
            return Cast(value, f"coalesce(isfinite({value}) AND {_matches(text, _NUMBER)}, false)")
        case Date():
            value = f"TRY_CAST({text} AS DATE)"
            return Cast(value, f"coalesce(CAST({value} AS VARCHAR) = {text} AND strlen({text}) = 10, false)")
        case Timestamp(zoned):
            value = f"TRY_CAST({text} AS {'TIMESTAMPTZ' if zoned else 'TIMESTAMP'})"
            form = f"{_DAY}(?:{_TIME}{_ZONE if zoned else ''})?"
            within = f"{value} BETWEEN '0001-01-01 00:00:00' AND '9999-12-31 23:59:59.999999'"
            return Cast(value, f"coalesce({within} AND {_matches(text, form)}, false)")
        case _:
            return Cast("NULL", "false")


def _boolean(text: str) -> Cast:
    true, false = "('true', 't', 'yes', 'y', 'on', '1')", "('false', 'f', 'no', 'n', 'off', '0')"
    other = f"CASE WHEN lower({text}) IN {true} THEN true WHEN lower({text}) IN {false} THEN false END"
    value = f"CASE {text} WHEN 'true' THEN true WHEN 'false' THEN false ELSE {other} END"
    return Cast(value, f"({value}) IS NOT NULL")


def _exact(text: str, type_: str, form: str) -> Cast:
    value = f"TRY_CAST({text} AS {type_})"
    return Cast(value, _either(f"CAST({value} AS VARCHAR) = {text}", f"{value} IS NOT NULL AND {_matches(text, form)}"))


def _either(usual: str, otherwise: str) -> str:
    # CASE evaluates its other branch only for the rows that need it.
    return f"CASE WHEN {usual} THEN true ELSE {otherwise} END"


def _matches(text: str, form: str) -> str:
    return f"regexp_full_match({text}, '{form}')"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
