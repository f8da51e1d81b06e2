"""A draft of a contract from a table: what the database declares is what the contract says."""

from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import UTC, date, datetime
from decimal import Decimal as Exact
from pathlib import Path
from typing import Any

import psycopg
import pytest
from adbc_driver_postgresql import dbapi  # type: ignore[import-untyped]  # it has no types

from etl.contracts import Contract, Field
from etl.contracts.ddl import ddl
from etl.contracts.model import Check, Metric, Relationship
from etl.contracts.reader import parse_contract
from etl.contracts.types import (
    Array,
    Boolean,
    Date,
    Decimal,
    Float,
    Integer,
    Json,
    Text,
    Timestamp,
    Type,
    Uuid,
)
from etl.errors import ContractError, InputError, NotFound
from etl.extract.postgres import connect
from etl.lake.layout import of_source
from etl.pipelines.lake_export.datasets import datasets
from serverless_app.authoring.infer.postgres import infer_table
from serverless_app.authoring.standard import check_standard
from tests.postgres import settings_of

Draft = Callable[..., str]
Drafted = Callable[..., Contract]


@pytest.fixture
def draft(postgres: str) -> Iterator[Draft]:
    """Run statements and return the draft of the table `t`; nothing of it stays."""
    with dbapi.connect(postgres) as connection, connection.cursor() as cursor:

        def draft(*statements: str, table: str = "t", **said: Any) -> str:
            for statement in statements:
                cursor.execute(statement)
            return infer_table(connection, table, **said)

        yield draft
        connection.rollback()


@pytest.fixture
def drafted(draft: Draft, tmp_path: Path) -> Drafted:
    """The contract that a draft is, valid here and in the standard."""

    def drafted(*statements: str, **said: Any) -> Contract:
        path = tmp_path / "t.yaml"
        path.write_text(draft(*statements, **said), encoding="utf-8")
        check_standard(path)
        return parse_contract(path.read_bytes(), path)

    return drafted


def array(item: Type) -> Array:
    return Array(Field(name="element", type=item))


TYPES = {
    "boolean": Boolean(),
    "smallint": Integer(16),
    "integer": Integer(32),
    "bigserial": Integer(64),
    "real": Float(32),
    "double precision": Float(64),
    "numeric(12,6)": Decimal(12, 6),
    "numeric(5)": Decimal(5, 0),
    "numeric(3,-2)": Decimal(5, 0),
    "numeric(2,4)": Decimal(4, 4),
    "date": Date(),
    "timestamp": Timestamp(zoned=False),
    "timestamp(0) with time zone": Timestamp(zoned=True),
    "uuid": Uuid(),
    "json": Json(),
    "jsonb": Json(),
    "text": Text(),
    "varchar": Text(),
    "text[]": array(Text()),
    "varchar(9)[]": array(Text()),
    "integer[][]": array(Integer(32)),
    "numeric(5,2)[]": array(Decimal(5, 2)),
    "timestamptz[]": array(Timestamp(zoned=True)),
    "int4range[]": array(Text()),
    "point_of_sale[]": array(Json()),
}
AS_TEXT = (
    "time",
    "interval",
    "bytea",
    "inet",
    "bit(3)",
    "int4range",
    "xml",
    "tsvector",
    "point",
    "oid",
    "point_of_sale",
)
COMPOSITE = "CREATE TYPE point_of_sale AS (shop text, till integer)"


@pytest.mark.parametrize(("spelled", "type_"), TYPES.items())
def test_a_type_is_what_it_holds(drafted: Drafted, spelled: str, type_: Type) -> None:
    assert drafted(COMPOSITE, f"CREATE TABLE t (a {spelled})").field("a").type == type_


@pytest.mark.parametrize("spelled", AS_TEXT)
def test_a_type_without_an_equal_is_text_with_a_remark(draft: Draft, spelled: str) -> None:
    text = draft(COMPOSITE, f"CREATE TABLE t (a {spelled})")

    assert parse_contract(text.encode(), Path("t.yaml")).field("a").type == Text()
    assert ", as PostgreSQL writes it" in text


