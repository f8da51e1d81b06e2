"""`etl athena setup` on a catalog that moto plays: what is missing is made as in the stack, the rest left alone."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from etl.contracts.glue import glue_table
from etl.pipelines.lake_export.datasets import datasets
from tests.unit.cli.account import OUTPUTS, Account

EVERYTHING = {"workgroup", "database", *(f"table {name}" for name in datasets())}


class Workgroups:
    """Athena, which unlike moto's says that there is no such workgroup."""

    def __init__(self) -> None:
        self.by_name: dict[str, dict[str, Any]] = {}

    def get_work_group(self, *, WorkGroup: str) -> dict[str, Any]:  # noqa: N803
        if WorkGroup not in self.by_name:
            message = f"WorkGroup {WorkGroup} is not found."
            raise ClientError({"Error": {"Code": "InvalidRequestException", "Message": message}}, "GetWorkGroup")
        return {"WorkGroup": self.by_name[WorkGroup]}

    def create_work_group(self, *, Name: str, **given: Any) -> None:  # noqa: N803
        self.by_name[Name] = given


@pytest.fixture(autouse=True)
def athena(account: Account) -> Workgroups:
    account.clients["athena"] = Workgroups()
    workgroups: Workgroups = account.clients["athena"]
    return workgroups


def columns(account: Account, table: str) -> list[str]:
    glue = account.clients["glue"]
    found = glue.get_table(DatabaseName=OUTPUTS["DatabaseName"], Name=table)["Table"]
    return [one["Name"] for one in (*found["StorageDescriptor"]["Columns"], *found["PartitionKeys"])]


def test_what_is_missing_is_created_as_the_contracts_say(account: Account) -> None:
    result = account.etl("athena setup --json")
    assert json.loads(result.stdout) == dict.fromkeys(EVERYTHING, "created")
    for name, contract in datasets().items():
        assert columns(account, name) == [field.name for field in contract.fields]


def test_the_workgroup_says_where_answers_go_and_lets_nobody_choose(account: Account, athena: Workgroups) -> None:
    account.etl("athena setup")
    configuration = athena.by_name["lake-export"]["Configuration"]
    assert configuration["EnforceWorkGroupConfiguration"] is True
    assert configuration["ResultConfiguration"] == {
        "OutputLocation": "s3://staging/athena/",
        "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
    }


def test_a_second_time_changes_nothing(account: Account) -> None:
    account.etl("athena setup")
    result = account.etl("athena setup --json")
    assert (json.loads(result.stdout), result.exit_code) == (dict.fromkeys(EVERYTHING, "there"), 0)


def test_a_table_with_other_columns_is_left_alone_and_named(account: Account) -> None:
    account.etl("athena setup")
    other = glue_table(datasets()["workflows"]).table_input("s3://lake/workflows/")
    other["StorageDescriptor"]["Columns"] = other["StorageDescriptor"]["Columns"][:1]
    account.clients["glue"].update_table(DatabaseName=OUTPUTS["DatabaseName"], TableInput=other)
    result = account.etl("athena setup")
    assert "table workflows differs" in " ".join(result.stdout.split())
    assert "deploy LakeExportStack" in result.stdout
    assert columns(account, "workflows") == ["id", "year", "month", "day"]
    assert result.exit_code == 1


def test_people_are_told_that_a_new_table_knows_no_days(account: Account) -> None:
    assert "`etl athena repair` registers them" in account.etl("athena setup").stdout


@pytest.mark.parametrize("command", ["repair nope", "repair workflows nope"])
def test_an_unknown_table_cannot_be_repaired(account: Account, command: str) -> None:
    result = account.etl(f"athena {command}")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "there is no dataset 'nope' in lake_export; there are agent_interactions," in result.stderr


def test_a_pipeline_without_tables_is_refused_by_name(account: Account) -> None:
    result = account.etl("athena setup --pipeline etl_pipeline")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "etl_pipeline has no `etl athena`; it can run" in result.stderr
