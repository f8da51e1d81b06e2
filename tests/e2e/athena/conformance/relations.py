"""Joins, subqueries and UNNEST."""

# ruff: noqa: S608 -- the statements are what is tested

from tests.e2e.athena.conformance.statement import fails, table

_PAGE = "trino sql/select.md"
_PAIR = "(VALUES 1, 2, NULL) AS a(x)"
_OTHER = "(VALUES 2, 3, NULL) AS b(y)"
_BOTH = {"x": "integer", "y": "integer"}

STATEMENTS = (
    table(f"SELECT x, y FROM {_PAIR} JOIN {_OTHER} ON x = y", _BOTH, [("2", "2")], f"{_PAGE}: a null matches nothing"),
    table(
        f"SELECT x, y FROM {_PAIR} LEFT JOIN {_OTHER} ON x = y",
        _BOTH,
        [("1", None), ("2", "2"), (None, None)],
        f"{_PAGE}: LEFT",
    ),
    table(
        f"SELECT x, y FROM {_PAIR} RIGHT JOIN {_OTHER} ON x = y",
        _BOTH,
        [(None, "3"), ("2", "2"), (None, None)],
        f"{_PAGE}: RIGHT",
    ),
    table(
        f"SELECT x, y FROM {_PAIR} FULL JOIN {_OTHER} ON x = y",
        _BOTH,
        [("1", None), ("2", "2"), (None, None), (None, "3"), (None, None)],
        f"{_PAGE}: FULL",
    ),
    table(
        "SELECT count(*) AS n FROM (VALUES 1, 2) AS a(x), (VALUES 1, 2, 3) AS b(y)",
        {"n": "bigint"},
        [("6",)],
        f"{_PAGE}: the Cartesian product",
    ),
    table(
        "SELECT x, p, q FROM (VALUES (1, 'a')) AS a(x, p) JOIN (VALUES (1, 'b')) AS b(x, q) USING (x)",
        {"x": "integer", "p": "varchar", "q": "varchar"},
        [("1", "a", "b")],
        f"{_PAGE}: USING",
    ),
    table(
        "SELECT name, y FROM (VALUES 'KENYA') AS nation(name) CROSS JOIN LATERAL (SELECT name || ' :-' AS x) "
        "CROSS JOIN LATERAL (SELECT x || ')' AS y)",
        {"name": "varchar", "y": "varchar"},
        [("KENYA", "KENYA :-)")],
        f"{_PAGE}: LATERAL",
        may_refuse=True,
    ),
    table(
        "SELECT x FROM (VALUES 1, 2) AS a(x) WHERE EXISTS (SELECT * FROM (VALUES 2) AS b(y) WHERE y = x)",
        {"x": "integer"},
        [("2",)],
        f"{_PAGE}: EXISTS",
    ),
    table(
        "SELECT x FROM (VALUES 1, 2) AS a(x) WHERE x IN (SELECT y FROM (VALUES 2, NULL) AS b(y))",
        {"x": "integer"},
        [("2",)],
        f"{_PAGE}: IN",
    ),
    table(
        "SELECT x FROM (VALUES 1, 2) AS a(x) WHERE x NOT IN (SELECT y FROM (VALUES 2, NULL) AS b(y))",
        {"x": "integer"},
        [],
        f"{_PAGE}: IN follows the standard rules for nulls",
    ),
    table(
        "SELECT x FROM (VALUES 1, 2) AS a(x) WHERE x = (SELECT max(y) FROM (VALUES 1, 2) AS b(y))",
        {"x": "integer"},
        [("2",)],
        f"{_PAGE}: a scalar subquery",
    ),
    table(
        "SELECT (SELECT x FROM (VALUES 1) AS t(x) WHERE x > 1) AS s",
        {"s": "integer"},
        [(None,)],
        f"{_PAGE}: NULL for no rows",
    ),
    table(
        "SELECT * FROM UNNEST(ARRAY[1,2]) AS t(number)",
        {"number": "integer"},
        [("1",), ("2",)],
        f"{_PAGE}: a single column",
    ),
    table(
        "SELECT * FROM UNNEST(MAP(ARRAY['SQL', 'Java'], ARRAY[1974, 1995])) AS t(language, year)",
        {"language": "varchar", "year": "integer"},
        [("SQL", "1974"), ("Java", "1995")],
        f"{_PAGE}: key and value",
        may_refuse=True,
    ),
    table(
        "SELECT * FROM UNNEST(ARRAY[ROW('Java', 1995), ROW('SQL', 1974)], ARRAY[ROW(false), ROW(true)]) AS t(l, y, d)",
        {"l": "varchar", "y": "integer", "d": "boolean"},
        [("Java", "1995", "false"), ("SQL", "1974", "true")],
        f"{_PAGE}: each field of the ROW is a column",
        may_refuse=True,
    ),
    table(
        "SELECT a, b, rownumber FROM UNNEST(ARRAY[2, 5], ARRAY[7, 8, 9]) WITH ORDINALITY AS t(a, b, rownumber)",
        {"a": "integer", "b": "integer", "rownumber": "bigint"},
        [("2", "7", "1"), ("5", "8", "2"), (None, "9", "3")],
        f"{_PAGE}: WITH ORDINALITY",
        may_refuse=True,
    ),
    table(
        "SELECT * FROM UNNEST(CAST(NULL AS ARRAY(integer))) AS t(number)",
        {"number": "integer"},
        [],
        f"{_PAGE}: zero entries when null",
    ),
    table(
        "SELECT student, score FROM (VALUES ('John', ARRAY[7, 10]), ('Mary', ARRAY[4])) AS tests (student, scores) "
        "CROSS JOIN UNNEST(scores) AS t(score)",
        {"student": "varchar", "score": "integer"},
        [("John", "7"), ("John", "10"), ("Mary", "4")],
        f"{_PAGE}: with a JOIN",
    ),
    table(
        "SELECT n, a FROM (VALUES (ARRAY[2, 5], ARRAY['dog', 'cat', 'bird'])) AS x (numbers, animals) "
        "CROSS JOIN UNNEST(numbers, animals) AS t (n, a)",
        {"n": "integer", "a": "varchar"},
        [("2", "dog"), ("5", "cat"), (None, "bird")],
        f"{_PAGE}: padded with nulls",
        may_refuse=True,
    ),
    table(
        "SELECT runner, checkpoint FROM (VALUES ('Joe', ARRAY[10, 20]), ('Dave', ARRAY[]), ('Levi', NULL)) "
        "AS marathon (runner, checkpoints) LEFT JOIN UNNEST(checkpoints) AS t(checkpoint) ON TRUE",
        {"runner": "varchar", "checkpoint": "integer"},
        [("Joe", "10"), ("Joe", "20"), ("Dave", None), ("Levi", None)],
        f"{_PAGE}: LEFT JOIN avoids losing the row",
        may_refuse=True,
    ),
    table(
        "SELECT id, tag FROM nested CROSS JOIN UNNEST(tags) AS t(tag)",
        {"id": "integer", "tag": "varchar"},
        [("1", "a"), ("1", "b")],
        f"{_PAGE}: columns of the left side",
    ),
    fails(
        "SELECT (SELECT x FROM (VALUES 1, 2) AS t(x))",
        "SUBQUERY_MULTIPLE_ROWS",
        f"{_PAGE}: an error for more than one row",
    ),
    fails(
        "SELECT x FROM (VALUES 1) AS a(x), (VALUES 2) AS b(x)", "AMBIGUOUS_NAME", f"{_PAGE}: Column 'name' is ambiguous"
    ),
)
