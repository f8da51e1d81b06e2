"""Somebody hears of a failure: which run, which state, and why."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from serverless_app.executions import Execution
from tests.e2e.etl_pipeline.deployed import DeployedPipeline


def listen(pipeline: DeployedPipeline) -> Callable[[], dict[str, Any]]:
    """Subscribe a queue to the topic of alerts; what is returned takes one message from it."""
    topics, queues = pipeline.cloud.client("sns"), pipeline.cloud.client("sqs")
    (topic,) = [one["TopicArn"] for one in topics.list_topics()["Topics"] if one["TopicArn"].endswith(":etl-alerts")]
    url = queues.create_queue(QueueName="heard")["QueueUrl"]
    queue = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)

    def take() -> dict[str, Any]:
        (message,) = queues.receive_message(QueueUrl=url, WaitTimeSeconds=10)["Messages"]
        queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        body: dict[str, Any] = json.loads(message["Body"])
        return body

    return take


@pytest.fixture(scope="module", params=["deployment", "iam_deployment"])
def failure(request: pytest.FixtureRequest) -> tuple[Execution, dict[str, Any]]:
    """A failed run, and what was heard of it; with and without IAM enforced."""
    pipeline: DeployedPipeline = request.getfixturevalue(request.param)
    take = listen(pipeline)
    return pipeline.run({"date": "yesterday"}), take()


def test_the_subject_names_pipeline_and_state(failure: tuple[Execution, dict[str, Any]]) -> None:
    _, heard = failure
    assert heard["Subject"] == "etl-pipeline failed in Extract"


def test_the_message_names_run_error_and_cause(failure: tuple[Execution, dict[str, Any]]) -> None:
    execution, heard = failure
    told = json.loads(heard["Message"])
    assert "input 'date' is 'yesterday', not a day" in told["content"]["description"]
    about = told["metadata"]["additionalContext"]
    assert (about["run"], about["state"], about["error"]) == (execution.run, "Extract", "TerminalError")
    assert json.loads(about["input"]) == {"date": "yesterday"}
