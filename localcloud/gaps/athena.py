# ruff: noqa: SLF001 - a gap is closed from inside ministack
"""`localcloud.athena`, in a process of its own, answers Athena's queries instead of ministack."""

import asyncio
import importlib
import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import wraps
from pathlib import Path
from typing import Any, Final

from localcloud.gaps.patching import UnknownMinistackError

_ENGINE: Final = "localcloud.athena"
_PROJECT: Final = Path(__file__).parents[2]
_VERSION: Final = "Athena engine version 3"
_INTEGRATION: Final = "arn:aws:states:::athena:"
_ACTIONS: Final = ("startQueryExecution", "stopQueryExecution", "getQueryExecution", "getQueryResults")
_ENDED: Final = ("SUCCEEDED", "FAILED", "CANCELLED")
_CANCELLING: Final = ("USER_CANCELED", "BYTES_SCANNED_LIMIT_EXCEEDED")
_POLL_SECONDS: Final = 0.05
_MOST_LENGTH: Final = 262_144
_MOST_RESULTS: Final = 1000


def close() -> None:
    """Take over the actions that run queries and read results; ministack keeps workgroups, names and tags."""
    athena: Any = importlib.import_module("ministack.services.athena")
    for name in ("handle_request", "_start_query_execution", "_restore_state", "_get_table_metadata"):
        if not hasattr(athena, name):
            raise UnknownMinistackError(f"ministack.services.athena has no {name}; adapt localcloud/gaps")
    api = Api(athena, Engine())
    athena._start_query_execution = api.start
    athena._get_query_execution = api.get
    athena._batch_get_query_execution = api.batch_get
    athena._list_query_executions = api.list
    athena._stop_query_execution = api.stop
    athena._get_query_results = api.results
    athena._get_table_metadata = api.table
    athena._get_workgroup = _configured(athena, athena._get_workgroup)
    athena._update_workgroup = _updating(athena, athena._update_workgroup)
    athena.handle_request = _awaiting(athena.handle_request)
    athena._restore_state = _restoring(athena, athena._restore_state)
    athena.load_persisted_state = athena._restore_state
    _complete(importlib.import_module("ministack.services.glue"))
    _integrate(importlib.import_module("ministack.services.stepfunctions"))


class Engine:
    """The engine's process: the first query starts it, a query after its end restarts it, and it ends with this one."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Callable[[dict[str, Any]], None]] = {}

    def send(self, request: dict[str, Any], answered: Callable[[dict[str, Any]], None] | None = None) -> None:
        """Send a request; `answered` is called from another thread, for each answer."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._process = self._start()
            number = next(self._numbers)
            if answered is not None:
                self._waiting[number] = answered
            pipe = self._process.stdin
            if pipe is None:
                raise AssertionError("the engine is started with a pipe")
            pipe.write(json.dumps(request | {"id": number}) + "\n")
            pipe.flush()

    def _start(self) -> "subprocess.Popen[str]":
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", _ENGINE],
            cwd=_PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        threading.Thread(target=self._read, args=(process,), name="athena-answers", daemon=True).start()
        return process

    def _read(self, process: "subprocess.Popen[str]") -> None:
        for line in process.stdout or ():
            answer = json.loads(line)
            running = answer.get("running")
            found = self._waiting.get(answer["id"]) if running else self._waiting.pop(answer["id"], None)
            if found is not None:
                found(answer)
        process.wait()
        with self._lock:
            lost, self._waiting = self._waiting, {}
        for found in lost.values():
            code = "GENERIC_INTERNAL_ERROR"
            found(
                {
                    "error": f"{code}: the engine ended while it ran this; see the local cloud's log",
                    "code": code,
                    "category": 1,
                }
            )


