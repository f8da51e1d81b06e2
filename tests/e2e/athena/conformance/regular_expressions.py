"""Regular expressions, by the examples of their page."""

from tests.e2e.athena.conformance.statement import fails, value

_PAGE = "trino functions/regexp.md"

STATEMENTS = (
    value("regexp_count('1a 2b 14m', '\\s*[a-z]+\\s*')", "bigint", "3", f"{_PAGE}: 3", may_refuse=True),
    value("regexp_extract_all('1a 2b 14m', '\\d+')", "array", "[1, 2, 14]", f"{_PAGE}: [1, 2, 14]"),
    value("regexp_extract_all('1a 2b 14m', '(\\d+)([a-z]+)', 2)", "array", "[a, b, m]", f"{_PAGE}: by group"),
    value("regexp_extract('1a 2b 14m', '\\d+')", "varchar", "1", f"{_PAGE}: the first"),
    value("regexp_extract('1a 2b 14m', '(\\d+)([a-z]+)', 2)", "varchar", "a", f"{_PAGE}: by group"),
    value(
        "regexp_extract('abc', '\\d+')", "varchar", None, "trino TestRegexpFunctions.testRegexpExtract: null for none"
    ),
    value("regexp_like('1a 2b 14m', '\\d+b')", "boolean", "true", f"{_PAGE}: contains, rather than matches"),
    value("regexp_like('1a 2b 14m', '^\\d+b$')", "boolean", "false", f"{_PAGE}: anchors match the entire string"),
    value("regexp_like('A', '(?i)a')", "boolean", "true", f"{_PAGE}: (?i) ignores case", may_refuse=True),
    value("regexp_like(CAST(NULL AS varchar), 'a')", "boolean", None, f"{_PAGE}: null in makes null out"),
    value(
        "regexp_position('I have 23 apples, 5 pears and 13 oranges', '\\b\\d+\\b')",
        "integer",
        "8",
        f"{_PAGE}: 8",
        may_refuse=True,
    ),
    value("regexp_replace('1a 2b 14m', '\\d+[ab] ')", "varchar", "14m", f"{_PAGE}: removes every instance"),
    value("regexp_replace('1a 2b 14m', '(\\d+)([ab]) ', '3c$2 ')", "varchar", "3ca 3cb 14m", f"{_PAGE}: groups by $g"),
    value(
        "regexp_replace('a1', '(?<digit>\\d)', '<${digit}>')", "varchar", "a<1>", f"{_PAGE}: ${{name}}", may_refuse=True
    ),
    value("regexp_replace('a1', '\\d', '\\$')", "varchar", "a$", f"{_PAGE}: \\$ is a dollar sign", may_refuse=True),
    value("regexp_replace('a1', '\\d', '\\\\1')", "varchar", "a\\1", f"{_PAGE}: \\ escapes itself", may_refuse=True),
    value(
        "regexp_replace('new york', '(\\w)(\\w*)', x -> upper(x[1]) || lower(x[2]))",
        "varchar",
        "New York",
        f"{_PAGE}: with a function",
        may_refuse=True,
    ),
    value(
        "regexp_split('1a 2b 14m', '\\s*[a-z]+\\s*')", "array", "[1, 2, 14, ]", f"{_PAGE}: trailing empty strings stay"
    ),
    fails("SELECT regexp_like('a', '(')", "INVALID_FUNCTION_ARGUMENT", f"{_PAGE}: a Java pattern", may_refuse=True),
)
