"""Typed settings from the CDK context, by environment; missing and wrong ones are refused."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from serverless_app.cron import cron_fault

# The numbers that CloudWatch Logs accepts, up to ten years.
RetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
Email = Annotated[str, msgspec.Meta(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
HttpsUrl = Annotated[str, msgspec.Meta(pattern=r"^https://[^\s/]+(/\S*)?$")]
Positive = Annotated[int, msgspec.Meta(ge=1)]


class ConfigError(Exception):
    """A setting is missing or wrong; the message names the key and where it belongs."""


class StackConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The settings of every stack."""

    environment: str
    retain_data: bool
    log_retention_days: RetentionDays


class SlackChannel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A channel of a Slack workspace, which has to be authorised once in AWS's console."""

    workspace_id: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Z]{1,255}$")]
    channel_id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9]{1,255}$")]


class Alerts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The receivers of failures and alarms."""

    emails: tuple[Email, ...]
    # The CDK drops a null on its way from cdk.json.
    slack: SlackChannel | None = None
    https: tuple[HttpsUrl, ...]
    """Endpoints that confirm a subscription by themselves, like PagerDuty's."""


class PlatformConfig(StackConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The settings of the stack that all pipelines share."""

    alerts: Alerts
    ledger_expiration_days: Positive
    """How long the ledger keeps a run."""


class PipelineConfig(StackConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The settings of every pipeline; a subclass beside its stack adds its own."""

    schedule: str
    python_runtime: Literal["3.11", "3.12", "3.13"]
    memory_mb: Annotated[int, msgspec.Meta(ge=128, le=10_240)]
    timeout_seconds: Annotated[int, msgspec.Meta(ge=1, le=900)]

    def __post_init__(self) -> None:
        """Refuse a schedule that EventBridge does not accept."""
        if fault := cron_fault(self.schedule):
            raise ValueError(f"`schedule` is {self.schedule!r}: {fault}")


_SECTIONS = ("platform", "pipelines")
Config = TypeVar("Config", bound=StackConfig)


def read_platform_config(context: Mapping[str, Any]) -> PlatformConfig:
    """Return the settings of the shared stack in the selected environment."""
    return _read(context, ("platform",), PlatformConfig)


def read_config(context: Mapping[str, Any], pipeline: str, kind: type[Config]) -> Config:
    """Return a pipeline's settings in the selected environment, which they override."""
    return _read(context, ("pipelines", pipeline), kind)


def _read(context: Mapping[str, Any], section: tuple[str, ...], kind: type[Config]) -> Config:
    environments = _mapping(context, "environments", "the context of cdk.json")
    names = ", ".join(environments)
    name = str(context.get("environment"))
    if name not in environments:
        raise ConfigError(f"context key 'environment' is {name!r}: choose one of {names} with -c environment=<name>")
    place = f"environments.{name}"
    shared = own = _mapping(environments, name, "environments")
    for depth, step in enumerate(section):
        own = _mapping(own, step, ".".join((place, *section[:depth])))
    common = {key: value for key, value in shared.items() if key not in _SECTIONS}
    try:
        return msgspec.convert({"environment": name, **common, **own}, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(f"cdk.json, context {place} with its {'.'.join(section)}: {error}") from error


def _mapping(parent: Mapping[str, Any], key: str, place: str) -> Mapping[str, Any]:
    value = parent.get(key)
    if not isinstance(value, Mapping):
        raise ConfigError(f"{place} has no {key!r}, or it is not an object: see the environments in cdk.json")
    return value
