"""The app, synthesised once for all the tests that read its templates."""

from pathlib import Path

import pytest

from tests.assemblies import shared_assembly
from tests.infrastructure.templates import StackTemplate


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of dev, after cdk-nag and the CDK's own validation."""
    return shared_assembly(tmp_path_factory, "dev", validate=True)


@pytest.fixture(scope="session")
def stack(assembly: Path) -> StackTemplate:
    """The template of `EtlPipelineStack` in dev."""
    return StackTemplate(assembly)


@pytest.fixture(scope="session")
def platform(assembly: Path) -> StackTemplate:
    """The template of `PlatformStack` in dev."""
    return StackTemplate(assembly, "PlatformStack")


@pytest.fixture(scope="session")
def prod_assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of prod, after cdk-nag and the CDK's own validation."""
    return shared_assembly(tmp_path_factory, "prod", validate=True)


@pytest.fixture(scope="session")
def prod_stack(prod_assembly: Path) -> StackTemplate:
    """The template of `EtlPipelineStack` in prod."""
    return StackTemplate(prod_assembly)


@pytest.fixture(scope="session")
def prod_platform(prod_assembly: Path) -> StackTemplate:
    """The template of `PlatformStack` in prod."""
    return StackTemplate(prod_assembly, "PlatformStack")


@pytest.fixture(scope="session")
def lake(assembly: Path) -> StackTemplate:
    """The template of `LakeExportStack` in dev, whose functions reach the database without a network of their own."""
    return StackTemplate(assembly, "LakeExportStack")


@pytest.fixture(scope="session")
def prod_lake(prod_assembly: Path) -> StackTemplate:
    """The template of `LakeExportStack` in prod."""
    return StackTemplate(prod_assembly, "LakeExportStack")
