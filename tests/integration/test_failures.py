"""What goes wrong from outside ends in one exact family, with a message that names the thing and the next step."""

from typing import Any, Literal

import boto3
import pytest
from botocore.stub import Stubber

import lambdas.etl_pipeline.extract
import lambdas.etl_pipeline.load
import lambdas.etl_pipeline.transform
from etl.errors import EtlError, TerminalError, TransientError
from tests.integration.conftest import Cloud
from tests.integration.records import event, three_days

WINDOW = {"start": "2018-02-01T00:00:00Z", "end": "2018-02-02T00:00:00Z"}
PART = {"window": WINDOW, "key": "key", "records": 1, "bytes": 1}


def failure(call: Any, *arguments: Any, family: type[EtlError] = TerminalError, **input_: Any) -> str:
    with pytest.raises(EtlError) as raised:
        call(*arguments, **input_)
    assert type(raised.value) is family
    return str(raised.value)


@pytest.mark.parametrize(
    ("input_", "message"),
    [
        ({"start": "tomorrow", "end": "2018-02-02"}, "InputError: input 'start' is 'tomorrow', not an"),
        ({"start": "2018-02-02", "end": "2018-02-01"}, "InputError: the window ends at 2018-02-01T00:00:00Z"),
        ({"day": "2018-02-01"}, "InputError: etl_pipeline does not know the input 'day'"),
    ],
)
def test_a_wrong_input_is_named(cloud: Cloud, input_: dict[str, Any], message: str) -> None:
    assert failure(cloud.extract, **input_).startswith(message)


def test_a_missing_source_table_is_named(empty_cloud: Cloud, bucket: str) -> None:
    assert bucket
    assert failure(empty_cloud.extract).startswith("NotFound: table source: ")


def test_a_missing_destination_table_is_named(cloud: Cloud) -> None:
    cloud.put([event(1, "2018-02-01T10:00:00Z")])
    transformed = cloud.transform([cloud.extract(date="2018-02-01")])
    cloud.dynamodb.delete_table(TableName="destination")

    assert failure(cloud.load, WINDOW, transformed).startswith("NotFound: table destination: ")


@pytest.mark.usefixtures("ledger")
def test_a_missing_bucket_is_named_by_every_function(empty_cloud: Cloud, source_table: str) -> None:
    assert source_table
    assert failure(empty_cloud.extract).startswith("NotFound: s3://staging/extract/")
    assert failure(empty_cloud.transform, [PART]).startswith("NotFound: s3://staging/key: ")
    assert failure(empty_cloud.load, WINDOW, PART).startswith("NotFound: s3://staging/key: ")


@pytest.mark.parametrize(
    ("variable", "call"), [("SOURCE_TABLE", "extract"), ("STAGING_BUCKET", "transform"), ("DESTINATION_TABLE", "load")]
)
def test_a_missing_setting_is_named(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, variable: str, call: str) -> None:
    monkeypatch.delenv(variable)
    calls: dict[str, Any] = {
        "extract": cloud.extract,
        "transform": lambda: cloud.transform([PART]),
        "load": lambda: cloud.load(WINDOW, PART),
    }

    message = failure(calls[call])

    assert message.startswith("InputError: environment does not fit")
    assert variable in message


@pytest.mark.parametrize("stage", ["transform", "load"])
def test_a_truncated_staging_object_is_named(cloud: Cloud, stage: str) -> None:
    cloud.put(three_days())
    extracted = cloud.extract(date="2018-02-01")
    part = extracted if stage == "transform" else cloud.transform([extracted])
    content = cloud.objects()[part["key"]]
    cloud.s3.put_object(Bucket="staging", Key=part["key"], Body=content[: len(content) * 2 // 3])

    message = failure(cloud.transform, [extracted]) if stage == "transform" else failure(cloud.load, WINDOW, part)

    assert message.startswith("StagingError: ")
    assert part["key"] in message


def test_too_many_rejects_load_nothing(cloud: Cloud) -> None:
    cloud.put([event(number, "2018-02-01T10:00:00Z", value={"S": "unknown"}) for number in range(3)])

    message = failure(cloud.run, date="2018-02-01")

    assert message.startswith("ToleranceExceeded: 3 of 3 records broke contract etl-pipeline-events (type: 3)")
    assert cloud.destination() == {}
    assert not any(key.startswith("transform/") for key in cloud.objects())


HANDLERS = [lambdas.etl_pipeline.extract, lambdas.etl_pipeline.transform, lambdas.etl_pipeline.load]


def stubbed(monkeypatch: pytest.MonkeyPatch, service: Literal["dynamodb", "s3"]) -> Stubber:
    """Give the handlers a client of this service that answers as it is told."""
    client = boto3.client(service)
    for module in HANDLERS:
        made = module.client
        monkeypatch.setattr(module, "client", lambda name, made=made: client if name == service else made(name))
    return Stubber(client)


@pytest.mark.parametrize(
    ("code", "family", "start"),
    [
        ("AccessDeniedException", TerminalError, "AccessDenied: table source: Scan answered"),
        ("ThrottlingException", TransientError, "table source: Scan answered ThrottlingException"),
        ("InternalServerError", TransientError, "table source: Scan answered InternalServerError"),
    ],
)
def test_a_source_table_that_refuses_is_named(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, code: str, family: type[EtlError], start: str
) -> None:
    with stubbed(monkeypatch, "dynamodb") as stub:
        stub.add_client_error("scan", code)

        assert failure(cloud.extract, family=family).startswith(start)
    assert cloud.objects() == {}


def test_a_destination_table_that_refuses_is_named(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.put([event(1, "2018-02-01T10:00:00Z")])
    transformed = cloud.transform([cloud.extract(date="2018-02-01")])

    with stubbed(monkeypatch, "dynamodb") as stub:
        for call in ("get_item", "put_item"):
            stub.add_response(call, {})
        stub.add_client_error("batch_write_item", "AccessDeniedException")
        stub.add_response("put_item", {})

        message = failure(cloud.load, WINDOW, transformed)

    assert message.startswith("AccessDenied: table destination: BatchWriteItem answered AccessDeniedException")
    assert "role" in message


def test_a_bucket_that_refuses_is_named(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    with stubbed(monkeypatch, "s3") as stub:
        stub.add_client_error("put_object", "AccessDenied", http_status_code=403)

        assert failure(cloud.extract).startswith("AccessDenied: s3://staging/extract/")
