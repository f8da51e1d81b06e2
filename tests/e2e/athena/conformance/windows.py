"""Window functions and their frames."""

# ruff: noqa: S608 -- the statements are what is tested

from tests.e2e.athena.conformance.statement import Statement, table

_PAGE = "trino functions/window.md"
_FRAMES = "trino sql/select.md"


def _over(
    function: str, window: str, kind: str, texts: list[str | None], cite: str, *, may_refuse: bool = False
) -> Statement:
    """A function over the rows 10, 20, 20, 30, in this order."""
    return table(
        f"SELECT n, {function} OVER ({window}) AS f "
        "FROM (VALUES (1, 10), (2, 20), (3, 20), (4, 30)) AS t(n, x) ORDER BY n",
        {"n": "integer", "f": kind},
        [(str(number + 1), text) for number, text in enumerate(texts)],
        cite,
        ordered=True,
        may_refuse=may_refuse,
    )


STATEMENTS = (
    _over("row_number()", "ORDER BY n", "bigint", ["1", "2", "3", "4"], f"{_PAGE}: unique, sequential"),
    _over("rank()", "ORDER BY x", "bigint", ["1", "2", "2", "4"], f"{_PAGE}: ties produce gaps"),
    _over("dense_rank()", "ORDER BY x", "bigint", ["1", "2", "2", "3"], f"{_PAGE}: ties do not produce gaps"),
    _over("ntile(3)", "ORDER BY n", "bigint", ["1", "1", "2", "3"], f"{_PAGE}: the remainder from the first bucket"),
    _over(
        "percent_rank()",
        "ORDER BY n",
        "double",
        ["0.0", "0.3333333333333333", "0.6666666666666666", "1.0"],
        f"{_PAGE}: (r - 1) / (n - 1)",
    ),
    _over("cume_dist()", "ORDER BY x", "double", ["0.25", "0.75", "0.75", "1.0"], f"{_PAGE}: preceding or peer"),
    _over("lag(x)", "ORDER BY n", "integer", [None, "10", "20", "20"], f"{_PAGE}: null outside the partition"),
    _over("lead(x, 2, 0)", "ORDER BY n", "integer", ["20", "30", "0", "0"], f"{_PAGE}: the default value"),
    _over("first_value(x)", "ORDER BY n", "integer", ["10", "10", "10", "10"], f"{_PAGE}: the first of the window"),
    _over(
        "last_value(n)",
        "ORDER BY x",
        "integer",
        ["1", "3", "3", "4"],
        f"{_FRAMES}: up to the last peer",
        may_refuse=True,
    ),
    _over("nth_value(x, 2)", "ORDER BY n", "integer", [None, "20", "20", "20"], f"{_PAGE}: null beyond the window"),
    _over("sum(x)", "ORDER BY x", "bigint", ["10", "50", "50", "80"], f"{_FRAMES}: RANGE, so with all peers"),
    _over(
        "sum(x)",
        "ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW",
        "bigint",
        ["10", "30", "40", "50"],
        f"{_FRAMES}: the frame",
    ),
    _over("sum(x)", "PARTITION BY x", "bigint", ["10", "40", "40", "30"], f"{_FRAMES}: without ORDER BY all are peers"),
    _over("count(*)", "", "bigint", ["4", "4", "4", "4"], f"{_FRAMES}: each component is optional"),
    _over(
        "avg(x)", "PARTITION BY x", "double", ["10.0", "20.0", "20.0", "30.0"], f"{_PAGE}: all aggregates can be used"
    ),
    table(
        "SELECT n, lag(x) IGNORE NULLS OVER (ORDER BY n) AS f "
        "FROM (VALUES (1, 10), (2, NULL), (3, 30)) AS t(n, x) ORDER BY n",
        {"n": "integer", "f": "integer"},
        [("1", None), ("2", "10"), ("3", "10")],
        f"{_PAGE}: nulls are excluded",
        ordered=True,
        may_refuse=True,
    ),
    table(
        "SELECT n, rank() OVER w AS f FROM (VALUES (1, 10), (2, 20)) AS t(n, x) "
        "WINDOW w AS (ORDER BY x DESC) ORDER BY n",
        {"n": "integer", "f": "bigint"},
        [("1", "2"), ("2", "1")],
        f"{_FRAMES}: a named window",
        ordered=True,
        may_refuse=True,
    ),
    table(
        "SELECT n, row_number() OVER (ORDER BY x DESC) AS f FROM (VALUES (1, 10), (2, NULL)) AS t(n, x) ORDER BY n",
        {"n": "integer", "f": "bigint"},
        [("1", "1"), ("2", "2")],
        f"{_FRAMES}: NULLS LAST, regardless of the ordering direction",
        ordered=True,
    ),
)
