"""Literals and what they are, casts and what they refuse."""

from tests.e2e.athena.conformance.statement import fails, table, value

_TYPES = "trino language/types.md"
_CASTS = "trino functions/conversion.md"
_TRY = "trino functions/conditional.md"
_DOUBLES = "trino core/trino-main TestDoubleOperators.testCastToBigint"

STATEMENTS = (
    value("1", "integer", "1", f"{_TYPES}: a number that fits 32 bits is an INTEGER"),
    value("2147483648", "bigint", "2147483648", f"{_TYPES}: INTEGER ends at 2^31 - 1, BIGINT has 64 bits"),
    value("-9223372036854775807", "bigint", "-9223372036854775807", f"{_TYPES}: BIGINT has 64 bits"),
    value("1.1", "decimal", "1.1", f"{_TYPES}: 1.1 is an exact numeric literal, a DECIMAL"),
    value("1.10", "decimal", "1.10", "trino functions/decimal.md: trailing zeros of a literal are part of its scale"),
    value("1.03e1", "double", "10.3", f"{_TYPES}: scientific notation makes a DOUBLE"),
    value("123_456", "integer", "123456", f"{_TYPES}: underscores in numbers are ignored", may_refuse=True),
    value("true", "boolean", "true", f"{_TYPES}: BOOLEAN captures true and false"),
    value("'I''m'", "varchar", "I'm", f"{_TYPES}: a quote is escaped by another one"),
    value("''", "varchar", "", f"{_TYPES}: an empty text is no null"),
    value(
        "U&'Hello winter \\2603 !'", "varchar", "Hello winter ☃ !", f"{_TYPES}: \\2603 is a snowman", may_refuse=True
    ),
    value("DATE '2001-08-22'", "date", "2001-08-22", f"{_TYPES}: the example of DATE"),
    value(
        "TIMESTAMP '2001-08-22 03:04:05.321'", "timestamp", "2001-08-22 03:04:05.321", f"{_TYPES}: milliseconds stay"
    ),
    value("from_utf8(X'65683F')", "varchar", "eh?", f"{_TYPES}: the binary form of eh?", may_refuse=True),
    value("NULL", "unknown", None, "trino functions/map.md: what has no type is unknown", may_refuse=True),
    value("CAST(NULL AS varchar)", "varchar", None, f"{_CASTS}: a value is cast to the type that is named"),
    value("CAST('37' AS integer)", "integer", "37", f"{_CASTS}: a varchar can be cast to a number"),
    value("CAST(37 AS varchar)", "varchar", "37", f"{_CASTS}: and vice versa"),
    value("CAST(true AS varchar)", "varchar", "true", f"{_CASTS}: explicitly cast a value"),
    value("CAST(37 AS boolean)", "boolean", "true", "trino TestIntegerOperators.testCastToBoolean: 37 is true"),
    value("CAST(37.7E0 AS bigint)", "bigint", "38", f"{_DOUBLES}: 37.7E0 makes 38"),
    value("CAST(-37.7E0 AS bigint)", "bigint", "-38", f"{_DOUBLES}: -37.7E0 makes -38"),
    value("CAST(16.5E0 AS bigint)", "bigint", "17", "trino DoubleOperators.castToLong: a half is rounded up"),
    value("CAST(-16.5E0 AS bigint)", "bigint", "-17", "trino DoubleOperators.castToLong: a half, away from zero"),
    value("CAST(17.5E0 AS bigint)", "bigint", "18", f"{_DOUBLES}: 17.5E0 makes 18"),
    value("CAST(2.5 AS integer)", "integer", "3", "trino DecimalCasts.shortDecimalToInteger: a half is rounded up"),
    value("CAST('abcdef' AS varchar(3))", "varchar", "abc", f"{_TYPES}: a varchar(3) has at most three characters"),
    value("CAST(DECIMAL '1.456' AS decimal(10, 2))", "decimal", "1.46", "trino DecimalCasts: rescaling rounds half up"),
    value("CAST('1.5' AS decimal(10, 2))", "decimal", "1.50", f"{_TYPES}: the scale is the number of digits"),
    value("CAST(DATE '2001-08-22' AS varchar)", "varchar", "2001-08-22", f"{_CASTS}: explicitly cast a value"),
    value("CAST('2001-08-22' AS date)", "date", "2001-08-22", f"{_CASTS}: explicitly cast a value"),
    value("CAST(TIMESTAMP '2001-08-22 23:04:05' AS date)", "date", "2001-08-22", f"{_CASTS}: a cast keeps the day"),
    table(
        "SELECT CAST(ROW(1, 2e0) AS ROW(x BIGINT, y DOUBLE)).y AS y",
        {"y": "double"},
        [("2.0",)],
        f"{_TYPES}: named fields by .",
    ),
    value("ROW(1, 2.0)[1]", "integer", "1", f"{_TYPES}: fields by position start at 1", may_refuse=True),
    value("TRY_CAST('abc' AS integer)", "integer", None, f"{_CASTS}: like cast, but null if the cast fails"),
    value("TRY(CAST('P332a' AS bigint))", "bigint", None, f"{_TRY}: TRY handles an invalid cast"),
    value("typeof(123)", "varchar", "integer", f"{_CASTS}: the example of typeof", may_refuse=True),
    value("typeof('cat')", "varchar", "varchar(3)", f"{_CASTS}: the example of typeof", may_refuse=True),
    value("typeof(cos(2) + 1.5)", "varchar", "double", f"{_CASTS}: the example of typeof", may_refuse=True),
    fails(
        "SELECT CAST('P332a' AS bigint)", "INVALID_CAST_ARGUMENT: Cannot cast 'P332a' to BIGINT", f"{_TRY}: as shown"
    ),
    fails("SELECT CAST('1.5' AS integer)", "INVALID_CAST_ARGUMENT", f"{_TYPES}: 1.5 is no integer"),
    fails("SELECT CAST('' AS integer)", "INVALID_CAST_ARGUMENT", f"{_TYPES}: nothing is no integer"),
    fails("SELECT CAST('yes' AS boolean)", "INVALID_CAST_ARGUMENT", f"{_TYPES}: BOOLEAN is true or false"),
    fails("SELECT CAST('2020-02-30' AS date)", "INVALID_CAST_ARGUMENT", f"{_TYPES}: DATE is a calendar date"),
    fails("SELECT CAST(9.3E18 AS bigint)", "INVALID_CAST_ARGUMENT", f"{_DOUBLES}: 9.3E18 is refused"),
    fails("SELECT CAST(infinity() AS bigint)", "INVALID_CAST_ARGUMENT", f"{_DOUBLES}: infinity() is refused"),
    fails("SELECT CAST(2147483648 AS integer)", "OUT_OF_RANGE|INVALID_CAST", f"{_TYPES}: INTEGER ends at 2^31 - 1"),
    fails("SELECT CAST(300 AS tinyint)", "OUT_OF_RANGE|INVALID_CAST", f"{_TYPES}: TINYINT ends at 2^7 - 1"),
    fails(
        "SELECT CAST(12345 AS varchar(3))",
        "INVALID_CAST_ARGUMENT",
        "trino TestDoubleOperators.testCastToVarchar: a number that is too long cannot be represented",
        may_refuse=True,
    ),
    fails("SELECT CAST('1' AS no_such_type)", "no_such_type", f"{_TYPES}: the types"),
)
