"""pyarrow: text columns by batches, one pattern for each type, casts of what matches.

python -m benchmarks.peers.split.csv_pyarrow FILE OUT
"""

import sys
from functools import reduce
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from benchmarks.clock import report

_DAY = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_TYPES = {
    "payment_id": (pa.int64(), "-?[0-9]{1,18}"),
    "payer": (pa.string(), "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"),
    "name": (pa.string(), "(?s).{1,40}"),
    "amount": (pa.decimal128(12, 2), r"-?[0-9]{1,10}(\.[0-9]{1,2})?"),
    "rate": (pa.float64(), r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]{1,2})?"),
    "quantity": (pa.int32(), "-?[0-9]{1,9}"),
    "express": (pa.bool_(), "true|false"),
    "day": (pa.date32(), _DAY),
    "paid_at": (pa.timestamp("us", "UTC"), f"{_DAY}T{_TIME}Z"),
    "local_at": (pa.timestamp("us"), f"{_DAY}T{_TIME}"),
    "status": (pa.string(), "new|paid|refunded"),
    "comment": (pa.string(), None),
}
SCHEMA = pa.schema([(name, type_) for name, (type_, _) in _TYPES.items()])


def split(file: str, out: Path) -> dict[str, Any]:
    """Write what matches; count the rest, and what the reader leaves out."""
    written = rejected = 0

    def skipped(_row: pcsv.InvalidRow) -> str:
        nonlocal rejected
        rejected += 1
        return "skip"

    reader = pcsv.open_csv(
        file,
        read_options=pcsv.ReadOptions(block_size=8 << 20),
        parse_options=pcsv.ParseOptions(newlines_in_values=True, invalid_row_handler=skipped),
        convert_options=pcsv.ConvertOptions(
            column_types=dict.fromkeys(_TYPES, pa.binary()), strings_can_be_null=True, null_values=[""]
        ),
    )
    with reader, pq.ParquetWriter(out / "good.parquet", SCHEMA) as writer:
        for batch in reader:
            good = _good(batch)
            writer.write_batch(good)
            written += good.num_rows
            rejected += batch.num_rows - good.num_rows
    return {"written": written, "rejected": rejected}


def _good(batch: pa.RecordBatch) -> pa.RecordBatch:
    masks = [_matches(batch[name], pattern) for name, (_, pattern) in _TYPES.items() if pattern is not None]
    kept = batch.filter(reduce(pc.and_, masks))
    columns = [_cast(kept[name], type_) for name, (type_, _) in _TYPES.items()]
    typed = pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
    return typed.filter(pc.and_(pc.less_equal(typed["quantity"], 1000), pc.greater_equal(typed["quantity"], 1)))


def _matches(column: pa.Array, pattern: str) -> pa.Array:
    # One wrong byte makes a cast to text fail, and with it the batch: so bytes are matched, and odd names looked at.
    matched = pc.fill_null(pc.match_substring_regex(column, f"^({pattern})$"), fill_value=False)
    return pc.and_(matched, pa.array([_is_utf8(value) for value in column]) if pattern.startswith("(?s)") else matched)


def _is_utf8(value: pa.BinaryScalar) -> bool:
    try:
        return b"\x00" not in (value.as_py() or b"").decode().encode()
    except UnicodeDecodeError:
        return False


def _cast(column: pa.Array, type_: pa.DataType) -> pa.Array:
    text = column.cast(pa.string())
    if pa.types.is_date(type_):
        # A cast of the 30th of February fails as a whole: to pyarrow it is no date, to `strptime` the 2nd of March.
        return pc.strptime(text, format="%Y-%m-%d", unit="s", error_is_null=True).cast(type_)
    return text.cast(type_)


if __name__ == "__main__":
    report(lambda: split(sys.argv[1], Path(sys.argv[2])))
