"""The clauses of SELECT, most of them by the example table of their page."""

from tests.e2e.athena.conformance.statement import fails, table, value

_PAGE = "trino sql/select.md"
_WEIGHED = {"origin_state": "varchar", "origin_zip": "integer", "destination_state": "varchar", "_col3": "bigint"}

STATEMENTS = (
    table("SELECT 1, 'a'", {"_col0": "integer", "_col1": "varchar"}, [("1", "a")], f"{_PAGE}: anonymous columns"),
    table(
        "SELECT 1 + 1, x FROM (VALUES 5) AS t(x)",
        {"_col0": "integer", "x": "integer"},
        [("2", "5")],
        f"{_PAGE}: by position",
    ),
    table(
        "VALUES (1, 'a'), (2, 'b')",
        {"_col0": "integer", "_col1": "varchar"},
        [("1", "a"), ("2", "b")],
        "trino sql/values.md: an inline table",
        may_refuse=True,
    ),
    table(
        "SELECT T.X AS y FROM (VALUES 1) AS t(x)",
        {"y": "integer"},
        [("1",)],
        "trino language/reserved.md: names ignore case",
        may_refuse=True,
    ),
    table(
        "SELECT DISTINCT x FROM (VALUES 1, 1, 2) AS t(x)", {"x": "integer"}, [("1",), ("2",)], f"{_PAGE}: unique rows"
    ),
    table(
        "SELECT (CAST(ROW(1, true) AS ROW(field1 bigint, field2 boolean))).* AS (alias1, alias2)",
        {"alias1": "bigint", "alias2": "boolean"},
        [("1", "true")],
        f"{_PAGE}: an example",
        may_refuse=True,
    ),
    table(
        "WITH x AS (SELECT a, max(b) AS b FROM (VALUES (1, 2), (1, 3)) AS t(a, b) GROUP BY a) SELECT a, b FROM x",
        {"a": "integer", "b": "integer"},
        [("1", "3")],
        f"{_PAGE}: WITH defines named relations",
    ),
    table(
        "WITH x AS (SELECT 1 AS a), y AS (SELECT a AS b FROM x), z AS (SELECT b AS c FROM y) SELECT c FROM z",
        {"c": "integer"},
        [("1",)],
        f"{_PAGE}: the relations can chain",
    ),
    value(
        "* FROM (WITH t AS (SELECT 1) SELECT * FROM t)", "integer", "1", f"{_PAGE}: in a nested query", may_refuse=True
    ),
    table(
        "WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 4) SELECT sum(n) AS s FROM t",
        {"s": "bigint"},
        [("10",)],
        f"{_PAGE}: the final result value 10",
        may_refuse=True,
    ),
    table(
        "SELECT count(*), origin_state FROM shipping GROUP BY 2",
        {"_col0": "bigint", "origin_state": "varchar"},
        [("4", "California"), ("1", "New Jersey"), ("1", "New York")],
        f"{_PAGE}: by ordinal position",
    ),
    table(
        "SELECT count(*) FROM shipping GROUP BY origin_state",
        {"_col0": "bigint"},
        [("4",), ("1",), ("1",)],
        f"{_PAGE}: columns not appearing in the output",
    ),
    table(
        "SELECT origin_state, origin_zip, destination_state, sum(package_weight) FROM shipping "
        "GROUP BY GROUPING SETS ((origin_state), (origin_state, origin_zip), (destination_state))",
        _WEIGHED,
        [
            ("New Jersey", None, None, "225"),
            ("California", None, None, "1397"),
            ("New York", None, None, "3"),
            ("California", "90210", None, "1337"),
            ("California", "94131", None, "60"),
            ("New Jersey", "7081", None, "225"),
            ("New York", "10002", None, "3"),
            (None, None, "Colorado", "5"),
            (None, None, "New Jersey", "58"),
            (None, None, "Connecticut", "1562"),
        ],
        f"{_PAGE}: the example of GROUPING SETS",
    ),
    table(
        "SELECT origin_state, destination_state, sum(package_weight) FROM shipping "
        "GROUP BY CUBE (origin_state, destination_state)",
        {"origin_state": "varchar", "destination_state": "varchar", "_col2": "bigint"},
        [
            ("California", "New Jersey", "55"),
            ("California", "Colorado", "5"),
            ("New York", "New Jersey", "3"),
            ("New Jersey", "Connecticut", "225"),
            ("California", "Connecticut", "1337"),
            ("California", None, "1397"),
            ("New York", None, "3"),
            ("New Jersey", None, "225"),
            (None, "New Jersey", "58"),
            (None, "Connecticut", "1562"),
            (None, "Colorado", "5"),
            (None, None, "1625"),
        ],
        f"{_PAGE}: the example of CUBE",
    ),
    table(
        "SELECT origin_state, origin_zip, sum(package_weight) FROM shipping GROUP BY ROLLUP (origin_state, origin_zip)",
        {"origin_state": "varchar", "origin_zip": "integer", "_col2": "bigint"},
        [
            ("California", "94131", "60"),
            ("California", "90210", "1337"),
            ("New Jersey", "7081", "225"),
            ("New York", "10002", "3"),
            ("California", None, "1397"),
            ("New York", None, "3"),
            ("New Jersey", None, "225"),
            (None, None, "1625"),
        ],
        f"{_PAGE}: the example of ROLLUP",
    ),
    table(
        "SELECT origin_state, origin_zip, destination_state, "
        "grouping(origin_state, origin_zip, destination_state) AS g "
        "FROM shipping WHERE origin_state = 'New York' "
        "GROUP BY GROUPING SETS ((origin_state), (origin_state, origin_zip), (destination_state))",
        {"origin_state": "varchar", "origin_zip": "integer", "destination_state": "varchar", "g": "bigint"},
        [("New York", None, None, "3"), ("New York", "10002", None, "1"), (None, None, "New Jersey", "6")],
        f"{_PAGE}: a bit is 0 if the column is included",
        may_refuse=True,
    ),
    table(
        "SELECT origin_state, sum(package_weight) AS w FROM shipping GROUP BY origin_state "
        "HAVING sum(package_weight) > 100",
        {"origin_state": "varchar", "w": "bigint"},
        [("California", "1397"), ("New Jersey", "225")],
        f"{_PAGE}: HAVING",
    ),
    table("SELECT 13 UNION SELECT * FROM (VALUES 42, 13)", {"_col0": "integer"}, [("13",), ("42",)], f"{_PAGE}: UNION"),
    table(
        "SELECT 13 UNION ALL SELECT * FROM (VALUES 42, 13)",
        {"_col0": "integer"},
        [("13",), ("42",), ("13",)],
        f"{_PAGE}: UNION ALL",
    ),
    table("SELECT * FROM (VALUES 13, 42) INTERSECT SELECT 13", {"_col0": "integer"}, [("13",)], f"{_PAGE}: INTERSECT"),
    table("SELECT * FROM (VALUES 13, 42) EXCEPT SELECT 13", {"_col0": "integer"}, [("42",)], f"{_PAGE}: EXCEPT"),
    table(
        "SELECT x FROM (VALUES 1, 2) AS a(x) UNION SELECT x FROM (VALUES 3, 4) AS b(x) INTERSECT SELECT 3",
        {"x": "integer"},
        [("1",), ("2",), ("3",)],
        f"{_PAGE}: INTERSECT binds more tightly",
    ),
    table(
        "SELECT 1 AS x UNION ALL SELECT 2.5",
        {"x": "decimal"},
        [("1.0",), ("2.5",)],
        "trino functions/array.md: a common type",
    ),
    table(
        "SELECT NULL AS x UNION ALL SELECT NULL UNION SELECT NULL",
        {"x": "unknown"},
        [(None,)],
        f"{_PAGE}: unique rows",
        may_refuse=True,
    ),
    table(
        "SELECT x FROM (VALUES 2, NULL, 1) AS t(x) ORDER BY x",
        {"x": "integer"},
        [("1",), ("2",), (None,)],
        f"{_PAGE}: NULLS LAST",
        ordered=True,
    ),
    table(
        "SELECT x FROM (VALUES 2, NULL, 1) AS t(x) ORDER BY x DESC",
        {"x": "integer"},
        [("2",), ("1",), (None,)],
        f"{_PAGE}: NULLS LAST, regardless of the ordering direction",
        ordered=True,
    ),
    table(
        "SELECT x FROM (VALUES 2, NULL, 1) AS t(x) ORDER BY x NULLS FIRST",
        {"x": "integer"},
        [(None,), ("1",), ("2",)],
        f"{_PAGE}: NULLS FIRST",
        ordered=True,
    ),
    table(
        "SELECT x FROM (VALUES nan(), 1e0, infinity()) AS t(x) ORDER BY x",
        {"x": "double"},
        [("1.0",), ("Infinity",), ("NaN",)],
        "trino DoubleType.COMPARISON_UNORDERED_LAST: NaN comes last",
        ordered=True,
    ),
    table(
        "SELECT x FROM (VALUES 'b', 'B', 'a') AS t(x) ORDER BY 1",
        {"x": "varchar"},
        [("B",), ("a",), ("b",)],
        "trino VarcharType: compared by their bytes",
        ordered=True,
    ),
    table(
        "SELECT * FROM (VALUES 5, 2, 4, 1, 3) AS t(x) ORDER BY x OFFSET 2 LIMIT 2",
        {"x": "integer"},
        [("3",), ("4",)],
        f"{_PAGE}: after the OFFSET",
        ordered=True,
    ),
    table(
        "SELECT * FROM (VALUES 5, 2) AS t(x) ORDER BY x LIMIT ALL",
        {"x": "integer"},
        [("2",), ("5",)],
        f"{_PAGE}: the same as omitting",
        ordered=True,
        may_refuse=True,
    ),
    table(
        "SELECT x FROM (VALUES 2, 1) AS t(x) ORDER BY x FETCH FIRST ROW ONLY",
        {"x": "integer"},
        [("1",)],
        f"{_PAGE}: it defaults to 1",
        may_refuse=True,
    ),
    table(
        "SELECT x FROM (VALUES 1, 1, 2) AS t(x) ORDER BY x FETCH FIRST ROW WITH TIES",
        {"x": "integer"},
        [("1",), ("1",)],
        f"{_PAGE}: the same peer group",
        may_refuse=True,
    ),
    fails("SELECT no_such_column FROM shipping", "COLUMN_NOT_FOUND", "trino COLUMN_NOT_FOUND: cannot be resolved"),
    fails("SELECT * FROM no_such_table", "TABLE_NOT_FOUND", "trino TABLE_NOT_FOUND: does not exist"),
    fails(
        "SELECT * FROM no_such_database.shipping",
        "SCHEMA_NOT_FOUND|TABLE_NOT_FOUND",
        "trino SCHEMA_NOT_FOUND: does not exist",
    ),
    fails("SELEC 1", "mismatched input|SYNTAX_ERROR", "athena error messages: mismatched input 'SELEC'"),
    fails("SELECT 1 FROM", "mismatched input|SYNTAX_ERROR", "athena error messages: mismatched input '<EOF>'"),
    fails("SELECT 1 UNION SELECT 'a'", "TYPE_MISMATCH", f"{_PAGE}: columns of one type"),
    fails("SELECT 1 UNION SELECT 1, 2", "TYPE_MISMATCH", f"{_PAGE}: as many columns"),
    fails(
        "SELECT x FROM (VALUES 1) AS t(x) WHERE count(*) > 0",
        "EXPRESSION_NOT_SCALAR|SYNTAX_ERROR",
        f"{_PAGE}: WHERE comes before aggregates",
    ),
    fails(
        "SELECT 1 AS a GROUP BY 2",
        "INVALID_COLUMN_REFERENCE",
        f"{_PAGE}: an ordinal of an output column",
        may_refuse=True,
    ),
)
