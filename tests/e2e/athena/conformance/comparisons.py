"""Comparisons: nulls, NaN, LIKE, and the types that may not meet."""

from tests.e2e.athena.conformance.statement import Statement, fails, table, value

_PAGE = "trino functions/comparison.md"
_COERCION = "trino functions/conversion.md: Trino will not convert between character and numeric types"
_NANS = "trino TestDoubleOperators"


def _boolean(expression: str, text: str | None, cite: str, *, may_refuse: bool = False) -> Statement:
    return value(expression, "boolean", text, cite, may_refuse=may_refuse)


STATEMENTS = (
    _boolean("3 BETWEEN 2 AND 6", "true", f"{_PAGE}: 3 >= 2 AND 3 <= 6"),
    _boolean("3 NOT BETWEEN 2 AND 6", "false", f"{_PAGE}: 3 < 2 OR 3 > 6"),
    _boolean("NULL BETWEEN 2 AND 4", None, f"{_PAGE}: null"),
    _boolean("2 BETWEEN NULL AND 6", None, f"{_PAGE}: null"),
    _boolean("2 BETWEEN 3 AND NULL", "false", f"{_PAGE}: false"),
    _boolean("8 BETWEEN NULL AND 6", "false", f"{_PAGE}: false"),
    _boolean("'Paul' BETWEEN 'John' AND 'Ringo'", "true", f"{_PAGE}: true"),
    _boolean("NULL IS NULL", "true", f"{_PAGE}: true"),
    _boolean("3.0 IS NULL", "false", f"{_PAGE}: false"),
    _boolean("NULL IS DISTINCT FROM NULL", "false", f"{_PAGE}: false"),
    _boolean("1 IS DISTINCT FROM NULL", "true", f"{_PAGE}: the truth table"),
    _boolean("1 = CAST(NULL AS integer)", None, f"{_PAGE}: the truth table"),
    _boolean("1 <> CAST(NULL AS integer)", None, f"{_PAGE}: the truth table"),
    _boolean("1 IN (2, NULL)", None, "trino sql/select.md: IN follows the standard rules for nulls"),
    _boolean("1 NOT IN (2, NULL)", None, "trino sql/select.md: IN follows the standard rules for nulls"),
    _boolean("CAST(NULL AS boolean) AND false", "false", "trino functions/logical.md: NULL AND FALSE is FALSE"),
    _boolean("CAST(NULL AS boolean) OR true", "true", "trino functions/logical.md: NULL OR TRUE is TRUE"),
    _boolean("CAST(NULL AS boolean) AND true", None, "trino functions/logical.md: NULL AND TRUE is NULL"),
    _boolean("NOT CAST(NULL AS boolean)", None, "trino functions/logical.md: NOT NULL is NULL"),
    value("greatest(1, 3, 2)", "integer", "3", f"{_PAGE}: the largest of the values"),
    value("greatest(1, CAST(NULL AS integer))", "integer", None, f"{_PAGE}: null if any argument is null"),
    value("least('b', CAST(NULL AS varchar), 'a')", "varchar", None, f"{_PAGE}: null if any argument is null"),
    _boolean("'hello' = ANY (VALUES 'hello', 'world')", "true", f"{_PAGE}: true", may_refuse=True),
    _boolean("21 < ALL (VALUES 19, 20, 21)", "false", f"{_PAGE}: false", may_refuse=True),
    _boolean("42 >= SOME (SELECT 41 UNION ALL SELECT 42)", "true", f"{_PAGE}: true", may_refuse=True),
    _boolean("'South_America' LIKE 'South\\_America' ESCAPE '\\'", "true", f"{_PAGE}: the escaped underscore matches"),
    _boolean("'SouthXAmerica' LIKE 'South\\_America' ESCAPE '\\'", "false", f"{_PAGE}: an escaped _ is no wildcard"),
    _boolean("'South_America' LIKE 'South\\_America'", "false", f"{_PAGE}: there is no escape without ESCAPE"),
    _boolean("'ABC' LIKE 'abc'", "false", f"{_PAGE}: matching is case sensitive"),
    _boolean("'😀' LIKE '_'", "true", f"{_PAGE}: _ matches any single character"),
    _boolean("'' LIKE '%'", "true", f"{_PAGE}: % matches zero or more characters"),
    table(
        "SELECT * FROM (VALUES 'America', 'Asia', 'Africa', 'Europe') AS t (continent) WHERE continent LIKE 'A__a'",
        {"continent": "varchar"},
        [("Asia",)],
        f"{_PAGE}: two underscores and only Asia",
    ),
    _boolean("nan() = nan()", "false", f"{_NANS}.testEqual: NaN equals nothing"),
    _boolean("nan() <> nan()", "true", f"{_NANS}.testNotEqual: NaN equals nothing"),
    _boolean("37.7E0 < nan()", "false", f"{_NANS}.testLessThan: false"),
    _boolean("nan() > 37.7E0", "false", f"{_NANS}.testGreaterThan: false"),
    _boolean("nan() BETWEEN nan() AND nan()", "false", f"{_NANS}.testBetween: false"),
    _boolean("0E0 = -0E0", "true", f"{_NANS}.testEqual: true"),
    _boolean("1 = 1.0", "true", "trino functions/conversion.md: numeric values are converted"),
    _boolean("1 = 1e0", "true", "trino functions/conversion.md: numeric values are converted"),
    _boolean(
        "DATE '2020-01-02' > TIMESTAMP '2020-01-01 12:00:00'",
        "true",
        "trino TypeCoercion: a date can be a timestamp",
        may_refuse=True,
    ),
    fails("SELECT '1' = 1", "TYPE_MISMATCH", _COERCION),
    fails("SELECT '10' > 9", "TYPE_MISMATCH", _COERCION),
    fails("SELECT 1 IN ('1')", "TYPE_MISMATCH", _COERCION),
    fails("SELECT 'John' BETWEEN 2.3 AND 35.2", "TYPE_MISMATCH", f"{_PAGE}: Trino will produce an error"),
    fails("SELECT x FROM (VALUES '1', '2') AS t(x) WHERE x = 1", "TYPE_MISMATCH", _COERCION),
    fails("SELECT a.x FROM (VALUES '1') AS a(x) JOIN (VALUES 1) AS b(y) ON a.x = b.y", "TYPE_MISMATCH", _COERCION),
    fails("SELECT true = 1", "TYPE_MISMATCH", "trino functions/conversion.md: only numbers and characters convert"),
    fails("SELECT DATE '2020-01-01' = '2020-01-01'", "TYPE_MISMATCH", "trino TypeCoercion: varchar is no date"),
    fails("SELECT 'a' || 1", "TYPE_MISMATCH|FUNCTION_NOT_FOUND", _COERCION),
    fails("SELECT 1 + '1'", "TYPE_MISMATCH|FUNCTION_NOT_FOUND", _COERCION),
    fails("SELECT 1 AND true", "TYPE_MISMATCH", "trino functions/logical.md: operands are booleans"),
    fails("SELECT NOT 1", "TYPE_MISMATCH", "trino functions/logical.md: operands are booleans"),
    fails("SELECT 1 WHERE 1", "TYPE_MISMATCH", "trino sql/select.md: WHERE takes a condition"),
    fails("SELECT 1 LIKE '1'", "TYPE_MISMATCH|FUNCTION_NOT_FOUND", _COERCION),
)
