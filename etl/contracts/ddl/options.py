"""What the caller decides about a table, beside what its contract says."""

from dataclasses import dataclass

from etl.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Where a table is made, and what happens when it is there; `etl.contracts.ddl.ddl` explains each."""

    schema: str | None = None
    location: str | None = None
    if_not_exists: bool = False
    foreign_keys: bool = True

    @property
    def guard(self) -> str:
        """`IF NOT EXISTS` with a blank after it, or nothing."""
        return "IF NOT EXISTS " if self.if_not_exists else ""

    def folder(self, engine: str) -> str:
        """Return the location, ended by a slash; InputError when there is none or it is not on S3."""
        if self.location is None or not self.location.startswith("s3://") or not self.location.removeprefix("s3://"):
            raise InputError(
                f"location of a table on {engine} is {self.location!r}: give the S3 folder of its files,"
                " such as s3://bucket/prefix/"
            )
        return self.location.rstrip("/") + "/"

    def refuse_location(self, engine: str) -> None:
        """Raise InputError when there is a location: the engine keeps its tables itself."""
        if self.location is not None:
            raise InputError(f"{engine} has no location for a table, and {self.location!r} was given: leave it out")
