"""`etl-pipeline` as states: Extract or, for rejects, Replay; Transform; Load. References travel, never data."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from serverless_app.constructs.storage.run_ledger import RunLedger
from serverless_app.constructs.watch.alert_topic import AlertTopic
from serverless_app.constructs.workflow.failure_path import FailurePath
from serverless_app.constructs.workflow.function_task import function_task
from serverless_app.constructs.workflow.run_report import RunReport

_RUN = "{% $states.context.Execution.Name %}"
_RESULT = "{% $states.result.Payload %}"
# A replay has none: its records are no sample of the window.
_SCORECARD = (
    "$exists($states.context.Execution.Input.replay) ? ''"
    " : 'quality/events/' & $split($states.input.keys.transform, '/')[1] & '/scorecard.json'"
)


class EtlPipelineWorkflow(Construct):
    """The chain of the three stages, each of which ends in the failure path when it fails for good.

    An input with `replay` starts at the second one, Transform, which claims the window for the run.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        extract: lambda_.IFunction,
        transform: lambda_.IFunction,
        load: lambda_.IFunction,
        segments: int,
        timeout_seconds: int,
        topic: AlertTopic,
        ledger: RunLedger,
    ) -> None:
        super().__init__(scope, id_)
        self._timeout_seconds = timeout_seconds
        self._report = RunReport(self, "Report", pipeline="etl_pipeline", ledger=ledger)
        first, second, third = self._extract(extract, segments), self._transform(transform), self._load(load)
        path = FailurePath(self, "FailurePath", pipeline="etl-pipeline", topic=topic, report=self._report)
        for stage in (first, second, third):
            path.catch(stage)
        second.next(third).next(self._succeeded())
        choice = (
            sfn.Choice.jsonata(self, "SourceOrReplay")
            .when(sfn.Condition.jsonata("{% $exists($states.input.replay) %}"), self._replay().next(second))
            .otherwise(first.next(second))
        )
        self.start = self._report.started(choice)

    def grant(self, machine: iam.IGrantable) -> None:
        """Let the state machine report its runs to the ledger."""
        self._report.grant(machine)

    def _succeeded(self) -> sfn.State:
        counts = {
            "rows_in": "$states.input.extracted",
            "rows_out": "$states.input.loaded",
            "rejected": "$states.input.rejected",
            "bytes": "$staged_bytes",
            "scorecard": _SCORECARD,
        }
        return self._report.succeeded(counts)

    def _replay(self) -> sfn.Pass:
        return sfn.Pass.jsonata(
            self,
            "Replay",
            assign={
                "window": "{% $states.input.window.start & '/' & $states.input.window.end %}",
                "staged_bytes": "{% [$states.input.replay.bytes, 0][0] %}",
            },
            outputs={
                # What is missing is for Transform to refuse: a Pass that fails would end without a notification.
                "window": "{% [$states.input.window, {}][0] %}",
                "scanned": 0,
                "objects": "{% [$states.input.replay] %}",
                "replay": True,
            },
        )

    def _extract(self, function: lambda_.IFunction, segments: int) -> sfn.Map:
        scan = function_task(
            self,
            "ExtractSegment",
            function=function,
            timeout_seconds=self._timeout_seconds,
            payload={
                "run": _RUN,
                # The window of an empty input ends when the execution started: the same at every attempt.
                "started": "{% $states.context.Execution.StartTime %}",
                "input": "{% $states.context.Execution.Input %}",
                "segment": "{% $states.input %}",
                "segments": segments,
            },
            output=_RESULT,
        )
        extract = sfn.Map.jsonata(
            self,
            "Extract",
            items=sfn.ProvideItems.json_array(list(range(segments))),
            max_concurrency=segments,
            assign={
                "window": "{% $states.result[0].window.start & '/' & $states.result[0].window.end %}",
                "staged_bytes": "{% $sum($states.result.bytes) %}",
            },
            outputs={
                "window": "{% $states.result[0].window %}",
                "scanned": "{% $sum($states.result.scanned) %}",
                # Brackets keep a single object an array.
                "objects": '{% [$states.result.{"key": key, "records": records, "bytes": bytes}] %}',
                "replay": False,
            },
        )
        extract.item_processor(scan)
        return extract

    def _transform(self, function: lambda_.IFunction) -> tasks.LambdaInvoke:
        return function_task(
            self,
            "Transform",
            function=function,
            timeout_seconds=self._timeout_seconds,
            payload={
                "run": _RUN,
                "window": "{% $states.input.window %}",
                "objects": "{% $states.input.objects %}",
                "replay": "{% $states.input.replay %}",
            },
            output={"extract": "{% $states.input %}", "transform": _RESULT},
            # Another run of the window is waited for.
            retries=15,
        )

    def _load(self, function: lambda_.IFunction) -> tasks.LambdaInvoke:
        return function_task(
            self,
            "Load",
            function=function,
            timeout_seconds=self._timeout_seconds,
            payload={
                "run": _RUN,
                "window": "{% $states.input.extract.window %}",
                "key": "{% $states.input.transform.key %}",
                "records": "{% $states.input.transform.records %}",
                "bytes": "{% $states.input.transform.bytes %}",
                "outcomes": "{% [$states.input.transform.outcomes] %}",
            },
            output={
                "window": "{% $states.input.extract.window %}",
                "scanned": "{% $states.input.extract.scanned %}",
                "extracted": "{% $sum($states.input.extract.objects.records) %}",
                "read": "{% $states.input.transform.read %}",
                "rejected": "{% $states.input.transform.rejected %}",
                "reasons": "{% $states.input.transform.reasons %}",
                "loaded": "{% $states.result.Payload.loaded %}",
                "duplicates": "{% $states.result.Payload.duplicates %}",
                "aggregates": "{% $states.input.transform.aggregates %}",
                "keys": {
                    "extract": "{% [$states.input.extract.objects.key] %}",
                    "transform": "{% $states.input.transform.key %}",
                    "rejects": "{% $states.input.transform.rejects_key %}",
                },
            },
        )
