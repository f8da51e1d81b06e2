"""JSON records through DuckDB: typed rows of those whose shape is known, learned as they come."""

from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from etl.contracts.model import Contract, Field
from etl.contracts.types import Struct
from etl.extract.files.engine import Engine
from etl.extract.files.json_shapes import NoShapeError, shape_of, structure_of
from etl.extract.files.merging import Typed
from etl.quality.row_rules import RowRules, source_schema
from etl.values.json_text import JsonError, parse_json

_MOST_SHAPES = 8
_WORTH_LEARNING = 50
"""One record in so many that no shape admits is reason to look for another shape."""
_LOOKED_AT = 20


class FastJson:
    """The shapes of a file's records, as far as they are known, and the query that reads them."""

    def __init__(self, contract: Contract, rules: RowRules, most: int) -> None:
        """Leave records of more than `most` bytes to the deciding path."""
        self._fields = contract.source_fields
        self._schema = source_schema(contract)
        self._shapes: tuple[str, ...] = ()
        self._most = most
        try:
            self._query = _query(self._fields, rules)
        except NoShapeError:
            self._query = ""

    def typed(self, engine: Engine, records: pa.BinaryArray) -> Typed:
        """Return what is good beyond doubt.

        Parameters
        ----------
        engine
            Of this thread.
        records
            A record each, or anything else: what is no UTF-8 or no JSON is in doubt.

        Returns
        -------
        Typed
        """
        found = nothing = Typed(self._schema.empty_table(), range(len(records)))
        if not self._query or not len(records):
            return nothing
        if not self._shapes:
            self._learn(records.slice(0, _LOOKED_AT))
        while self._shapes:
            found = self._read(engine, self._shapes, records) or nothing
            doubtful = found.doubtful
            if len(doubtful) * _WORTH_LEARNING < len(records) or not self._learn(
                records.take(pa.array(doubtful[:_LOOKED_AT], pa.int64()))
            ):
                break
        return found

    def _learn(self, records: pa.BinaryArray) -> bool:
        """Add the shapes of what are records; tell whether there was a new one."""
        known = dict.fromkeys(self._shapes)
        for text in records.to_pylist():
            try:
                record = parse_json(text.decode())
                if isinstance(record, dict) and len(known) < _MOST_SHAPES:
                    known[shape_of(record, self._fields)] = None
            except (UnicodeDecodeError, JsonError, NoShapeError):
                continue
        added = len(known) > len(self._shapes)
        self._shapes = tuple(known)
        return added

    def _read(self, engine: Engine, shapes: tuple[str, ...], records: pa.BinaryArray) -> Typed | None:
        # No copy and no check: what a shape admits is UTF-8, and nothing else is looked at.
        texts = records.view(pa.string())
        shape = rf"^(?:{'|'.join(f'(?:{one})' for one in shapes)})\z"
        try:
            fits = pc.and_(pc.match_substring_regex(texts, shape), pc.less_equal(pc.binary_length(texts), self._most))
            json_texts = pa.table({"the text": pc.if_else(fits, texts, None)})  # noqa: F841 -- DuckDB finds it by name
            table = engine.connection.sql(self._query).to_arrow_table()
        except (pa.ArrowInvalid, duckdb.Error):
            # Shapes too large for one expression: read the slower way.
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


def _query(fields: tuple[Field, ...], rules: RowRules) -> str:
    """Return the query over `json_texts`: the values, and whether all of them are there that have to be."""
    names = [_quoted(field.name) for field in fields]
    conditions = [
        '"the record" IS NOT NULL',
        *(f"NOT ({condition})" for condition in rules.conditions),
        *(f"{path} IS NOT NULL" for path in _required_inside("", fields)),
    ]
    values = ", ".join(f'"the record".{name} AS {name}' for name in names)
    record = f'from_json("the text", {_literal(structure_of(fields))})'
    return (
        f"SELECT {', '.join(names)}, coalesce({' AND '.join(conditions)}, false)"  # noqa: S608 -- ours
        f' FROM (SELECT {values}, "the record" FROM (SELECT {record} AS "the record" FROM json_texts))'
    )


def _required_inside(above: str, fields: tuple[Field, ...]) -> Iterator[str]:
    """Yield the paths of fields inside structs that Arrow takes no nulls for."""
    for field in fields:
        path = f"{above}{_quoted(field.name)}"
        if above and field.required:
            yield path
        if isinstance(field.type, Struct):
            yield from _required_inside(f"{path}.", field.type.fields)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
