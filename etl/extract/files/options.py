"""How a file is written, and how much of it is held in memory."""

from dataclasses import dataclass

from etl.errors import InputError

_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvOptions:
    """The dialect of a CSV file. A quote inside quotes is doubled, as in RFC 4180."""

    delimiter: str = ","
    encoding: str = "utf-8"
    """Python's name of it. A file that is not UTF-8 is transcoded while it is read."""
    header: bool = True
    """Without a header, the columns are those of the contract, in its order."""

    def __post_init__(self) -> None:
        if len(self.delimiter) != 1 or not self.delimiter.isascii() or self.delimiter in '"\r\n\0':
            raise InputError(
                f"delimiter {self.delimiter!r}: give one ASCII character that is not a quote or a line end"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonOptions:
    """Where the records of a JSON document stand."""

    path: str | None = None
    """Keys from the document's object to its array, such as `data.rows`. None: the document is the array."""
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on memory and threads."""

    chunk_bytes: int = 8 * _MEGABYTE
    """How much of the file each thread works on at a time."""
    record_bytes: int = _MEGABYTE
    """A longer line is rejected as `too_long`; only its beginning is kept."""
    threads: int = 2
