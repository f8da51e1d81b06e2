"""Plain JSON lines through DuckDB: typed rows of the lines whose shape is known, learned as they come."""

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from etl.contracts.model import Contract
from etl.split.engine import Engine
from etl.split.json_shapes import NoShapeError, shape_of, structure_of
from etl.split.json_text import JsonError, parse_json
from etl.split.merging import Typed
from etl.split.row_rules import RowRules, source_schema

_MOST_SHAPES = 8
_WORTH_LEARNING = 50
"""One line in so many that no shape admits is reason to look for another shape."""
_LOOKED_AT = 20


class FastJson:
    """The shapes of a file's records, as far as they are known, and the query that reads them."""

    def __init__(self, contract: Contract, rules: RowRules, most: int) -> None:
        self._fields = contract.source_fields
        self._schema = source_schema(contract)
        self._rules = rules
        self._shapes: tuple[str, ...] = ()
        self._most = most
        try:
            self._structure = structure_of(self._fields)
        except NoShapeError:
            self._structure = ""

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
        """
        nothing = Typed(self._schema.empty_table(), range(count))
        if not self._structure or not count:
            return nothing
        lines = data.splitlines()
        if not self._shapes:
            self._learn(lines[:_LOOKED_AT])
        engine.file.write_bytes(data.replace(b"\r\n", b"\n") if b"\r" in data else data)
        found = nothing
        while self._shapes:
            found = self._read(engine, self._shapes, count) or nothing
            doubtful = found.doubtful
            if len(doubtful) * _WORTH_LEARNING < count or not self._learn(
                [lines[place] for place in doubtful[:_LOOKED_AT]]
            ):
                break
        return found

    def _learn(self, lines: list[bytes]) -> bool:
        """Add the shapes of lines that are records; tell whether there was a new one."""
        known = dict.fromkeys(self._shapes)
        for line in lines:
            try:
                record = parse_json(line.decode())
                if isinstance(record, dict) and len(known) < _MOST_SHAPES:
                    known[shape_of(record, self._fields)] = None
            except (JsonError, NoShapeError):
                continue
        added = len(known) > len(self._shapes)
        self._shapes = tuple(known)
        return added

    def _read(self, engine: Engine, shapes: tuple[str, ...], count: int) -> Typed | None:
        try:
            table = engine.connection.sql(self._query(shapes), params=[str(engine.file)]).to_arrow_table()
        except duckdb.Error:
            # A line that is no CSV of one column, or shapes too large for one expression: read the slower way.
            return None
        if table.num_rows != count:
            return None
        good = table.column(table.num_columns - 1)
        doubtful = pc.indices_nonzero(pc.invert(good)).to_pylist()
        rows = table.drop_columns(table.column_names[-1:])
        rows = rows.filter(good) if doubtful else rows
        columns = [
            column if column.type == field.type else column.cast(field.type)
            for column, field in zip(rows.columns, self._schema, strict=True)
        ]
        return Typed(pa.Table.from_arrays(columns, schema=self._schema), doubtful)

    def _query(self, shapes: tuple[str, ...]) -> str:
        names = ['"' + field.name.replace('"', '""') + '"' for field in self._fields]
        values = ", ".join(f'"the record".{name} AS {name}' for name in names)
        kept = " AND ".join(
            ['"the record" IS NOT NULL', *(f"NOT ({condition})" for condition in self._rules.conditions)]
        )
        shape, structure = _literal("|".join(f"(?:{one})" for one in shapes)), _literal(self._structure)
        record = f'CASE WHEN regexp_full_match("the line", {shape}) THEN from_json("the line", {structure}) END'
        lines = (
            "read_csv(?, auto_detect = false, header = false, delim = '\x01', quote = '', escape = '', nullstr = '',"
            f" max_line_size = {self._most + 2}, new_line = '\\n', columns = {{'the line': 'VARCHAR'}})"
        )
        return (
            f'SELECT {", ".join(names)}, coalesce({kept}, false) FROM (SELECT {values}, "the record"'  # noqa: S608 -- ours
            f' FROM (SELECT {record} AS "the record" FROM {lines}))'
        )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
