"""What cannot be done is said in one line on stderr, before anything is started."""

from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from typer.testing import Result

from localcloud.home import Home
from serverless_app import target
from tests.unit.cli.conftest import Etl


def refused(result: Result) -> str:
    """Return the only line of an expected error."""
    assert isinstance(result.exception, SystemExit)
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    return line


@pytest.mark.parametrize("command", ["run", "runs", "demo", "sample load"])
def test_an_unknown_pipeline_is_refused_with_the_known_ones(etl: Etl, command: str) -> None:
    assert "there is no pipeline 'nope'; there are: etl_pipeline" in refused(etl(f"{command} nope"))


def test_an_unknown_pipeline_is_refused_the_same_with_json(etl: Etl) -> None:
    assert "there is no pipeline 'nope'" in refused(etl("run nope --json"))


def test_a_rule_cannot_fire_without_a_cloud(etl: Etl, home: Home) -> None:
    line = refused(etl("local fire etl-daily-schedule"))
    assert f"no local cloud runs in {home.path}; start it with `etl local up`" in line


def test_no_region_is_said(etl: Etl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert "region" in refused(etl("runs --target aws"))


def test_what_aws_refuses_is_said_in_its_words(etl: Etl, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> dict[str, str]:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not yours"}}, "DescribeStacks")

    monkeypatch.setattr(target.AwsTarget, "outputs", denied)
    assert "(AccessDenied) when calling the DescribeStacks operation: not yours" in refused(etl("runs --target aws"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("run", "Missing command"),
        ("run etl_pipeline --target moon", "moon"),
        ("run etl_pipeline --input missing.json", "does not exist"),
        ("runs --limit 0", "limit"),
        ("local fire etl-daily-schedule --at noon", "noon"),
        ("jump", "No such command"),
    ],
)
def test_wrong_usage_is_told_from_failure_by_its_exit_code(etl: Etl, arguments: str, said: str) -> None:
    result = etl(arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in unwrapped(result.stderr)


@pytest.mark.parametrize(("content", "said"), [("not JSON", "is not JSON"), ("[1]", "holds no JSON object")])
def test_an_input_file_has_to_hold_a_json_object(etl: Etl, tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "in.json"
    file.write_text(content)
    result = etl(f"run etl_pipeline --input {file}")
    assert result.exit_code == 2
    assert said in unwrapped(result.stderr)


@pytest.mark.parametrize("window", ["--date 2018-02-01", "--start 2018-02-01", "--end 2018-02-01"])
def test_an_input_file_and_a_window_contradict_each_other(etl: Etl, tmp_path: Path, window: str) -> None:
    file = tmp_path / "in.json"
    file.write_text("{}")
    result = etl(f"run etl_pipeline --input {file} {window}")
    assert result.exit_code == 2
    assert "--input already says everything" in unwrapped(result.stderr)


def unwrapped(box: str) -> str:
    """Return what stands in a box, whose lines are cut to the terminal's width."""
    return " ".join(line.strip("│ ") for line in box.splitlines())
