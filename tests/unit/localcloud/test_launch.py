"""The serving process gets an environment of its own."""

from pathlib import Path

import pytest

from localcloud.home import Home
from localcloud.launch import server_environment, tail


def environment(home: Path, *, iam: bool = False, **extra: str) -> dict[str, str]:
    return server_environment(
        Home(home), account="000000000000", region="us-east-1", iam=iam, wait_scale=1.0, extra=extra
    )


@pytest.mark.parametrize("name", ["AWS_PROFILE", "AWS_ENDPOINT_URL", "HTTPS_PROXY", "PYTHONPATH", "LOG_LEVEL"])
def test_the_callers_own_settings_stay_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "the caller's")
    assert name not in environment(tmp_path)


def test_the_callers_docker_is_never_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///var/run/docker.sock")
    assert environment(tmp_path)["DOCKER_HOST"] == "unix:///nonexistent"


def test_iam_is_enforced_only_when_asked_for(tmp_path: Path) -> None:
    assert environment(tmp_path, iam=True)["AUTH"] == "true"
    assert "AUTH" not in environment(tmp_path)


def test_what_is_given_for_the_cloud_wins(tmp_path: Path) -> None:
    assert environment(tmp_path, TZ="Europe/Berlin")["TZ"] == "Europe/Berlin"


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("\n".join(str(number) for number in range(100)))
    assert tail(log).splitlines()[-1] == "99"
    assert "1" not in tail(log).splitlines()
