"""The split: a file becomes rows typed exactly as the contract says, and rejects; no record is lost or bent."""

from etl.extract.files.options import CsvOptions, JsonOptions, Limits
from etl.extract.files.parquet_sink import split_to_parquet
from etl.extract.files.parts import Part, Summary
from etl.extract.files.source import Split, split

__all__ = ["CsvOptions", "JsonOptions", "Limits", "Part", "Split", "Summary", "split", "split_to_parquet"]