def test_every_drafted_type_can_be_exported(postgres: str) -> None:
    columns = ", ".join(
        f"c{number} {spelled}" for number, spelled in enumerate([*TYPES, *AS_TEXT, "numeric", "numeric(39,2)"])
    )
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(COMPOSITE)
        connection.execute(f"CREATE TABLE everything ({columns})")
        try:
            with dbapi.connect(postgres) as by_adbc:
                contract = parse_contract(infer_table(by_adbc, "everything").encode(), Path("everything.yaml"))
            with connect(settings_of(postgres, sslmode="disable")) as source:
                assert source.compare(contract).extra == ()
        finally:
            connection.execute("DROP TABLE everything")
            connection.execute("DROP TYPE point_of_sale")


def test_money_is_left_out_by_name(draft: Draft) -> None:
    text = draft("CREATE TABLE t (a int, price money)")

    assert "# Left out is price (money): its text depends on the database's locale; cast it in a view." in text
    assert [field.name for field in parse_contract(text.encode(), Path("t.yaml")).fields] == ["a"]


def test_a_width_is_a_rule(drafted: Drafted) -> None:
    contract = drafted("CREATE TABLE t (a varchar(20), b char(2))")

    assert [field.max_length for field in contract.fields] == [20, 2]


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        ("", Text()),
        ("(NULL)", Text()),
        ("('NaN')", Text()),
        ("(12.340), (-1), ('Infinity')", Decimal(18, 2)),
        ("(1e20), (0.001)", Decimal(24, 3)),
        ("(1e37), (0.01)", Text()),
    ],
)
def test_a_numeric_without_a_precision_holds_what_is_there(drafted: Drafted, values: str, type_: Type) -> None:
    insert = [f"INSERT INTO t VALUES {values}"] if values else []  # noqa: S608

    assert drafted("CREATE TABLE t (a numeric)", *insert).field("a").type == type_


@pytest.mark.parametrize(("value", "type_"), [("NULL", Decimal(38, 2)), ("1.5", Decimal(18, 1))])
def test_a_numeric_of_more_digits_than_a_decimal_has_holds_what_is_there(draft: Draft, value: str, type_: Type) -> None:
    text = draft("CREATE TABLE t (a numeric(39,2))", f"INSERT INTO t VALUES ({value})")  # noqa: S608

    assert parse_contract(text.encode(), Path("t.yaml")).field("a").type == type_
    assert "numeric(39,2), which has no limit of 38 digits: what this does not hold is a reject" in text


def test_the_labels_of_an_enum_are_the_allowed_values_in_their_order(drafted: Drafted) -> None:
    field = drafted("""CREATE TYPE mood AS ENUM ('sad', 'it''s "ok"', 'no')""", "CREATE TABLE t (a mood)").field("a")

    assert (field.type, field.allowed) == (Text(), ("sad", 'it\'s "ok"', "no"))


def test_a_domain_is_what_it_stands_for_with_its_rules(drafted: Drafted) -> None:
    field = drafted(
        "CREATE DOMAIN amount AS numeric(8,2) NOT NULL CHECK (VALUE > 0)",
        "CREATE DOMAIN small_amount AS amount CHECK (VALUE < 100)",
        'CREATE TABLE t ("Price" small_amount)',
    ).field("Price")

    assert (field.type, field.required) == (Decimal(8, 2), True)
    assert (field.exclusive_minimum, field.exclusive_maximum) == (0, 100)


def test_keys_and_nulls_are_the_tables(drafted: Drafted) -> None:
    contract = drafted(
        "CREATE TABLE t (a int, b text, c int NOT NULL, d int UNIQUE, e int, PRIMARY KEY (b, a), UNIQUE (d, e))",
        "CREATE UNIQUE INDEX ON t (e) WHERE e > 0",
        "CREATE UNIQUE INDEX ON t (abs(e))",
        "CREATE UNIQUE INDEX ON t (c) INCLUDE (d)",
    )

    assert contract.primary_key == ("b", "a")
    assert [field.name for field in contract.fields if field.required] == ["a", "b", "c"]
    assert [field.name for field in contract.fields if field.unique] == ["c", "d"]
    assert contract.checks == (
        Check(metric=Metric.DUPLICATES, columns=("d", "e"), at_least=Exact(0), at_most=Exact(0)),
    )


def test_foreign_keys_are_relationships(drafted: Drafted) -> None:
    contract = drafted(
        "CREATE TABLE parent (x int, y int, PRIMARY KEY (x, y))",
        "CREATE TABLE t (id int PRIMARY KEY, above int REFERENCES t, a int, b int)",
        "ALTER TABLE t ADD FOREIGN KEY (b, a) REFERENCES parent",
    )

    assert set(contract.relationships) == {
        Relationship(columns=("above",), to_dataset="t", to_columns=("id",)),
        Relationship(columns=("b", "a"), to_dataset="parent", to_columns=("x", "y")),
    }


