"""What a change of a contract is, and whom it breaks."""

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """Who relies on a contract."""

    READERS = "readers"
    """They query, join and load what is published."""
    SOURCES = "sources"
    """They deliver what is checked against it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two versions of a contract."""

    path: str
    """The field (`address.city`, `tags[]` for the items of an array), or in angle brackets what is not a field's."""
    kind: str
    """Its class: dropped, renamed, added, moved, type, nullability, …: `docs/contracts.md` lists them."""
    what: str
    why: str
    """Why it breaks whom it breaks, or why it breaks nobody."""
    breaks: tuple[Side, ...] = ()

    @property
    def breaking(self) -> bool:
        """Whether anybody has to change something before this version is published."""
        return bool(self.breaks)


def tightened(path: str, kind: str, what: str, *, computed: bool = False) -> Change:
    """Return a change that refuses rows which were good before."""
    if computed:
        return Change(path, kind, what, "the pipeline computes the field: no source has to keep the rule")
    return Change(path, kind, what, "rows that were good are refused now", (Side.SOURCES,))


def loosened(path: str, kind: str, what: str) -> Change:
    """Return a change that takes more rows than before, in columns that can hold them."""
    return Change(path, kind, what, "every row that was good still is, and the column stays what it is")


def unguaranteed(path: str, kind: str, what: str, why: str) -> Change:
    """Return a change that takes away what readers could rely on."""
    return Change(path, kind, what, why, (Side.READERS,))