class Api:
    """Athena's actions on queries, over ministack's records of them."""

    def __init__(self, athena: Any, engine: Engine) -> None:
        self._athena = athena
        self._engine = engine

    def start(self, data: dict[str, Any]) -> Any:
        """Begin a query, or refuse it as the API does: without a query, a workgroup or a place for its result."""
        sql, name = data.get("QueryString") or "", data.get("WorkGroup") or "primary"
        workgroup = self._athena._workgroups.get(name)
        if not sql.strip() or len(sql) > _MOST_LENGTH:
            return self._refused("QueryString must have from 1 to 262144 characters")
        if workgroup is None:
            return self._refused(f"WorkGroup {name} is not found.")
        if workgroup.get("State") == "DISABLED":
            return self._refused(f"WorkGroup {name} is disabled.")
        output = _output(data, workgroup.get("Configuration") or {})
        if output is None:
            return self._refused(
                "No output location provided. An output location is required either through the "
                "Workgroup result configuration setting or as an API input."
            )
        again = self._started_before(data, sql)
        if again is not None:
            return again
        execution = self._record(data, sql, name, output)
        self._athena._executions[execution["QueryExecutionId"]] = execution
        self._send(execution, data, workgroup.get("Configuration") or {}, output)
        return self._athena.json_response({"QueryExecutionId": execution["QueryExecutionId"]})

    def _started_before(self, data: dict[str, Any], sql: str) -> Any:
        token = data.get("ClientRequestToken")
        for query, execution in self._athena._executions.items() if token else ():
            if execution.get("_token") == token:
                if execution["Query"] == sql:
                    return self._athena.json_response({"QueryExecutionId": query})
                return self._refused("Idempotent parameters do not match")
        return None

    def _record(self, data: dict[str, Any], sql: str, workgroup: str, output: str) -> dict[str, Any]:
        context = data.get("QueryExecutionContext") or {}
        query = self._athena.new_uuid()
        record = {
            "QueryExecutionId": query,
            "Query": sql,
            "StatementType": self._athena._detect_statement_type(sql),
            "ResultConfiguration": {"OutputLocation": f"{output.rstrip('/')}/{query}.csv"},
            "QueryExecutionContext": {
                "Database": context.get("Database", "default"),
                "Catalog": context.get("Catalog", "awsdatacatalog").lower(),
            },
            "Status": {"State": "QUEUED", "SubmissionDateTime": time.time()},
            "Statistics": {"DataScannedInBytes": 0, "EngineExecutionTimeInMillis": 0, "TotalExecutionTimeInMillis": 0},
            "WorkGroup": workgroup,
            "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": _VERSION},
            "_token": data.get("ClientRequestToken"),
        }
        if data.get("ExecutionParameters"):
            record["ExecutionParameters"] = data["ExecutionParameters"]
        return record

    def _send(self, execution: dict[str, Any], data: dict[str, Any], settings: dict[str, Any], output: str) -> None:
        request = {
            "op": "run",
            "query": execution["QueryExecutionId"],
            "sql": execution["Query"],
            "parameters": data.get("ExecutionParameters"),
            "database": execution["QueryExecutionContext"]["Database"].strip('`"').lower(),
            "output": output,
            "cutoff": settings.get("BytesScannedCutoffPerQuery"),
        }
        self._engine.send(request, lambda answer: _advance(execution, answer))

    def get(self, data: dict[str, Any]) -> Any:
        """Return what is known of a query."""
        execution = self._athena._executions.get(data.get("QueryExecutionId"))
        if execution is None:
            return self._refused(f"QueryExecution {data.get('QueryExecutionId')} was not found")
        return self._athena.json_response({"QueryExecution": _shown(execution)})

    def batch_get(self, data: dict[str, Any]) -> Any:
        """Return what is known of some queries."""
        executions, ids = self._athena._executions, data.get("QueryExecutionIds") or []
        missing = [
            {
                "QueryExecutionId": one,
                "ErrorCode": "INVALID_QUERY_EXECUTION_ID",
                "ErrorMessage": "Query execution not found",
            }
            for one in ids
            if one not in executions
        ]
        found = [_shown(executions[one]) for one in ids if one in executions]
        return self._athena.json_response({"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing})

    def list(self, data: dict[str, Any]) -> Any:
        """Return a workgroup's queries, the latest first."""
        name = data.get("WorkGroup") or "primary"
        if name not in self._athena._workgroups:
            return self._refused(f"WorkGroup {name} is not found.")
        mine = [one for one in self._athena._executions.items() if one[1]["WorkGroup"] == name]
        ids = [query for query, _ in sorted(mine, key=lambda one: one[1]["Status"]["SubmissionDateTime"], reverse=True)]
        start, size = int(data.get("NextToken") or 0), int(data.get("MaxResults") or 50)
        more = {"NextToken": str(start + size)} if start + size < len(ids) else {}
        return self._athena.json_response({"QueryExecutionIds": ids[start : start + size], **more})

    def stop(self, data: dict[str, Any]) -> Any:
        """Stop a query that has not ended."""
        execution = self._athena._executions.get(data.get("QueryExecutionId"))
        if execution is None:
            return self._refused(f"QueryExecution {data.get('QueryExecutionId')} was not found")
        if execution["Status"]["State"] not in _ENDED:
            _end(execution, "CANCELLED", StateChangeReason="Query was cancelled by user")
            self._engine.send({"op": "stop", "query": execution["QueryExecutionId"]})
        return self._athena.json_response({})

    async def results(self, data: dict[str, Any]) -> Any:
        """Return a page of a result."""
        query = data.get("QueryExecutionId")
        execution, size = self._athena._executions.get(query), data.get("MaxResults")
        if execution is None:
            return self._refused(f"QueryExecution {query} was not found")
        if size is not None and not 1 <= size <= _MOST_RESULTS:
            return self._refused("MaxResults is more than maximum allowed length 1000")
        state = execution["Status"]["State"]
        if state != "SUCCEEDED":
            verb = (
                "Query has not yet finished" if state in ("QUEUED", "RUNNING") else "Query did not finish successfully"
            )
            return self._refused(
                f"{verb}. Final query state: {state}" if state in _ENDED else f"{verb}. Current state: {state}"
            )
        found: Future[dict[str, Any]] = Future()
        location = execution["ResultConfiguration"]["OutputLocation"]
        request = {"op": "results", "query": query, "location": location, "metadata": execution["_metadata"]}
        self._engine.send(request | {"token": data.get("NextToken"), "size": size}, found.set_result)
        answer = await asyncio.wrap_future(found)
        if "error" in answer:
            return self._refused(answer["error"].partition(": ")[2])
        return self._athena.json_response(answer["answer"])

    def table(self, data: dict[str, Any]) -> Any:
        """Return a table's metadata; ministack would make one up for a table that is not there."""
        glue: Any = importlib.import_module("ministack.services.glue")
        found = glue._tables.get(f"{data.get('DatabaseName')}/{data.get('TableName')}")
        if found is None:
            message = f"EntityNotFoundException: Entity Not Found: {data.get('DatabaseName')}.{data.get('TableName')}"
            return self._athena.error_response_json("MetadataException", message, 400)
        return self._athena.json_response({"TableMetadata": self._athena._glue_table_to_metadata(found)})

    def _refused(self, message: str) -> Any:
        return self._athena.error_response_json("InvalidRequestException", message, 400)


def _output(data: dict[str, Any], settings: dict[str, Any]) -> str | None:
    """Return where results go; a workgroup that enforces its settings has the last word, as by default."""
    own = (settings.get("ResultConfiguration") or {}).get("OutputLocation")
    asked = (data.get("ResultConfiguration") or {}).get("OutputLocation")
    # A workgroup enforces unless it says otherwise, but it cannot enforce a location that it does not have.
    return (own or asked) if settings.get("EnforceWorkGroupConfiguration", own is not None) else (asked or own)


def _advance(execution: dict[str, Any], answer: dict[str, Any]) -> None:
    if execution["Status"]["State"] in _ENDED:
        return
    if answer.get("running"):
        execution["Status"]["State"] = "RUNNING"
        return
    if answer.get("code") in _CANCELLING:
        _end(execution, "CANCELLED", StateChangeReason=answer["error"].partition(": ")[2])
        return
    if "error" in answer:
        error = {
            "ErrorCategory": answer["category"],
            "ErrorType": 1,
            "Retryable": False,
            "ErrorMessage": answer["error"],
        }
        _end(execution, "FAILED", StateChangeReason=answer["error"], AthenaError=error)
        return
    execution["StatementType"], execution["SubstatementType"] = answer["kind"], answer["substatement"]
    execution["ResultConfiguration"]["OutputLocation"] = answer["location"]
    execution["_metadata"] = answer["metadata"]
    execution["Statistics"] |= {
        "DataScannedInBytes": answer["scanned"],
        "EngineExecutionTimeInMillis": answer["engine"],
        "QueryPlanningTimeInMillis": answer["planning"],
    }
    if "manifest" in answer:
        execution["Statistics"]["DataManifestLocation"] = answer["manifest"]
    _end(execution, "SUCCEEDED")


def _end(execution: dict[str, Any], state: str, **more: Any) -> None:
    now = time.time()
    passed = int((now - execution["Status"]["SubmissionDateTime"]) * 1000)
    statistics = execution["Statistics"]
    statistics["TotalExecutionTimeInMillis"] = passed
    statistics["QueryQueueTimeInMillis"] = max(0, passed - statistics["EngineExecutionTimeInMillis"])
    statistics["ServiceProcessingTimeInMillis"] = 0
    execution["Status"] |= more | {"CompletionDateTime": now}
    execution["Status"]["State"] = state


def _shown(execution: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in execution.items() if not key.startswith("_")}


def _awaiting(handle: Callable[..., Any]) -> Callable[..., Any]:
    """Let an action be a coroutine."""

    @wraps(handle)
    async def handled(*arguments: Any, **options: Any) -> Any:
        answer = await handle(*arguments, **options)
        return await answer if asyncio.iscoroutine(answer) else answer

    return handled


def _configured(athena: Any, get: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """Let a workgroup have the settings that it has in Athena without being given them."""

    def configured(data: dict[str, Any]) -> Any:
        workgroup = athena._workgroups.get(data.get("WorkGroup"))
        if workgroup is not None:
            settings = workgroup.setdefault("Configuration", {})
            settings.setdefault("ResultConfiguration", {})
            settings.setdefault("EnforceWorkGroupConfiguration", workgroup["Name"] != "primary")
            settings.setdefault("PublishCloudWatchMetricsEnabled", True)
            settings.setdefault("RequesterPaysEnabled", False)
            settings.setdefault("EngineVersion", {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": _VERSION})
        return get(data)

    return configured


def _updating(athena: Any, update: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """Let a workgroup lose its limit, too."""

    def updated(data: dict[str, Any]) -> Any:
        answer = update(data)
        workgroup = athena._workgroups.get(data.get("WorkGroup"))
        if workgroup and (data.get("ConfigurationUpdates") or {}).get("RemoveBytesScannedCutoffPerQuery"):
            workgroup["Configuration"].pop("BytesScannedCutoffPerQuery", None)
        return answer

    return updated


def _restoring(athena: Any, restore: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Say of the queries that ran when the cloud went down that they failed."""

    def restored(data: Any) -> Any:
        answer = restore(data)
        for execution in athena._executions._data.values():
            if execution["Status"]["State"] not in _ENDED:
                reason = "GENERIC_INTERNAL_ERROR: the local cloud was stopped while this query ran"
                _end(execution, "FAILED", StateChangeReason=reason)
        return answer

    return restored


def _complete(glue: Any) -> None:
    """Let the catalog remove partitions in batches, as awswrangler does when it overwrites a table."""
    handle = glue._handle_request_sync

    def handled(method: str, path: str, headers: dict[str, str], body: Any, query: Any) -> Any:
        if headers.get("x-amz-target", "") != "AWSGlue.BatchDeletePartition":
            return handle(method, path, headers, body, query)
        data = json.loads(body)
        key = f"{data['DatabaseName']}/{data['TableName']}"
        known = [one["Values"] for one in glue._partitions.get(key, [])]
        asked = [one["Values"] for one in data["PartitionsToDelete"]]
        for values in asked:
            glue._delete_partition(data | {"PartitionValues": values})
        detail = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Partition not found."}
        errors = [{"PartitionValues": values, "ErrorDetail": detail} for values in asked if values not in known]
        return glue.json_response({"Errors": errors})

    glue._handle_request_sync = handled


def _integrate(machines: Any) -> None:
    """Make the integrations of Step Functions, of which `.sync` waits for the end of the query."""
    info = machines._AWS_SDK_SERVICE_MAP["athena"]

    def invoke(resource: str, given: dict[str, Any]) -> Any:
        action = resource.removeprefix(_INTEGRATION).removesuffix(".sync")
        answer = machines._dispatch_aws_sdk_json(info, "athena", action, given)
        if not resource.endswith(".sync"):
            return answer
        query = {"QueryExecutionId": answer["QueryExecutionId"]}
        while True:
            found = machines._dispatch_aws_sdk_json(info, "athena", "getQueryExecution", query)
            state = found["QueryExecution"]["Status"]["State"]
            if state == "SUCCEEDED":
                return found
            if state in _ENDED:
                raise machines._ExecutionError("States.TaskFailed", json.dumps(found["QueryExecution"]))
            time.sleep(_POLL_SECONDS)

    for action in _ACTIONS:
        machines._SERVICE_DISPATCH[f"{_INTEGRATION}{action}"] = invoke
