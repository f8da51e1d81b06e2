"""What the files of a table mean: Parquet, CSV, JSON, partitions and projections."""

from tests.e2e.athena.conformance.statement import fails, table

_LAZY = "athena ug/lazy-simple-serde.html"
_OPEN = "athena ug/csv-serde.html"
_JSON = "athena ug/openx-json-serde.html"
_PROJECTION = "athena ug/partition-projection-supported-types.html"
_PARTITIONS = "athena ug/partitions.html: partitions are read when they are in the catalog"
_READING = {"id": "integer", "day": "varchar"}

STATEMENTS = (
    table(
        "SELECT * FROM typed ORDER BY small",
        {
            "tiny": "tinyint",
            "small": "smallint",
            "whole": "integer",
            "big": "bigint",
            "exact": "decimal",
            "real": "double",
            "name": "varchar",
            "flag": "boolean",
            "day": "date",
            "moment": "timestamp",
        },
        [
            ("1", "2", "3", "4", "5.50", "0.1", "ç", "true", "2020-02-29", "2020-02-29 12:34:56.789"),
            (None,) * 10,
        ],
        "athena ug/data-types.html: the types of columns",
        ordered=True,
    ),
    table(
        "SELECT id, address.city AS city, scores['math'] AS math, tags[1] AS first FROM nested WHERE id = 1",
        {"id": "integer", "city": "varchar", "math": "integer", "first": "varchar"},
        [("1", "Bern", "5", "a")],
        "athena ug/rows-and-structs.html: fields by dots, elements by brackets",
    ),
    table(
        "SELECT address, scores, tags FROM nested WHERE id = 1",
        {"address": "row", "scores": "map", "tags": "array"},
        [("{city=Bern, zip=3000}", "{math=5}", "[a, b]")],
        "athena ug/rows-and-structs.html: the output",
    ),
    table(
        "SELECT address, tags FROM nested WHERE id = 2",
        {"address": "row", "tags": "array"},
        [(None, None)],
        "trino language/types.md: a null is no row of nulls",
    ),
    table(
        "SELECT * FROM lazy",
        {"id": "integer", "name": "varchar", "amount": "double"},
        [
            ("1", "one", "1.5"),
            ("2", "", None),
            (None, '"quoted"', "2.0"),
            ("4", None, "3.0"),
            ("5", "few", None),
            ("6", "many", "4.0"),
        ],
        f"{_LAZY}: \\N is null, quotes are data, what is no number is null",
    ),
    table(
        "SELECT * FROM quoted",
        {"id": "varchar", "name": "varchar", "note": "varchar"},
        [("1", "a,b", 'say "hi"'), ("2", "", "plain")],
        f"{_OPEN}: double quotes by default, an empty text is no null",
    ),
    fails(
        "SELECT * FROM quoted_numbers",
        "HIVE_BAD_DATA",
        f"{_OPEN}: empty values of numbers are not recognised",
        may_refuse=True,
    ),
    table(
        "SELECT * FROM events WHERE id = 1",
        {"id": "integer", "userid": "varchar", "detail": "row", "tags": "array"},
        [("1", "u1", "{kind=open, at=2}", "[x, y]")],
        f"{_JSON}: upper-case keys become lower case",
    ),
    table(
        "SELECT id, userid, detail FROM events WHERE id = 2",
        {"id": "integer", "userid": "varchar", "detail": "row"},
        [("2", None, None)],
        f"{_JSON}: what is missing is null",
    ),
    fails("SELECT * FROM broken_events", "HIVE_CURSOR_ERROR|HIVE_BAD_DATA", f"{_JSON}: Row is not a valid JSON Object"),
    table("SELECT * FROM readings", _READING, [("1", "2024-01-01"), ("2", "2024-01-02")], f"{_PARTITIONS}, only then"),
    table("SELECT id, day FROM readings WHERE day = '2024-01-02'", _READING, [("2", "2024-01-02")], _PARTITIONS),
    table(
        "SELECT count(*) AS n FROM readings WHERE day = '2024-01-03'",
        {"n": "bigint"},
        [("0",)],
        f"{_PARTITIONS}, only then",
    ),
    table(
        "SELECT count(*) AS n FROM readings WHERE \"$path\" LIKE '%day=2024-01-01%'",
        {"n": "bigint"},
        [("1",)],
        "athena ug/querying-pseudo-columns: $path is the file's location",
        may_refuse=True,
    ),
    table(
        "SELECT id, year, day, kind FROM projected",
        {"id": "integer", "year": "integer", "day": "varchar", "kind": "varchar"},
        [("1", "2020", "2020-01-01", "a"), ("2", "2021", "2020-01-02", "b")],
        f"{_PROJECTION}: integer, date and enum; what is outside of the ranges is not there",
    ),
    table(
        "SELECT id FROM projected WHERE year = 2020 AND kind = 'a' AND day = '2020-01-01'",
        {"id": "integer"},
        [("1",)],
        f"{_PROJECTION}: values are computed",
    ),
    table(
        "SELECT count(*) AS n FROM projected WHERE year = 2022",
        {"n": "bigint"},
        [("0",)],
        f"{_PROJECTION}: outside of the range",
    ),
    table("SELECT id FROM injected WHERE device = 'd1'", {"id": "integer"}, [("1",)], f"{_PROJECTION}: injected"),
    fails(
        "SELECT id FROM injected",
        "CONSTRAINT_VIOLATION",
        f"{_PROJECTION}: injected columns need a WHERE of values",
        may_refuse=True,
    ),
    table(
        "SELECT count(*) AS n FROM empty",
        {"n": "bigint"},
        [("0",)],
        "athena ug/tables-location-format.html: a folder without files",
    ),
    table(
        "SELECT id FROM hidden",
        {"id": "integer"},
        [("1",)],
        "athena ug/tables-location-format.html: files that begin with _ or . are placeholders",
    ),
)
