"""The statements of random contracts, run by PostgreSQL and read back from its catalog."""

import re
from dataclasses import dataclass
from typing import Any

import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.contracts.ddl import ddl
from etl.contracts.model import Contract, Field, Layout
from etl.contracts.types import (
    Array,
    Boolean,
    Date,
    Decimal,
    Float,
    Integer,
    Json,
    Number,
    Struct,
    Text,
    Timestamp,
    Type,
    Uuid,
)
from tests.unit.contracts.ddl.orders import ORDERS

_NUMERIC = re.compile(r"numeric\((\d+),(\d+)\)")
_WIDTH = re.compile(r"char_length\(.*\) <= (\d+)", re.DOTALL)
_KIND = re.compile(r"jsonb_typeof\(.*\) = '(\w+)'", re.DOTALL)
# "Table 8.1. Data Types" of PostgreSQL's documentation, by the names that format_type() gives.
_TYPES: dict[str, Type] = {
    "text": Text(),
    "uuid": Uuid(),
    "jsonb": Json(),
    "boolean": Boolean(),
    "smallint": Integer(16),
    "integer": Integer(32),
    "bigint": Integer(64),
    "numeric": Number(),
    "real": Float(32),
    "double precision": Float(64),
    "date": Date(),
    "timestamp with time zone": Timestamp(),
    "timestamp without time zone": Timestamp(zoned=False),
}


@dataclass(frozen=True)
class Column:
    """What a contract says of a field, as far as a table of PostgreSQL can say it."""

    name: str
    type: Type
    required: bool
    description: str | None


def read_back(connection: psycopg.Connection[Any], table: str) -> list[Column]:
    """Return the columns of a table from the catalog."""
    rows = connection.execute(
        """
        SELECT attname, format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum),
               ARRAY(SELECT pg_get_constraintdef(oid) FROM pg_constraint
                     WHERE conrelid = attrelid AND contype = 'c' AND conkey = ARRAY[attnum])
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relname = %s AND attnum > 0 ORDER BY attnum
        """,
        [table],
    ).fetchall()
    return [Column(name, _type(spelled, checks), required, said) for name, spelled, required, said, checks in rows]


def _type(spelled: str, checks: list[str]) -> Type:
    if spelled.endswith("[]"):
        required = any("array_position" in check for check in checks)
        return Array(Field(name="element", type=_type(spelled.removesuffix("[]"), []), required=required))
    if found := _NUMERIC.fullmatch(spelled):
        return Decimal(int(found[1]), int(found[2]))
    widths = [int(width) for check in checks for width in _WIDTH.findall(check)]
    if spelled == "text" and widths:
        return Text(widths[0])
    kinds = {kind for check in checks for kind in _KIND.findall(check)}
    if kinds == {"array"}:
        return Array(Field(name="element", type=Json()))
    return Json(only_objects=True) if kinds == {"object"} else _TYPES[spelled]


def kept(type_: Type) -> Type:
    """Return what is left of a type in PostgreSQL: documents know neither their fields nor their items."""
    match type_:
        case Struct():
            return Json(only_objects=True)
        case Array(item) if isinstance(item.type, Array | Struct | Json):
            return Array(Field(name="element", type=Json()))
    return type_


