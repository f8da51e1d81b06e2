"""The edge of every function: one log line, its metrics, and the error family that the state machine matches."""

import io
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from etl.errors import EtlError, StagingError, TerminalError, TransientError
from lambdas.entry import entry, logger

WINDOW = {"start": "2018-02-01T00:00:00Z", "end": "2018-02-02T00:00:00Z"}
EVENT = {"run": "a-run", "window": WINDOW, "rows": 3}


class Request(msgspec.Struct):
    run: str
    window: dict[str, str]
    rows: int


class Result(msgspec.Struct):
    rows: int
    bytes: int


@entry(Request, measures={"rows_moved": "rows", "bytes_moved": "bytes"})
def moving(request: Request) -> Result:
    """Move rows."""
    return Result(request.rows, request.rows * 10)


class Throttled(TransientError):
    """A kind of its own."""


def failing(error: Exception) -> Any:
    @entry(Request, measures={})
    def handler(_request: Request) -> Result:
        raise error

    return handler


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    written = io.StringIO()
    before = logger.registered_handler.setStream(written)  # type: ignore[attr-defined]  # a StreamHandler
    yield written
    logger.registered_handler.setStream(before)  # type: ignore[attr-defined]  # a StreamHandler


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def metrics(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    (line,) = capsys.readouterr().out.splitlines()
    blob: dict[str, Any] = json.loads(line)
    return blob


def test_returns_the_result_of_the_stage_and_its_seconds(context: Any) -> None:
    result = moving(EVENT, context)

    assert result == {"rows": 3, "bytes": 30, "seconds": result["seconds"]}
    assert 0 <= result["seconds"] < 60


def test_logs_one_line_with_run_window_and_counts(context: Any, log: io.StringIO) -> None:
    moving(EVENT, context)

    (line,) = lines(log)
    assert (line["level"], line["message"], line["service"]) == ("INFO", "done", "etl_pipeline")
    assert (line["run"], line["window"]) == ("a-run", WINDOW)
    assert line["function_request_id"] == "a-request"
    assert line["result"]["rows"] == 3


def test_a_warm_function_does_not_log_the_run_before(context: Any, log: io.StringIO) -> None:
    moving(EVENT, context)
    moving(EVENT | {"run": "another"}, context)

    assert [line["run"] for line in lines(log)] == ["a-run", "another"]


def test_measures_what_it_is_told_to_in_the_embedded_metric_format(
    context: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    moving(EVENT, context)

    blob = metrics(capsys)
    (directive,) = blob["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "etl"
    assert directive["Dimensions"] == [["function", "service"]]
    assert blob["function"] == "a-function"
    assert {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]} == {
        "rows_moved": "Count",
        "bytes_moved": "Bytes",
        "seconds": "Seconds",
    }
    assert (blob["service"], blob["rows_moved"], blob["bytes_moved"]) == ("etl_pipeline", [3], [30])


@pytest.mark.parametrize(
    ("error", "family", "message"),
    [
        (StagingError("truncated"), TerminalError, "StagingError: truncated"),
        (TerminalError("refused"), TerminalError, "refused"),
        (Throttled("slow"), TransientError, "Throttled: slow"),
        (TransientError("slow"), TransientError, "slow"),
    ],
)
def test_raises_the_exact_family_and_keeps_the_cause(
    context: Any, error: EtlError, family: type[EtlError], message: str
) -> None:
    with pytest.raises(EtlError) as raised:
        failing(error)(EVENT, context)

    assert type(raised.value) is family
    assert str(raised.value) == message
    assert raised.value.__cause__ is error


def test_a_failure_is_counted_and_logged_with_its_run(
    context: Any, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(TerminalError):
        failing(StagingError("truncated"))(EVENT, context)

    (line,) = lines(log)
    assert (line["level"], line["run"], line["window"]) == ("ERROR", "a-run", WINDOW)
    assert line["exception_name"] == "StagingError"
    assert "truncated" in line["exception"]
    assert metrics(capsys)["failures"] == [1]


@pytest.mark.parametrize(("thing", "uploads"), [("s3://lake/key", 1), ("table ledger", 0)])
def test_failed_calls_about_one_kind_of_thing_have_a_metric_of_their_own(
    context: Any, capsys: pytest.CaptureFixture[str], thing: str, uploads: int
) -> None:
    error = TransientError("slow")
    error.thing = thing

    @entry(Request, measures={}, failures={"upload_failures": "s3://"})
    def handler(_request: Request) -> Result:
        raise error

    with pytest.raises(TransientError):
        handler(EVENT, context)

    assert metrics(capsys)["upload_failures"] == [uploads]


@pytest.mark.parametrize(
    ("event", "wrong"),
    [
        ({}, "Object missing required field `run`"),
        (EVENT | {"rows": "three"}, "Expected `int`, got `str` - at `$.rows`"),
        ({"run": "a-run", "window": None, "rows": 1}, "Expected `object`, got `null` - at `$.window`"),
    ],
)
def test_an_event_of_another_shape_is_refused_with_the_way_to_start(
    context: Any, event: dict[str, Any], wrong: str
) -> None:
    with pytest.raises(TerminalError) as raised:
        moving(event, context)

    assert str(raised.value) == (f"InputError: event is no Request: {wrong}. Start the state machine, not the function")


@pytest.mark.filterwarnings("ignore:No application metrics to publish")
def test_a_mistake_in_the_code_keeps_its_own_class(context: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        failing(ZeroDivisionError())(EVENT, context)


def test_keeps_the_name_of_the_stage() -> None:
    assert (moving.__name__, moving.__doc__) == ("moving", "Move rows.")
