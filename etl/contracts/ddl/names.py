"""Names of tables and columns that an engine can keep as they are, and how they are quoted."""

from collections.abc import Collection

from etl.contracts.model import Contract
from etl.errors import ContractError


def quoted(name: str) -> str:
    """Return an SQL identifier in double quotes, as PostgreSQL and Redshift take any name."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: Collection[str]) -> str:
    """Return quoted names in parentheses."""
    return f"({', '.join(map(quoted, names))})"


def refuse_unfit(contract: Contract, engine: str, *, longest: int, system_columns: Collection[str]) -> None:
    """Refuse names that the engine would cut, confuse or not take.

    Raises ContractError: the message names the name and the reason.
    """
    columns = [field.name for field in contract.fields]
    for name in (contract.table, *columns):
        if not name or "\0" in name or len(name.encode()) > longest:
            raise ContractError(
                f"{contract.dataset}: {name!r} is no name for {engine}; give one of 1 to {longest} bytes without NUL"
            )
    if taken := [name for name in columns if name.lower() in system_columns]:
        raise ContractError(
            f"{contract.dataset}: every table of {engine} has a column {taken[0]} of its own; rename the field"
        )


def refuse_alike(contract: Contract, engine: str) -> None:
    """Refuse columns that differ only by case, as the engine folds names to lower case.

    Raises ContractError: the message names both.
    """
    seen: dict[str, str] = {}
    for field in contract.fields:
        if (other := seen.get(field.name.lower())) is not None:
            raise ContractError(
                f"{contract.dataset}: {other} and {field.name} are one name to {engine}; rename one of them"
            )
        seen[field.name.lower()] = field.name
