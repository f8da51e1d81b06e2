"""What dev and prod differ in."""

import pytest

from serverless_app.synthesis import SynthesisError, synthesise
from tests.infrastructure.templates import StackTemplate

KEPT = ["AWS::DynamoDB::GlobalTable", "AWS::S3::Bucket", "AWS::Logs::LogGroup"]


@pytest.mark.parametrize("kind", KEPT)
def test_prod_keeps_its_data_when_the_stack_goes(prod_stack: StackTemplate, kind: str) -> None:
    assert {resource.deletion_policy for resource in prod_stack.all(kind)} == {"Retain"}


@pytest.mark.parametrize("kind", KEPT)
def test_dev_leaves_nothing_behind(stack: StackTemplate, kind: str) -> None:
    assert {resource.deletion_policy for resource in stack.all(kind)} == {"Delete"}


def test_only_dev_empties_its_bucket(stack: StackTemplate, prod_stack: StackTemplate) -> None:
    assert len(stack.all("Custom::S3AutoDeleteObjects")) == 1
    assert prod_stack.all("Custom::S3AutoDeleteObjects") == []


def test_only_prod_protects_its_tables_from_deletion(stack: StackTemplate, prod_stack: StackTemplate) -> None:
    assert _deletion_protection(stack) == {False}
    assert _deletion_protection(prod_stack) == {True}


def test_prod_keeps_its_logs_longer(stack: StackTemplate, prod_stack: StackTemplate) -> None:
    (dev,), (prod,) = (
        {group.properties["RetentionInDays"] for group in template.all("AWS::Logs::LogGroup")}
        for template in (stack, prod_stack)
    )
    assert dev < prod


def test_resources_say_which_environment_they_belong_to(prod_stack: StackTemplate) -> None:
    tags = prod_stack.one("AWS::S3::Bucket").properties["Tags"]
    assert {"Key": "environment", "Value": "prod"} in tags


def test_an_unknown_environment_is_refused_by_name(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(SynthesisError, match="'staging': choose one of dev, prod"):
        synthesise(tmp_path_factory.mktemp("staging"), environment="staging", validate=False)


def _deletion_protection(template: StackTemplate) -> set[bool]:
    tables = template.all("AWS::DynamoDB::GlobalTable")
    return {table.properties["Replicas"][0].get("DeletionProtectionEnabled", False) for table in tables}
