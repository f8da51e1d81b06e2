"""Statements with the answers that the documentation of Trino and Athena gives, by subject."""

from tests.e2e.athena.conformance import (
    aggregates,
    arrays,
    catalog,
    comparisons,
    conditionals,
    datetimes,
    decimals,
    dialect,
    formats,
    json_values,
    maps,
    numbers,
    regular_expressions,
    relations,
    selects,
    strings,
    types,
    windows,
)
from tests.e2e.athena.conformance.statement import Statement

STATEMENTS: tuple[Statement, ...] = (
    *types.STATEMENTS,
    *numbers.STATEMENTS,
    *decimals.STATEMENTS,
    *comparisons.STATEMENTS,
    *conditionals.STATEMENTS,
    *strings.STATEMENTS,
    *regular_expressions.STATEMENTS,
    *datetimes.STATEMENTS,
    *json_values.STATEMENTS,
    *arrays.STATEMENTS,
    *maps.STATEMENTS,
    *aggregates.STATEMENTS,
    *windows.STATEMENTS,
    *selects.STATEMENTS,
    *relations.STATEMENTS,
    *formats.STATEMENTS,
    *catalog.STATEMENTS,
    *dialect.STATEMENTS,
)
