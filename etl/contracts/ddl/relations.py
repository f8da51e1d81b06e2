"""Keys, as PostgreSQL enforces them and Redshift plans with them."""

from collections.abc import Iterator

from etl.contracts.ddl.names import listed, quoted
from etl.contracts.ddl.options import Options
from etl.contracts.model import Contract, Metric, Severity


def qualified(table: str, options: Options) -> str:
    """Return a table's name, quoted, with its schema when there is one."""
    return f"{quoted(options.schema)}.{quoted(table)}" if options.schema else quoted(table)


def unique_keys(contract: Contract) -> Iterator[str]:
    """Yield the table constraints for the primary key and for all else that is there once.

    Yields: `PRIMARY KEY (…)`, then one `UNIQUE (…)` for each set of columns. In SQL as in the contract, a row with a
    null in one of them is not compared.
    """
    if contract.primary_key:
        yield f"PRIMARY KEY {listed(contract.primary_key)}"
    unique: list[tuple[str, ...]] = [(field.name,) for field in contract.fields if field.unique]
    unique += [
        check.columns
        for check in contract.checks
        if check.metric is Metric.DUPLICATES and check.at_most == 0 and check.severity is not Severity.WARNING
    ]
    columns = {field.name for field in contract.fields}
    for key in dict.fromkeys(unique):
        if key != contract.primary_key and columns.issuperset(key):
            yield f"UNIQUE {listed(key)}"


def foreign_keys(contract: Contract, options: Options) -> Iterator[str]:
    """Yield a `FOREIGN KEY` for each relationship, unless the caller wants none."""
    for one in contract.relationships if options.foreign_keys else ():
        table = contract.table if one.to_dataset == contract.dataset else one.to_dataset
        yield f"FOREIGN KEY {listed(one.columns)} REFERENCES {qualified(table, options)} {listed(one.to_columns)}"
