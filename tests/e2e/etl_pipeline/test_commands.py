"""Every command of `etl`, on a local cloud of its own and on that cloud as if it were an AWS account."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud import LocalCloud
from tests.e2e.commands import Etl, document, refused, run_etl

DAY = "2018-02-01"
EVENTS_OF_THE_DAY = 231


@pytest.fixture(scope="module")
def etl(home: Path) -> Etl:
    """The command on a local cloud with the sample in its source table."""
    assert home.exists()
    assert "1,707" in run_etl("sample load etl_pipeline").stdout
    return run_etl


@pytest.fixture
def nothing_deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Etl]:
    """The command in an AWS account without stacks."""
    with LocalCloud(tmp_path / "empty") as cloud:
        for name, value in cloud.environment().items():
            monkeypatch.setenv(name, value)
        yield lambda line: run_etl(f"{line} --target aws")


@pytest.fixture
def ran(etl: Etl) -> dict[str, Any]:
    """A run over one day."""
    found: dict[str, Any] = document(etl(f"run etl_pipeline --date {DAY} --json"))
    return found


def test_a_run_as_json_is_its_states_and_its_result(ran: dict[str, Any]) -> None:
    assert (ran["status"], ran["input"], ran["error"]) == ("SUCCEEDED", {"date": DAY}, None)
    assert ran["output"]["loaded"] == EVENTS_OF_THE_DAY
    assert [state["name"] for state in ran["states"] if state["name"] in {"Extract", "Transform", "Load"}] == [
        "Extract",
        "Transform",
        "Load",
    ]


def test_a_run_for_people_says_what_arrived(etl: Etl) -> None:
    result = etl(f"run etl_pipeline --date {DAY}")
    assert result.exit_code == 0
    for said in ("succeeded", "231", "transform/20180201T000000Z-20180202T000000Z/data.json"):
        assert said in result.stdout


def test_a_run_takes_a_start_and_an_end(etl: Etl) -> None:
    run = document(etl("run etl_pipeline --start 2018-02-01 --end 2018-02-02 --json"))
    assert run["output"]["loaded"] == EVENTS_OF_THE_DAY


def test_a_run_takes_its_input_from_a_file(etl: Etl, tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text(json.dumps({"date": DAY}))
    run = document(etl(f"run etl_pipeline --input {tmp_path / 'in.json'} --json"))
    assert run["output"]["loaded"] == EVENTS_OF_THE_DAY


def test_a_run_without_a_window_looks_back(etl: Etl) -> None:
    assert document(etl("run etl_pipeline --json"))["input"] == {}


def test_a_failed_run_has_its_cause_and_an_exit_code(etl: Etl) -> None:
    result = etl("run etl_pipeline --date tomorrow --json")
    run = json.loads(result.stdout)
    assert (result.exit_code, run["status"]) == (1, "FAILED")
    assert "input 'date' is 'tomorrow', not a day: write it like 2024-12-22" in run["cause"]


def test_a_failed_run_says_its_cause_to_people(etl: Etl) -> None:
    result = etl("run etl_pipeline --date tomorrow")
    assert result.exit_code == 1
    assert "input 'date' is 'tomorrow'" in " ".join((result.stdout + result.stderr).split())


def test_runs_lists_the_newest_first(etl: Etl, ran: dict[str, Any]) -> None:
    newest = document(etl("runs --json"))[0]
    assert (newest["run"], newest["pipeline"], newest["status"]) == (ran["run"], "etl_pipeline", "SUCCEEDED")


def test_runs_lists_no_more_than_asked_for(etl: Etl, ran: dict[str, Any]) -> None:
    (one,) = document(etl("runs etl_pipeline --limit 1 --json"))
    assert one["run"] == ran["run"]


def test_runs_for_people_names_what_show_needs(etl: Etl, ran: dict[str, Any]) -> None:
    assert ran["run"][:8] in etl("runs").stdout


def test_show_finds_a_run_by_the_start_of_its_name(etl: Etl, ran: dict[str, Any]) -> None:
    assert document(etl(f"show {ran['run'][:8]} --json")) == ran


def test_show_tells_people_why_a_run_failed(etl: Etl) -> None:
    failed = json.loads(etl("run etl_pipeline --date tomorrow --json").stdout)
    result = etl(f"show {failed['run']}")
    assert result.exit_code == 0
    assert "input 'date' is 'tomorrow'" in " ".join(result.stdout.split())


def test_show_of_an_unknown_run_says_where_to_look(etl: Etl) -> None:
    assert "there is no run 'nope'; `etl runs` lists those that there are" in refused(etl("show nope"))


@pytest.mark.usefixtures("ran")
def test_show_of_an_ambiguous_name_asks_for_more(etl: Etl) -> None:
    etl(f"run etl_pipeline --date {DAY}")
    assert "give more of the name" in refused(etl("show ''"))


def test_loading_the_sample_again_says_the_same(etl: Etl) -> None:
    assert document(etl("sample load etl_pipeline --json")) == {"records": 1_707}


def test_status_names_the_endpoint_and_the_stacks(etl: Etl, home: Path) -> None:
    status = document(etl("local status --json"))
    assert (status["running"], status["home"]) == (True, str(home))
    assert status["stacks"]["EtlPipelineStack"].endswith("_COMPLETE")
    assert status["environment"]["AWS_ENDPOINT_URL"] == status["endpoint_url"]


def test_status_has_a_line_to_paste(etl: Etl, home: Path) -> None:
    (line,) = [line for line in etl("local status").stdout.splitlines() if line.startswith("export ")]
    assert dict(word.split("=", 1) for word in shlex.split(line)[1:]) == LocalCloud(home).environment()


def test_up_leaves_a_running_cloud_as_it_is(etl: Etl) -> None:
    before = document(etl("local status --json"))
    assert document(etl("local up --json")) == before


@pytest.mark.usefixtures("ran")
def test_what_was_deployed_for_one_pipeline_is_deployed_for_all(etl: Etl, monkeypatch: pytest.MonkeyPatch) -> None:
    def synthesise(*_: Any, **__: Any) -> None:
        raise AssertionError("it was synthesised again")

    monkeypatch.setattr("serverless_app.target.synthesise", synthesise)
    assert {run["pipeline"] for run in document(etl("runs --json"))} == {"etl_pipeline"}


def test_deploy_says_the_outputs(etl: Etl) -> None:
    assert document(etl("local deploy --json"))["EtlPipelineStack"]["SourceTableName"] == "etl-source-data"


def test_a_checkout_that_has_not_changed_is_not_deployed_again(etl: Etl, home: Path) -> None:
    formation = LocalCloud(home).client("cloudformation")

    def happened() -> int:
        return len(formation.describe_stack_events(StackName="EtlPipelineStack")["StackEvents"])

    document(etl("runs --json"))
    before = happened()
    document(etl("runs --json"))
    assert happened() == before > 0


def test_a_fired_rule_starts_a_run_of_the_day_before(etl: Etl) -> None:
    before = {run["run"] for run in document(etl("runs --json"))}
    said = document(etl("local fire etl-daily-schedule --at 2018-02-03T03:00:00+01:00 --json"))
    assert said == {"rule": "etl-daily-schedule", "time": "2018-02-03T02:00:00Z"}
    (fired,) = [run["run"] for run in document(etl("runs --json")) if run["run"] not in before]
    assert document(etl(f"show {fired} --json"))["input"] == {"scheduled": "2018-02-03T02:00:00Z"}


def test_an_unknown_rule_is_refused_with_the_known_ones(etl: Etl) -> None:
    line = refused(etl("local fire nope"))
    assert "no scheduled rule 'nope'" in line
    assert "etl-daily-schedule" in line


def test_a_run_in_aws_uses_the_outputs_of_the_stack(as_aws: Etl) -> None:
    run = document(as_aws(f"run etl_pipeline --date {DAY} --json"))
    assert run["output"]["loaded"] == EVENTS_OF_THE_DAY
    assert document(as_aws(f"show {run['run']} --json")) == run
    assert document(as_aws("runs --limit 1 --json"))[0]["run"] == run["run"]


@pytest.mark.parametrize("command", ["run etl_pipeline", "runs", "show a-run", "sample load etl_pipeline"])
def test_a_stack_that_is_not_deployed_in_aws_is_named(nothing_deployed: Etl, command: str) -> None:
    line = refused(nothing_deployed(command))
    assert "stack EtlPipelineStack is not deployed here: deploy it with `cdk deploy EtlPipelineStack`" in line
