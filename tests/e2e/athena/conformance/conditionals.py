"""CASE, IF, COALESCE, NULLIF, TRY: branches are evaluated only when they are taken."""

from tests.e2e.athena.conformance.statement import fails, table, value

_PAGE = "trino functions/conditional.md"

STATEMENTS = (
    table(
        "SELECT a, CASE a WHEN 1 THEN 'one' WHEN 2 THEN 'two' ELSE 'many' END AS name FROM (VALUES 1, 2, 3) AS t(a)",
        {"a": "integer", "name": "varchar"},
        [("1", "one"), ("2", "two"), ("3", "many")],
        f"{_PAGE}: the simple form",
    ),
    table(
        "SELECT CASE WHEN a = 1 THEN 'aaa' WHEN b = 2 THEN 'bbb' ELSE 'ccc' END AS c "
        "FROM (VALUES (1, 2), (0, 2), (0, 0)) AS t(a, b)",
        {"c": "varchar"},
        [("aaa",), ("bbb",), ("ccc",)],
        f"{_PAGE}: the first condition that is true",
    ),
    value("CASE WHEN false THEN 1 END", "integer", None, f"{_PAGE}: null if there is no match and no ELSE"),
    value("CASE NULL WHEN NULL THEN 1 ELSE 2 END", "integer", "2", f"{_PAGE}: null equals nothing"),
    value("IF(1 < 2, 'High', 'Low')", "varchar", "High", f"{_PAGE}: the true value if the condition is true"),
    value("IF(1 > 2, 'High')", "varchar", None, f"{_PAGE}: null without a false value"),
    value("IF(CAST(NULL AS boolean), 1, 2)", "integer", "2", f"{_PAGE}: otherwise the false value"),
    table(
        "SELECT IF(y = 0, -1, x / y) AS q FROM (VALUES (6, 3), (1, 0)) AS t(x, y)",
        {"q": "integer"},
        [("2",), ("-1",)],
        f"{_PAGE}: otherwise evaluates the false value",
    ),
    value("coalesce(CAST(NULL AS integer), 2, 3)", "integer", "2", f"{_PAGE}: the first that is not null"),
    table(
        "SELECT coalesce(x, 10 / y) AS c FROM (VALUES (1, 0), (CAST(NULL AS integer), 5)) AS t(x, y)",
        {"c": "integer"},
        [("1",), ("2",)],
        f"{_PAGE}: arguments are only evaluated if necessary",
    ),
    value("coalesce(1, 2.5)", "decimal", "1.0", "trino functions/array.md: values are coerced to a common type"),
    value("nullif(1, 1)", "integer", None, f"{_PAGE}: null if they are equal"),
    value("nullif(1, 2)", "integer", "1", f"{_PAGE}: otherwise the first"),
    value("TRY(1 / 0)", "integer", None, f"{_PAGE}: TRY handles division by zero"),
    value("TRY(2147483647 + 1)", "integer", None, f"{_PAGE}: TRY handles numeric value out of range"),
    table(
        "SELECT COALESCE(TRY(total_cost / packages), 0) AS per_package "
        "FROM (VALUES (100, 25), (72, 5), (155, 0), (4275, 225)) AS shipping(total_cost, packages)",
        {"per_package": "integer"},
        [("4",), ("14",), ("0",), ("19",)],
        f"{_PAGE}: default values with TRY and COALESCE",
    ),
    fails("SELECT CASE WHEN true THEN 1 ELSE 'a' END", "TYPE_MISMATCH", f"{_PAGE}: the results have one type"),
    fails("SELECT coalesce(1, 'a')", "TYPE_MISMATCH", f"{_PAGE}: the values have one type"),
    fails("SELECT IF(1, 2, 3)", "TYPE_MISMATCH", f"{_PAGE}: a condition is a boolean"),
)
