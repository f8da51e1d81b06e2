"""Commands about a local cloud that does not run."""

import json

from localcloud.home import Home
from tests.unit.cli.conftest import Etl


def test_status_says_that_the_cloud_is_down_and_how_to_start_it(etl: Etl) -> None:
    result = etl("local status")
    assert result.exit_code == 0
    assert "is down; start it with `etl local up`" in " ".join(result.stdout.split())


def test_status_as_json_says_the_same(etl: Etl, home: Home) -> None:
    status = json.loads(etl("local status --json").stdout)
    assert (status["running"], status["home"], status["stacks"]) == (False, str(home.path), {})


def test_a_cloud_that_is_down_can_be_told_to_go_down(etl: Etl) -> None:
    assert etl("local down").exit_code == 0
    assert json.loads(etl("local down --json").stdout) == {"running": False}


def test_a_cloud_that_is_down_can_be_reset(etl: Etl, home: Home) -> None:
    home.state.mkdir(parents=True)
    assert json.loads(etl("local reset --json").stdout) == {"stacks": {}}
    assert not home.state.exists()


def test_every_command_has_help(etl: Etl) -> None:
    for command in ("", "demo", "run", "runs", "show", "sample load", *local()):
        result = etl(f"{command} --help")
        assert (result.exit_code, "Usage:" in result.stdout) == (0, True), command


def local() -> list[str]:
    return [f"local {command}" for command in ("up", "status", "down", "reset", "deploy", "fire")]
