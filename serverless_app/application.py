"""The CDK app of the project: configured from cdk.json, validated, tagged."""

import json
import os
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from serverless_app.config import Config, PlatformConfig, read_config, read_platform_config

_CDK_JSON = Path(__file__).parents[1] / "cdk.json"


class Application(cdk.App):
    """An app that has the same context without the CDK CLI as with it, checked by cdk-nag.

    CDK_VALIDATION=false skips cdk-nag and the CDK's own validation of templates.
    """

    def __init__(self, out: Path | None = None) -> None:
        context = json.loads(_CDK_JSON.read_text())["context"]
        # The CLI passes cdk.json's context with its own -c values, which override this one.
        super().__init__(context=context, outdir=None if out is None else str(out), analytics_reporting=False)
        cdk.Tags.of(self).add("environment", str(self.node.try_get_context("environment")))
        if os.environ.get("CDK_VALIDATION") != "false":
            import cdk_nag  # noqa: PLC0415 (a sixth of the time of a synthesis that does not validate)

            cdk.Validations.of(self).add_plugins(cdk_nag.AwsSolutionsChecks())

    def config(self, pipeline: str, kind: type[Config]) -> Config:
        """Return a pipeline's settings in the chosen environment; ConfigError names a wrong key."""
        return read_config(self._context(), pipeline, kind)

    def platform_config(self) -> PlatformConfig:
        """Return the settings of the shared stack; ConfigError names a wrong key."""
        return read_platform_config(self._context())

    def _context(self) -> dict[str, Any]:
        return {key: self.node.try_get_context(key) for key in ("environment", "environments")}
