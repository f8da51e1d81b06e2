"""How a file is written, and how much of it is held at a time."""

from dataclasses import dataclass

from etl.errors import InputError

_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvOptions:
    """The dialect of a CSV file; quotes are doubled inside quotes, as RFC 4180 has it."""

    delimiter: str = ","
    encoding: str = "utf-8"
    """What Python calls it; a file in another one than UTF-8 is transcoded while it is read."""
    header: bool = True
    """Without a header the columns are the contract's, in its order."""

    def __post_init__(self) -> None:
        if len(self.delimiter) != 1 or not self.delimiter.isascii() or self.delimiter in '"\r\n\0':
            raise InputError(f"delimiter {self.delimiter!r}: give one ASCII character that is no quote or line end")


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonOptions:
    """Where the records of a JSON document stand."""

    path: str | None = None
    """Keys from the document's object to its array, `features` or `data.rows`; None for a document that is the
    array itself."""
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What bounds memory and processors."""

    chunk_bytes: int = 8 * _MEGABYTE
    """How much of the file is worked on at a time, by each thread."""
    record_bytes: int = _MEGABYTE
    """A longer line is rejected as `too_long`, and its beginning kept."""
    threads: int = 2
