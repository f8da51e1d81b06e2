"""`cdk synth`, `diff`, `deploy` and `destroy` work on the stack as it is, and on a changed setting."""

from pathlib import Path

import pytest

from tests.e2e.cdk_cli.command import APP, QUICKLY, cdk
from tests.e2e.cdk_cli.life import MACHINE, STACK, Life, live

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    return live(tmp_path_factory.mktemp("life"))


def test_synthesis_needs_neither_account_nor_region(life: Life) -> None:
    assert life.synthesised.code == 0
    assert "Bundling asset EtlPipelineStack/Dependencies" in life.synthesised.text


def test_a_first_diff_shows_what_will_be_made(life: Life) -> None:
    assert life.diff_before.code == 1
    assert "[+] AWS::StepFunctions::StateMachine" in life.diff_before.text


def test_a_deploy_shows_the_outputs(life: Life) -> None:
    assert life.deployed.code == 0, life.deployed.text
    assert f"{STACK}.StateMachineArn = {MACHINE}" in life.deployed.text
    assert f"{STACK}.StagingBucketName = etl-staging-000000000000-us-east-1" in life.deployed.text


def test_the_layer_is_published_with_its_packages(life: Life) -> None:
    packages = {name.split("/")[1] for name in life.layer if name.startswith("python/")}
    assert {"aws_lambda_powertools", "msgspec", "yaml"} <= packages
    assert any(name.endswith("aarch64-linux-gnu.so") for name in life.layer)


def test_nothing_differs_after_a_deploy(life: Life) -> None:
    assert life.diff_after.code == 0, life.diff_after.text
    assert "There were no differences" in life.diff_after.text


def test_the_deployed_pipeline_runs(life: Life) -> None:
    assert life.first_run["status"] == "SUCCEEDED"
    assert life.first_run["destination"] == 1


def test_a_diff_shows_a_changed_setting_alone(life: Life) -> None:
    changed = [line for line in life.diff_changed.text.splitlines() if line.startswith(("[+]", "[-]", "[~]"))]
    assert len(changed) == 1
    assert "Extract/Function" in changed[0]
    assert "48" in life.diff_changed.text


def test_a_deploy_of_a_changed_setting_is_an_update(life: Life) -> None:
    assert life.updated.code == 0, life.updated.text
    assert (life.status, life.lookback) == ("UPDATE_COMPLETE", "48")


def test_the_pipeline_has_its_data_and_runs_after_the_update(life: Life) -> None:
    assert life.second_run == life.first_run


def test_a_destroy_leaves_nothing_behind_in_dev(life: Life) -> None:
    assert life.destroyed.code == 0, life.destroyed.text
    assert {kind: names for kind, names in life.left.items() if names} == {}


def test_an_unknown_environment_is_named(tmp_path: Path) -> None:
    arguments = ("synth", "--quiet", "--app", APP, "--output", str(tmp_path), "-c", "environment=test")
    said = cdk(*arguments, environment=QUICKLY)
    assert said.code != 0
    assert "'environment' is 'test': choose one of dev, prod" in said.text
