"""Where a state machine goes when a stage failed for good: tell somebody, then fail with a readable cause."""

import aws_cdk as cdk
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from serverless_app.constructs.failure_topic import FailureTopic

# A function's error arrives as JSON with a message and a stack trace, others as text, a time-out as nothing.
# Cut, because a state's cause has a limit and an error about the error would take its place.
_CAUSE = """(
    $given := $states.errorOutput.Cause;
    $text := $type($given) = "string" and $given != "" ? $given : $states.errorOutput.Error;
    $object := $substring($text, 0, 1) = "{" and $substring($text, -1) = "}" ? $parse($text) : {};
    $substring($type($object.errorMessage) = "string" ? $object.errorMessage : $text, 0, 8000)
)"""


class FailurePath(Construct):
    """The states `NotifyFailure` and `Failed`; the execution always ends with the error of the stage."""

    def __init__(self, scope: Construct, id_: str, *, pipeline: str, topic: FailureTopic) -> None:
        super().__init__(scope, id_)
        self._pipeline = pipeline
        failed = sfn.Fail.jsonata(
            self, "Failed", error="{% $failure.error %}", cause='{% $failure.state & ": " & $failure.cause %}'
        )
        self._notify = tasks.SnsPublish.jsonata(
            self,
            "NotifyFailure",
            topic=topic.topic,
            subject=f"{{% '{pipeline} failed in ' & $failure.state %}}",
            message=sfn.TaskInput.from_text("{% $string($failure, true) %}"),
            task_timeout=sfn.Timeout.duration(cdk.Duration.seconds(30)),
        )
        self._notify.add_retry(
            errors=["States.ALL"],
            interval=cdk.Duration.seconds(2),
            backoff_rate=2,
            max_attempts=3,
            max_delay=cdk.Duration.seconds(20),
            jitter_strategy=sfn.JitterType.FULL,
        )
        # Whether or not anybody was told, the stage's error is the one to end with.
        self._notify.add_catch(failed, errors=["States.ALL"])
        self._notify.next(failed)

    def catch(self, stage: tasks.LambdaInvoke | sfn.Map) -> None:
        """Send a stage here when it fails, with the run, what the stage was given, and the cause."""
        failure = {
            "pipeline": self._pipeline,
            "run": "{% $states.context.Execution.Name %}",
            "state": stage.state_id,
            "error": "{% $states.errorOutput.Error %}",
            "cause": f"{{% {_CAUSE} %}}",
            "input": "{% $states.input %}",
        }
        stage.add_catch(self._notify, errors=["States.ALL"], assign={"failure": failure})
