"""Plain CSV lines through DuckDB: typed rows for what is good beyond doubt, and which lines are not.

It only has to be careful, never right about everything: DuckDB reads fields as text, casts them, and a value counts
as good where the cast's result, written out, is the text again, or the text has a form of which the cast is known to
be exact. Everything else is decided by `etl.split.values`, so that a cast which is laxer than the definition
(`1.5` to 2, `1_0` to 10, `epoch`, an offset that is ignored) is never believed.
"""

from collections.abc import Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from etl.contracts.model import Contract
from etl.split.csv_casts import Names, cast_of
from etl.split.engine import Engine
from etl.split.merging import Typed
from etl.split.row_rules import RowRules, source_schema
from etl.split.scan import CsvScanner

_SAMPLE = 64 * 1024
_LOOKED_AT = 20


class FastCsv:
    """The query of a contract over the columns of a file."""

    def __init__(self, contract: Contract, columns: Sequence[str], rules: RowRules, scanner: CsvScanner) -> None:
        self._schema = source_schema(contract)
        self._fields = [(field, columns.index(field.name)) for field in contract.source_fields]
        self._rules = rules
        self._scanner = scanner
        self._count = len(columns)
        # So that no field has the name of a column in between.
        self._own = "_" * (1 + max((len(name) - len(name.lstrip("_")) for name in columns), default=0))
        self._query = ""

    def nothing(self, count: int) -> Typed:
        """Return that all of so many lines are doubtful."""
        return Typed(self._schema.empty_table(), range(count), range(count))

    def typed(self, engine: Engine, data: bytes, count: int) -> Typed | None:
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
        Typed or None
            None when DuckDB does not account for each line, as it passes over blank ones.
        """
        if self._count == 1 and (data.startswith((b"\n", b"\r\n")) or b"\n\n" in data or b"\n\r\n" in data):
            # Of one column, a blank line could be a record that is null.
            return None
        self._query = self._query or self._query_for(data)
        engine.give(data.replace(b"\r\n", b"\n") if b"\r" in data else data)
        connection = engine.connection
        try:
            table = connection.sql(self._query, params=[str(engine.file)]).to_arrow_table()
        except duckdb.Error:
            # Whatever it dislikes, the deciding path gives the reason.
            return None
        found = connection.execute("SELECT DISTINCT line FROM reject_errors ORDER BY line").fetchall()
        connection.execute("DROP TABLE reject_errors; DROP TABLE reject_scans")
        ragged = [line - 1 for (line,) in found]
        if table.num_rows + len(ragged) != count:
            return None
        good = table.column(table.num_columns - 1)
        columns = [
            column if column.type == field.type else column.cast(field.type)
            for column, field in zip(table.columns[:-1], self._schema, strict=True)
        ]
        rows = pa.Table.from_arrays(columns, schema=self._schema)
        # Of no rows there are no chunks, and without a chunk this function of Arrow 26 reads where nothing is.
        left_out = pc.indices_nonzero(pc.invert(good)).to_pylist() if table.num_rows else []
        return Typed(rows, _places(left_out, ragged), ragged, left_out)

    def _query_for(self, data: bytes) -> str:
        """Return the query, with casts for the forms that values have where the data begins."""
        samples, columns = self._samples(data), []
        for field, place in self._fields:
            names = Names(f'"{self._own}{place} text"', f'"{self._own}{place} parsed"', _quoted(field.name))
            columns.append((names, cast_of(field.type, names, samples[place])))
        last = self._count - 1
        # Padded columns are null, empty ones are not, as nothing can be equal to `nullstr`: so fields are counted.
        # DuckDB would pass over one delimiter too many at the end of a line.
        kept = [f'"{self._own}{last} text" IS NOT NULL', f'"{self._own}{last + 1} text" IS NULL']
        kept += [cast.sure for _, cast in columns if cast.sure]
        kept += [f"NOT ({condition})" for condition in self._rules.conditions]
        # One level for each: what a level needs twice of the one below is evaluated once.
        parsed = ", ".join(f"{cast.parsed} AS {names.parsed}" for names, cast in columns)
        values = ", ".join(f"{cast.value} AS {names.value}" for names, cast in columns)
        answers = ", ".join(names.value for names, _ in columns)
        return (
            f"SELECT {answers}, coalesce({' AND '.join(kept)}, false)"  # noqa: S608 -- names are quoted
            f" FROM (SELECT *, {values} FROM (SELECT *, {parsed} FROM {self._read()}))"
        )

    def _read(self) -> str:
        structure = ", ".join(f"'{self._own}{place} text': 'VARCHAR'" for place in range(self._count + 1))
        delimiter = self._scanner.delimiter.replace("'", "''")
        return (
            f"read_csv(?, auto_detect = false, header = false, delim = '{delimiter}', quote = '\"', escape = '\"',"
            f" nullstr = E'\\n', allow_quoted_nulls = false, null_padding = true, strict_mode = true,"
            f" store_rejects = true, max_line_size = {self._scanner.limit + 2}, new_line = '\\n',"
            f" columns = {{{structure}}})"
        )

    def _samples(self, data: bytes) -> list[str]:
        """Return a text of each column that is not empty, where the first lines have one."""
        samples = [""] * self._count
        head, at = data[:_SAMPLE], 0
        for _ in range(_LOOKED_AT):
            text, at = self._scanner.reader.read(head, at, 1, final=True)
            fields = text.fields or []
            samples = [sample or field or "" for sample, field in zip(samples, fields, strict=False)] + samples[
                len(fields) :
            ]
        return samples


def _places(rows: list[int], ragged: list[int]) -> list[int]:
    """Return the places of lines: of rows, which were counted without the ragged lines, and of these."""
    places, before = [], 0
    for row in rows:
        while before < len(ragged) and ragged[before] <= row + before:
            before += 1
        places.append(row + before)
    return sorted(places + ragged)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
