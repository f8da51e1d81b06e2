"""Dates, timestamps, zones and intervals; timestamps are shown with three digits of a second."""

from tests.e2e.athena.conformance.statement import Statement, fails, value

_PAGE = "trino functions/datetime.md"
_TESTS = "trino TestDateTimeFunctions"
_ZONED = "timestamp with time zone"
_MOMENT = "TIMESTAMP '2001-08-22 03:04:05.321'"
_JANUARY = "TIMESTAMP '2001-01-09 13:04:05.321'"


def _stamp(expression: str, text: str, cite: str, *, may_refuse: bool = False) -> Statement:
    return value(expression, "timestamp", text, cite, may_refuse=may_refuse)


def _truncated(unit: str, text: str) -> Statement:
    return _stamp(f"date_trunc('{unit}', {_MOMENT})", text, f"{_PAGE}: the table of date_trunc")


def _shown(pattern: str, text: str, *, may_refuse: bool = False) -> Statement:
    cite = f"{_TESTS}.testDateFormat: {text}"
    return value(f"date_format({_JANUARY}, '{pattern}')", "varchar", text, cite, may_refuse=may_refuse)


STATEMENTS = (
    value("DATE '2012-08-08' + INTERVAL '2' DAY", "date", "2012-08-10", f"{_PAGE}: a date stays a date"),
    value("DATE '2012-08-08' - INTERVAL '2' DAY", "date", "2012-08-06", f"{_PAGE}: a date stays a date"),
    value("DATE '2020-01-31' + INTERVAL '1' MONTH", "date", "2020-02-29", f"{_PAGE}: the last day, as for October"),
    _stamp("TIMESTAMP '2012-08-08 01:00' + INTERVAL '29' HOUR", "2012-08-09 06:00:00.000", f"{_PAGE}: operators"),
    _stamp("TIMESTAMP '2012-10-31 01:00' + INTERVAL '1' MONTH", "2012-11-30 01:00:00.000", f"{_PAGE}: operators"),
    _stamp("TIMESTAMP '2012-10-31 01:00' - INTERVAL '1' MONTH", "2012-09-30 01:00:00.000", f"{_PAGE}: operators"),
    value(
        "INTERVAL '2' DAY + INTERVAL '3' HOUR",
        "interval day to second",
        "2 03:00:00.000",
        f"{_PAGE}: operators",
        may_refuse=True,
    ),
    value(
        "INTERVAL '3' YEAR + INTERVAL '5' MONTH",
        "interval year to month",
        "3-5",
        f"{_PAGE}: operators",
        may_refuse=True,
    ),
    value(
        "DATE '2020-03-02' - DATE '2020-03-01'",
        "interval day to second",
        "1 00:00:00.000",
        "trino DateTimeOperators.minusDateFromDate: an interval",
        may_refuse=True,
    ),
    value(
        "TIMESTAMP '2020-01-02 00:00:00' - TIMESTAMP '2020-01-01 12:00:00'",
        "interval day to second",
        "0 12:00:00.000",
        "trino TimestampOperators.Minus: an interval",
        may_refuse=True,
    ),
    value(
        "DATE '2020-01-01' = TIMESTAMP '2020-01-01 00:00:00'",
        "boolean",
        "true",
        "trino TypeCoercion: a date can be a timestamp",
        may_refuse=True,
    ),
    value(
        "TIMESTAMP '2012-10-31 01:00 UTC'",
        _ZONED,
        "2012-10-31 01:00:00.000 UTC",
        f"{_PAGE}: a zone in the literal",
        may_refuse=True,
    ),
    value(
        "TIMESTAMP '2012-10-31 01:00 UTC' AT TIME ZONE 'America/Los_Angeles'",
        _ZONED,
        "2012-10-30 18:00:00.000 America/Los_Angeles",
        f"{_PAGE}: AT TIME ZONE",
        may_refuse=True,
    ),
    value(
        "TIMESTAMP '2020-01-01 00:00 UTC' = TIMESTAMP '2020-01-01 01:00 +01:00'",
        "boolean",
        "true",
        "trino language/types.md: an instant",
        may_refuse=True,
    ),
    value("from_unixtime(0)", _ZONED, "1970-01-01 00:00:00.000 UTC", f"{_PAGE}: with time zone", may_refuse=True),
    value("to_unixtime(TIMESTAMP '1970-01-01 00:00:10.500')", "double", "10.5", f"{_PAGE}: a double"),
    value(
        "from_iso8601_timestamp('2020-05-11T11:15:05.055+01:00')",
        _ZONED,
        "2020-05-11 11:15:05.055 +01:00",
        f"{_PAGE}: an example",
        may_refuse=True,
    ),
    value("from_iso8601_date('2020-05-11')", "date", "2020-05-11", f"{_PAGE}: an example", may_refuse=True),
    value("from_iso8601_date('2020-W10')", "date", "2020-03-02", f"{_PAGE}: an example", may_refuse=True),
    value("from_iso8601_date('2020-123')", "date", "2020-05-02", f"{_PAGE}: an example", may_refuse=True),
    value("to_iso8601(DATE '2001-08-22')", "varchar", "2001-08-22", f"{_PAGE}: as an ISO 8601 string"),
    value(
        f"to_iso8601({_MOMENT})", "varchar", "2001-08-22T03:04:05.321", f"{_TESTS}.testToIso8601: T", may_refuse=True
    ),
    value("date('2020-02-29')", "date", "2020-02-29", f"{_PAGE}: an alias for CAST(x AS date)"),
    value("last_day_of_month(DATE '2020-02-10')", "date", "2020-02-29", f"{_PAGE}: the last day of the month"),
    value("current_date = CAST(now() AS date)", "boolean", "true", f"{_PAGE}: both as of the start of the query"),
    value("current_timezone()", "varchar", "UTC", "athena ug/data-types.html: sessions are UTC", may_refuse=True),
    _truncated("millisecond", "2001-08-22 03:04:05.321"),
    _truncated("second", "2001-08-22 03:04:05.000"),
    _truncated("minute", "2001-08-22 03:04:00.000"),
    _truncated("hour", "2001-08-22 03:00:00.000"),
    _truncated("day", "2001-08-22 00:00:00.000"),
    _truncated("week", "2001-08-20 00:00:00.000"),
    _truncated("month", "2001-08-01 00:00:00.000"),
    _truncated("quarter", "2001-07-01 00:00:00.000"),
    _truncated("year", "2001-01-01 00:00:00.000"),
    value("date_trunc('month', DATE '2001-08-22')", "date", "2001-08-01", f"{_TESTS}.testTruncateDate: a date"),
    _stamp(
        "date_add('second', 86, TIMESTAMP '2020-03-01 00:00:00')", "2020-03-01 00:01:26.000", f"{_PAGE}: an example"
    ),
    value("date_add('day', -1, DATE '2020-03-01')", "date", "2020-02-29", f"{_PAGE}: [same as input]"),
    value("date_add('month', 1, DATE '2020-01-31')", "date", "2020-02-29", f"{_TESTS}.testAddFieldToDate: plusMonths"),
    value("date_add('quarter', 1, DATE '2020-01-15')", "date", "2020-04-15", f"{_PAGE}: quarters", may_refuse=True),
    value(
        "date_diff('second', TIMESTAMP '2020-03-01 00:00:00', TIMESTAMP '2020-03-02 00:00:00')",
        "bigint",
        "86400",
        f"{_PAGE}: an example",
    ),
    value("date_diff('day', DATE '2020-03-01', DATE '2020-03-02')", "bigint", "1", f"{_PAGE}: an example"),
    value(
        "date_diff('day', TIMESTAMP '2020-03-01 23:00:00', TIMESTAMP '2020-03-02 01:00:00')",
        "bigint",
        "0",
        f"{_TESTS}.testDateDiffTimestamp: daysBetween counts whole days",
    ),
    value(
        "date_diff('hour', TIMESTAMP '2020-03-01 00:59:59', TIMESTAMP '2020-03-01 01:00:00')",
        "bigint",
        "0",
        f"{_TESTS}.testDateDiffTimestamp: hoursBetween counts whole hours",
    ),
    value(
        "date_diff('month', DATE '2020-01-31', DATE '2020-03-30')",
        "bigint",
        "1",
        f"{_TESTS}.testDateDiffDate: monthsBetween counts whole months",
    ),
    value(
        "date_diff('year', DATE '2019-12-31', DATE '2020-01-01')",
        "bigint",
        "0",
        f"{_TESTS}.testDateDiffDate: yearsBetween counts whole years",
    ),
    value(
        "date_diff('week', DATE '2020-03-01', DATE '2020-03-10')",
        "bigint",
        "1",
        f"{_TESTS}.testDateDiffDate: weeksBetween counts whole weeks",
    ),
    value(
        "date_diff('month', DATE '2020-03-30', DATE '2020-01-31')",
        "bigint",
        "-1",
        f"{_TESTS}.testDateDiffDate: monthsBetween, backwards",
        may_refuse=True,
    ),
    value("extract(YEAR FROM TIMESTAMP '2022-10-20 05:10:00')", "bigint", "2022", f"{_PAGE}: the example of extract"),
    value("extract(DOW FROM DATE '2020-03-01')", "bigint", "7", f"{_PAGE}: DOW is day_of_week", may_refuse=True),
    value("day_of_week(DATE '2020-03-01')", "bigint", "7", f"{_PAGE}: from 1 (Monday) to 7 (Sunday)"),
    value("day_of_year(DATE '2020-12-31')", "bigint", "366", f"{_PAGE}: from 1 to 366"),
    value("week(DATE '2021-01-03')", "bigint", "53", f"{_PAGE}: the ISO week"),
    value("year_of_week(DATE '2021-01-03')", "bigint", "2020", f"{_PAGE}: the year of the ISO week"),
    value("quarter(DATE '2001-06-30')", "bigint", "2", f"{_TESTS}.testExtractFromDate: the second"),
    value(f"second({_MOMENT})", "bigint", "5", f"{_PAGE}: the second of the minute"),
    value(f"millisecond({_MOMENT})", "bigint", "321", f"{_PAGE}: the millisecond of the second"),
    value(
        "date_format(TIMESTAMP '2022-10-20 05:10:00', '%m-%d-%Y %H')",
        "varchar",
        "10-20-2022 05",
        f"{_PAGE}: an example",
    ),
    _shown("%a %b %c", "Tue Jan 1"),
    _shown("%d|%e|%j", "09|9|009"),
    _shown("%H:%i:%s.%f", "13:04:05.321000"),
    _shown("%h %I %l %k %p", "01 01 1 13 PM"),
    _shown("%T %r", "13:04:05 01:04:05 PM"),
    _shown("%W %M %Y %y", "Tuesday January 2001 01"),
    _shown("%x %v", "2001 02", may_refuse=True),
    _shown("%%", "%"),
    _shown("%Y年%m月%d日", "2001年01月09日"),
    _stamp("date_parse('2022/10/20/05', '%Y/%m/%d/%H')", "2022-10-20 05:00:00.000", f"{_PAGE}: an example"),
    _stamp("date_parse('2013-05', '%Y-%m')", "2013-05-01 00:00:00.000", f"{_TESTS}.testDateParse: the first day"),
    _stamp(
        "date_parse('2013-05-17 12:35:10 AM', '%Y-%m-%d %h:%i:%s %p')",
        "2013-05-17 00:35:10.000",
        f"{_TESTS}.testDateParse: 12 AM is 0",
    ),
    _stamp(
        "date_parse('1.2006', '%s.%f')", "1970-01-01 00:00:01.200", f"{_TESTS}.testDateParse: to ms", may_refuse=True
    ),
    _stamp(
        "date_parse('70-01-02', '%y-%m-%d')", "1970-01-02 00:00:00.000", f"{_PAGE}: %y is 1970 to 2069", may_refuse=True
    ),
    value(
        f"format_datetime({_MOMENT}, 'yyyy/MM/dd HH:mm')",
        "varchar",
        "2001/08/22 03:04",
        f"{_TESTS}.testFormatDatetime: 2001/08/22 03:04",
        may_refuse=True,
    ),
    value(
        "parse_datetime('2020-08-18 03:04:05.678', 'yyyy-MM-dd HH:mm:ss.SSS')",
        _ZONED,
        "2020-08-18 03:04:05.678 UTC",
        f"{_TESTS}.testParseDatetime: in the session's zone",
        may_refuse=True,
    ),
    value(
        "human_readable_seconds(3762)",
        "varchar",
        "1 hour, 2 minutes, 42 seconds",
        f"{_PAGE}: an example",
        may_refuse=True,
    ),
    fails("SELECT DATE '2020-01-01' + 1", "TYPE_MISMATCH", f"{_PAGE}: dates take intervals"),
    fails(
        "SELECT date_format(DATE '2001-01-09', '%D')",
        "INVALID_FUNCTION_ARGUMENT",
        f"{_PAGE}: %D is not supported",
        may_refuse=True,
    ),
    fails(
        "SELECT date_format(DATE '2001-01-09', '%U')",
        "INVALID_FUNCTION_ARGUMENT",
        f"{_PAGE}: %U is not supported",
        may_refuse=True,
    ),
    fails("SELECT date_parse('nonsense', '%Y')", "INVALID_FUNCTION_ARGUMENT", f"{_PAGE}: parses using the format"),
    fails(
        "SELECT date_trunc('fortnight', DATE '2020-01-01')",
        "INVALID_FUNCTION_ARGUMENT",
        f"{_PAGE}: the units",
        may_refuse=True,
    ),
    fails(
        "SELECT date_diff('day', '2020-01-01', '2020-01-02')",
        "FUNCTION_NOT_FOUND|TYPE_MISMATCH",
        f"{_PAGE}: timestamps",
    ),
    fails("SELECT year('2020-01-01')", "FUNCTION_NOT_FOUND|TYPE_MISMATCH", f"{_PAGE}: date and time types"),
)
