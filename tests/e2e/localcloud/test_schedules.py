"""A scheduled rule fires when told that its time has come."""

import json
from datetime import UTC, datetime

import pytest

from localcloud import LocalCloud, LocalCloudError
from tests.e2e.localcloud.assemblies import Template, finished, machine, role, wait_for
from tests.e2e.localcloud.conftest import Deploy

TWO_O_CLOCK = datetime(2018, 2, 1, 2, tzinfo=UTC)


def daily(name: str, state: str = "ENABLED") -> Template:
    target = {
        "Arn": {"Ref": "Machine"},
        "Id": "machine",
        "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        "InputTransformer": {"InputPathsMap": {"time": "$.time"}, "InputTemplate": '{"scheduled":<time>}'},
    }
    properties = {
        "Name": name,
        "ScheduleExpression": "cron(0 2 * * ? *)",
        "State": state,
        "Targets": [target],
    }
    return {"Type": "AWS::Events::Rule", "Properties": properties}


def resources(rule: Template) -> Template:
    return {"Role": role(), "Machine": machine({"Pass": {"Type": "Pass", "End": True}}), "Rule": rule}


def test_a_fired_rule_starts_its_target_with_the_given_time(deploy: Deploy, cloud: LocalCloud) -> None:
    arn = deploy(resources(daily("fired")))["Machine"]
    machines = cloud.client("stepfunctions")
    cloud.fire("fired", TWO_O_CLOCK)
    (execution,) = wait_for(lambda: machines.list_executions(stateMachineArn=arn)["executions"])
    found = finished(machines, execution["executionArn"])
    assert json.loads(found["input"]) == {"scheduled": "2018-02-01T02:00:00Z"}


def test_an_unknown_rule_is_refused_with_the_known_ones(deploy: Deploy, cloud: LocalCloud) -> None:
    deploy(resources(daily("known")))
    with pytest.raises(LocalCloudError, match=r"no scheduled rule 'unknown'; .*\bknown\b"):
        cloud.fire("unknown", TWO_O_CLOCK)


def test_a_disabled_rule_does_not_fire(deploy: Deploy, cloud: LocalCloud) -> None:
    deploy(resources(daily("disabled", "DISABLED")))
    with pytest.raises(LocalCloudError, match="'disabled' is disabled"):
        cloud.fire("disabled", TWO_O_CLOCK)


def test_a_time_without_a_zone_is_refused(deploy: Deploy, cloud: LocalCloud) -> None:
    deploy(resources(daily("zoned")))
    with pytest.raises(LocalCloudError, match="names no time zone"):
        cloud.fire("zoned", TWO_O_CLOCK.replace(tzinfo=None))
