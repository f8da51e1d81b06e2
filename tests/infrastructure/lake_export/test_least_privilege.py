"""Who may do what to which resource: the whole list, so that a new permission has to be written down here."""

from typing import Any

import pytest

from tests.infrastructure.templates import StackTemplate, allowed, function_of, listed

TABLES = ["agent_interactions", "agent_metrics", "agent_tasks", "user_sessions", "workflows"]
GLUE = "arn:aws:glue:{region}:{account}"
CATALOG = [
    f"{GLUE}:catalog",
    f"{GLUE}:database/tokyo_ia_billing_dev",
    *(f"{GLUE}:table/tokyo_ia_billing_dev/{table}" for table in TABLES),
]
LAKE = "arn:lake-data-{account}-{region}"
STAGING = "arn:lake-staging-{account}-{region}"
LEDGER = "arn:etl-runs"
SECRET = "arn:aws:secretsmanager:{region}:{account}:secret:lake-export/source-??????"  # noqa: S105 (its name)
WRITE = {"s3:PutObject", "s3:AbortMultipartUpload"}
TRACE = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
INTERFACES = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
}
OWN: dict[str, dict[str, set[str]]] = {
    "plan": {SECRET: {"secretsmanager:GetSecretValue"}, LEDGER: {"dynamodb:Query"}},
    "export": {
        SECRET: {"secretsmanager:GetSecretValue"},
        LEDGER: {"dynamodb:GetItem", "dynamodb:PutItem"},
        LAKE: {"s3:ListBucket"},
        **{f"{LAKE}/{table}/*": {"s3:GetObject", "s3:DeleteObject", *WRITE} for table in TABLES},
        f"{STAGING}/rejects/*": WRITE,
        f"{STAGING}/quality/*": WRITE,
    },
    "catalog": {
        LEDGER: {"dynamodb:Query"},
        **{
            arn: {
                "glue:GetTable",
                "glue:GetPartition",
                "glue:BatchGetPartition",
                "glue:BatchCreatePartition",
                "glue:BatchUpdatePartition",
                "glue:BatchDeletePartition",
            }
            for arn in CATALOG
        },
    },
    "validate": {
        **{arn: {"glue:BatchGetPartition", "glue:GetPartition"} for arn in CATALOG},
        LAKE: {"s3:ListBucket"},
        **{f"{LAKE}/{table}/*": {"s3:GetObject"} for table in TABLES},
    },
}


@pytest.mark.parametrize("stage", OWN)
def test_a_function_may_do_its_work_log_and_trace(lake: StackTemplate, stage: str) -> None:
    assert allowed(_statements(lake, stage)) == {
        **OWN[stage],
        f"arn:/aws/lambda/lake-{stage}": LOG,
        "*": TRACE,
    }


@pytest.mark.parametrize("stage", ["plan", "export", "catalog"])
def test_functions_reach_the_chunks_of_their_own_pipeline_alone(lake: StackTemplate, stage: str) -> None:
    (statement,) = [one for one in _statements(lake, stage) if one["Resource"] == LEDGER]
    assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["lake_export#*"]}}


def test_no_two_functions_share_a_role(lake: StackTemplate) -> None:
    roles = {lake.role_of(lake.one("AWS::Lambda::Function", FunctionName=f"lake-{stage}")) for stage in OWN}
    assert len(roles) == len(OWN)


@pytest.mark.parametrize("variant", ["lake", "network_lake", "prod_aurora_lake"])
@pytest.mark.parametrize("stage", OWN)
def test_no_managed_policy_widens_a_function(variant: str, stage: str, request: pytest.FixtureRequest) -> None:
    template: StackTemplate = request.getfixturevalue(variant)
    role = template.role_of(template.one("AWS::Lambda::Function", FunctionName=f"lake-{stage}"))
    (properties,) = [r.properties for r in template.all("AWS::IAM::Role") if r.logical_id == role]
    assert "ManagedPolicyArns" not in properties
    assert "Policies" not in properties


