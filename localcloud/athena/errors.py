"""The errors of queries, in Athena's words."""

from typing import Final

# Athena reports these codes as category 1 (its own failures) and all others as category 2 (the user's).
_SYSTEM: Final = frozenset({"GENERIC_INTERNAL_ERROR"})


class AthenaError(Exception):
    """A query failed or was refused; the code is Trino's name for the kind of failure."""

    def __init__(self, code: str, message: str, position: str = "") -> None:
        super().__init__(f"{code}: {position}{message}")
        self.code = code

    @property
    def category(self) -> int:
        """1 for failures of the system, 2 for those of the user, as in the API's `AthenaError`."""
        return 1 if self.code in _SYSTEM else 2


def unsupported(what: str, position: str = "") -> AthenaError:
    """Return the refusal of something that the local engine cannot answer as Athena would."""
    return AthenaError("NOT_SUPPORTED", f"the local Athena does not support {what}", position)


def mismatch(message: str, position: str = "") -> AthenaError:
    """Return the error of an expression whose types do not fit."""
    return AthenaError("TYPE_MISMATCH", message, position)