RULES: list[tuple[str, str, dict[str, object]]] = [
    ("text", "a IN ('x', 'it''s')", {"allowed": ("x", "it's")}),
    ("varchar", "a IN ('x', 'y')", {"allowed": ("x", "y")}),
    ("text", "a = 'x'", {"allowed": ("x",)}),
    ("int", "a IN (3, -1)", {"allowed": (3, -1)}),
    ("int", "a >= 0 AND a < 10", {"minimum": 0, "exclusive_maximum": 10}),
    ("int", "a BETWEEN 1 AND 5", {"minimum": 1, "maximum": 5}),
    ("int", "0 < a", {"exclusive_minimum": 0}),
    ("int", "a > -1", {"exclusive_minimum": -1}),
    ("int", "a >= 0 AND a >= 5", {"minimum": 5}),
    ("numeric(5,2)", "a <= 0.50", {"maximum": Exact("0.50")}),
    ("int", "a > 0.5", {"exclusive_minimum": Exact("0.5")}),
    ("double precision", "a >= 0", {"minimum": 0}),
    ("real", "a >= 0", {"minimum": 0}),
    ("date", "a >= '2020-01-01'", {"minimum": date(2020, 1, 1)}),
    ("timestamp", "a < '2030-01-01 12:00'", {"exclusive_maximum": datetime(2030, 1, 1, 12)}),  # noqa: DTZ001 -- so
    ("timestamptz", "a > '2020-01-01 05:45+05:45'", {"exclusive_minimum": datetime(2020, 1, 1, tzinfo=UTC)}),
    ("text", "length(a) > 2 AND char_length(a) <= 5", {"min_length": 3, "max_length": 5}),
    ("varchar(9)", "length(a) < 5", {"max_length": 4}),
    ("varchar(9)", "length(a) < 50", {"max_length": 9}),
    ("text", "a ~ '^[A-Z]{2}$'", {"pattern": r"^[A-Z]{2}\z"}),
    ("text", "a IS NOT NULL", {"required": True}),
    ("text", "a = ANY (ARRAY['x', 'y']) AND a <> 'y'", {"allowed": ("x", "y")}),
]


@pytest.mark.parametrize(("type_", "check", "rules"), RULES)
def test_a_check_on_a_column_is_a_rule_of_its_field(
    drafted: Drafted, type_: str, check: str, rules: dict[str, object]
) -> None:
    field = drafted(f"CREATE TABLE t (a {type_} CHECK ({check}))").field("a")

    plain = Field(name="a", type=field.type)
    said = {one.name: getattr(field, one.name) for one in fields(field)}
    assert said == {one.name: getattr(plain, one.name) for one in fields(plain)} | rules


def test_a_check_on_a_row_is_a_rule_in_sql(drafted: Drafted) -> None:
    (check,) = drafted('CREATE TABLE t (a int, b int, CONSTRAINT "a first" CHECK (a <= b OR b = 0))').checks

    assert (check.name, check.metric, check.at_most) == ("a first", Metric.SQL, Exact(0))
    assert check.query == "SELECT COUNT(*) FROM ${object} WHERE NOT ((a <= b OR b = 0))"


@pytest.mark.parametrize(
    "check",
    ["md5(a) <> 'x'", "a ~ '^.b'", r"a ~ '\d'", "a ~ '[[:alpha:]]'", "a ~* 'x'", "a SIMILAR TO 'x%'", "a ~ '(?=x)'"],
)
def test_a_check_that_only_postgres_understands_is_a_remark(draft: Draft, check: str) -> None:
    text = draft(f"CREATE TABLE t (a text, CONSTRAINT odd CHECK ({check}))")
    contract = parse_contract(text.encode(), Path("t.yaml"))

    assert "# not said here: CHECK odd: " in text
    assert (contract.checks, contract.field("a")) == ((), Field(name="a", type=Text()))


def test_a_check_that_rows_may_break_is_none(drafted: Drafted) -> None:
    contract = drafted("CREATE TABLE t (a int)", "ALTER TABLE t ADD CHECK (a > 0) NOT VALID")

    assert contract.field("a").exclusive_minimum is None


