"""The split: a file becomes rows typed exactly as the contract says, and rejects; no record is lost or bent."""

from etl.split.options import CsvOptions, JsonOptions, Limits
from etl.split.parquet_sink import split_to_parquet
from etl.split.parts import Part, Summary
from etl.split.source import Split, split

__all__ = ["CsvOptions", "JsonOptions", "Limits", "Part", "Split", "Summary", "split", "split_to_parquet"]
