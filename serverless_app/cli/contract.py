"""`etl contract`: what a contract says, what follows from it, and how to get one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

import etl.pipelines
from etl.contracts import Contract, read_contract
from etl.contracts.ddl import Engine
from etl.contracts.ddl import ddl as statements
from etl.errors import ContractError, InputError
from serverless_app.authoring.dictionary import dictionary, rules_in_words, type_in_words, walk
from serverless_app.authoring.diff import Change
from serverless_app.authoring.diff import diff as changes_between
from serverless_app.cli.console import AsJson, Where, console, errors, print_json, reporting
from serverless_app.target import TargetName, open_target

app = typer.Typer(help="Contracts: what they say, and what follows from them.", no_args_is_help=True)

Reference = Annotated[
    str, typer.Argument(metavar="CONTRACT", help="A file, PIPELINE/DATASET, or a dataset that one pipeline has.")
]
_DATABASE = "The secret of its database; by default DB_HOST and the like, or else the secret of the deployed source."
Output = Annotated[Path | None, typer.Option("--output", "-o", dir_okay=False, help="Write to this file.")]


@app.command()
def show(contract: Reference, *, as_json: AsJson = False) -> None:
    """Show a contract: its fields with their types and rules, and what is asked of the whole dataset."""
    with reporting():
        read = read_contract(find_contract(contract))
        if as_json:
            print_json(_document(read))
        else:
            console.print(_facts(read), _fields(read))


@app.command()
def ddl(
    contract: Reference,
    *,
    engine: Annotated[Engine, typer.Option(help="Where the table is made.")],
    schema: Annotated[str | None, typer.Option(help="The schema, or Athena's database.")] = None,
    location: Annotated[str | None, typer.Option(help="For athena and iceberg: s3://bucket/prefix/.")] = None,
    if_not_exists: Annotated[bool, typer.Option("--if-not-exists", help="Let a table stand that is there.")] = False,
    foreign_keys: Annotated[bool, typer.Option(help="Declare relationships, where the engine has them.")] = True,
) -> None:
    """Print the statements that make the dataset's table."""
    with reporting():
        script = statements(
            read_contract(find_contract(contract)),
            engine,
            schema=schema,
            location=location,
            if_not_exists=if_not_exists,
            foreign_keys=foreign_keys,
        )
        typer.echo(script, nl=False)


@app.command()
def dqdl(contract: Reference) -> None:
    """Print the rules as a ruleset of AWS Glue Data Quality."""
    from etl.quality.dqdl import dqdl as ruleset  # noqa: PLC0415 -- with the rules comes sqlglot, 0.3 s

    with reporting():
        typer.echo(ruleset(read_contract(find_contract(contract))), nl=False)


@app.command()
def docs(contract: Reference) -> None:
    """Print a data dictionary in Markdown."""
    with reporting():
        typer.echo(dictionary(read_contract(find_contract(contract))), nl=False)


@app.command()
def diff(old: Reference, new: Reference, *, as_json: AsJson = False) -> None:
    """Compare two versions of a contract; exit code 1 when readers or sources break."""
    with reporting():
        changes = changes_between(read_contract(find_contract(old)), read_contract(find_contract(new)))
    breaking = any(change.breaking for change in changes)
    if as_json:
        print_json({"breaking": breaking, "changes": [_change(change) for change in changes]})
    elif changes:
        console.print(_changes(changes))
    else:
        console.print("The contracts say the same.")
    if breaking:
        raise typer.Exit(1)


@app.command()
def infer(
    file: Annotated[Path | None, typer.Argument(help="CSV, JSON Lines, JSON or Parquet.")] = None,
    *,
    table: Annotated[str | None, typer.Option(help="Instead of a file, a table of PostgreSQL: public.orders.")] = None,
    postgres: Annotated[str | None, typer.Option(help=_DATABASE)] = None,
    window: Annotated[str | None, typer.Option(help="The table's column that tells the day of a row.")] = None,
    output: Output = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    dataset: Annotated[str | None, typer.Option(help="Its name; by default the file's or the table's.")] = None,
    rows: Annotated[int | None, typer.Option(min=1, help="Rows of a file to look at; by default 1,000,000.")] = None,
    target: Where = TargetName.LOCAL,
) -> None:
    """Draft a contract from a file, for whose rows it holds, or from what a database declares about a table."""
    if (file is None) == (table is None):
        raise typer.BadParameter(
            "name a file, or a table with --table: one of them is what the contract is drafted from"
        )
    if table is None and (postgres or window):
        raise typer.BadParameter("--postgres and --window are about a table: name it with --table, and no file")
    if file is None and rows:
        raise typer.BadParameter("--rows is about a file: of a table its declarations are read, and no rows")
    with reporting():
        if output is not None and output.exists() and not force:
            raise InputError(f"{output}: there is a file; give another name, or --force to replace it")
        if file is not None:
            text = _from_file(file, dataset, rows)
        else:
            text = _from_table(str(table), postgres, target, dataset, window)
        if output is None:
            typer.echo(text, nl=False)
        else:
            output.write_text(text, encoding="utf-8")
            console.print(f"Wrote {output}; `etl contract check {output}` tells whether it is valid.", soft_wrap=True)


def _from_file(file: Path, dataset: str | None, rows: int | None) -> str:
    from serverless_app.authoring.infer import ROWS  # noqa: PLC0415 -- for this command alone
    from serverless_app.authoring.infer import infer as drafted  # noqa: PLC0415 -- as above

    return drafted(file, dataset=dataset, rows=rows or ROWS)


