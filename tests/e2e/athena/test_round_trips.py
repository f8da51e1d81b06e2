"""Random rows come back from a table of every format that is written as they went in."""

# ruff: noqa: S608 -- the statements are what is tested

from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings

from tests.e2e.athena import expressions
from tests.e2e.athena.queries import Athena
from tests.e2e.athena.tables import BUCKET

NUMBERS = count()
FORMATS = {
    "parquet": "format = 'PARQUET', external_location = '{place}'",
    "iceberg": "table_type = 'ICEBERG', is_external = false, location = '{place}'",
}


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=4, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(relation=expressions.relations())
def test_rows_survive_being_written(own: Athena, form: str, relation: str) -> None:
    name = f"written_{next(NUMBERS)}"
    place = f"s3://{BUCKET}/{own.database}/{name}/"
    source = f"SELECT * FROM {relation}"
    own.ask(f"CREATE TABLE {name} WITH ({FORMATS[form].format(place=place)}) AS {source}").get()

    written = own.ask(f"SELECT * FROM {name}")
    assert sorted(written.get(), key=repr) == sorted(own.ask(source).get(), key=repr)
    assert list(written.columns.values()) == [kind.split("(")[0] for kind in expressions.COLUMNS.values()]
