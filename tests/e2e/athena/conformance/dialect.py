"""What other dialects take and Athena does not: a statement that only works here would fail once deployed."""

from tests.e2e.athena.conformance.statement import Statement, fails

_SELECT = "trino sql/select.md"
_SYNTAX = "mismatched input|SYNTAX_ERROR|NOT_SUPPORTED"
_UNKNOWN = "COLUMN_NOT_FOUND"


def _not_there(sql: str, cite: str) -> Statement:
    return fails(sql, f"{_SYNTAX}|FUNCTION_NOT_FOUND|TYPE_MISMATCH|COLUMN_NOT_FOUND", cite)


STATEMENTS = (
    fails("SELECT x + 1 AS y FROM (VALUES 1) AS t(x) GROUP BY y", _UNKNOWN, f"{_SELECT}: grouped by input columns"),
    fails("SELECT x AS y FROM (VALUES 1) AS t(x) WHERE y = 1", _UNKNOWN, f"{_SELECT}: WHERE comes before SELECT"),
    fails("SELECT sum(x) AS s FROM (VALUES 1) AS t(x) HAVING s > 0", _UNKNOWN, f"{_SELECT}: HAVING names no alias"),
    fails("SELECT 1 AS a, a + 1 AS b", _UNKNOWN, f"{_SELECT}: expressions of input columns"),
    fails(
        "SELECT DISTINCT x FROM (VALUES (1, 2)) AS t(x, y) ORDER BY y",
        "EXPRESSION_NOT_IN_DISTINCT",
        f"{_SELECT}: ORDER BY is evaluated after DISTINCT",
    ),
    fails("SELECT sum(count(*)) FROM (VALUES 1) AS t(x)", "NESTED_AGGREGATION", "trino NESTED_AGGREGATION: its name"),
    fails("SELECT row_number() FROM (VALUES 1) AS t(x)", "MISSING_OVER", "trino functions/window.md: requires OVER"),
    fails("SELECT x FROM (VALUES 1) AS t(x) ORDER BY 2", "INVALID_COLUMN_REFERENCE", f"{_SELECT}: an output column"),
    fails("SELECT TIMESTAMP '2020-13-01 00:00:00'", "INVALID_LITERAL|INVALID_CAST", "trino language/types.md: a date"),
    fails("SELECT 99999999999999999999", "Invalid numeric literal", "trino language/types.md: BIGINT has 64 bits"),
    _not_there("SELECT x FROM (VALUES 1) AS t(x) QUALIFY row_number() OVER () = 1", f"{_SELECT}: no QUALIFY"),
    _not_there("SELECT '1'::integer", "trino functions/conversion.md: a cast is CAST"),
    _not_there("SELECT 'A' ILIKE 'a'", "trino functions/comparison.md: LIKE alone"),
    _not_there("SELECT 1 == 1", "trino functions/comparison.md: the operators"),
    _not_there("SELECT 5 // 2", "trino functions/math.md: the operators"),
    _not_there("SELECT 2 ** 3", "trino functions/math.md: the operators"),
    _not_there("SELECT 2 ^ 3", "trino functions/math.md: the operators"),
    _not_there("SELECT 5 & 3", "trino functions/bitwise.md: functions, not operators"),
    _not_there("SELECT 1 << 2", "trino functions/bitwise.md: functions, not operators"),
    _not_there("SELECT 'abc' ~ 'b'", "trino functions/regexp.md: functions, not operators"),
    _not_there("SELECT 'abc' SIMILAR TO 'b'", "trino functions/regexp.md: functions, not operators"),
    _not_there("SELECT 'abc' GLOB 'a*'", "trino functions/comparison.md: LIKE alone"),
    _not_there("SELECT [1, 2]", "trino functions/array.md: the constructor is ARRAY"),
    _not_there("SELECT {'a': 1}", "trino language/types.md: the constructor is ROW"),
    _not_there("SELECT MAP {'a': 1}", "trino functions/map.md: the constructor is MAP()"),
    _not_there("SELECT ARRAY[1, 2, 3][1:2]", "trino functions/array.md: slice is a function"),
    _not_there("SELECT E'a\\n'", "trino language/types.md: text literals"),
    _not_there("SELECT $$a$$", "trino language/types.md: text literals"),
    _not_there("SELECT `x` FROM (VALUES 1) AS t(x)", "athena ug/reserved-words.html: double quotes in SELECT"),
    _not_there("SELECT INTERVAL 1 DAY", "trino functions/datetime.md: an interval's value is in quotes"),
    _not_there("SELECT * FROM (VALUES 1) AS a(x) NATURAL JOIN (VALUES 1) AS b(x)", f"{_SELECT}: ON or USING"),
    _not_there("SELECT * FROM (VALUES 1) AS a(x) SEMI JOIN (VALUES 1) AS b(x) USING (x)", f"{_SELECT}: join_type"),
    _not_there("SELECT * FROM (VALUES 1) AS a(x) ASOF JOIN (VALUES 1) AS b(x) USING (x)", f"{_SELECT}: join_type"),
    _not_there("SELECT * FROM (VALUES 1) AS a(x) POSITIONAL JOIN (VALUES 1) AS b(x)", f"{_SELECT}: join_type"),
    _not_there("SELECT x FROM (VALUES 1) AS t(x) GROUP BY ALL", f"{_SELECT}: ALL needs grouping elements"),
    _not_there("SELECT x FROM (VALUES 1) AS t(x) ORDER BY ALL", f"{_SELECT}: ORDER BY takes expressions"),
    _not_there("SELECT x FROM (VALUES 1) AS t(x) LIMIT 50%", f"{_SELECT}: LIMIT takes a count"),
    _not_there("SELECT x FROM (VALUES 1) AS t(x) USING SAMPLE 1", f"{_SELECT}: TABLESAMPLE"),
    _not_there("SELECT DISTINCT ON (x) x FROM (VALUES 1) AS t(x)", f"{_SELECT}: ALL or DISTINCT"),
    _not_there("SELECT TOP 1 x FROM (VALUES 1) AS t(x)", f"{_SELECT}: LIMIT"),
    _not_there("SELECT x FROM (VALUES 1) AS t(x) UNION BY NAME SELECT 1 AS x", f"{_SELECT}: UNION"),
    _not_there("SELECT list_aggregate(ARRAY[1], 'sum')", "trino functions/list.md: the functions"),
    _not_there("SELECT strftime(DATE '2020-01-01', '%Y')", "trino functions/list.md: the functions"),
    _not_there("SELECT ifnull(NULL, 1)", "trino functions/list.md: the functions"),
    _not_there("SELECT string_agg('a', ',')", "trino functions/list.md: the functions"),
    _not_there("SELECT median(1)", "trino functions/list.md: the functions"),
    _not_there("SELECT left('abc', 1)", "trino functions/list.md: the functions"),
    _not_there("SELECT array_length(ARRAY[1])", "trino functions/list.md: the functions"),
    _not_there("SELECT datediff('day', DATE '2020-01-01', DATE '2020-01-02')", "trino functions/list.md: date_diff"),
    _not_there("SELECT CAST(1 AS hugeint)", "trino language/types.md: the types"),
    _not_there("SELECT CAST(1 AS uinteger)", "trino language/types.md: the types"),
    _not_there("SELECT CAST('a' AS blob)", "trino language/types.md: the types"),
    _not_there("SELECT rowid FROM shipping", "trino sql/select.md: the columns of a table"),
    _not_there("SELECT #1 FROM shipping", "trino sql/select.md: columns have names"),
    _not_there("SELECT * LIKE 'o%' FROM shipping", "trino sql/select.md: the select expressions"),
)
