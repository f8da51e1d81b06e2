"""The path of a failed execution: report to the ledger, notify, fail with a readable cause."""

import aws_cdk as cdk
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from serverless_app.constructs.watch.alert_topic import AlertTopic
from serverless_app.constructs.workflow.function_task import retry
from serverless_app.constructs.workflow.run_report import RunReport

# The schema of custom notifications of Amazon Q Developer in chat applications, which drops any other message.
_MESSAGE = (
    "{'version': '1.0', 'source': 'custom',"
    " 'content': {'textType': 'client-markdown', 'title': $failure.pipeline & ' failed in ' & $failure.state,"
    " 'description': $failure.cause},"
    " 'metadata': {'summary': $failure.error, 'additionalContext': {'pipeline': $failure.pipeline,"
    " 'run': $failure.run, 'state': $failure.state, 'error': $failure.error,"
    " 'input': $substring($string($failure.input), 0, 8000)}}}"
)


def readable_cause(characters: int) -> str:
    """Return the JSONata of a caught error's cause, cut after a number of characters.

    A function's error arrives as JSON with a message and a stack trace, others as text, a time-out without a cause.
    It is cut because a state's output has a limit, and exceeding it would hide the error behind another.
    """
    return f"""(
    $given := $states.errorOutput.Cause;
    $text := $type($given) = "string" and $given != "" ? $given : $states.errorOutput.Error;
    $object := $substring($text, 0, 1) = "{{" and $substring($text, -1) = "}}" ? $parse($text) : {{}};
    $substring($type($object.errorMessage) = "string" ? $object.errorMessage : $text, 0, {characters})
)"""


# The ledger keeps as much of a cause.
_CAUSE = readable_cause(8000)


class FailurePath(Construct):
    """The states `ReportFailed`, `NotifyFailure` and `Failed`; the execution ends with the error of the stage."""

    def __init__(self, scope: Construct, id_: str, *, pipeline: str, topic: AlertTopic, report: RunReport) -> None:
        super().__init__(scope, id_)
        self._pipeline = pipeline
        failed = sfn.Fail.jsonata(
            self, "Failed", error="{% $failure.error %}", cause='{% $failure.state & ": " & $failure.cause %}'
        )
        notify = tasks.SnsPublish.jsonata(
            self,
            "NotifyFailure",
            topic=topic.topic,
            subject=f"{{% '{pipeline} failed in ' & $failure.state %}}",
            message=sfn.TaskInput.from_text(f"{{% $string({_MESSAGE}, true) %}}"),
            task_timeout=sfn.Timeout.duration(cdk.Duration.seconds(30)),
        )
        retry(notify, ["States.ALL"], attempts=3, first_seconds=2, longest_seconds=20)
        # The execution ends with the stage's error, even if nobody could be notified.
        notify.add_catch(failed, errors=["States.ALL"])
        notify.next(failed)
        self.entry = report.failed(notify)

    def catch(
        self,
        stage: tasks.LambdaInvoke | sfn.Map | sfn.CustomState,
        *,
        via: sfn.State | None = None,
        errors: tuple[str, ...] = ("States.ALL",),
        cause: str = _CAUSE,
    ) -> None:
        """Send a stage's failure here, with its run, input and cause (JSONata), `via` a state that leads to `entry`."""
        failure = {
            "pipeline": self._pipeline,
            "run": "{% $states.context.Execution.Name %}",
            "state": stage.state_id,
            "error": "{% $states.errorOutput.Error %}",
            "cause": f"{{% {cause} %}}",
            "input": "{% $states.input %}",
        }
        stage.add_catch(via or self.entry, errors=list(errors), assign={"failure": failure})
