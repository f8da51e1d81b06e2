"""JSON: the value, its text, and paths into it."""

from tests.e2e.athena.conformance.statement import Statement, fails, value

_PAGE = "trino functions/json.md"
_ALICE = '{"name": "Alice", "tags": ["x", 2], "deep": {"a b": true, "n": null}}'


def _scalar(path: str, text: str | None, cite: str) -> Statement:
    return value(f"json_extract_scalar('{_ALICE}', '{path}')", "varchar", text, cite)


STATEMENTS = (
    value("json_extract_scalar('[1, 2, 3]', '$[2]')", "varchar", "3", f"{_PAGE}: indices start at 0"),
    _scalar("$.name", "Alice", f"{_PAGE}: a string without quotes"),
    _scalar("$.tags[1]", "2", f"{_PAGE}: a number as a string"),
    _scalar('$.deep["a b"]', "true", f"{_PAGE}: keys in brackets and quotes"),
    _scalar("$.tags", None, f"{_PAGE}: the value must be a scalar"),
    _scalar("$.none", None, f"{_PAGE}: null for what is not there"),
    _scalar("$.deep.n", None, "trino TestJsonExtract: a JSON null is null"),
    value(f"json_extract('{_ALICE}', '$.tags')", "json", '["x",2]', f"{_PAGE}: the result as JSON, without spaces"),
    value(f"json_extract('{_ALICE}', '$.name')", "json", '"Alice"', f"{_PAGE}: encoded as JSON"),
    value("json_array_length('[1, 2, 3]')", "bigint", "3", f"{_PAGE}: 3"),
    value("json_array_contains('[1, 2, 3]', 2)", "boolean", "true", f"{_PAGE}: true", may_refuse=True),
    value('json_size(\'{"x": {"a": 1, "b": 2}}\', \'$.x\')', "bigint", "2", f"{_PAGE}: 2", may_refuse=True),
    value('json_size(\'{"x": {"a": 1, "b": 2}}\', \'$.x.a\')', "bigint", "0", f"{_PAGE}: 0", may_refuse=True),
    value("is_json_scalar('[1, 2, 3]')", "boolean", "false", f"{_PAGE}: false", may_refuse=True),
    value("json_format(json_parse('[1, 2, 3]'))", "varchar", "[1,2,3]", f"{_PAGE}: the inverse of json_parse"),
    value("json_format(JSON '\"abc\"')", "varchar", '"abc"', f"{_PAGE}: with its quotes", may_refuse=True),
    value("CAST(JSON '\"abc\"' AS varchar)", "varchar", "abc", f"{_PAGE}: the double quote is gone", may_refuse=True),
    value("CAST(JSON '1' AS integer)", "integer", "1", f"{_PAGE}: cast from JSON", may_refuse=True),
    value("CAST(JSON 'null' AS varchar)", "varchar", None, f"{_PAGE}: cast from JSON", may_refuse=True),
    value("CAST(JSON '[1,23,456]' AS array(integer))", "array", "[1, 23, 456]", f"{_PAGE}: cast", may_refuse=True),
    value("json_format(CAST('abc' AS json))", "varchar", '"abc"', f"{_PAGE}: a JSON string", may_refuse=True),
    value(
        "json_format(CAST(ARRAY[1, NULL] AS json))", "varchar", "[1,null]", f"{_PAGE}: cast to JSON", may_refuse=True
    ),
    value(
        "json_format(CAST(MAP(ARRAY['k1'], ARRAY[1]) AS json))",
        "varchar",
        '{"k1":1}',
        f"{_PAGE}: cast to JSON",
        may_refuse=True,
    ),
    value("json_array(true, 12e-1, 'text')", "varchar", '[true,1.2,"text"]', f"{_PAGE}: json_array", may_refuse=True),
    value("json_object('key1' VALUE 1)", "varchar", '{"key1":1}', f"{_PAGE}: json_object", may_refuse=True),
    fails("SELECT json_parse('not_json')", "INVALID_FUNCTION_ARGUMENT", f"{_PAGE}: ERROR!", may_refuse=True),
    fails("SELECT CAST(JSON '[1, 2, 3]' AS varchar)", "INVALID_CAST_ARGUMENT", f"{_PAGE}: ERROR!", may_refuse=True),
)
