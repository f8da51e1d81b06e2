"""`LakeExportStack` with every source that can be configured."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from serverless_app.application import Application
from serverless_app.stacks.lake_export_stack import LakeExportConfig, LakeExportStack
from serverless_app.stacks.platform_stack import PlatformStack
from tests.assemblies import made_once
from tests.infrastructure.templates import StackTemplate

STACK = "LakeExportStack"
SECRET = "lake-export/source"  # noqa: S105 (its name)
VARIANTS: dict[str, dict[str, Any]] = {
    "network": {
        "crawler": True,
        "transitions": [{"storage_class": "GLACIER_IR", "after_days": 90}],
        "source": {
            "secret_name": "shop/db",
            "secret_key_arn": "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-1111-2222-333344445555",
            "iam": {"name": "lake_export", "resource_id": "cluster-ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
            "network": {
                "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
                "security_group_ids": ["sg-0123456789abcdef0"],
            },
        },
    },
    "aurora": {
        "source": {"secret_name": SECRET, "aurora": {"database": "tokyo_ia", "min_acu": 0.5, "max_acu": 4}},
    },
    "aurora_with_tokens": {
        "source": {
            "secret_name": SECRET,
            "iam": {"name": "lake_export"},
            "aurora": {"database": "tokyo_ia", "min_acu": 0.5, "max_acu": 4},
        },
    },
}


@pytest.fixture(scope="session")
def network_lake(tmp_path_factory: pytest.TempPathFactory) -> StackTemplate:
    """The template of dev for a database in a network that exists, with a crawler."""
    return _variant(tmp_path_factory, "network", "dev")


@pytest.fixture(scope="session")
def aurora_lake(tmp_path_factory: pytest.TempPathFactory) -> StackTemplate:
    """The template of dev with a database of its own."""
    return _variant(tmp_path_factory, "aurora", "dev")


@pytest.fixture(scope="session")
def prod_aurora_lake(tmp_path_factory: pytest.TempPathFactory) -> StackTemplate:
    """The template of prod with a database of its own, whose users have tokens in place of passwords."""
    return _variant(tmp_path_factory, "aurora_with_tokens", "prod")


def _variant(factory: pytest.TempPathFactory, name: str, environment: str) -> StackTemplate:
    """Return the stack with another source, after cdk-nag and the CDK's own validation, which raise."""

    def synthesise(folder: Path) -> None:
        app = Application(folder)
        app.node.set_context("environment", environment)
        app.node.set_context("aws:cdk:bundling-stacks", [])
        platform = PlatformStack(app, "PlatformStack", config=app.platform_config()).platform
        configured = msgspec.to_builtins(app.config("lake_export", LakeExportConfig))
        config = msgspec.convert(configured | VARIANTS[name], LakeExportConfig)
        LakeExportStack(app, STACK, config=config, platform=platform)
        app.synth()

    return StackTemplate(made_once(factory, f"assembly-{environment}-{name}", synthesise), STACK)
