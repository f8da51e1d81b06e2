"""Decimals: the scale of a result is part of its text."""

from tests.e2e.athena.conformance.statement import Statement, fails, value

_RULES = "trino functions/decimal.md"
_TESTS = "trino TestDecimalOperators"


def _quotient(expression: str, text: str) -> Statement:
    return value(
        expression, "decimal", text, f"{_RULES}: scale is max(xs, ys); {_TESTS}.testDivide: half up", may_refuse=True
    )


STATEMENTS = (
    value("DECIMAL '137.7' + DECIMAL '17.1'", "decimal", "154.8", f"{_TESTS}.testAdd: 0154.8"),
    value("DECIMAL '1.5' + DECIMAL '0.25'", "decimal", "1.75", f"{_RULES}: the scale of a sum is max(xs, ys)"),
    value("DECIMAL '107.7' - DECIMAL '17.1'", "decimal", "90.6", f"{_TESTS}.testSubtract: 0090.6"),
    value("DECIMAL '1.50' * DECIMAL '2.0'", "decimal", "3.000", f"{_RULES}: the scale of a product is xs + ys"),
    value("1.10 + 1", "decimal", "2.10", f"{_RULES}: an integer is a decimal of scale 0"),
    value("0.1 + 0.2 = 0.3", "boolean", "true", f"{_RULES}: decimals are exact"),
    value("1.0 = 1.00", "boolean", "true", f"{_TESTS}.testEqual: trailing zeros do not matter"),
    value(
        "DECIMAL '12345678901234567890' + DECIMAL '-12345678901234567891'",
        "decimal",
        "-1",
        f"{_TESTS}.testAdd: exact beyond 18 digits",
    ),
    value(
        "DECIMAL '.1234567890123456789' * DECIMAL '.1234567890123456789'",
        "decimal",
        "0.01524157875323883675019051998750190521",
        f"{_TESTS}.testMultiply: all 38 digits",
        may_refuse=True,
    ),
    _quotient("DECIMAL '1' / DECIMAL '3'", "0"),
    _quotient("DECIMAL '1.0' / DECIMAL '3'", "0.3"),
    _quotient("DECIMAL '500.00' / DECIMAL '0.1'", "5000.00"),
    _quotient("DECIMAL '200.00' / DECIMAL '0.3'", "666.67"),
    _quotient("DECIMAL '200.00000' / DECIMAL '-0.3'", "-666.66667"),
    _quotient("DECIMAL '9' / DECIMAL '5'", "2"),
    _quotient("DECIMAL '-9' / DECIMAL '5'", "-2"),
    _quotient("DECIMAL '10' / DECIMAL '.000000001'", "10000000000.000000000"),
    _quotient("CAST(1000 AS DECIMAL(38,8)) / CAST(25 AS DECIMAL(38,8))", "40.00000000"),
    value("DECIMAL '-10' % DECIMAL '3'", "decimal", "-1", f"{_TESTS}.testModulus: the sign is the dividend's"),
    value("DECIMAL '10.0' % DECIMAL '3.000'", "decimal", "1.000", f"{_TESTS}.testModulus: the larger scale"),
    value("-DECIMAL '123456.00000010'", "decimal", "-123456.00000010", f"{_TESTS}.testNegation: the same type"),
    fails("SELECT DECIMAL '1' / DECIMAL '0'", "DIVISION_BY_ZERO", f"{_TESTS}.testDivide: by zero", may_refuse=True),
    fails("SELECT DECIMAL '1' % DECIMAL '0'", "DIVISION_BY_ZERO", f"{_TESTS}.testModulus: by zero", may_refuse=True),
    fails(
        "SELECT DECIMAL '99999999999999999999999999999999999999' + DECIMAL '1'",
        "NUMERIC_VALUE_OUT_OF_RANGE",
        f"{_RULES}: what does not fit is out of range",
        may_refuse=True,
    ),
    fails("SELECT CAST(123.45 AS decimal(4, 2))", "INVALID_CAST_ARGUMENT", f"{_RULES}: what does not fit is an error"),
)