_names = (
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=15)
    | st.sampled_from(["order", 'a"b', "a.b", "a b", "%s", "{x}", "user", "ü" * 31])
).filter(lambda name: name not in {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
_texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | st.just('it\'s \\ "so" %s; --')
_decimals = st.integers(1, 38).flatmap(lambda digits: st.builds(Decimal, st.just(digits), st.integers(0, digits)))
_plain: st.SearchStrategy[Type] = st.one_of(
    st.sampled_from([Text(), Uuid(), Boolean(), Number(), Date()]),
    st.builds(Integer, st.sampled_from([16, 32, 64])),
    st.builds(Float, st.sampled_from([32, 64])),
    st.builds(Timestamp, st.booleans()),
    _decimals,
)


def _nested(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
    fields = st.builds(Field, name=_names, type=inner, required=st.booleans())
    items = st.builds(Field, name=st.just("element"), type=inner, required=st.booleans())
    return st.builds(Array, items) | st.builds(Struct, st.lists(fields, min_size=1, max_size=3).map(tuple))


_documents: st.SearchStrategy[Type] = st.builds(Json, st.booleans())
_widths: st.SearchStrategy[Type] = st.builds(Text, st.integers(0, 10_000))
types = st.recursive(_plain | _documents, _nested, max_leaves=4) | _widths


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """Draw contracts with every type, names in any script, and comments of any characters."""
    names = draw(st.lists(_names, min_size=1, max_size=6, unique_by=str.lower))
    fields = [
        Field(name=name, type=draw(types), required=draw(st.booleans()), description=draw(_texts)) for name in names
    ]
    return Contract(
        id="a-contract", version="1.0.0", dataset="events", table=draw(_names), fields=tuple(fields), description=""
    )


@given(contracts())
@settings(max_examples=150)
def test_the_catalog_has_the_types_of_the_contract(postgres: str, contract: Contract) -> None:
    with psycopg.connect(postgres) as connection:
        connection.execute(ddl(contract, "postgres"))
        found = read_back(connection, contract.table)
        connection.rollback()

    assert found == [
        Column(field.name, kept(field.type), field.required, field.description or None) for field in contract.fields
    ]


def _made(connection: psycopg.Connection[Any]) -> None:
    connection.execute("CREATE SCHEMA shop")
    connection.execute("CREATE TABLE shop.customers (id integer PRIMARY KEY)")
    connection.execute(ddl(ORDERS, "postgres", schema="shop"))


def test_the_whole_contract_comes_back(connection: psycopg.Connection[Any]) -> None:
    _made(connection)

    assert read_back(connection, "order") == [
        Column(
            field.name,
            kept(field.type),
            field.required or field.key_position is not None,
            field.description or field.business_name or None,
        )
        for field in ORDERS.fields
    ]


def test_keys_are_in_the_catalog(connection: psycopg.Connection[Any]) -> None:
    _made(connection)

    keys = connection.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'shop.order'::regclass AND contype IN ('p', 'u', 'f')"
    )
    assert {key for (key,) in keys} == {
        "PRIMARY KEY (order_id, line)",
        "UNIQUE (sequence)",
        "UNIQUE (customer, ordered_at)",
        "FOREIGN KEY (customer) REFERENCES shop.customers(id)",
    }


def test_indexes_are_in_the_catalog(connection: psycopg.Connection[Any]) -> None:
    _made(connection)

    indexes = connection.execute(
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'shop' AND indexname LIKE '%\\_idx'"
    )
    assert {definition for (definition,) in indexes} == {
        'CREATE INDEX order_ordered_at_idx ON shop."order" USING btree (ordered_at)',
        'CREATE INDEX order_customer_due_idx ON shop."order" USING btree (customer, due)',
    }


def test_the_table_has_the_comment_of_the_contract(connection: psycopg.Connection[Any]) -> None:
    _made(connection)

    row = connection.execute("SELECT obj_description('shop.order'::regclass)").fetchone()
    assert row == ("Lines of orders, as the shop's system keeps them",)


def test_long_names_of_indexes_and_constraints_stay_apart(connection: psycopg.Connection[Any]) -> None:
    long = "a" * 62
    contract = Contract(
        id="a-contract",
        version="1.0.0",
        dataset="events",
        fields=tuple(Field(name=f"{long}{end}", type=Text(3)) for end in "xy"),
        layout=Layout(indexes=((f"{long}x",), (f"{long}y",))),
    )

    connection.execute(ddl(contract, "postgres"))

    row = connection.execute("SELECT count(*) FROM pg_indexes WHERE tablename = 'events'").fetchone()
    assert row == (2,)


def test_a_table_that_is_there_may_stand(connection: psycopg.Connection[Any]) -> None:
    _made(connection)

    connection.execute(ddl(ORDERS, "postgres", schema="shop", if_not_exists=True))


def test_tables_that_refer_to_each_other_can_be_made_without_foreign_keys(connection: psycopg.Connection[Any]) -> None:
    connection.execute(ddl(ORDERS, "postgres", foreign_keys=False))

    row = connection.execute("SELECT count(*) FROM pg_constraint WHERE contype = 'f'").fetchone()
    assert row == (0,)
