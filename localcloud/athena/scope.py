"""What names in a query mean: columns, relations, the scopes in which they are seen, and the tables behind them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlglot import exp

from localcloud.athena.operators import Typed
from localcloud.athena.types import Type

Listed = Sequence[tuple[str | None, Type]]


@dataclass(frozen=True)
class Column:
    """A column that an expression may name."""

    name: str
    value: Typed

    @property
    def place(self) -> int:
        """Its place among the columns of its table."""
        return int(self.value.sql.rpartition(".c")[2])


@dataclass(eq=False)
class Relation:
    """What stands in FROM: its names and its columns; `table` is set when it is one of the catalog's."""

    names: tuple[str, ...]
    columns: list[Column]
    table: Any = None
    nullable: bool = False


@dataclass
class Scope:
    """The relations that a SELECT sees, the query around it, and the arguments of lambdas."""

    relations: list[Relation] = field(default_factory=list)
    parent: "Scope | None" = None
    lambdas: dict[str, Typed] = field(default_factory=dict)
    queries: "dict[str, Found]" = field(default_factory=dict)
    database: str = ""

    def named_query(self, name: str) -> "Found | None":
        """Return what WITH calls so here or around here, None when nothing is."""
        found = self.queries.get(name)
        return self.parent.named_query(name) if found is None and self.parent else found


@dataclass(frozen=True)
class Found:
    """A query's SQL, whose columns are called c0, c1, …, with the names and types they have in Athena."""

    sql: str
    columns: Listed

    def __str__(self) -> str:
        """Return the query in brackets, as it stands in FROM."""
        return f"({self.sql})"


@dataclass(eq=False)
class TableUse:
    """One mention of a catalog's table: DuckDB's view of it, the columns used, and what prunes its partitions."""

    view: str
    definition: Any  # of the Glue Catalog, or pyiceberg's table
    columns: Sequence[tuple[str, Type]]
    partitions: int = 0
    snapshot: int | None = None
    used: set[str] = field(default_factory=set)
    pruning: list[tuple[str, str, exp.Expr]] = field(default_factory=list)

    @property
    def data(self) -> Sequence[tuple[str, Type]]:
        """The columns that are in the files."""
        return self.columns[: len(self.columns) - self.partitions]

    @property
    def keys(self) -> Sequence[tuple[str, Type]]:
        """The partition keys, which come last."""
        return self.columns[len(self.columns) - self.partitions :]


@dataclass(frozen=True)
class View:
    """A view of the catalog: its query, and the database that names in it belong to."""

    query: exp.Expr
    database: str
    columns: Listed


class Tables(Protocol):
    """Where the names in FROM are looked up."""

    def use(self, database: str, name: str, view: str, version: exp.Version | None) -> TableUse | View | Found:
        """Return a table, a view or a table of the information schema, or raise TABLE_NOT_FOUND."""
