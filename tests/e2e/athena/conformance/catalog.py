"""information_schema; what SHOW and DESCRIBE print is tested where tables are made."""

from tests.e2e.athena.conformance.statement import table

_PAGE = "athena ug/querying-glue-catalog.html"

STATEMENTS = (
    table(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'lake' AND table_name LIKE 'shipp%'",
        {"table_name": "varchar"},
        [("shipping",)],
        f"{_PAGE}: the tables of a database",
    ),
    table(
        "SELECT column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = 'lake' AND table_name = 'readings' ORDER BY ordinal_position",
        {"column_name": "varchar", "data_type": "varchar"},
        [("id", "integer"), ("day", "varchar")],
        f"{_PAGE}: columns, with partition columns",
        ordered=True,
    ),
    table(
        "SELECT schema_name FROM information_schema.schemata WHERE schema_name = 'lake'",
        {"schema_name": "varchar"},
        [("lake",)],
        f"{_PAGE}: the databases",
    ),
    table(
        "SELECT id FROM lake.readings WHERE day = '2024-01-01'",
        {"id": "integer"},
        [("1",)],
        "athena ug/select.html: database.table",
    ),
    table(
        'SELECT id FROM "awsdatacatalog"."lake"."readings" WHERE day = \'2024-01-01\'',
        {"id": "integer"},
        [("1",)],
        "athena ug/gdc-register-query-the-data-source.html: catalog.database.table",
    ),
    table(
        'SELECT day FROM "readings$partitions" ORDER BY day',
        {"day": "varchar"},
        [("2024-01-01",), ("2024-01-02",)],
        "athena ug/show-partitions.html: $partitions lists the partitions",
        ordered=True,
        may_refuse=True,
    ),
)
