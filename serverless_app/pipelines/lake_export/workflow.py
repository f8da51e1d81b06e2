"""`lake-export` as states: Plan the chunks of every dataset, Export them, then Catalog and Validate what was exported.

A dataset or a chunk that fails is put on the list `failed`, and the others go on; a run with anything on its list
ends in the failure path, with the list.
"""

import json
from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from serverless_app.constructs.lake.crawler import LakeCrawler
from serverless_app.constructs.storage.run_ledger import RunLedger
from serverless_app.constructs.watch.alert_topic import AlertTopic
from serverless_app.constructs.workflow.failure_cause import readable_cause
from serverless_app.constructs.workflow.failure_path import FailurePath
from serverless_app.constructs.workflow.function_task import function_task
from serverless_app.constructs.workflow.run_report import RunReport

MOST_CHUNKS = 500
"""Of one run: what came of them has to fit into the 256 KB that a state passes on, even if all of them failed."""

_RUN = "{% $states.context.Execution.Name %}"
_INPUT = "$states.context.Execution.Input"
_CAUSE_CHARACTERS = 300
_LISTED = 50
# The page's figure for the database and for S3; the SDK's own attempts come before each of them.
_RETRIES = 3


class LakeExportWorkflow(Construct):
    """The chain of states, from the planning of the datasets to the verdict over the run."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        plan: lambda_.IFunction,
        export: lambda_.IFunction,
        catalog: lambda_.IFunction,
        validate: lambda_.IFunction,
        crawler: LakeCrawler | None,
        datasets: Sequence[str],
        max_connections: int,
        timeout_seconds: int,
        topic: AlertTopic,
        ledger: RunLedger,
    ) -> None:
        super().__init__(scope, id_)
        self._timeout_seconds = timeout_seconds
        self._report = RunReport(self, "Report", pipeline="lake_export", ledger=ledger)
        self._failure = FailurePath(self, "FailurePath", pipeline="lake-export", topic=topic, report=self._report)
        planned, exported = self._plan(plan, datasets, max_connections), self._export(export, max_connections)
        verdict = self._verdict()
        cataloged, validated = self._catalog(catalog, datasets, verdict), self._validate(validate, verdict)
        self._failure.catch(planned)
        self._failure.catch(exported)
        planned.next(
            sfn.Choice.jsonata(self, "FitsOneRun")
            .when(sfn.Condition.jsonata(f"{{% $count($states.input.chunks) <= {MOST_CHUNKS} %}}"), exported)
            .otherwise(self._too_many())
        )
        exported.next(cataloged)
        cataloged.next(validated)
        validated.next(verdict if crawler is None else self._crawl(crawler, verdict))
        self.start = self._report.started(planned)

    def grant(self, machine: iam.IGrantable) -> None:
        """Let the state machine report its runs to the ledger."""
        self._report.grant(machine)

    def _plan(self, function: lambda_.IFunction, datasets: Sequence[str], max_connections: int) -> sfn.Map:
        task = function_task(
            self,
            "PlanDataset",
            function=function,
            timeout_seconds=self._timeout_seconds,
            payload={
                "run": _RUN,
                # The window of an empty input is the day before the execution started: the same at every attempt.
                "started": "{% $states.context.Execution.StartTime %}",
                "input": f"{{% {_INPUT} %}}",
                "dataset": "{% $states.input %}",
            },
            output={
                "first": "{% $states.result.Payload.first %}",
                "last": "{% $states.result.Payload.last %}",
                # Brackets keep a single chunk an array. What was not asked for by name is not forced, either.
                "chunks": f"{{% [$states.result.Payload.chunks.{_CHUNK}] %}}",
                "unchanged": "{% $states.result.Payload.unchanged %}",
                "kept": "{% $states.result.Payload.kept %}",
                "unplaced": "{% $states.result.Payload.unplaced %}",
                "extra_columns": "{% [$states.result.Payload.($of := dataset; extra_columns.($of & '.' & $))] %}",
            },
            retries=_RETRIES,
        )
        failed = sfn.Pass.jsonata(self, "PlanFailed")
        outputs = {"failed": _failed("Plan", dataset="$states.input", day="null")}
        task.add_catch(failed, errors=["States.ALL"], outputs=outputs)
        plan = sfn.Map.jsonata(
            self,
            "Plan",
            items=sfn.ProvideItems.jsonata(_asked_for(datasets)),
            max_concurrency=max_connections,
            assign={"window": _expression(f'($window := {_WINDOW}; $window ? $window.start & "/" & $window.end : "")')},
            outputs={
                "window": _expression(_WINDOW),
                "chunks": "{% [$states.result.chunks] %}",
                "unchanged": "{% $sum([$states.result.unchanged]) %}",
                "kept": "{% $sum([$states.result.kept]) %}",
                "unplaced": "{% $sum([$states.result.unplaced]) %}",
                "extra_columns": _expression(f"($all := [$states.result.extra_columns]; [$all[[0..{_LISTED - 1}]]])"),
                "failed": "{% [$states.result.failed] %}",
            },
        )
        plan.item_processor(task)
        return plan

    def _export(self, function: lambda_.IFunction, max_connections: int) -> sfn.Map:
        task = function_task(
            self,
            "ExportChunk",
            function=function,
            timeout_seconds=self._timeout_seconds,
            payload={
                "run": _RUN,
                "chunk": {"dataset": "{% $states.input.dataset %}", "day": "{% $states.input.day %}"},
                "force": "{% $states.input.force %}",
            },
            output={
                "chunk": f"{{% $states.result.Payload.{_FINISHED} %}}",
                "rejected": "{% $states.result.Payload.rejected %}",
                "bytes": "{% $states.result.Payload.bytes %}",
            },
            retries=_RETRIES,
        )
        failed = sfn.Pass.jsonata(self, "ExportFailed")
        outputs = {"failed": _failed("Export", dataset="$states.input.dataset", day="$states.input.day")}
        task.add_catch(failed, errors=["States.ALL"], outputs=outputs)
        export = sfn.Map.jsonata(
            self,
            "Export",
            items=sfn.ProvideItems.jsonata("{% [$states.input.chunks] %}"),
            # Each of them holds a connection to the database.
            max_concurrency=max_connections,
            outputs={
                **{name: f"{{% $states.input.{name} %}}" for name in ("window", "unplaced", "extra_columns")},
                "exported": "{% [$states.result.chunk] %}",
                "published": '{% $count($states.result.chunk[status = "published"]) %}',
                "empty": '{% $count($states.result.chunk[status = "empty"]) %}',
                "unchanged": '{% $states.input.unchanged + $count($states.result.chunk[status = "unchanged"]) %}',
                "kept": '{% $states.input.kept + $count($states.result.chunk[status = "kept"]) %}',
                "rows": f"{{% {_sum_of_published('chunk.rows')} %}}",
                "rejected": f"{{% {_sum_of_published('rejected')} %}}",
                "bytes": f"{{% {_sum_of_published('bytes')} %}}",
                "failed": "{% [$states.input.failed, $states.result.failed] %}",
            },
        )
        export.item_processor(task)
        return export

    def _catalog(self, function: lambda_.IFunction, datasets: Sequence[str], verdict: sfn.Choice) -> tasks.LambdaInvoke:
        # Not of what this run exported alone: an earlier one may have failed between publishing and registering.
        given = {"run": _RUN, "datasets": _asked_for(datasets)}
        return self._over_all("Catalog", function, given, "{% $states.input %}", verdict)

    def _validate(self, function: lambda_.IFunction, verdict: sfn.Choice) -> tasks.LambdaInvoke:
        found = (
            f"$states.result.Payload.findings[[0..{_LISTED - 1}]]."
            '{"state": "Validate", "dataset": dataset, "day": day, "error": "ValidationFailed",'
            f' "cause": $substring(check & ": " & found, 0, {_CAUSE_CHARACTERS})}}'
        )
        given = {"run": _RUN, "chunks": "{% [$states.input.exported] %}"}
        return self._over_all("Validate", function, given, _also_failed(found), verdict)

    def _over_all(
        self, id_: str, function: lambda_.IFunction, payload: Mapping[str, str], output: str, verdict: sfn.Choice
    ) -> tasks.LambdaInvoke:
        task = function_task(
            self,
            id_,
            function=function,
            timeout_seconds=self._timeout_seconds,
            payload=payload,
            output=output,
        )
        task.add_catch(verdict, errors=["States.ALL"], outputs=_also_failed(_failure(id_, dataset="null", day="null")))
        return task

    def _crawl(self, crawler: LakeCrawler, verdict: sfn.Choice) -> tasks.CallAwsService:
        task = tasks.CallAwsService.jsonata(
            self,
            "Crawl",
            service="glue",
            action="startCrawler",
            parameters={"Name": crawler.name},
            iam_action="glue:StartCrawler",
            iam_resources=[crawler.arn],
            outputs="{% $states.input %}",
            task_timeout=sfn.Timeout.duration(cdk.Duration.seconds(30)),
        )
        # One that still crawls for an earlier run sees what this one has written.
        task.add_catch(verdict, errors=["Glue.CrawlerRunningException"], outputs="{% $states.input %}")
        task.add_catch(
            verdict, errors=["States.ALL"], outputs=_also_failed(_failure("Crawl", dataset="null", day="null"))
        )
        task.next(verdict)
        return task

    def _verdict(self) -> sfn.Choice:
        done = sfn.Pass.jsonata(self, "Complete", outputs=_RESULT)
        counts = {name: f"$states.input.{name}" for name in ("rejected", "bytes")}
        counts |= {"rows_in": "$states.input.rows + $states.input.rejected", "rows_out": "$states.input.rows"}
        done.next(self._report.succeeded(counts))
        incomplete = sfn.Pass.jsonata(
            self,
            "Incomplete",
            assign={
                "failure": {
                    "pipeline": "lake-export",
                    "run": _RUN,
                    "state": '{% $join($distinct($states.input.failed.state), ", ") %}',
                    # Several classes of errors are no class that anybody could look up.
                    "error": _expression(_COMMON_ERROR),
                    "cause": _expression(_LIST),
                    "input": f"{{% {_INPUT} %}}",
                }
            },
        )
        incomplete.next(self._failure.entry)
        return (
            sfn.Choice.jsonata(self, "Verdict")
            .when(sfn.Condition.jsonata("{% $count($states.input.failed) = 0 %}"), done)
            .otherwise(incomplete)
        )

    def _too_many(self) -> sfn.Pass:
        refused = sfn.Pass.jsonata(
            self,
            "TooManyChunks",
            assign={
                "failure": {
                    "pipeline": "lake-export",
                    "run": _RUN,
                    "state": "Plan",
                    "error": "TerminalError",
                    "cause": (
                        "{% $string($count($states.input.chunks)) & ' chunks are to be exported, and one run takes"
                        f" {MOST_CHUNKS}: ask for fewer days or tables, or use `etl backfill lake_export`' %}}"
                    ),
                    "input": f"{{% {_INPUT} %}}",
                }
            },
        )
        refused.next(self._failure.entry)
        return refused


def _expression(jsonata: str) -> str:
    """Return a JSONata expression as a state takes it: in one line, which is all that asl-validator knows."""
    return f"{{% {' '.join(jsonata.split())} %}}"


def _asked_for(datasets: Sequence[str]) -> str:
    # Nothing of a list is not everything: Plan says which tables there are.
    return _expression(f"""(
        $asked := {_INPUT}.tables;
        $exists($asked) ? ($count($asked) = 0 ? [""] : [$distinct([$asked])]) : {json.dumps(list(datasets))}
    )""")


def _failure(state: str, *, dataset: str, day: str) -> str:
    return (
        f'{{"state": "{state}", "dataset": {dataset}, "day": {day}, "error": $states.errorOutput.Error,'
        f' "cause": {readable_cause(_CAUSE_CHARACTERS)}}}'
    )


def _failed(state: str, *, dataset: str, day: str) -> str:
    return _expression(_failure(state, dataset=dataset, day=day))


def _also_failed(failures: str) -> str:
    return _expression(f'$merge([$states.input, {{"failed": [$states.input.failed, {failures}]}}])')


def _sum_of_published(path: str) -> str:
    return f'$sum([$states.result[chunk.status = "published"].{path}])'


_CHUNK = '{"dataset": dataset, "day": day, "force": reason = "forced"}'
_FINISHED = '{"dataset": dataset, "day": day, "status": status, "rows": rows, "key": key}'
# All datasets were asked for the same days; null when not one of them could be planned.
_WINDOW = """(
    $planned := $states.result[$exists(first)][0];
    $exists($planned) ? {
        "start": $planned.first & "T00:00:00Z",
        "end": $substringBefore($fromMillis($toMillis($planned.last & "T00:00:00Z") + 86400000), "T") & "T00:00:00Z"
    } : null
)"""
_COMMON_ERROR = """(
    $errors := $distinct([$states.input.failed.error]);
    $count($errors) = 1 ? $errors[0] : "SeveralErrors"
)"""
# What many chunks failed of is said once: a database that is down, an input that cannot be.
_LIST = """(
    $grouped := $states.input.failed{
        error & ": " & cause: [$.((dataset ? $string(dataset) & " " : "") & (day ? day & " " : "") & "in " & state)]
    };
    $lines := [$each($grouped, function($of, $said) {
        $join($of[[0..9]], ", ") & ($count($of) > 10 ? " and " & ($count($of) - 10) & " more" : "") & ": " & $said
    })][[0..19]];
    $count($states.input.failed) & " failed, " & $states.input.published & " published. " & $join($lines, "; ")
)"""
_RESULT: Mapping[str, str] = {
    **{
        name: f"{{% $states.input.{name} %}}"
        for name in (
            *("window", "published", "unchanged", "kept", "empty"),
            *("rows", "rejected", "bytes", "unplaced", "extra_columns"),
        )
    },
    "failed": f"{{% [$states.input.failed[[0..{_LISTED - 1}]]] %}}",
}