@pytest.mark.parametrize("stage", ["plan", "export"])
def test_in_a_network_lambda_may_make_interfaces_and_the_code_may_not(network_lake: StackTemplate, stage: str) -> None:
    admitted, denied = [one for one in _statements(network_lake, stage) if set(listed(one["Action"])) >= INTERFACES]
    assert (admitted["Effect"], denied["Effect"]) == ("Allow", "Deny")
    assert set(denied["Action"]) == INTERFACES
    arn = f"arn:aws:lambda:{{region}}:{{account}}:function:lake-{stage}"
    assert denied["Condition"] == {"ArnEquals": {"lambda:SourceFunctionArn": arn}}


@pytest.mark.parametrize("stage", ["catalog", "validate"])
def test_functions_that_do_not_connect_get_neither_secret_nor_network(network_lake: StackTemplate, stage: str) -> None:
    actions = {action for one in _statements(network_lake, stage) for action in listed(one["Action"])}
    assert {action.partition(":")[0] for action in actions}.isdisjoint({"secretsmanager", "ec2", "kms", "rds-db"})
    assert "VpcConfig" not in function_of(network_lake, f"lake-{stage}")


@pytest.mark.parametrize("stage", ["plan", "export"])
def test_a_function_connects_as_the_configured_user_alone(network_lake: StackTemplate, stage: str) -> None:
    granted = allowed([one for one in _statements(network_lake, stage) if one["Effect"] == "Allow"])
    user = "arn:aws:rds-db:{region}:{account}:dbuser:cluster-ABCDEFGHIJKLMNOPQRSTUVWXYZ/lake_export"
    key = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-1111-2222-333344445555"
    secret = "arn:aws:secretsmanager:{region}:{account}:secret:shop/db-??????"  # noqa: S105 (its name)
    assert granted[user] == {"rds-db:connect"}
    assert granted[key] == {"kms:Decrypt"}
    assert granted[secret] == {"secretsmanager:GetSecretValue"}


def test_the_state_machine_may_invoke_its_functions_report_and_tell_of_failures(lake: StackTemplate) -> None:
    granted = allowed(lake.statements(lake.role_of(lake.one("AWS::StepFunctions::StateMachine"))))
    everywhere = granted.pop("*")
    assert {action.split(":")[0] for action in everywhere} == {"logs", "xray"}
    (key,) = [arn for arn, actions in granted.items() if "kms:Decrypt" in actions]
    assert granted == {
        **{f"arn:lake-{stage}{suffix}": {"lambda:InvokeFunction"} for stage in OWN for suffix in ("", ":*")},
        "arn:etl-alerts": {"sns:Publish"},
        LEDGER: {"dynamodb:UpdateItem"},
        key: {"kms:Decrypt", "kms:GenerateDataKey"},
    }


def test_the_state_machine_may_start_the_crawler_that_there_is(network_lake: StackTemplate) -> None:
    machine = network_lake.one("AWS::StepFunctions::StateMachine")
    granted = allowed(network_lake.statements(network_lake.role_of(machine)))
    assert granted[f"{GLUE}:crawler/lake-export"] == {"glue:StartCrawler"}


def test_the_crawler_may_read_the_tables_and_register_partitions(network_lake: StackTemplate) -> None:
    crawler = network_lake.one("AWS::Glue::Crawler").properties
    granted = allowed(network_lake.statements(crawler["Role"].removeprefix("arn:role:")))
    (log,) = [arn for arn in granted if ":logs:" in arn]
    assert log.endswith(":log-group:/aws-glue/crawlers*")
    assert not [action for arn in CATALOG for action in granted[arn] if "Delete" in action or "Table" in action[:-6]]
    assert {arn: granted[arn] for arn in granted if arn.startswith(LAKE)} == {
        LAKE: {"s3:ListBucket"},
        **{f"{LAKE}/{table}/*": {"s3:GetObject"} for table in TABLES},
    }


def test_the_rules_may_start_the_pipeline_and_nothing_else(lake: StackTemplate) -> None:
    targets = [rule.properties["Targets"][0] for rule in lake.all("AWS::Events::Rule")]
    for role in {target["RoleArn"].removeprefix("arn:role:") for target in targets}:
        assert allowed(lake.statements(role)) == {"arn:lake-export": {"states:StartExecution"}}


def _statements(template: StackTemplate, stage: str) -> list[dict[str, Any]]:
    return template.statements(template.role_of(template.one("AWS::Lambda::Function", FunctionName=f"lake-{stage}")))
