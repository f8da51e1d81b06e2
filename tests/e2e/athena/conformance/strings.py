"""Text: by code points, with null for what is missing."""

from tests.e2e.athena.conformance.statement import Statement, fails, value

_PAGE = "trino functions/string.md"
_FORMAT = "trino functions/conversion.md: an example of format"
_URL = "trino functions/url.md"
_BINARY = "trino functions/binary.md"


def _text(expression: str, text: str | None, cite: str, *, may_refuse: bool = False) -> Statement:
    return value(expression, "varchar", text, cite, may_refuse=may_refuse)


STATEMENTS = (
    _text("'a' || 'b'", "ab", f"{_PAGE}: || performs concatenation"),
    _text("'a' || CAST(NULL AS varchar)", None, f"{_PAGE}: || is concat, and null in makes null out"),
    _text("concat('a', CAST(NULL AS varchar), 'b')", None, f"{_PAGE}: concat does the same as ||"),
    _text("concat_ws(',', 'a', NULL, 'b')", "a,b", f"{_PAGE}: null values after the separator are skipped"),
    _text("concat_ws(CAST(NULL AS varchar), 'a', 'b')", None, f"{_PAGE}: a null separator makes null"),
    _text("chr(65)", "A", f"{_PAGE}: the code point as a character"),
    value("codepoint('A')", "integer", "65", f"{_PAGE}: an integer", may_refuse=True),
    value("length('Palhoça')", "bigint", "7", f"{_PAGE}: the length in characters, a bigint"),
    value("length('😀')", "bigint", "1", f"{_PAGE}: functions work on code points"),
    value("length('e' || chr(769))", "bigint", "2", f"{_PAGE}: not on what a user sees as one character"),
    _text("lower('ÇA')", "ça", f"{_PAGE}: lowercase"),
    _text("upper('ça')", "ÇA", f"{_PAGE}: uppercase"),
    _text("upper('ß')", "ß", f"{_PAGE}: no one-to-many mappings", may_refuse=True),
    _text("lpad('abc', 5, 'xy')", "xyabc", f"{_PAGE}: left pads"),
    _text("lpad('abcdef', 3, 'x')", "abc", f"{_PAGE}: truncated to size characters"),
    _text("rpad('abc', 6, 'xy')", "abcxyx", f"{_PAGE}: right pads"),
    _text("ltrim('  a ') || '|'", "a |", f"{_PAGE}: leading whitespace"),
    _text("rtrim(' a  ') || '|'", " a|", f"{_PAGE}: trailing whitespace"),
    _text("trim('  a  ')", "a", f"{_PAGE}: both"),
    _text("trim(chr(9) || 'a' || chr(10))", "a", f"{_PAGE}: whitespace, not only spaces"),
    _text("trim('!' FROM '!foo!')", "foo", f"{_PAGE}: an example of trim", may_refuse=True),
    _text("trim(LEADING FROM '  abcd')", "abcd", f"{_PAGE}: an example of trim", may_refuse=True),
    _text("trim(BOTH '$' FROM '$var$')", "var", f"{_PAGE}: an example of trim", may_refuse=True),
    _text("trim(TRAILING 'ER' FROM upper('worker'))", "WORK", f"{_PAGE}: an example of trim", may_refuse=True),
    value("position('c' IN 'abc')", "bigint", "3", f"{_PAGE}: positions start with 1", may_refuse=True),
    value("strpos('abc', 'z')", "bigint", "0", f"{_PAGE}: 0 if not found"),
    value("strpos('abcabc', 'b', 2)", "bigint", "5", f"{_PAGE}: the N-th instance", may_refuse=True),
    _text("replace('banana', 'an')", "ba", f"{_PAGE}: removes all instances"),
    _text("replace('banana', 'an', 'x')", "bxxa", f"{_PAGE}: replaces all instances"),
    _text("reverse('aç😀')", "😀ça", f"{_PAGE}: the characters in reverse order"),
    value("split('a,b,,c', ',')", "array", "[a, b, , c]", f"{_PAGE}: splits on the delimiter"),
    value("split('a,b,c', ',', 2)", "array", "[a, b,c]", f"{_PAGE}: the last has everything left", may_refuse=True),
    _text("split_part('a,b,c', ',', 2)", "b", f"{_PAGE}: fields start with 1"),
    _text("split_part('a,b,c', ',', 4)", None, f"{_PAGE}: null if the index is larger than the number of fields"),
    _text("substr('Quadratically', 5)", "ratically", f"{_PAGE}: the rest from the position"),
    _text("substr('Quadratically', 5, 6)", "ratica", f"{_PAGE}: of a length"),
    _text("substr('Quadratically', -4)", "ally", f"{_PAGE}: negative is relative to the end"),
    _text("substr('Quadratically', 0)", "", "trino TestStringFunctions.testSubstring: 0 is before the text"),
    _text("substr('abc', -5)", "", "trino StringFunctions.substring: a start before the text makes nothing"),
    _text("substr('abc', 2, -1)", "", "trino StringFunctions.substring: a length below 1 makes nothing"),
    _text(
        "replace('abc', '', 'x')", "xaxbxcx", "trino StringFunctions.replace: nothing is everywhere", may_refuse=True
    ),
    _text("substring('Quadratically' FROM 5 FOR 3)", "rat", f"{_PAGE}: substring", may_refuse=True),
    value("starts_with('abc', 'ab')", "boolean", "true", f"{_PAGE}: is a prefix"),
    _text("translate('abcd', 'ac', 'z')", "zbd", f"{_PAGE}: an example of translate"),
    _text("translate('Palhoça', 'ç','c')", "Palhoca", f"{_PAGE}: an example of translate"),
    value("hamming_distance('abc', 'abd')", "bigint", "1", f"{_PAGE}: positions that differ", may_refuse=True),
    value("levenshtein_distance('kitten', 'sitting')", "bigint", "3", f"{_PAGE}: single edits", may_refuse=True),
    value("luhn_check('79927398713')", "boolean", "true", f"{_PAGE}: a valid number", may_refuse=True),
    _text("normalize('e' || chr(769))", "é", f"{_PAGE}: NFC by default", may_refuse=True),
    _text("soundex('CHYNA')", "C500", f"{_PAGE}: phonetic representation", may_refuse=True),
    _text("word_stem('generally')", "general", f"{_PAGE}: the English stem", may_refuse=True),
    _text("to_hex(to_utf8('ç'))", "C3A7", f"{_PAGE}: UTF-8; {_BINARY}: hex", may_refuse=True),
    _text(
        "to_hex(md5(to_utf8('abc')))", "900150983CD24FB0D6963F7D28E17F72", "RFC 1321: its test suite", may_refuse=True
    ),
    _text("to_base64(to_utf8('foo'))", "Zm9v", "RFC 4648: its test vectors", may_refuse=True),
    _text("from_utf8(from_base64('Zm9v'))", "foo", "RFC 4648: its test vectors", may_refuse=True),
    _text("format('%s%%', 123)", "123%", _FORMAT, may_refuse=True),
    _text("format('%.5f', pi())", "3.14159", _FORMAT, may_refuse=True),
    _text("format('%03d', 8)", "008", _FORMAT, may_refuse=True),
    _text("format('%,.2f', 1234567.89)", "1,234,567.89", _FORMAT, may_refuse=True),
    _text("format('%-7s,%7s', 'hello', 'world')", "hello  ,  world", _FORMAT, may_refuse=True),
    _text("format('%2$s %3$s %1$s', 'a', 'b', 'c')", "b c a", _FORMAT, may_refuse=True),
    _text("url_extract_protocol('https://127.0.0.1:8080/req_path')", "https", f"{_URL}: an example", may_refuse=True),
    _text("url_extract_parameter('http://a/b?x=1&y=2', 'y')", "2", f"{_URL}: by name", may_refuse=True),
    _text("url_encode('a b/ç')", "a+b%2F%C3%A7", f"{_URL}: a space is +, others %XX", may_refuse=True),
    _text("url_decode('a+b%2F')", "a b/", f"{_URL}: the inverse", may_refuse=True),
    fails("SELECT length(123)", "FUNCTION_NOT_FOUND|TYPE_MISMATCH", f"{_PAGE}: length takes a string"),
    fails(
        "SELECT split('abc', '')",
        "INVALID_FUNCTION_ARGUMENT",
        "trino StringFunctions.split: The delimiter may not be the empty string",
        may_refuse=True,
    ),
    fails("SELECT upper(1)", "FUNCTION_NOT_FOUND|TYPE_MISMATCH", f"{_PAGE}: upper takes a string"),
    fails(
        "SELECT split_part('a', ',', 0)", "INVALID_FUNCTION_ARGUMENT", f"{_PAGE}: fields start with 1", may_refuse=True
    ),
    fails(
        "SELECT lpad('a', -1, 'x')", "INVALID_FUNCTION_ARGUMENT", f"{_PAGE}: size must not be negative", may_refuse=True
    ),
)
