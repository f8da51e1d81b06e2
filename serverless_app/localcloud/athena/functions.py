# ruff: noqa: E501 - one function, one line
"""The functions that are answered, each with a documented example; every other is refused by name.

An overload is a signature in Trino's types and a DuckDB template over the arguments, which are coerced to the
signature's types first. `T` and `U` stand for any type, `O` for an orderable one, `N` for a number; `...` repeats
the last parameter. Functions without overloads are typed by a method of their own in `expressions.py` or
`special.py`. Examples and answers are those of Trino's documentation where it gives one.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Function:
    """One function: how it is called, how DuckDB computes it, and what its example answers."""

    name: str
    group: str
    example: str
    answer: str
    overloads: tuple[tuple[str, str], ...] = ()


_SPACES: Final = "'\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a\u2028\u2029\u205f\u3000'"
_BAD: Final = "INVALID_FUNCTION_ARGUMENT: "
_LONG: Final = f"athena_error('{_BAD}result of sequence function must not have more than 10000 entries')"
_SUBSTR: Final = "CASE WHEN {1} = 0 OR abs({1}) > length({0}) THEN left({0}, 0) ELSE substring({0}, {1}) END"
_SUBSTR3: Final = "CASE WHEN {1} = 0 OR abs({1}) > length({0}) THEN left(left({0}, {2}), 0) ELSE left(substring({0}, {1}), CASE WHEN {2} < 0 THEN 0 ELSE {2} END) END"
_ELEMENT: Final = (
    f"CASE WHEN {{1}} = 0 THEN athena_error('{_BAD}SQL array indices start at 1') ELSE list_extract({{0}}, {{1}}) END"
)
_HAS_NULL: Final = "len(list_filter({0}, lambda e_: e_ IS NULL)) > 0"


def _group(group: str, *rows: tuple[str, ...]) -> tuple[Function, ...]:
    return tuple(
        Function(name, group, example, answer, tuple(zip(rest[::2], rest[1::2], strict=True)))
        for name, example, answer, *rest in rows
    )


def _double(name: str, example: str, answer: str, template: str | None = None) -> tuple[str, ...]:
    return (name, example, answer, "double -> double", template or f"{name}({{0}})")


def _part(name: str, example: str, answer: str, part: str) -> tuple[str, ...]:
    return (
        name,
        example,
        answer,
        "date -> bigint",
        f"date_part('{part}', {{0}})",
        "timestamp -> bigint",
        f"date_part('{part}', {{0}})",
    )


def _of_time(name: str, example: str, answer: str, template: str) -> tuple[str, ...]:
    return (name, example, answer, "timestamp -> bigint", template)


STRINGS: Final = _group(
    "String",
    ("chr", "chr(65)", "A", "bigint -> varchar", "chr(CAST({0} AS INTEGER))"),
    ("codepoint", "codepoint('A')", "65", "varchar -> integer", f"CASE WHEN length({{0}}) <> 1 THEN athena_error('{_BAD}Input must be one character') ELSE unicode({{0}}) END"),
    ("concat", "concat('a', 'b')", "ab"),
    ("concat_ws", "concat_ws(',', 'a', NULL, 'b')", "a,b", "varchar, varchar... -> varchar", "CASE WHEN {0} IS NOT NULL THEN concat_ws({*}) END"),
    ("from_utf8", "from_utf8(to_utf8('é'))", "é", "varbinary -> varchar", "decode({0})"),
    ("hamming_distance", "hamming_distance('karolin', 'kathrin')", "3", "varchar, varchar -> bigint", "hamming({0}, {1})"),
    ("length", "length('Πλάτων')", "6", "varchar -> bigint", "length({0})", "varbinary -> bigint", "octet_length({0})"),
    ("levenshtein_distance", "levenshtein_distance('kitten', 'sitting')", "3", "varchar, varchar -> bigint", "levenshtein({0}, {1})"),
    ("lower", "lower('ÄB')", "äb", "varchar -> varchar", "lower({0})"),
    ("lpad", "lpad('7', 3, '0')", "007", "varchar, bigint, varchar -> varchar", "CASE WHEN {1} < 0 THEN athena_error('INVALID_FUNCTION_ARGUMENT: Target length must be in the range [0..2147483647]') ELSE lpad({0}, CAST({1} AS INTEGER), {2}) END"),
    ("ltrim", "ltrim('  a')", "a", "varchar -> varchar", f"ltrim({{0}}, {_SPACES})"),
    ("replace", "replace('abcabc', 'b', 'x')", "axcaxc", "varchar, varchar -> varchar", "replace({0}, {1}, '')", "varchar, varchar, varchar -> varchar", "CASE WHEN {1} = '' THEN athena_error('NOT_SUPPORTED: the local Athena does not support replace of the empty text') ELSE replace({0}, {1}, {2}) END"),
    ("reverse", "reverse('abc')", "cba", "varchar -> varchar", "athena_reverse({0})", "array(T) -> array(T)", "list_reverse({0})"),
    ("rpad", "rpad('7', 3, '0')", "700", "varchar, bigint, varchar -> varchar", "CASE WHEN {1} < 0 THEN athena_error('INVALID_FUNCTION_ARGUMENT: Target length must be in the range [0..2147483647]') ELSE rpad({0}, CAST({1} AS INTEGER), {2}) END"),
    ("rtrim", "rtrim('a  ') || '|'", "a|", "varchar -> varchar", f"rtrim({{0}}, {_SPACES})"),
    ("split", "split('a,b,c', ',')", "[a, b, c]", "varchar, varchar -> array(varchar)", f"CASE WHEN {{1}} = '' THEN athena_error('{_BAD}The delimiter may not be the empty string') ELSE string_split({{0}}, {{1}}) END"),
    ("split_part", "split_part('a,b,c', ',', 2)", "b", "varchar, varchar, bigint -> varchar", f"CASE WHEN {{2}} <= 0 THEN athena_error('{_BAD}Index must be greater than zero') WHEN {{1}} = '' THEN athena_error('NOT_SUPPORTED: the local Athena does not support split_part by the empty text') ELSE list_extract(string_split({{0}}, {{1}}), {{2}}) END"),
    ("starts_with", "starts_with('abc', 'ab')", "true", "varchar, varchar -> boolean", "starts_with({0}, {1})"),
    ("strpos", "strpos('high', 'ig')", "2", "varchar, varchar -> bigint", "CASE WHEN {1} = '' THEN length({0}) * 0 + 1 ELSE strpos({0}, {1}) END"),
    ("substr", "substr('Quadratically', 5, 6)", "ratica", "varchar, bigint -> varchar", _SUBSTR, "varchar, bigint, bigint -> varchar", _SUBSTR3),
    ("substring", "substring('abc' FROM 2)", "bc", "varchar, bigint -> varchar", _SUBSTR, "varchar, bigint, bigint -> varchar", _SUBSTR3),
    ("to_utf8", "to_utf8('A')", "41", "varchar -> varbinary", "encode({0})"),
    ("translate", "translate('abcd', 'ac', 'zy')", "zbyd", "varchar, varchar, varchar -> varchar", "translate({0}, {1}, {2})"),
    ("trim", "trim('  a ') || '|'", "a|", "varchar -> varchar", f"trim({{0}}, {_SPACES})"),
    ("upper", "upper('äb')", "ÄB", "varchar -> varchar", "CASE WHEN octet_length(encode({0})) = length({0}) THEN upper({0}) ELSE athena_upper({0}) END"),
)  # fmt: skip

BINARY: Final = _group(
    "Binary",
    ("from_base64", "from_utf8(from_base64('QQ=='))", "A", "varchar -> varbinary", "from_base64({0})"),
    ("from_hex", "from_utf8(from_hex('41'))", "A", "varchar -> varbinary", "unhex({0})"),
    ("md5", "to_hex(md5(to_utf8('a')))", "0CC175B9C0F1B6A831C399E269772661", "varbinary -> varbinary", "unhex(md5({0}))"),
    ("sha1", "to_hex(sha1(to_utf8('abc')))", "A9993E364706816ABA3E25717850C26C9CD0D89D", "varbinary -> varbinary", "unhex(sha1({0}))"),
    ("sha256", "to_hex(sha256(to_utf8('abc')))", "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", "varbinary -> varbinary", "unhex(sha256({0}))"),
    ("to_base64", "to_base64(to_utf8('A'))", "QQ==", "varbinary -> varchar", "to_base64({0})"),
    ("to_hex", "to_hex(to_utf8('A'))", "41", "varbinary -> varchar", "hex({0})"),
)  # fmt: skip

REGEX: Final = _group(
    "Regular expression",
    ("regexp_count", "regexp_count('1a 2b 14m', '\\s*[a-z]+\\s*')", "3"),
    ("regexp_extract", "regexp_extract('1a 2b 14m', '(\\d+)([a-z]+)', 2)", "a"),
    ("regexp_extract_all", "regexp_extract_all('1a 2b 14m', '\\d+')", "[1, 2, 14]"),
    ("regexp_like", "regexp_like('1a 2b 14m', '\\d+b')", "true"),
    ("regexp_replace", "regexp_replace('1a 2b 14m', '(\\d+)([ab]) ', '3c$2 ')", "3ca 3cb 14m"),
    ("regexp_split", "regexp_split('1a 2b 14m', '\\s*[a-z]+\\s*')", "[1, 2, 14, ]"),
)  # fmt: skip

MATHS: Final = _group(
    "Mathematical",
    ("abs", "abs(-2)", "2", "N -> N", "abs({0})"),
    _double("acos", "acos(1e0)", "0.0", "CASE WHEN abs({0}) > 1 THEN CAST('NaN' AS DOUBLE) ELSE acos({0}) END"),
    _double("asin", "asin(0e0)", "0.0", "CASE WHEN abs({0}) > 1 THEN CAST('NaN' AS DOUBLE) ELSE asin({0}) END"),
    _double("atan", "atan(0e0)", "0.0"),
    ("atan2", "atan2(0e0, 1e0)", "0.0", "double, double -> double", "atan2({0}, {1})"),
    ("bitwise_and", "bitwise_and(19, 25)", "17", "bigint, bigint -> bigint", "({0} & {1})"),
    ("bitwise_not", "bitwise_not(19)", "-20", "bigint -> bigint", "(~{0})"),
    ("bitwise_or", "bitwise_or(19, 25)", "27", "bigint, bigint -> bigint", "({0} | {1})"),
    ("bitwise_xor", "bitwise_xor(19, 25)", "10", "bigint, bigint -> bigint", "xor({0}, {1})"),
    ("ceil", "ceil(1.2)", "2"),
    ("ceiling", "ceiling(-1.2e0)", "-1.0"),
    _double("cos", "cos(0e0)", "1.0"),
    _double("degrees", "degrees(0e0)", "0.0"),
    ("e", "round(e(), 4)", "2.7183", "-> double", "CAST('2.718281828459045' AS DOUBLE)"),
    _double("exp", "exp(0e0)", "1.0"),
    ("floor", "floor(-1.2)", "-2"),
    ("from_base", "from_base('ff', 16)", "255", "varchar, bigint -> bigint", "athena_from_base({0}, {1})"),
    ("greatest", "greatest(1, 3, 2)", "3"),
    ("infinity", "infinity()", "Infinity", "-> double", "CAST('Infinity' AS DOUBLE)"),
    ("is_finite", "is_finite(1e0)", "true", "double -> boolean", "isfinite({0})"),
    ("is_infinite", "is_infinite(infinity())", "true", "double -> boolean", "isinf({0})"),
    ("is_nan", "is_nan(nan())", "true", "double -> boolean", "isnan({0})"),
    ("least", "least(2, 1, 3)", "1"),
    _double("ln", "ln(1e0)", "0.0", "CASE WHEN {0} < 0 THEN CAST('NaN' AS DOUBLE) ELSE ln({0}) END"),
    _double("log10", "log10(1000e0)", "3.0", "CASE WHEN {0} < 0 THEN CAST('NaN' AS DOUBLE) ELSE log10({0}) END"),
    _double("log2", "log2(8e0)", "3.0", "CASE WHEN {0} < 0 THEN CAST('NaN' AS DOUBLE) ELSE log2({0}) END"),
    ("mod", "mod(-7, 3)", "-1"),
    ("nan", "nan()", "NaN", "-> double", "CAST('NaN' AS DOUBLE)"),
    ("pi", "round(pi(), 4)", "3.1416", "-> double", "pi()"),
    ("pow", "pow(2, 3)", "8.0", "double, double -> double", "pow({0}, {1})"),
    ("power", "power(2, 3)", "8.0", "double, double -> double", "pow({0}, {1})"),
    _double("radians", "radians(0e0)", "0.0"),
    ("round", "round(-2.5e0)", "-3.0"),
    ("sign", "sign(-2)", "-1"),
    _double("sin", "sin(0e0)", "0.0"),
    _double("sqrt", "sqrt(16e0)", "4.0", "CASE WHEN {0} < 0 THEN CAST('NaN' AS DOUBLE) ELSE sqrt({0}) END"),
    _double("tan", "tan(0e0)", "0.0"),
    ("to_base", "to_base(255, 16)", "ff", "bigint, bigint -> varchar", "athena_to_base({0}, {1})"),
    ("truncate", "truncate(-2.7e0)", "-2.0", "double -> double", "trunc({0})"),
)  # fmt: skip

TIMES: Final = _group(
    "Date and time",
    ("at_timezone", "at_timezone(TIMESTAMP '2012-10-31 01:00:00 UTC', 'America/Los_Angeles')", "2012-10-30 18:00:00.000 America/Los_Angeles"),
    ("date", "date('2024-02-29')", "2024-02-29"),
    ("date_add", "date_add('month', 1, DATE '2024-01-31')", "2024-02-29"),
    ("date_diff", "date_diff('month', DATE '2024-01-30', DATE '2024-02-28')", "0"),
    ("date_format", "date_format(TIMESTAMP '2022-10-20 05:10:00', '%m-%d-%Y %H')", "10-20-2022 05"),
    ("date_parse", "date_parse('2022/10/20/05', '%Y/%m/%d/%H')", "2022-10-20 05:00:00.000"),
    ("date_trunc", "date_trunc('month', DATE '2001-08-22')", "2001-08-01"),
    _part("day", "day(DATE '2024-02-29')", "29", "day"),
    _part("day_of_month", "day_of_month(DATE '2024-02-29')", "29", "day"),
    _part("day_of_week", "day_of_week(DATE '2024-03-03')", "7", "isodow"),
    _part("day_of_year", "day_of_year(DATE '2024-03-01')", "61", "doy"),
    _part("dow", "dow(DATE '2024-03-03')", "7", "isodow"),
    _part("doy", "doy(DATE '2024-03-01')", "61", "doy"),
    ("format_datetime", "format_datetime(TIMESTAMP '2001-08-22 03:04:05', 'yyyy-MM-dd HH:mm')", "2001-08-22 03:04"),
    ("from_iso8601_date", "from_iso8601_date('2020-05-11')", "2020-05-11", "varchar -> date", "athena_iso_date({0})"),
    ("from_iso8601_timestamp", "from_iso8601_timestamp('2020-05-11T11:15:05Z')", "2020-05-11 11:15:05.000 UTC", "varchar -> timestamptz", "athena_iso_timestamp({0})"),
    ("from_unixtime", "from_unixtime(0)", "1970-01-01 00:00:00.000 UTC", "double -> timestamptz", "make_timestamp(CAST(floor({0} * 1000 + 0.5) AS BIGINT) * 1000)"),
    _of_time("hour", "hour(TIMESTAMP '2001-08-22 03:04:05.321')", "3", "date_part('hour', {0})"),
    ("last_day_of_month", "last_day_of_month(DATE '2024-02-10')", "2024-02-29", "date -> date", "last_day({0})", "timestamp -> date", "last_day({0})"),
    _of_time("millisecond", "millisecond(TIMESTAMP '2001-08-22 03:04:05.321')", "321", "(date_part('millisecond', {0}) % 1000)"),
    _of_time("minute", "minute(TIMESTAMP '2001-08-22 03:04:05.321')", "4", "date_part('minute', {0})"),
    _part("month", "month(DATE '2024-02-29')", "2", "month"),
    ("now", "now() >= TIMESTAMP '2020-01-01 00:00:00'", "true"),
    _part("quarter", "quarter(DATE '2024-04-01')", "2", "quarter"),
    _of_time("second", "second(TIMESTAMP '2001-08-22 03:04:05.321')", "5", "date_part('second', {0})"),
    ("to_iso8601", "to_iso8601(DATE '2024-02-29')", "2024-02-29", "date -> varchar", "strftime({0}, '%Y-%m-%d')"),
    ("to_unixtime", "to_unixtime(TIMESTAMP '1970-01-01 00:00:01.500')", "1.5", "timestamp -> double", "(epoch_us({0}) / CAST(1000000 AS DOUBLE))", "timestamptz -> double", "(epoch_us({0}) / CAST(1000000 AS DOUBLE))"),
    _part("week", "week(DATE '2024-12-30')", "1", "week"),
    _part("week_of_year", "week_of_year(DATE '2024-12-30')", "1", "week"),
    ("with_timezone", "with_timezone(TIMESTAMP '2012-10-31 01:00:00', 'UTC')", "2012-10-31 01:00:00.000 UTC"),
    _part("year", "year(DATE '2024-02-29')", "2024", "year"),
    _part("year_of_week", "year_of_week(DATE '2024-12-30')", "2025", "isoyear"),
    _part("yow", "yow(DATE '2024-12-30')", "2025", "isoyear"),
)  # fmt: skip

CONDITIONS: Final = _group(
    "Conditional",
    ("coalesce", "coalesce(NULL, 2)", "2"),
    ("if", "if(1 > 2, 'a', 'b')", "b"),
    ("nullif", "nullif(1, 2)", "1"),
    ("try", "coalesce(try(1 / 0), 7)", "7"),
    ("typeof", "typeof(1 / 2e0)", "double"),
)

COLLECTIONS: Final = _group(
    "Array, map and row",
    ("all_match", "all_match(ARRAY[1, 2], x -> x > 0)", "true"),
    ("any_match", "any_match(ARRAY[1, 2], x -> x > 1)", "true"),
    ("array_distinct", "array_distinct(ARRAY[1, 2, 1])", "[1, 2]", "array(T) -> array(T)", f"CASE WHEN {_HAS_NULL} THEN athena_error('NOT_SUPPORTED: the local Athena does not support array_distinct over NULL elements') ELSE list_filter({{0}}, lambda e_, i_: list_position({{0}}, e_) = i_) END"),
    ("array_join", "array_join(ARRAY['a', NULL, 'b'], '-')", "a-b", "array(varchar), varchar -> varchar", "array_to_string(list_filter({0}, lambda e_: e_ IS NOT NULL), {1})", "array(varchar), varchar, varchar -> varchar", "array_to_string(list_transform({0}, lambda e_: coalesce(e_, {2})), {1})"),
    ("array_max", "array_max(ARRAY[1, 3, 2])", "3", "array(O) -> O", f"CASE WHEN NOT ({_HAS_NULL}) THEN list_max({{0}}) END"),
    ("array_min", "array_min(ARRAY[3, 1, 2])", "1", "array(O) -> O", f"CASE WHEN NOT ({_HAS_NULL}) THEN list_min({{0}}) END"),
    ("array_position", "array_position(ARRAY[5, 6], 6)", "2", "array(T), T -> bigint", "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN coalesce(list_position({0}, {1}), 0) END"),
    ("array_remove", "array_remove(ARRAY[1, 2, 1], 1)", "[2]", "array(T), T -> array(T)", f"CASE WHEN {_HAS_NULL} THEN athena_error('NOT_SUPPORTED: the local Athena does not support array_remove over NULL elements') WHEN {{1}} IS NOT NULL THEN list_filter({{0}}, lambda e_: e_ <> {{1}}) END"),
    ("array_sort", "array_sort(ARRAY[3, NULL, 1])", "[1, 3, null]", "array(O) -> array(O)", "list_sort({0}, 'ASC', 'NULLS LAST')"),
    ("cardinality", "cardinality(ARRAY[1, 2])", "2", "array(T) -> bigint", "CAST(len({0}) AS BIGINT)", "map(T, U) -> bigint", "CAST(cardinality({0}) AS BIGINT)"),
    ("contains", "contains(ARRAY[1, 2], 2)", "true", "array(T), T -> boolean", f"CASE WHEN {{1}} IS NOT NULL AND {{0}} IS NOT NULL THEN CASE WHEN list_contains({{0}}, {{1}}) THEN true WHEN {_HAS_NULL} THEN NULL ELSE false END END"),
    ("element_at", "element_at(ARRAY[1, 2], -1)", "2", "array(T), bigint -> T", _ELEMENT, "map(T, U), T -> U", "list_extract(map_extract({0}, {1}), 1)"),
    ("filter", "filter(ARRAY[5, -6, 7], x -> x > 0)", "[5, 7]"),
    ("flatten", "flatten(ARRAY[ARRAY[1], ARRAY[2, 3]])", "[1, 2, 3]", "array(array(T)) -> array(T)", "flatten({0})"),
    ("map", "map(ARRAY['a', 'b'], ARRAY[1, 2])", "{a=1, b=2}", "array(T), array(U) -> map(T, U)", "map({0}, {1})"),
    ("map_entries", "map_entries(map(ARRAY[1], ARRAY['x']))", "[{field0=1, field1=x}]"),
    ("map_from_entries", "map_from_entries(ARRAY[(1, 'x')])", "{1=x}"),
    ("map_keys", "map_keys(map(ARRAY['a'], ARRAY[1]))", "[a]", "map(T, U) -> array(T)", "map_keys({0})"),
    ("map_values", "map_values(map(ARRAY['a'], ARRAY[1]))", "[1]", "map(T, U) -> array(U)", "map_values({0})"),
    ("none_match", "none_match(ARRAY[1, 2], x -> x > 2)", "true"),
    ("reduce", "reduce(ARRAY[5, 20, 50], 0, (s, x) -> s + x, s -> s)", "75"),
    ("repeat", "repeat(7, 3)", "[7, 7, 7]", "T, bigint -> array(T)", "list_transform(range({1}), lambda r_: {0})"),
    ("row", "row(1, 'a')", "{field0=1, field1=a}"),
    ("sequence", "sequence(1, 5, 2)", "[1, 3, 5]", "bigint, bigint -> array(bigint)", f"CASE WHEN abs({{1}}::HUGEINT - {{0}}) >= 10000 THEN {_LONG} WHEN {{0}} <= {{1}} THEN generate_series({{0}}, {{1}}) ELSE generate_series({{0}}, {{1}}, -1) END", "bigint, bigint, bigint -> array(bigint)", f"CASE WHEN {{2}} = 0 OR ({{1}} - {{0}}) * sign({{2}}) < 0 THEN athena_error('{_BAD}sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start') WHEN abs(({{1}}::HUGEINT - {{0}}) // {{2}}) >= 10000 THEN {_LONG} ELSE generate_series({{0}}, {{1}}, {{2}}) END", "date, date -> array(date)", f"CASE WHEN abs({{1}} - {{0}}) >= 10000 THEN {_LONG} ELSE list_transform(generate_series({{0}}, {{1}}, INTERVAL 1 DAY), lambda d_: CAST(d_ AS DATE)) END"),
    ("slice", "slice(ARRAY[1, 2, 3, 4], 2, 2)", "[2, 3]", "array(T), bigint, bigint -> array(T)", "CASE WHEN {1} <= 0 OR {2} < 0 THEN athena_error('NOT_SUPPORTED: the local Athena supports slice from positive positions only') ELSE list_slice({0}, {1}, {1} + {2} - 1) END"),
    ("transform", "transform(ARRAY[5, 6], x -> x + 1)", "[6, 7]"),
)  # fmt: skip

JSONS: Final = _group(
    "JSON",
    ("is_json_scalar", "is_json_scalar('[1]')", "false", "varchar -> boolean", "athena_json_scalar_p({0})", "json -> boolean", "athena_json_scalar_p({0})"),
    ("json_array_length", "json_array_length('[1, 2, 3]')", "3", "varchar -> bigint", "athena_json_size({0}, '$', true)", "json -> bigint", "athena_json_size({0}, '$', true)"),
    ("json_extract", "json_extract('{\"a\": {\"b\": [1, 2]}}', '$.a.b')", "[1,2]", "varchar, varchar -> json", "athena_json_extract({0}, {1})", "json, varchar -> json", "athena_json_extract({0}, {1})"),
    ("json_extract_scalar", "json_extract_scalar('{\"a\": [1, \"x\"]}', '$.a[1]')", "x", "varchar, varchar -> varchar", "athena_json_text({0}, {1})", "json, varchar -> varchar", "athena_json_text({0}, {1})"),
    ("json_format", "json_format(JSON '[1, 2]')", "[1,2]", "json -> varchar", "{0}"),
    ("json_parse", "json_parse('{\"b\": 1, \"a\": 2}')", '{"a":2,"b":1}', "varchar -> json", "athena_json_parse({0})"),
    ("json_size", "json_size('{\"x\": {\"a\": 1, \"b\": 2}}', '$.x')", "2", "varchar, varchar -> bigint", "athena_json_size({0}, {1}, false)", "json, varchar -> bigint", "athena_json_size({0}, {1}, false)"),
)  # fmt: skip

_V: Final = "(VALUES 1, 2, 2, NULL) AS t(x)"


def _statistic(name: str, answer: str, template: str | None = None) -> tuple[str, ...]:
    return (name, f"{name}(x) FROM (VALUES 1, 3) AS t(x)", answer, "double -> double", template or f"{name}({{0}}{{f}}")


def _paired(name: str, answer: str) -> tuple[str, ...]:
    return (
        name,
        f"{name}(x, x) FROM (VALUES 1, 3) AS t(x)",
        answer,
        "double, double -> double",
        f"{name}({{0}}, {{1}}{{f}}",
    )


# In an aggregate's template `{d}` is DISTINCT, `{f}` the closing bracket with ORDER BY before and FILTER or OVER after it.
AGGREGATES: Final = _group(
    "Aggregate",
    ("any_value", "any_value(x) FROM (VALUES 4) AS t(x)", "4", "T -> T", "any_value({0}{f}"),
    ("approx_distinct", f"approx_distinct(x) FROM {_V}", "2", "T -> bigint", "count(DISTINCT {0}{f}"),
    ("arbitrary", "arbitrary(x) FROM (VALUES 4) AS t(x)", "4", "T -> T", "any_value({0}{f}"),
    ("array_agg", "array_agg(x ORDER BY x) FROM (VALUES 2, 1) AS t(x)", "[1, 2]", "T -> array(T)", "array_agg({d}{0}{f}"),
    ("avg", f"avg(x) FROM {_V}", "1.6666666666666667"),
    ("bool_and", "bool_and(x > 0) FROM (VALUES 1, 2) AS t(x)", "true", "boolean -> boolean", "bool_and({0}{f}"),
    ("bool_or", "bool_or(x > 1) FROM (VALUES 1, 2) AS t(x)", "true", "boolean -> boolean", "bool_or({0}{f}"),
    _paired("corr", "1.0"),
    ("count", f"count(x) FROM {_V}", "3", "T -> bigint", "count({d}{0}{f}", "-> bigint", "count(*{f}"),
    ("count_if", f"count_if(x = 2) FROM {_V}", "2", "boolean -> bigint", "CAST(count_if({0}{f} AS BIGINT)"),
    _paired("covar_pop", "1.0"),
    _paired("covar_samp", "2.0"),
    ("every", "every(x > 1) FROM (VALUES 1, 2) AS t(x)", "false", "boolean -> boolean", "bool_and({0}{f}"),
    ("listagg", "listagg(x, ',') WITHIN GROUP (ORDER BY x) FROM (VALUES 'b', 'a') AS t(x)", "a,b"),
    ("map_agg", "map_agg(k, v) FROM (VALUES ('a', 1)) AS t(k, v)", "{a=1}", "T, U -> map(T, U)", "map_from_entries(list(row({0}, {1}){f})"),
    ("max", f"max(x) FROM {_V}", "2", "O -> O", "max({0}{f}"),
    ("max_by", "max_by(k, v) FROM (VALUES ('a', 1), ('b', 2)) AS t(k, v)", "b", "T, O -> T", "arg_max_null({0}, {1}{f}"),
    ("min", f"min(x) FROM {_V}", "1", "O -> O", "min({0}{f}"),
    ("min_by", "min_by(k, v) FROM (VALUES ('a', 1), ('b', 2)) AS t(k, v)", "a", "T, O -> T", "arg_min_null({0}, {1}{f}"),
    _statistic("stddev", "1.4142135623730951"),
    _statistic("stddev_pop", "1.0"),
    _statistic("stddev_samp", "1.4142135623730951"),
    ("sum", f"sum(x) FROM {_V}", "5"),
    _statistic("var_pop", "1.0"),
    _statistic("var_samp", "2.0"),
    _statistic("variance", "2.0"),
)  # fmt: skip

WINDOWS: Final = _group(
    "Window",
    ("cume_dist", "cume_dist() OVER (ORDER BY x) FROM (VALUES 1) AS t(x)", "1.0", "-> double", "cume_dist({f}"),
    ("dense_rank", "dense_rank() OVER (ORDER BY x) FROM (VALUES 1) AS t(x)", "1", "-> bigint", "dense_rank({f}"),
    ("first_value", "first_value(x) OVER (ORDER BY x) FROM (VALUES 1) AS t(x)", "1", "T -> T", "first_value({0}{n}{f}"),
    ("lag", "lag(x, 1, 7) OVER (ORDER BY x) FROM (VALUES 1) AS t(x)", "7", "T -> T", "lag({0}{n}{f}", "T, bigint -> T", "lag({0}, {1}{n}{f}", "T, bigint, T -> T", "lag({0}, {1}, {2}{n}{f}"),
    ("last_value", "last_value(x) OVER (ORDER BY x) FROM (VALUES 1) AS t(x)", "1", "T -> T", "last_value({0}{n}{f}"),
    ("lead", "lead(x, 1, 7) OVER (ORDER BY x) FROM (VALUES 1) AS t(x)", "7", "T -> T", "lead({0}{n}{f}", "T, bigint -> T", "lead({0}, {1}{n}{f}", "T, bigint, T -> T", "lead({0}, {1}, {2}{n}{f}"),
    ("nth_value", "nth_value(x, 1) OVER (ORDER BY x) FROM (VALUES 1) AS t(x)", "1", "T, bigint -> T", "nth_value({0}, {1}{n}{f}"),
    ("ntile", "ntile(2) OVER (ORDER BY x) FROM (VALUES 1) AS t(x)", "1", "bigint -> bigint", "ntile({0}{f}"),
    ("percent_rank", "percent_rank() OVER (ORDER BY x) FROM (VALUES 1) AS t(x)", "0.0", "-> double", "percent_rank({f}"),
    ("rank", "rank() OVER (ORDER BY x) FROM (VALUES 1) AS t(x)", "1", "-> bigint", "rank({f}"),
    ("row_number", "row_number() OVER (ORDER BY x) FROM (VALUES 1) AS t(x)", "1", "-> bigint", "row_number({f}"),
)  # fmt: skip

SCALAR: Final = (*STRINGS, *BINARY, *REGEX, *MATHS, *TIMES, *CONDITIONS, *COLLECTIONS, *JSONS)
FUNCTIONS: Final = {function.name: function for function in (*SCALAR, *AGGREGATES, *WINDOWS)}
