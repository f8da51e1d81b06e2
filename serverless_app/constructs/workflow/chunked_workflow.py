"""A state machine over chunks: plan them, process them in parallel, run the steps over all of them, judge the run.

A dataset or a chunk that fails goes on the list `failed`, and the others continue. A run whose list is not empty takes
the failure path. Every state passes on one object, with the outputs of the stages, `chunks` and `failed`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from serverless_app.constructs.storage.run_ledger import RunLedger
from serverless_app.constructs.watch.alert_topic import AlertTopic
from serverless_app.constructs.workflow.failure_path import FailurePath, readable_cause
from serverless_app.constructs.workflow.function_task import function_task
from serverless_app.constructs.workflow.run_report import RunReport

MOST_CHUNKS = 500
"""The most chunks of one run: a state passes on at most 256 KB, enough for their results even if all failed."""
MOST_LISTED = 50
RUN = "{% $states.context.Execution.Name %}"
EXECUTION_INPUT = "$states.context.Execution.Input"

_CAUSE_CHARACTERS = 300
# In addition to the SDK's own.
_RETRIES = 3


def expression(jsonata: str) -> str:
    """Return a JSONata expression for a state, in one line, as asl-validator requires."""
    return f"{{% {' '.join(jsonata.split())} %}}"


@dataclass(frozen=True, kw_only=True)
class MapStage:
    """A Map state that calls one function for each item, in parallel."""

    name: str
    task: str
    """The name of the state that calls the function."""
    function: lambda_.IFunction
    items: str
    payload: Mapping[str, Any]
    output: Mapping[str, str]
    """The output of one item; an item that failed has `failed` instead."""
    outputs: Mapping[str, str]
    """The output of the Map; the list `failed` is added."""
    dataset: str
    part: str
    """`dataset` and `part` are JSONata of an item that failed."""
    assign: Mapping[str, str] | None = None


class ChunkedWorkflow(Construct):
    """The states of a pipeline that works in chunks, from the plan to the verdict."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        pipeline: str,
        plan: MapStage,
        work: MapStage,
        result: Mapping[str, str],
        counts: Mapping[str, str],
        max_concurrency: int,
        timeout_seconds: int,
        topic: AlertTopic,
        ledger: RunLedger,
    ) -> None:
        """Make the states; `result` is the run's output, and `counts` the argument of `RunReport.succeeded`.

        The outputs of `plan` include the list `chunks`, those of `work` the number `published`.
        """
        super().__init__(scope, id_)
        self._pipeline = pipeline
        self._name = pipeline.replace("_", "-")
        self._timeout_seconds = timeout_seconds
        self._max_concurrency = max_concurrency
        self._report = RunReport(self, "Report", pipeline=pipeline, ledger=ledger)
        self._failure = FailurePath(self, "FailurePath", pipeline=self._name, topic=topic, report=self._report)
        self._verdict = self._judge(result, counts)
        planned = self._map(plan, failed="[$states.result.failed]")
        self._worked = self._map(work, failed="[$states.input.failed, $states.result.failed]")
        planned.next(
            sfn.Choice.jsonata(self, "FitsOneRun")
            .when(sfn.Condition.jsonata(f"{{% $count($states.input.chunks) <= {MOST_CHUNKS} %}}"), self._worked)
            .otherwise(self._too_many(plan.name))
        )
        self.start = self._report.started(planned)

    def grant(self, machine: iam.IGrantable) -> None:
        """Let the state machine report its runs to the ledger."""
        self._report.grant(machine)

    def then(self, *steps: tasks.LambdaInvoke | tasks.CallAwsService) -> None:
        """Run the steps after the chunks, in order, and then the verdict."""
        previous: sfn.Map | tasks.LambdaInvoke | tasks.CallAwsService = self._worked
        for step in steps:
            previous.next(step)
            previous = step
        previous.next(self._verdict)

    def over_all(
        self, name: str, function: lambda_.IFunction, payload: Mapping[str, str], *, failures: str | None = None
    ) -> tasks.LambdaInvoke:
        """Return a step that calls a function once a run; `failures` is JSONata of what its result adds to `failed`."""
        task = function_task(
            self,
            name,
            function=function,
            timeout_seconds=self._timeout_seconds,
            payload=payload,
            output="{% $states.input %}" if failures is None else _also_failed(failures),
        )
        self.catch(task)
        return task

    def catch(self, step: tasks.LambdaInvoke | tasks.CallAwsService) -> None:
        """Put the failure of a step on the list, and go to the verdict."""
        failure = _failure(step.state_id, dataset="null", part="null")
        step.add_catch(self._verdict, errors=["States.ALL"], outputs=_also_failed(failure))

    def pass_over(self, step: tasks.CallAwsService, error: str) -> None:
        """Go to the verdict when a step ends with a harmless error."""
        step.add_catch(self._verdict, errors=[error], outputs="{% $states.input %}")

    def _map(self, stage: MapStage, *, failed: str) -> sfn.Map:
        task = function_task(
            self,
            stage.task,
            function=stage.function,
            timeout_seconds=self._timeout_seconds,
            payload=stage.payload,
            output=dict(stage.output),
            retries=_RETRIES,
        )
        failure = expression(_failure(stage.name, dataset=stage.dataset, part=stage.part))
        task.add_catch(
            sfn.Pass.jsonata(self, f"{stage.name}Failed"), errors=["States.ALL"], outputs={"failed": failure}
        )
        state = sfn.Map.jsonata(
            self,
            stage.name,
            items=sfn.ProvideItems.jsonata(stage.items),
            max_concurrency=self._max_concurrency,
            assign=stage.assign and dict(stage.assign),
            outputs={**stage.outputs, "failed": f"{{% {failed} %}}"},
        )
        state.item_processor(task)
        self._failure.catch(state)
        return state

    def _judge(self, result: Mapping[str, str], counts: Mapping[str, str]) -> sfn.Choice:
        listed = f"{{% [$states.input.failed[[0..{MOST_LISTED - 1}]]] %}}"
        done = sfn.Pass.jsonata(self, "Complete", outputs={**result, "failed": listed})
        done.next(self._report.succeeded(counts))
        # The error is the class that all failures share, or `SeveralErrors`.
        incomplete = self._fail(
            "Incomplete",
            state='{% $join($distinct($states.input.failed.state), ", ") %}',
            error=expression(_COMMON_ERROR),
            cause=expression(_LIST),
        )
        return (
            sfn.Choice.jsonata(self, "Verdict")
            .when(sfn.Condition.jsonata("{% $count($states.input.failed) = 0 %}"), done)
            .otherwise(incomplete)
        )

    def _too_many(self, state: str) -> sfn.Pass:
        cause = (
            "{% $string($count($states.input.chunks)) & ' chunks are to be done, and one run takes"
            f" {MOST_CHUNKS}: ask for fewer parts or datasets, or use `etl backfill {self._pipeline}`' %}}"
        )
        return self._fail("TooManyChunks", state=state, error="TerminalError", cause=cause)

    def _fail(self, name: str, *, state: str, error: str, cause: str) -> sfn.Pass:
        failure = {
            "pipeline": self._name,
            "run": RUN,
            "state": state,
            "error": error,
            "cause": cause,
            "input": f"{{% {EXECUTION_INPUT} %}}",
        }
        failed = sfn.Pass.jsonata(self, name, assign={"failure": failure})
        failed.next(self._failure.entry)
        return failed