def _from_table(table: str, secret: str | None, target: TargetName, dataset: str | None, window: str | None) -> str:
    from etl.postgres.credentials import secret_credentials  # noqa: PLC0415 -- as above
    from serverless_app import source_database  # noqa: PLC0415 -- as above
    from serverless_app.authoring.infer.postgres import infer_table  # noqa: PLC0415 -- for this command alone

    credentials: Mapping[str, object] | None = source_database.environment_credentials() if secret is None else None
    place = None
    if credentials is None:
        place = open_target(target)
        credentials = secret_credentials(secret or source_database.SECRET, place.client)
    with source_database.open_database(place, credentials) as connection:
        return infer_table(connection, table, dataset=dataset, window=window)


@app.command()
def check(
    contracts: Annotated[list[str] | None, typer.Argument(metavar="[CONTRACT]...", help="All by default.")] = None,
) -> None:
    """Check contracts, rules in SQL included, as pipelines read them and by the standard's own library and schema."""
    failed = False
    for reference in contracts or [str(path) for path in shipped()]:
        try:
            path = find_contract(reference)
            read = _checked(path)
        except (ContractError, InputError) as error:
            failed = True
            errors.print("[bold red]error:[/] ", end="")
            errors.print(str(error), markup=False, highlight=False, soft_wrap=True)
        else:
            console.print(f"{path}: {read.dataset} {read.version} is valid", highlight=False, soft_wrap=True)
    if failed:
        raise typer.Exit(1)


def _checked(path: Path) -> Contract:
    from etl.quality.measures import Aggregate, Unbroken  # noqa: PLC0415 -- with SQL comes sqlglot, 0.3 s
    from etl.quality.rules import rules_of  # noqa: PLC0415 -- as above
    from etl.quality.statements import row_pass  # noqa: PLC0415 -- as above
    from serverless_app.authoring.standard import check_standard  # noqa: PLC0415 -- its models take 0.2 s to import

    contract = read_contract(path)
    check_standard(path)
    try:
        row_pass([rule for rule in rules_of(contract) if isinstance(rule.measure, Aggregate | Unbroken)])
    except ContractError as error:
        raise ContractError(f"{path}: {error}") from error
    return contract


def shipped() -> list[Path]:
    """Return the contracts of every pipeline."""
    return sorted(path for root in etl.pipelines.__path__ for path in Path(root).glob("*/contracts/*.yaml"))


def find_contract(reference: str) -> Path:
    """Return the file that a reference means.

    A file comes first; then `pipeline/dataset`; then a dataset that only one pipeline has. InputError lists what there
    is when nothing, or more than one thing, is meant.
    """
    path = Path(reference)
    if path.exists() and not path.is_dir():
        return path
    known = {f"{one.parts[-3]}/{one.stem}": one for one in shipped()}
    found = [name for name in known if reference in (name, name.partition("/")[2])]
    if len(found) == 1:
        return known[found[0]]
    if found:
        raise InputError(f"{reference!r} is a dataset of several pipelines; write one of {', '.join(found)}")
    raise InputError(f"there is no contract {reference!r}; give a file, or one of {', '.join(known)}")


def _facts(contract: Contract) -> Table:
    table = Table(Column(style="bold"), Column(overflow="fold"), show_header=False, box=None)
    facts = {
        "dataset": contract.dataset,
        "contract": f"{contract.id} {contract.version}",
        "description": contract.description or contract.purpose,
        "primary key": ", ".join(contract.primary_key),
        "partitions": ", ".join(contract.partition_columns),
        "relationships": "\n".join(
            f"{', '.join(one.columns)} → {one.to_dataset} ({', '.join(one.to_columns)})"
            for one in contract.relationships
        ),
        "rejects": f"up to {contract.tolerance * 100:f} %",
        "thresholds": ", ".join(f"{dimension} {share:f}" for dimension, share in contract.thresholds.items()),
    }
    for name, value in facts.items():
        if value:
            table.add_row(name, Text(value))
    return table


def _fields(contract: Contract) -> Table:
    table = Table("field", "type", Column("rules", overflow="fold"), "description", box=SIMPLE_HEAD)
    for path, field in walk(contract.fields):
        rules = "; ".join(rules_in_words(field))
        table.add_row(*map(Text, (path, type_in_words(field.type), rules, field.description)))
    return table


def _document(contract: Contract) -> dict[str, Any]:
    return {
        "id": contract.id,
        "version": contract.version,
        "dataset": contract.dataset,
        "table": contract.table,
        "description": contract.description,
        "primary_key": contract.primary_key,
        "partitions": contract.partition_columns,
        "tolerance": contract.tolerance,
        "thresholds": dict(contract.thresholds),
        "fields": [
            {
                "path": path,
                "type": type_in_words(field.type),
                "required": field.required,
                "rules": list(rules_in_words(field)),
                "description": field.description,
            }
            for path, field in walk(contract.fields)
        ],
    }


def _changes(changes: list[Change]) -> Table:
    table = Table("", "where", Column("what", overflow="fold"), Column("why", overflow="fold"), box=SIMPLE_HEAD)
    for change in changes:
        verdict = f"breaks {' and '.join(change.breaks)}" if change.breaking else "compatible"
        style = "red" if change.breaking else "green"
        table.add_row(Text(verdict, style=style), *map(Text, (change.path, change.what, change.why)))
    return table


def _change(change: Change) -> dict[str, Any]:
    return {
        "path": change.path,
        "kind": change.kind,
        "what": change.what,
        "why": change.why,
        "breaks": list(change.breaks),
    }
