"""The linters of the field, on the stack with each of its sources."""

import json

import pytest

from tests.infrastructure.definitions import lint
from tests.infrastructure.templates import StackTemplate


# cdk-nag has refused none of them: the synthesis behind each fixture would have raised.
@pytest.mark.parametrize(
    "variant",
    [
        "lake",
        "prod_lake",
        "network_lake",
        pytest.param("aurora_lake", marks=pytest.mark.slow),
        pytest.param("prod_aurora_lake", marks=pytest.mark.slow),
    ],
)
def test_cfn_lint_finds_nothing(variant: str, request: pytest.FixtureRequest) -> None:
    template: StackTemplate = request.getfixturevalue(variant)
    assert lint(template.path.read_text()) == []


def test_cfn_lint_finds_a_property_of_a_table_that_does_not_exist(lake: StackTemplate) -> None:
    broken = json.loads(lake.path.read_text())
    table = lake.all("AWS::Glue::Table")[0].logical_id
    broken["Resources"][table]["Properties"]["TableInput"]["Columns"] = []
    assert [match for match in lint(json.dumps(broken)) if "Columns" in match]