def test_comments_are_descriptions(drafted: Drafted) -> None:
    said = 'it\'s "quoted": yes\n# no remark, 日本'
    quoted = said.replace("'", "''")
    contract = drafted(
        "CREATE TABLE t (a int)", f"COMMENT ON TABLE t IS '{quoted}'", f"COMMENT ON COLUMN t.a IS '{quoted}'"
    )

    assert (contract.description, contract.field("a").description) == (said, said)


def test_a_table_of_another_schema_is_named_with_it(drafted: Drafted) -> None:
    contract = drafted("CREATE SCHEMA sales", "CREATE TABLE sales.t (a int)", table="sales.t")

    assert (contract.dataset, contract.table) == ("t", "sales.t")


def test_a_dataset_may_have_another_name_than_its_table(drafted: Drafted) -> None:
    contract = drafted("CREATE TABLE t (a int)", dataset="orders")

    assert (contract.dataset, contract.table) == ("orders", "t")


def test_a_view_is_a_table_without_keys(drafted: Drafted) -> None:
    contract = drafted("CREATE TABLE u (a int PRIMARY KEY)", "CREATE VIEW t AS SELECT a FROM u")

    assert contract.fields == (Field(name="a", type=Integer(32)),)


def test_a_dropped_column_is_gone(drafted: Drafted) -> None:
    contract = drafted("CREATE TABLE t (a int, b int, c int UNIQUE)", "ALTER TABLE t DROP COLUMN a")

    assert [(field.name, field.unique) for field in contract.fields] == [("b", False), ("c", True)]


def test_the_window_column_brings_the_partitions_of_an_export(drafted: Drafted) -> None:
    contract = drafted("CREATE TABLE t (a int, at timestamptz NOT NULL)", window="at")

    assert contract.window_column == "at"
    assert contract.partition_columns == ("year", "month", "day")
    assert [field.name for field in contract.source_fields] == ["a", "at"]


def test_a_column_that_could_be_the_windows_is_named(draft: Draft) -> None:
    assert "--window at" in draft("CREATE TABLE t (day date, at timestamptz NOT NULL)")


@pytest.mark.parametrize("window", ["day", "a", "nope"])
def test_a_window_column_that_may_be_null_or_is_no_time_is_refused(draft: Draft, window: str) -> None:
    with pytest.raises(InputError, match=f"'{window}' does not say of every row .* there is at"):
        draft("CREATE TABLE t (a int NOT NULL, day date, at timestamptz NOT NULL)", window=window)


def test_a_column_like_a_partition_is_refused(draft: Draft) -> None:
    with pytest.raises(InputError, match="the table has a column year"):
        draft("CREATE TABLE t (at date NOT NULL, year int)", window="at")


def test_a_missing_table_is_refused_with_those_that_there_are(draft: Draft) -> None:
    with pytest.raises(NotFound, match=r"no table 'nope' in schema 's': there is orders; write schema\.table"):
        draft("CREATE SCHEMA s", "CREATE TABLE s.orders (a int)", table="s.nope")


def test_a_table_without_columns_is_refused(draft: Draft) -> None:
    with pytest.raises(InputError, match=r"public\.t has no columns"):
        draft("CREATE TABLE t ()")


def test_what_no_contract_can_say_is_refused(draft: Draft) -> None:
    with pytest.raises(ContractError, match="case"):
        draft('CREATE TABLE t (a int, "A" int)')


@pytest.mark.parametrize("name", datasets())
def test_the_table_that_a_contract_makes_gives_its_fields_back(drafted: Drafted, name: str) -> None:
    contract = of_source(datasets()[name])
    made = ddl(contract, "postgres", foreign_keys=False).split(";\n")
    found = drafted(*filter(None, made), table=name)

    kept = ("name", "type", "description", "required", "key_position", "pattern", "allowed", "min_length", "max_length")
    for field in contract.fields:
        # A JSON object is more than a type of PostgreSQL says, and so is an item without nulls.
        names = [one for one in kept if one != "type" or not isinstance(field.type, Json | Array)]
        again = found.field(field.name)
        assert [getattr(again, one) for one in names] == [getattr(field, one) for one in names]
        if isinstance(field.type, Integer | Decimal):
            assert (again.minimum, again.maximum) == (field.minimum, field.maximum)
