"""Plain CSV lines through Arrow: typed rows for what is good beyond doubt, and which lines are not.

It only has to be careful, never right about everything. Arrow takes the lines apart, and casts texts of forms that it
casts exactly; everything else is decided by `etl.values.converters`: what another reader would bend is no value.
"""

import codecs
from collections.abc import Iterator, Sequence
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from etl.contracts.model import Contract
from etl.extract.files.csv_casts import caster
from etl.extract.files.engine import Engine
from etl.extract.files.merging import Typed
from etl.quality.row_rules import RowRules, source_schema


class FastCsv:
    """A contract at work on the columns of a file."""

    def __init__(self, contract: Contract, columns: Sequence[str], rules: RowRules, delimiter: str) -> None:
        self._schema = source_schema(contract)
        self._casts = [caster(one.type, self._schema.field(one.name).type) for one in contract.source_fields]
        self._rules = rules
        # Names that no two columns have, whatever the file calls them.
        self._names = [str(place) for place in range(len(columns))]
        self._delimiter = delimiter
        declared = [self._names[columns.index(field.name)] for field in contract.source_fields]
        self._convert = pa_csv.ConvertOptions(
            column_types=dict.fromkeys(declared, pa.string()),
            include_columns=declared,
            check_utf8=False,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
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
            How many there are. Blank ones are in doubt.

        Returns
        -------
        Typed
        """
        nothing = self._schema.empty_table()
        ragged: list[int] = []
        texts = [_whole(column) for column in self._texts(data, ragged).columns] if count else []
        if not texts or len(texts[0]) + len(ragged) != count:
            return Typed(nothing, range(count), range(count))
        if not len(texts[0]):
            return Typed(nothing, ragged, ragged)
        values = [cast(column) for cast, column in zip(self._casts, texts, strict=True)]
        rows = pa.Table.from_arrays(values, schema=self._schema)
        doubts = [
            self._rules.breaking(engine.connection, rows),
            *_without_value(texts, values),
            *_may_be_blank(texts, data),
        ]
        left_out = pc.indices_nonzero(reduce(pc.or_, doubts)).to_pylist()
        return Typed(rows, _places(left_out, ragged), ragged, left_out)

    def _texts(self, data: bytes, ragged: list[int]) -> pa.Table:
        """Return the declared columns as texts, null for nothing between delimiters, and the places of other lines."""

        def skip(row: pa_csv.InvalidRow) -> str:
            ragged.append(row.number - 1)
            return "skip"

        if data.startswith(codecs.BOM_UTF8):
            # Arrow would pass over one, which in the middle of a file is a character.
            data = codecs.BOM_UTF8 + data
        return pa_csv.read_csv(
            pa.BufferReader(data),
            pa_csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=self._names),
            # A blank line is a row of nulls then, instead of being passed over.
            pa_csv.ParseOptions(delimiter=self._delimiter, ignore_empty_lines=False, invalid_row_handler=skip),
            self._convert,
        )


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _without_value(texts: Sequence[pa.Array], values: Sequence[pa.Array]) -> Iterator[pa.BooleanArray]:
    """Yield which rows have a text without a value, for each column that has such."""
    for text, value in zip(texts, values, strict=True):
        if value.null_count != text.null_count:
            yield pc.and_(value.is_null(), text.is_valid())


def _may_be_blank(texts: Sequence[pa.Array], data: bytes) -> Iterator[pa.BooleanArray]:
    """Yield which rows have no text at all, where some line is blank."""
    if all(text.null_count for text in texts) and (
        data.startswith((b"\n", b"\r\n")) or b"\n\n" in data or b"\n\r\n" in data
    ):
        yield reduce(pc.and_, [text.is_null() for text in texts])


def _places(rows: list[int], ragged: list[int]) -> list[int]:
    """Return the places of lines: of rows, which were counted without the ragged lines, and of these."""
    places, before = [], 0
    for row in rows:
        while before < len(ragged) and ragged[before] <= row + before:
            before += 1
        places.append(row + before)
    return sorted(places + ragged)
