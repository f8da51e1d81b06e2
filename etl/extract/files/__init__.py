"""The split: a file becomes rows typed exactly as the contract says, and rejects; no record is lost or bent.

The options are cheap to import. The rest loads DuckDB and pyarrow when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from etl.extract.files.options import CsvOptions, JsonOptions, Limits

if TYPE_CHECKING:
    from etl.extract.files.source import Split, split, split_to_parquet
    from etl.extract.files.work import Part, Summary

__all__ = ["CsvOptions", "JsonOptions", "Limits", "Part", "Split", "Summary", "split", "split_to_parquet"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("etl.extract.files.source"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
