"""Aggregates, their types, FILTER, DISTINCT and ORDER BY within."""

from collections.abc import Mapping

from tests.e2e.athena.conformance.statement import Statement, fails, table, value
from tests.e2e.athena.queries import Row

_PAGE = "trino functions/aggregate.md"
_NULLS = f"{_PAGE}: nulls are ignored, and no input makes null"


def _of(expression: str, values: str, kind: str, text: str | None, cite: str, *, may_refuse: bool = False) -> Statement:
    return value(f"{expression} FROM (VALUES {values}) AS t(x)", kind, text, cite, may_refuse=may_refuse)


def _pairs(expression: str, kind: str, text: str | None, cite: str, *, may_refuse: bool = False) -> Statement:
    rows = "('a', 1), ('b', 3), ('c', 2)"
    return value(f"{expression} FROM (VALUES {rows}) AS t(k, v)", kind, text, cite, may_refuse=may_refuse)


_LISTED: tuple[tuple[Mapping[str, str], list[Row]], ...] = (
    ({"id": "integer", "csv_value": "varchar"}, [("100", "a"), ("200", "b,c")]),
)

STATEMENTS = (
    _of("count(*)", "1, NULL", "bigint", "2", f"{_PAGE}: input rows"),
    _of("count(x)", "1, NULL", "bigint", "1", f"{_PAGE}: non-null input values"),
    _of("count(DISTINCT x)", "1, 1, 2", "bigint", "2", f"{_PAGE}: approx_distinct is an approximation of it"),
    _of("sum(x)", "1, 2, NULL", "bigint", "3", "trino LongSumAggregation: the sum of integers is a bigint"),
    _of("sum(x)", "1.5, 2.25", "decimal", "3.75", "trino DecimalSumAggregation: the scale stays"),
    _of("sum(x)", "1e0, 2e0", "double", "3.0", f"{_PAGE}: [same as input]"),
    _of("avg(x)", "1, 2", "double", "1.5", f"{_PAGE}: a double"),
    _of("avg(x)", "1.0, 2.0", "decimal", "1.5", "trino DecimalAverageAggregation: the input's type", may_refuse=True),
    _of(
        "avg(x)",
        "DECIMAL '1', DECIMAL '2'",
        "decimal",
        "2",
        "trino DecimalAverageAggregation: half up",
        may_refuse=True,
    ),
    _of("max(x)", "1, 3, NULL", "integer", "3", _NULLS),
    _of("min(x)", "'b', 'a'", "varchar", "a", f"{_PAGE}: the minimum value"),
    _of("max(x, 2)", "1, 3, 2", "array", "[3, 2]", f"{_PAGE}: the n largest values", may_refuse=True),
    _of("bool_and(x)", "true, false", "boolean", "false", f"{_PAGE}: TRUE if every input value is TRUE"),
    _of("bool_or(x)", "true, false", "boolean", "true", f"{_PAGE}: TRUE if any input value is TRUE"),
    _of("count_if(x)", "true, false, true, NULL", "bigint", "2", f"{_PAGE}: the number of TRUE input values"),
    _of("arbitrary(x)", "NULL, 7", "integer", "7", f"{_PAGE}: an arbitrary non-null value", may_refuse=True),
    _of("array_agg(x ORDER BY x DESC)", "1, 3, 2", "array", "[3, 2, 1]", f"{_PAGE}: ordering during aggregation"),
    _of("array_agg(x ORDER BY x) FILTER (WHERE x > 1)", "1, 3, 2", "array", "[2, 3]", f"{_PAGE}: filtering"),
    _of("approx_distinct(x)", "1, 1, 2", "bigint", "2", f"{_PAGE}: near count(DISTINCT x)", may_refuse=True),
    _of("approx_percentile(x, 0.5)", "1, 2, 3", "integer", "2", f"{_PAGE}: [same as x]", may_refuse=True),
    _of("geometric_mean(x)", "2e0, 8e0", "double", "4.0", f"{_PAGE}: the geometric mean", may_refuse=True),
    _of("stddev_pop(x)", "1, 3", "double", "1.0", f"{_PAGE}: the population standard deviation"),
    _of("variance(x)", "1, 3", "double", "2.0", f"{_PAGE}: the sample variance"),
    _of("bitwise_or_agg(x)", "1, 4", "bigint", "5", f"{_PAGE}: bitwise OR", may_refuse=True),
    _of("histogram(x)", "'a', 'a'", "map", "{a=2}", f"{_PAGE}: the number of times", may_refuse=True),
    _of(
        "listagg(x, ',') WITHIN GROUP (ORDER BY x)",
        "'a', 'c', 'b'",
        "varchar",
        "a,b,c",
        f"{_PAGE}: a,b,c",
        may_refuse=True,
    ),
    _of(
        "reduce_agg(x, 0, (a, b) -> a + b, (a, b) -> a + b)",
        "1, 2, 3, 4, 5",
        "integer",
        "15",
        "trino functions/lambda.md: 15",
        may_refuse=True,
    ),
    _pairs("max_by(k, v)", "varchar", "b", f"{_PAGE}: of the maximum y"),
    _pairs("min_by(k, v)", "varchar", "a", f"{_PAGE}: of the minimum y"),
    _pairs("max_by(k, v, 2)", "array", "[b, c]", f"{_PAGE}: in descending order of y", may_refuse=True),
    _pairs("map_agg(k, v) FILTER (WHERE v = 1)", "map", "{a=1}", f"{_PAGE}: from key / value pairs", may_refuse=True),
    _pairs("multimap_agg('k', v) FILTER (WHERE v < 2)", "map", "{k=[1]}", f"{_PAGE}: a multimap", may_refuse=True),
    value(
        "max_by(k, v) FROM (VALUES ('a', 1), (NULL, 2)) AS t(k, v)",
        "varchar",
        None,
        f"{_PAGE}: max_by does not ignore nulls",
        may_refuse=True,
    ),
    value(
        "min_by(k, v) FROM (VALUES (NULL, 1), ('a', 2)) AS t(k, v)",
        "varchar",
        None,
        f"{_PAGE}: min_by does not ignore nulls",
        may_refuse=True,
    ),
    _of("stddev(x)", "1", "double", None, f"{_PAGE}: the sample of one has no deviation"),
    _of("array_agg(x ORDER BY x)", "1, NULL", "array", "[1, null]", f"{_PAGE}: FILTER removes nulls, array_agg none"),
    _pairs("corr(v, v)", "double", "1.0", f"{_PAGE}: the correlation coefficient"),
    _of("sum(x) FILTER (WHERE x > 10)", "1, 2", "bigint", None, _NULLS),
    value("count(*) FROM (VALUES 1) AS t(x) WHERE x > 1", "bigint", "0", f"{_PAGE}: count is not null for no rows"),
    table(
        "SELECT id, listagg(value, ',') WITHIN GROUP (ORDER BY o) AS csv_value FROM (VALUES (100, 1, 'a'), "
        "(200, 3, 'c'), (200, 2, 'b')) AS t(id, o, value) GROUP BY id ORDER BY id",
        *_LISTED[0],
        f"{_PAGE}: an example of listagg",
        ordered=True,
        may_refuse=True,
    ),
    table(
        "SELECT k, count(*) FILTER (WHERE v > 1) AS n FROM (VALUES ('a', 1), ('b', 2)) AS t(k, v) GROUP BY k",
        {"k": "varchar", "n": "bigint"},
        [("a", "0"), ("b", "1")],
        f"{_PAGE}: you retain all information",
    ),
    table(
        "SELECT k, count(*) AS n FROM (VALUES 'a', NULL, NULL) AS t(k) GROUP BY k",
        {"k": "varchar", "n": "bigint"},
        [("a", "1"), (None, "2")],
        "trino sql/select.md: groups of matching values",
    ),
    fails(
        "SELECT sum(x) FROM (VALUES 9223372036854775807, 1) AS t(x)",
        "NUMERIC_VALUE_OUT_OF_RANGE",
        "trino LongSumAggregation: bigint addition overflow",
    ),
    fails("SELECT sum('1')", "FUNCTION_NOT_FOUND|TYPE_MISMATCH", "trino functions/conversion.md: no text to number"),
    fails(
        "SELECT k, v FROM (VALUES ('a', 1)) AS t(k, v) GROUP BY k",
        "EXPRESSION_NOT_AGGREGATE",
        "trino sql/select.md: either aggregate functions or columns present in the GROUP BY clause",
    ),
)
