"""The database by configuration: somebody else's, in a network or not, or one that the stack makes."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from serverless_app.config import ConfigError, read_config
from serverless_app.stacks.lake_export_stack import LakeExportConfig
from tests.infrastructure.lake_export.conftest import VARIANTS
from tests.infrastructure.templates import StackTemplate, function_of

CDK_JSON = Path(__file__).parents[3] / "cdk.json"
CONNECTING = ["plan", "export"]
AURORA = VARIANTS["aurora"]["source"]


@pytest.mark.parametrize("variant", ["lake", "prod_lake"])
def test_without_a_network_nothing_of_one_is_made(variant: str, request: pytest.FixtureRequest) -> None:
    template: StackTemplate = request.getfixturevalue(variant)
    kinds = {resource["Type"].split("::")[1] for resource in template.raw["Resources"].values()}
    assert kinds.isdisjoint({"EC2", "RDS", "SecretsManager", "Serverless"})


@pytest.mark.parametrize("stage", CONNECTING)
def test_functions_run_in_the_configured_network(network_lake: StackTemplate, stage: str) -> None:
    assert function_of(network_lake, f"lake-{stage}")["VpcConfig"] == {
        "SubnetIds": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
        "SecurityGroupIds": ["sg-0123456789abcdef0"],
    }


@pytest.mark.parametrize("stage", CONNECTING)
def test_a_function_in_a_network_waits_for_the_permission_to_be_there(network_lake: StackTemplate, stage: str) -> None:
    function = network_lake.one("AWS::Lambda::Function", FunctionName=f"lake-{stage}")
    role = network_lake.role_of(function)
    (policy,) = [p for p in network_lake.all("AWS::IAM::Policy") if f"role:{role}" in p.properties["Roles"]]
    assert policy.logical_id in network_lake.raw["Resources"][function.logical_id]["DependsOn"]


@pytest.mark.parametrize("stage", CONNECTING)
def test_functions_run_in_the_subnets_of_a_database_of_ours(aurora_lake: StackTemplate, stage: str) -> None:
    subnets = [subnet.logical_id for subnet in aurora_lake.all("AWS::EC2::Subnet")]
    assert len(subnets) == 2
    assert function_of(aurora_lake, f"lake-{stage}")["VpcConfig"]["SubnetIds"] == subnets


def test_a_network_of_ours_has_no_way_to_the_internet(aurora_lake: StackTemplate) -> None:
    for kind in ("InternetGateway", "NatGateway", "VPCGatewayAttachment", "Route"):
        assert aurora_lake.all(f"AWS::EC2::{kind}") == []


def test_a_network_of_ours_has_ways_to_the_services_that_functions_call(aurora_lake: StackTemplate) -> None:
    endpoints = aurora_lake.all("AWS::EC2::VPCEndpoint")
    services = {str(one.properties["ServiceName"]).rpartition(".")[2]: one.properties for one in endpoints}
    assert {name: one["VpcEndpointType"] for name, one in services.items()} == {
        "s3": "Gateway",
        "dynamodb": "Gateway",
        "secretsmanager": "Interface",
    }


def test_only_functions_are_admitted_to_the_database_and_to_the_secrets(aurora_lake: StackTemplate) -> None:
    (functions,) = {
        tuple(function_of(aurora_lake, f"lake-{stage}")["VpcConfig"]["SecurityGroupIds"]) for stage in CONNECTING
    }
    ingress = aurora_lake.all("AWS::EC2::SecurityGroupIngress")
    assert {one.properties["SourceSecurityGroupId"] for one in ingress} == set(functions)
    assert len({one.properties["GroupId"] for one in ingress}) == 2
    for group in aurora_lake.all("AWS::EC2::SecurityGroup"):
        assert "SecurityGroupIngress" not in group.properties


def test_the_database_is_encrypted_takes_tls_only_and_knows_iam(aurora_lake: StackTemplate) -> None:
    cluster = aurora_lake.one("AWS::RDS::DBCluster").properties
    assert cluster["StorageEncrypted"] is True
    assert cluster["EnableIAMDatabaseAuthentication"] is True
    assert cluster["ServerlessV2ScalingConfiguration"] == {"MinCapacity": 0.5, "MaxCapacity": 4}
    assert aurora_lake.one("AWS::RDS::DBInstance").properties["PubliclyAccessible"] is False
    parameters = aurora_lake.one("AWS::RDS::DBClusterParameterGroup").properties["Parameters"]
    assert parameters["rds.force_ssl"] == "1"


def test_only_prod_protects_its_database_from_deletion(
    aurora_lake: StackTemplate, prod_aurora_lake: StackTemplate
) -> None:
    (dev,), (prod,) = (template.all("AWS::RDS::DBCluster") for template in (aurora_lake, prod_aurora_lake))
    assert (dev.properties.get("DeletionProtection", False), dev.deletion_policy) == (False, "Delete")
    assert (prod.properties["DeletionProtection"], prod.deletion_policy) == (True, "Snapshot")


def test_the_password_is_made_kept_and_rotated_in_secrets_manager(aurora_lake: StackTemplate) -> None:
    ((id_, secret),) = _secrets(aurora_lake).items()
    assert secret["Name"] == "lake-export/source"
    assert secret["GenerateSecretString"]["GenerateStringKey"] == "password"
    attached = aurora_lake.one("AWS::SecretsManager::SecretTargetAttachment")
    assert attached.properties["SecretId"] == id_
    rotation = aurora_lake.one("AWS::SecretsManager::RotationSchedule").properties
    assert rotation["SecretId"] == attached.logical_id
    assert rotation["RotationRules"] == {"ScheduleExpression": "rate(30 days)"}


@pytest.mark.parametrize("stage", CONNECTING)
def test_functions_read_the_secret_of_a_database_of_ours_alone(aurora_lake: StackTemplate, stage: str) -> None:
    (statement,) = _statements(aurora_lake, stage, "secretsmanager:GetSecretValue")
    assert statement["Resource"] == aurora_lake.one("AWS::SecretsManager::SecretTargetAttachment").logical_id


def test_with_tokens_the_secret_of_the_functions_holds_no_password(prod_aurora_lake: StackTemplate) -> None:
    secrets = {secret["Name"]: secret for secret in _secrets(prod_aurora_lake).values()}
    assert secrets.keys() == {"lake-export/source", "lake-export/source-admin"}
    cluster = prod_aurora_lake.one("AWS::RDS::DBCluster").logical_id
    text = prod_aurora_lake.resolve(secrets["lake-export/source"]["SecretString"])
    # Host and port are attributes of the cluster; its name stands for both of them here.
    assert json.loads(text.replace(f":{cluster}", ":5432")) == {
        "host": cluster,
        "port": 5432,
        "dbname": "tokyo_ia",
        "username": "lake_export",
        "iam": True,
    }


@pytest.mark.parametrize("stage", CONNECTING)
def test_with_tokens_functions_connect_as_one_user_of_one_database(prod_aurora_lake: StackTemplate, stage: str) -> None:
    cluster = prod_aurora_lake.one("AWS::RDS::DBCluster").logical_id
    (statement,) = _statements(prod_aurora_lake, stage, "rds-db:connect")
    assert statement["Resource"] == f"arn:aws:rds-db:{{region}}:{{account}}:dbuser:{cluster}/lake_export"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"secret_name": ""}, "secret_name"),
        ({"secret_name": "s", "iam": {"name": "u"}}, "`resource_id` of a database that exists"),
        (
            VARIANTS["aurora"]["source"] | {"network": VARIANTS["network"]["source"]["network"]},
            "`aurora` makes network",
        ),
        (VARIANTS["aurora"]["source"] | {"iam": {"name": "u", "resource_id": "cluster-A"}}, "none with `aurora`"),
        ({"secret_name": "s", "network": {"subnet_ids": [], "security_group_ids": ["sg-1"]}}, "subnet_ids"),
        ({"secret_name": "s", "aurora": {"database": "d", "min_acu": 0.3, "max_acu": 1}}, "min_acu"),
        ({"secret_name": "s", "aurora": {"database": "d", "min_acu": 4, "max_acu": 1}}, "`max_acu` is 1"),
        ({"secret_name": "s", "password": "p"}, "password"),
    ],
)
def test_a_source_that_cannot_be_is_refused_by_name(source: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        _configured(source=source)


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("retention_days", 100, "take 99 at most"),
        ("least_rows", {"orders": 1}, "`least_rows` names 'orders': there are agent_interactions, "),
        ("max_connections", 41, "max_connections"),
        ("scratch_mb", 511, "scratch_mb"),
        ("empty_days", "keep", "empty_days"),
        ("database", "Tokyo", "database"),
        ("transitions", [{"storage_class": "DEEP_ARCHIVE", "after_days": 1}], "storage_class"),
    ],
)
def test_a_setting_that_no_run_could_keep_is_refused_by_name(setting: str, value: object, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        _configured(**{setting: value})


def _configured(**settings: object) -> LakeExportConfig:
    context = msgspec.json.decode(CDK_JSON.read_bytes())["context"]
    context["environments"]["dev"]["pipelines"]["lake_export"] |= settings
    return read_config(context, "lake_export", LakeExportConfig)


def _secrets(template: StackTemplate) -> dict[str, dict[str, Any]]:
    resources = template.raw["Resources"].items()
    return {id_: one["Properties"] for id_, one in resources if one["Type"] == "AWS::SecretsManager::Secret"}


def _statements(template: StackTemplate, stage: str, action: str) -> list[dict[str, Any]]:
    role = template.role_of(template.one("AWS::Lambda::Function", FunctionName=f"lake-{stage}"))
    return [one for one in template.statements(role) if action in one["Action"]]