def listed_failure(state: str, *, error: str, cause: str) -> str:
    """Return JSONata of an item of `failed`, for an object with `dataset` and `part`."""
    return (
        f'{{"state": "{state}", "dataset": dataset, "part": part, "error": "{error}",'
        f' "cause": $substring({cause}, 0, {_CAUSE_CHARACTERS})}}'
    )


def _failure(state: str, *, dataset: str, part: str) -> str:
    return (
        f'{{"state": "{state}", "dataset": {dataset}, "part": {part}, "error": $states.errorOutput.Error,'
        f' "cause": {readable_cause(_CAUSE_CHARACTERS)}}}'
    )


def _also_failed(failures: str) -> str:
    return expression(f'$merge([$states.input, {{"failed": [$states.input.failed, {failures}]}}])')


_COMMON_ERROR = """(
    $errors := $distinct([$states.input.failed.error]);
    $count($errors) = 1 ? $errors[0] : "SeveralErrors"
)"""
# A cause that many chunks share, like a database that is down, appears once.
_LIST = """(
    $grouped := $states.input.failed{
        error & ": " & cause: [$.(
            (dataset ? $string(dataset) & " " : "") & (part and part != "whole" ? part & " " : "") & "in " & state
        )]
    };
    $lines := [$each($grouped, function($of, $said) {
        $join($of[[0..9]], ", ") & ($count($of) > 10 ? " and " & ($count($of) - 10) & " more" : "") & ": " & $said
    })][[0..19]];
    $count($states.input.failed) & " failed, " & $states.input.published & " published. " & $join($lines, "; ")
)"""
