"""The configuration: what it reads, and how it refuses what is wrong."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from serverless_app.config import ConfigError, read_config, read_platform_config
from serverless_app.cron import cron_fault
from serverless_app.stacks.etl_pipeline_stack import EtlPipelineConfig

CONTEXT: dict[str, Any] = json.loads((Path(__file__).parents[2] / "cdk.json").read_text())["context"]


@pytest.fixture
def context() -> dict[str, Any]:
    """The context of cdk.json, to be spoilt."""
    return copy.deepcopy(CONTEXT)


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_every_environment_of_cdk_json_can_be_read(context: dict[str, Any], environment: str) -> None:
    context["environment"] = environment
    config = read_config(context, "etl_pipeline", EtlPipelineConfig)
    assert config.environment == environment
    assert config.retain_data is (environment == "prod")


def test_a_pipelines_own_setting_beats_the_environments(context: dict[str, Any]) -> None:
    context["environments"]["dev"]["pipelines"]["etl_pipeline"]["log_retention_days"] = 3
    assert read_config(context, "etl_pipeline", EtlPipelineConfig).log_retention_days == 3


@pytest.mark.parametrize("key", ["memory_mb", "segments", "schedule"])
def test_a_missing_setting_is_named(context: dict[str, Any], key: str) -> None:
    del context["environments"]["dev"]["pipelines"]["etl_pipeline"][key]
    with pytest.raises(ConfigError, match=rf"environments\.dev .*etl_pipeline.*`{key}`"):
        read_config(context, "etl_pipeline", EtlPipelineConfig)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("memory_mb", "512"),
        ("memory_mb", 64),
        ("timeout_seconds", 901),
        ("segments", 0),
        ("python_runtime", "2.7"),
        ("log_retention_days", 31),
        ("retain_data", "yes"),
        ("schedule", "0 2 * * *"),
    ],
)
def test_a_setting_that_cannot_be_is_named(context: dict[str, Any], key: str, value: object) -> None:
    context["environments"]["dev"]["pipelines"]["etl_pipeline"][key] = value
    with pytest.raises(ConfigError, match=key):
        read_config(context, "etl_pipeline", EtlPipelineConfig)


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_the_platform_of_every_environment_can_be_read(context: dict[str, Any], environment: str) -> None:
    context["environment"] = environment
    config = read_platform_config(context)
    assert (config.environment, config.retain_data) == (environment, environment == "prod")
    assert (config.alerts.emails, config.alerts.slack, config.alerts.https) == ((), None, ())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("emails", ["nobody"]),
        ("https", ["http://events.example.com/plain"]),
        ("https", ["https://"]),
        ("slack", {"workspace_id": "T0123ABCD"}),
        ("slack", {"workspace_id": "my workspace", "channel_id": "C0123ABCD"}),
        ("pagers", []),
    ],
)
def test_a_receiver_of_alerts_that_cannot_be_is_named(context: dict[str, Any], key: str, value: object) -> None:
    context["environments"]["dev"]["platform"]["alerts"][key] = value
    with pytest.raises(ConfigError, match=rf"environments\.dev with its platform: .*{key}"):
        read_platform_config(context)


def test_a_null_that_the_cdk_drops_is_a_channel_less(context: dict[str, Any]) -> None:
    del context["environments"]["dev"]["platform"]["alerts"]["slack"]
    assert read_platform_config(context).alerts.slack is None


@pytest.mark.parametrize("place", ["environment", "pipeline"])
def test_an_unknown_setting_is_named(context: dict[str, Any], place: str) -> None:
    dev = context["environments"]["dev"]
    (dev if place == "environment" else dev["pipelines"]["etl_pipeline"])["memroy_mb"] = 512
    with pytest.raises(ConfigError, match="unknown field `memroy_mb`"):
        read_config(context, "etl_pipeline", EtlPipelineConfig)


def test_an_unknown_environment_is_named_beside_the_known_ones(context: dict[str, Any]) -> None:
    context["environment"] = "test"
    with pytest.raises(ConfigError, match="'test': choose one of dev, prod"):
        read_config(context, "etl_pipeline", EtlPipelineConfig)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ([], "environments"),
        (["environments", "dev"], "pipelines"),
        (["environments", "dev"], "platform"),
        (["environments", "dev", "pipelines"], "etl_pipeline"),
    ],
)
def test_a_missing_section_is_named(context: dict[str, Any], path: list[str], key: str) -> None:
    section = context
    for step in path:
        section = section[step]
    del section[key]
    with pytest.raises(ConfigError, match=f"has no '{key}'"):  # noqa: PT012 -- one of the two reads it
        read_platform_config(context)
        read_config(context, "etl_pipeline", EtlPipelineConfig)


@pytest.mark.parametrize(
    "fields",
    [
        "0 2 * * ? *",
        "0/15 8-17 ? * MON-FRI *",
        "5,35 14 L * ? 2026-2030",
        "0 0 15W JAN,jul ? *",
        "0 9 ? * 2#1 *",
        "0 9 ? * 6L *",
    ],
)
def test_schedules_that_eventbridge_accepts_pass(fields: str) -> None:
    assert cron_fault(f"cron({fields})") is None


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("0 2 * * *", "write 'cron"),
        ("cron(0 2 * * ?)", "write 'cron"),
        ("cron(0 2 * * * *)", "exactly one"),
        ("cron(0 2 ? * ? *)", "exactly one"),
        ("cron(60 2 * * ? *)", "'60' is no minute"),
        ("cron(0 24 * * ? *)", "'24' is no hour"),
        ("cron(0 2 32 * ? *)", "'32' is no day of month"),
        ("cron(0 2 * JANUARY ? *)", "'JANUARY' is no month"),
        ("cron(0 2 ? * 0 *)", "'0' is no day of week"),
        ("cron(0 2 * * ? 1969)", "'1969' is no year"),
        ("cron(0 17-8 * * ? *)", "'17-8' is no hour"),
        ("cron(0/0 2 * * ? *)", "'0/0' is no minute"),
        ("cron(0, 2 * * ? *)", "'0,' is no minute"),
    ],
)
def test_schedules_that_eventbridge_refuses_are_explained(expression: str, fault: str) -> None:
    assert fault in (cron_fault(expression) or "")
