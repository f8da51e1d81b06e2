"""Statements on the catalog are read by their forms: nothing of them is overlooked."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.contracts import read_contract
from etl.contracts.ddl import ddl
from localcloud.athena.errors import AthenaError
from localcloud.athena.grammar import form, uncommented
from localcloud.athena.statements import read

_ORDERS = Path(__file__).parents[4] / "benchmarks" / "contracts" / "orders.yaml"
CREATE = form("CREATE TABLE [IF NOT EXISTS] <table> <columns> [COMMENT <comment:text>] [TBLPROPERTIES <properties>]")


def test_the_parts_of_a_statement_are_found_by_their_names() -> None:
    given = CREATE.read("CREATE TABLE db.t (a int) COMMENT 'what' TBLPROPERTIES ('k' = 'v', 'n' = '1')")

    assert given == {
        "if_not_exists": False,
        "table": ("db", "t"),
        "columns": [{"Name": "a", "Type": "int"}],
        "comment": "what",
        "properties": {"k": "v", "n": "1"},
    }


def test_flags_are_told_and_names_are_in_lower_case() -> None:
    given = CREATE.read('create table IF not EXISTS `Db`."T" (`A` INT)')

    assert given is not None
    assert given["if_not_exists"] is True
    assert given["table"] == ("db", "t")
    assert given["columns"] == [{"Name": "a", "Type": "int"}]


def test_columns_keep_their_nested_types_and_comments() -> None:
    written = "(a struct<x:int,y:array<decimal(5, 2)>>, b map<string,int> COMMENT 'it''s, (this)', c varchar(3))"
    given = CREATE.read(f"CREATE TABLE t {written}")

    assert given is not None
    assert given["columns"] == [
        {"Name": "a", "Type": "struct<x:int,y:array<decimal(5,2)>>"},
        {"Name": "b", "Type": "map<string,int>", "Comment": "it's, (this)"},
        {"Name": "c", "Type": "varchar(3)"},
    ]


@pytest.mark.parametrize("column", ["a int NOT NULL", "a int DEFAULT 1", "a uniontype<int>", "PRIMARY KEY (a)", "a"])
def test_what_a_column_has_besides_name_type_and_comment_is_refused(column: str) -> None:
    with pytest.raises(AthenaError, match="NOT_SUPPORTED"):
        CREATE.read(f"CREATE TABLE t ({column})")


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (a int) CLUSTERED BY (a) INTO 4 BUCKETS",
        "CREATE TABLE t (a int) TBLPROPERTIES ('k')",
        "CREATE TABLE t (a int); DROP TABLE t",
        "CREATE TABLE t (a int) COMMENT what",
        "CREATE TABLE a.b.c.d (a int)",
        "CREATE TABLEt (a int)",
    ],
)
def test_a_statement_of_another_form_is_not_taken_for_this_one(sql: str) -> None:
    assert CREATE.read(sql) is None


def test_comments_stand_anywhere() -> None:
    sql = "CREATE /* a */ TABLE -- b\n t (a int, -- it's c\n b int) /* 'd' */ COMMENT '-- kept /* too */'"

    assert CREATE.read(uncommented(sql)) == CREATE.read("CREATE TABLE t (a int, b int) COMMENT '-- kept /* too */'")


def test_a_query_keeps_its_comments_and_its_own_quotes() -> None:
    query = "SELECT '\\' AS a, -- it's\n '--' AS b /* , c */"
    formed = read(f"INSERT /* into */ INTO t {query}")

    assert formed is not None
    assert formed[2] == {"table": (None, "t"), "chosen": None, "query": query}


def test_lines_of_dashes_take_no_longer_than_other_comments() -> None:
    dashes = f"{'-' * 400}\n{'-- ' * 400}\n"

    assert CREATE.read(f"CREATE {dashes} TABLE t {dashes} (a int) {dashes} OTHERWISE") is None
    assert CREATE.read(f"CREATE {dashes} TABLE t {dashes} (a int) {dashes}") is not None


@pytest.mark.parametrize("engine", ["athena", "iceberg"])
def test_the_ddl_of_a_contract_has_a_form_that_is_answered(engine: str) -> None:
    contract = read_contract(_ORDERS)
    script = ddl(contract, engine, schema="lake", location="s3://bucket/orders/", if_not_exists=True)
    formed = read(script.removesuffix(";\n"))

    assert formed is not None
    name, _, given = formed
    assert name == "DDL CREATE_TABLE"
    assert given["table"] == ("lake", "orders")
    assert given["if_not_exists"] is True
    assert [column["Name"] for column in given["columns"]] == [field.name for field in contract.fields]


@given(st.text())
def test_any_text_in_quotes_is_read_as_it_was_meant(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    given = CREATE.read(f"CREATE TABLE t (a int) TBLPROPERTIES ('{quoted}' = '{quoted}')")

    assert given is not None
    assert given["properties"] == {text: text}
