"""Where a state machine goes when a stage failed for good: report, tell somebody, fail with a readable cause."""

import aws_cdk as cdk
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from serverless_app.constructs.watch.alert_topic import AlertTopic
from serverless_app.constructs.workflow.failure_cause import readable_cause
from serverless_app.constructs.workflow.run_report import RunReport

# As long as what the ledger keeps of a cause.
_CAUSE = readable_cause(8000)
# What a chat application shows of a message (Amazon Q Developer's custom notifications); it drops any other.
_MESSAGE = (
    "{'version': '1.0', 'source': 'custom',"
    " 'content': {'textType': 'client-markdown', 'title': $failure.pipeline & ' failed in ' & $failure.state,"
    " 'description': $failure.cause},"
    " 'metadata': {'summary': $failure.error, 'additionalContext': {'pipeline': $failure.pipeline,"
    " 'run': $failure.run, 'state': $failure.state, 'error': $failure.error,"
    " 'input': $substring($string($failure.input), 0, 8000)}}}"
)


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
        notify.add_retry(
            errors=["States.ALL"],
            interval=cdk.Duration.seconds(2),
            backoff_rate=2,
            max_attempts=3,
            max_delay=cdk.Duration.seconds(20),
            jitter_strategy=sfn.JitterType.FULL,
        )
        # Whether or not anybody was told, the stage's error is the one to end with.
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
        """Send a stage here when it fails, with the run, what the stage was given, and the cause.

        It goes `via` a state that ends at `entry`, if one is given; `cause` is a JSONata expression.
        """
        failure = {
            "pipeline": self._pipeline,
            "run": "{% $states.context.Execution.Name %}",
            "state": stage.state_id,
            "error": "{% $states.errorOutput.Error %}",
            "cause": f"{{% {cause} %}}",
            "input": "{% $states.input %}",
        }
        stage.add_catch(via or self.entry, errors=list(errors), assign={"failure": failure})
