"""Arrays, rows and lambdas."""

from tests.e2e.athena.conformance.statement import Statement, fails, value

_PAGE = "trino functions/array.md"
_BOUNDS = "trino functions/array.md: the subscript operator would fail in such a case"


def _array(expression: str, text: str | None, cite: str, *, may_refuse: bool = False) -> Statement:
    return value(expression, "array", text, cite, may_refuse=may_refuse)


STATEMENTS = (
    _array("ARRAY[1, 2, 4]", "[1, 2, 4]", f"{_PAGE}: [1, 2, 4]"),
    _array("ARRAY['foo', 'bar', 'bazz']", "[foo, bar, bazz]", f"{_PAGE}: [foo, bar, bazz]"),
    _array("ARRAY[1, 1.2, 4]", "[1.0, 1.2, 4.0]", f"{_PAGE}: the resulting array contains decimals"),
    _array("ARRAY[ARRAY[1,2], ARRAY[3,4]]", "[[1, 2], [3, 4]]", "athena ug/creating-arrays.html: the output"),
    _array("ARRAY[1, NULL]", "[1, null]", "athena ug/creating-arrays.html: a null inside is shown", may_refuse=True),
    value("ARRAY[1, 1.2, 4][2]", "decimal", "1.2", f"{_PAGE}: indexed starting from one"),
    _array("ARRAY[1] || ARRAY[2]", "[1, 2]", f"{_PAGE}: concatenation"),
    _array("ARRAY[1] || 2", "[1, 2]", f"{_PAGE}: concatenation with an element", may_refuse=True),
    _array("2 || ARRAY[1]", "[2, 1]", f"{_PAGE}: concatenation with an element", may_refuse=True),
    value("all_match(ARRAY[2, 4], x -> x % 2 = 0)", "boolean", "true", f"{_PAGE}: all match", may_refuse=True),
    value("any_match(ARRAY[1, NULL], x -> x > 1)", "boolean", None, f"{_PAGE}: NULL if undecided", may_refuse=True),
    value("none_match(ARRAY[1, 2], x -> x > 2)", "boolean", "true", f"{_PAGE}: none matches", may_refuse=True),
    _array("array_sort(array_distinct(ARRAY[2, 1, 2]))", "[1, 2]", f"{_PAGE}: without duplicates"),
    _array("array_sort(ARRAY[3, NULL, 1])", "[1, 3, null]", f"{_PAGE}: nulls at the end", may_refuse=True),
    _array(
        "array_sort(ARRAY[3, 2, 5, 1, 2], (x, y) -> IF(x < y, 1, IF(x = y, 0, -1)))",
        "[5, 3, 2, 2, 1]",
        f"{_PAGE}: with a comparator",
        may_refuse=True,
    ),
    _array(
        "array_sort(array_intersect(ARRAY[1, 2, 3], ARRAY[3, 2]))",
        "[2, 3]",
        f"{_PAGE}: the intersection",
        may_refuse=True,
    ),
    _array("array_sort(array_union(ARRAY[1, 2], ARRAY[2, 3]))", "[1, 2, 3]", f"{_PAGE}: the union", may_refuse=True),
    _array("array_sort(array_except(ARRAY[1, 2], ARRAY[2]))", "[1]", f"{_PAGE}: in x but not in y", may_refuse=True),
    value("array_join(ARRAY['a', NULL, 'b'], ',')", "varchar", "a,b", f"{_PAGE}: null elements are omitted"),
    value("array_join(ARRAY['a', NULL, 'b'], ',', '?')", "varchar", "a,?,b", f"{_PAGE}: or replaced", may_refuse=True),
    value("array_max(ARRAY[1, 3, 2])", "integer", "3", f"{_PAGE}: the maximum value"),
    value("array_min(ARRAY[3, 1, 2])", "integer", "1", f"{_PAGE}: the minimum value"),
    value("array_position(ARRAY[5, 7, 7], 7)", "bigint", "2", f"{_PAGE}: the first occurrence"),
    value("array_position(ARRAY[5, 7], 9)", "bigint", "0", f"{_PAGE}: 0 if not found"),
    _array("array_remove(ARRAY[1, 2, 1], 1)", "[2]", f"{_PAGE}: all elements that equal it", may_refuse=True),
    value("arrays_overlap(ARRAY[1, 2], ARRAY[2, 3])", "boolean", "true", f"{_PAGE}: in common", may_refuse=True),
    value("cardinality(ARRAY[1, 2, 3])", "bigint", "3", f"{_PAGE}: the size"),
    _array("concat(ARRAY[1], ARRAY[2], ARRAY[3])", "[1, 2, 3]", f"{_PAGE}: concatenates", may_refuse=True),
    _array("combinations(ARRAY[1, 2, 3], 2)", "[[1, 2], [1, 3], [2, 3]]", f"{_PAGE}: an example", may_refuse=True),
    value("contains(ARRAY[1, 2], 2)", "boolean", "true", f"{_PAGE}: contains the element"),
    value("contains(ARRAY[1, NULL], 2)", "boolean", None, "trino TestArrayOperators.testContains: null if undecided"),
    value("contains(ARRAY[1, NULL], 1)", "boolean", "true", "trino TestArrayOperators.testContains: found"),
    value("array_max(ARRAY[1, NULL])", "integer", None, "trino TestArrayOperators.testArrayMax: null if there is one"),
    value("array_min(ARRAY[1, NULL])", "integer", None, "trino TestArrayOperators.testArrayMin: null if there is one"),
    _array(
        "array_distinct(ARRAY[1, NULL, NULL])",
        "[1, null]",
        "trino TestArrayOperators.testArrayDistinct: nulls are duplicates",
        may_refuse=True,
    ),
    value(
        "ARRAY[1, NULL] = ARRAY[1, NULL]",
        "boolean",
        None,
        "trino TestArrayOperators.testEqual: null if undecided",
        may_refuse=True,
    ),
    value("ARRAY[1, 2] = ARRAY[1, 2]", "boolean", "true", "trino TestArrayOperators.testEqual: true", may_refuse=True),
    value(
        "ROW(1, NULL) = ROW(1, NULL)",
        "boolean",
        None,
        "trino TestRowOperators.testRowEquality: null if undecided",
        may_refuse=True,
    ),
    fails(
        "SELECT element_at(ARRAY[1], 0)",
        "INVALID_FUNCTION_ARGUMENT",
        "trino ArrayElementAtFunction: SQL array indices start at 1",
        may_refuse=True,
    ),
    value("element_at(ARRAY[1, 2], 3)", "integer", None, f"{_PAGE}: NULL when larger than the length"),
    value("element_at(ARRAY[1, 2], -1)", "integer", "2", f"{_PAGE}: from the last to the first"),
    _array("filter(ARRAY[5, -6, NULL, 7], x -> x > 0)", "[5, 7]", f"{_PAGE}: an example"),
    _array("flatten(ARRAY[ARRAY[1], ARRAY[2, 3]])", "[1, 2, 3]", f"{_PAGE}: concatenating the contained"),
    _array("ngrams(ARRAY[1, 2, 3, 4], 2)", "[[1, 2], [2, 3], [3, 4]]", f"{_PAGE}: an example", may_refuse=True),
    value("reduce(ARRAY[5, 20, 50], 0, (s, x) -> s + x, s -> s)", "integer", "75", f"{_PAGE}: 75", may_refuse=True),
    value(
        "reduce(ARRAY[5, 20, NULL, 50], 0, (s, x) -> s + x, s -> s)", "integer", None, f"{_PAGE}: NULL", may_refuse=True
    ),
    _array("repeat('a', 2)", "[a, a]", f"{_PAGE}: count times", may_refuse=True),
    _array("reverse(ARRAY[1, 2])", "[2, 1]", f"{_PAGE}: the reversed order", may_refuse=True),
    _array("sequence(1, 3)", "[1, 2, 3]", f"{_PAGE}: including stop"),
    _array("sequence(3, 1)", "[3, 2, 1]", f"{_PAGE}: otherwise -1"),
    _array("sequence(1, 6, 2)", "[1, 3, 5]", f"{_PAGE}: incrementing by step"),
    _array(
        "sequence(DATE '2020-02-28', DATE '2020-03-01')",
        "[2020-02-28, 2020-02-29, 2020-03-01]",
        f"{_PAGE}: dates, by one day",
        may_refuse=True,
    ),
    _array("slice(ARRAY[1, 2, 3, 4], 2, 2)", "[2, 3]", f"{_PAGE}: from start, of length"),
    _array("slice(ARRAY[1, 2, 3, 4], -2, 2)", "[3, 4]", f"{_PAGE}: from the end", may_refuse=True),
    _array("trim_array(ARRAY[1, 2, 3, 4], 1)", "[1, 2, 3]", f"{_PAGE}: an example", may_refuse=True),
    _array("transform(ARRAY[5, NULL, 6], x -> coalesce(x, 0) + 1)", "[6, 1, 7]", f"{_PAGE}: an example"),
    _array("transform(ARRAY[7, 8], x -> x / 2)", "[3, 4]", "trino functions/math.md: truncation inside lambdas too"),
    _array("zip_with(ARRAY[1, 2], ARRAY[3, 4], (x, y) -> x + y)", "[4, 6]", f"{_PAGE}: an example", may_refuse=True),
    value(
        "CAST(ROW('Bob', 38) AS ROW(name varchar, age integer))",
        "row",
        "{name=Bob, age=38}",
        "athena ug/rows-and-structs.html: field names and values in braces",
    ),
    fails(
        "SELECT sequence(1, 10001)",
        "INVALID_FUNCTION_ARGUMENT",
        "trino SequenceFunction.MAX_RESULT_ENTRIES: not more than 10000 entries",
    ),
    fails("SELECT ARRAY[1, 2, 3][4]", "INVALID_FUNCTION_ARGUMENT", _BOUNDS, may_refuse=True),
    fails(
        "SELECT ARRAY[1, 2, 3][0]",
        "INVALID_FUNCTION_ARGUMENT",
        "trino ArraySubscriptOperator: start at 1",
        may_refuse=True,
    ),
    fails(
        "SELECT ARRAY[1, 2, 3][-1]",
        "INVALID_FUNCTION_ARGUMENT",
        "trino ArraySubscriptOperator: negative",
        may_refuse=True,
    ),
    fails(
        "SELECT a[i] FROM (VALUES (ARRAY[1], 2)) AS t(a, i)",
        "INVALID_FUNCTION_ARGUMENT",
        f"{_BOUNDS}, in columns",
        may_refuse=True,
    ),
    fails("SELECT ARRAY[1, 'a']", "TYPE_MISMATCH", f"{_PAGE}: elements must use the same type"),
    fails("SELECT contains(ARRAY[1, 2], '1')", "TYPE_MISMATCH|FUNCTION_NOT_FOUND", f"{_PAGE}: an element of the array"),
)
