"""The states of `lake-export`: Plan each dataset, Export its chunks, then Catalog and Validate the results."""

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
from serverless_app.constructs.workflow.chunked_workflow import (
    EXECUTION_INPUT,
    MOST_LISTED,
    RUN,
    ChunkedWorkflow,
    MapStage,
    expression,
    listed_failure,
)


class LakeExportWorkflow(Construct):
    """The states, from the plan of each dataset to the verdict."""

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
        asked = _asked_for(datasets)
        self._chunks = ChunkedWorkflow(
            self,
            "Chunks",
            pipeline="lake_export",
            plan=_plan(plan, asked),
            work=_export(export),
            result=_RESULT,
            counts=_COUNTS,
            # Each of them holds a connection to the database.
            max_concurrency=max_connections,
            timeout_seconds=timeout_seconds,
            topic=topic,
            ledger=ledger,
        )
        # For all datasets of the run: an earlier one may have failed between publishing and registering.
        cataloged = self._chunks.over_all("Catalog", catalog, {"run": RUN, "datasets": asked})
        validated = self._chunks.over_all(
            "Validate", validate, {"run": RUN, "chunks": "{% [$states.input.exported] %}"}, failures=_FINDINGS
        )
        self._chunks.then(cataloged, validated, *([] if crawler is None else [self._crawl(crawler)]))
        self.start = self._chunks.start

    def grant(self, machine: iam.IGrantable) -> None:
        """Let the state machine report its runs to the ledger."""
        self._chunks.grant(machine)

    def _crawl(self, crawler: LakeCrawler) -> tasks.CallAwsService:
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
        # A crawler that still runs for an earlier execution also sees the new objects.
        self._chunks.pass_over(task, "Glue.CrawlerRunningException")
        self._chunks.catch(task)
        return task


def _plan(function: lambda_.IFunction, asked: str) -> MapStage:
    return MapStage(
        name="Plan",
        task="PlanDataset",
        function=function,
        items=asked,
        payload={
            "run": RUN,
            # The window of an empty input follows from the start of the execution, which no retry changes.
            "started": "{% $states.context.Execution.StartTime %}",
            "input": f"{{% {EXECUTION_INPUT} %}}",
            "dataset": "{% $states.input %}",
        },
        output={
            "first": "{% $states.result.Payload.first %}",
            "last": "{% $states.result.Payload.last %}",
            # Brackets keep a single chunk an array. Parts of the look-back are not forced.
            "chunks": f"{{% [$states.result.Payload.chunks.{_CHUNK}] %}}",
            "unchanged": "{% $states.result.Payload.unchanged %}",
            "kept": "{% $states.result.Payload.kept %}",
            "unplaced": "{% $states.result.Payload.unplaced %}",
            "extra_columns": "{% [$states.result.Payload.($of := dataset; extra_columns.($of & '.' & $))] %}",
        },
        outputs={
            "window": expression(_WINDOW),
            "chunks": "{% [$states.result.chunks] %}",
            "unchanged": "{% $sum([$states.result.unchanged]) %}",
            "kept": "{% $sum([$states.result.kept]) %}",
            "unplaced": "{% $sum([$states.result.unplaced]) %}",
            "extra_columns": expression(f"($all := [$states.result.extra_columns]; [$all[[0..{MOST_LISTED - 1}]]])"),
        },
        dataset="$states.input",
        part="null",
        assign={"window": expression(f'($window := {_WINDOW}; $window ? $window.start & "/" & $window.end : "")')},
    )


def _export(function: lambda_.IFunction) -> MapStage:
    return MapStage(
        name="Export",
        task="ExportChunk",
        function=function,
        items="{% [$states.input.chunks] %}",
        payload={
            "run": RUN,
            "chunk": {"dataset": "{% $states.input.dataset %}", "part": "{% $states.input.part %}"},
            "force": "{% $states.input.force %}",
        },
        output={
            "chunk": f"{{% $states.result.Payload.{_FINISHED} %}}",
            "rejected": "{% $states.result.Payload.rejected %}",
            "bytes": "{% $states.result.Payload.bytes %}",
        },
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
        },
        dataset="$states.input.dataset",
        part="$states.input.part",
    )


def _asked_for(datasets: Sequence[str]) -> str:
    # An empty list does not mean all: Plan then fails and names the datasets.
    return expression(f"""(
        $asked := {EXECUTION_INPUT}.datasets;
        $exists($asked) ? ($count($asked) = 0 ? [""] : [$distinct([$asked])]) : {json.dumps(list(datasets))}
    )""")


def _sum_of_published(path: str) -> str:
    return f'$sum([$states.result[chunk.status = "published"].{path}])'


_CHUNK = '{"dataset": dataset, "part": part, "force": reason = "forced"}'
_FINISHED = '{"dataset": dataset, "part": part, "status": status, "rows": rows, "key": key}'
_FINDINGS = f"$states.result.Payload.findings[[0..{MOST_LISTED - 1}]]." + listed_failure(
    "Validate", error="ValidationFailed", cause='check & ": " & found'
)
# All datasets have the same window; null when none of them could be planned.
_WINDOW = """(
    $planned := $states.result[$exists(first)][0];
    $exists($planned) ? {
        "start": $planned.first & "T00:00:00Z",
        "end": $substringBefore($fromMillis($toMillis($planned.last & "T00:00:00Z") + 86400000), "T") & "T00:00:00Z"
    } : null
)"""
_RESULT: Mapping[str, str] = {
    name: f"{{% $states.input.{name} %}}"
    for name in (
        *("window", "published", "unchanged", "kept", "empty"),
        *("rows", "rejected", "bytes", "unplaced", "extra_columns"),
    )
}
_COUNTS: Mapping[str, str] = {
    "rejected": "$states.input.rejected",
    "bytes": "$states.input.bytes",
    "rows_in": "$states.input.rows + $states.input.rejected",
    "rows_out": "$states.input.rows",
}
