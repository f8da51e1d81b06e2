"""A contract as the statements that make its table, for each engine; what an engine cannot express is refused."""

from collections.abc import Callable
from enum import StrEnum
from importlib import import_module

from etl.contracts.ddl.options import Options
from etl.contracts.model import Contract
from etl.errors import InputError

__all__ = ["Engine", "ddl", "statements"]


class Engine(StrEnum):
    """The engines that tables are made in; the module with each one's name says what it does with a contract."""

    ATHENA = "athena"
    ICEBERG = "iceberg"
    POSTGRES = "postgres"
    REDSHIFT = "redshift"


def ddl(
    contract: Contract,
    engine: str,
    *,
    schema: str | None = None,
    location: str | None = None,
    if_not_exists: bool = False,
    foreign_keys: bool = True,
) -> str:
    """Return one script that makes the dataset's table with its keys, constraints and comments.

    Returns: the statements of `statements`, each ended by a semicolon.

    Parameters
    ----------
    engine
        `athena`, an external table over Parquet; `iceberg`, one that Athena keeps; `postgres`; or `redshift`.
    schema
        Where the table is made: a schema, or Athena's database. None leaves it to the session.
    location
        An S3 URL: required by `athena` and `iceberg`, refused by the others.
    foreign_keys
        Whether `postgres` and `redshift` declare the contract's relationships; the other tables, named as their
        datasets and in the same schema, have to be there.

    Raises
    ------
    ContractError
        The engine cannot express something; the message names it and what to write.
    InputError
        There is no such engine, or a location is missing, no S3 URL, or too many.
    """
    made = statements(
        contract,
        engine,
        schema=schema,
        location=location,
        if_not_exists=if_not_exists,
        foreign_keys=foreign_keys,
    )
    return "".join(f"{statement};\n" for statement in made)


def statements(
    contract: Contract,
    engine: str,
    *,
    schema: str | None = None,
    location: str | None = None,
    if_not_exists: bool = False,
    foreign_keys: bool = True,
) -> tuple[str, ...]:
    """Return the statements of `ddl` one by one, for APIs that take one at a time.

    `contract, engine, schema, location, if_not_exists, foreign_keys`: as in `ddl`.
    Returns: the table first, then indexes and comments; without semicolons.
    Raises ContractError, InputError: as in `ddl`.
    """
    if engine not in list(Engine):
        raise InputError(f"{engine!r} is no engine that tables are made in; there are {', '.join(Engine)}")
    options = Options(schema=schema, location=location, if_not_exists=if_not_exists, foreign_keys=foreign_keys)
    make: Callable[[Contract, Options], tuple[str, ...]] = import_module(f"{__name__}.{engine}").statements
    return make(contract, options)
