"""What the engine's process does for the API: runs queries, stops them, reads pages of their results."""

import json
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from localcloud.athena import results, statements, types
from localcloud.athena.engine import Session, open_database, spoken
from localcloud.athena.errors import AthenaError
from localcloud.athena.storage import Clients

Answer = Callable[[dict[str, Any]], None]

_AT_ONCE: Final = 8
_KEPT: Final = 8
_IN_MEMORY: Final = 32 * 2**20
_PAGE: Final = 1000


@dataclass(frozen=True)
class Page:
    """A result file, read."""

    rows: list[results.Row]
    columns: list[dict[str, Any]]
    header: bool
    written: int


class Service:
    """Answers the requests of the local cloud's process; each is a JSON document with `op` and `id`."""

    def __init__(self, clients: Clients, answer: Answer) -> None:
        self._clients = clients
        self._answer = answer
        self._database = open_database(clients)
        self._workers = ThreadPoolExecutor(_AT_ONCE)
        self._running: dict[str, Session] = {}
        self._pages: OrderedDict[str, Page] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, request: dict[str, Any]) -> None:
        """Begin a request; the answer follows when there is one."""
        operations = {"run": self._run, "results": self._results}
        if request["op"] == "stop":
            self._stop(request["query"])
        else:
            self._workers.submit(self._answering, operations[request["op"]], request)

    def _answering(self, operation: Callable[[dict[str, Any]], dict[str, Any]], request: dict[str, Any]) -> None:
        try:
            answer = operation(request)
        except Exception as error:  # noqa: BLE001 - whatever happens is the query's failure, told in Athena's words
            said = spoken(error)
            answer = {"error": str(said), "code": said.code, "category": said.category}
        self._answer({"id": request["id"], **answer})

    def _stop(self, query: str) -> None:
        with self._lock:
            session = self._running.get(query)
        if session is not None:
            session.cancel()

    def _run(self, request: dict[str, Any]) -> dict[str, Any]:
        started = time.monotonic()
        output = f"{request['output'].rstrip('/')}/{request['query']}"
        session = Session(self._clients, self._database, request["database"], output, request.get("cutoff"))
        with self._lock:
            self._running[request["query"]] = session
        self._answer({"id": request["id"], "running": True})
        try:
            outcome = statements.run(session, request["sql"], request.get("parameters") or [])
            written = self._write(output, outcome)
        finally:
            with self._lock:
                del self._running[request["query"]]
            session.cursor.close()
        return {
            **written,
            "kind": outcome.kind,
            "substatement": outcome.name,
            "scanned": session.tables.scanned,
            "planning": max(0, int((session.planned - started) * 1000)),
            "engine": int((time.monotonic() - started) * 1000),
        }

    def _write(self, output: str, outcome: statements.Outcome) -> dict[str, Any]:
        """Write what Athena leaves beside a query: a CSV file, a text file or a manifest, and its description."""
        result = outcome.result
        if result.manifest is not None:
            folder, _, query = output.rpartition("/")
            place = f"{folder}/tables/{query}" if outcome.name == "CREATE_TABLE_AS_SELECT" else output
            manifest = "".join(f"{one}\n" for one in result.manifest)
            self._clients.put(f"{place}-manifest.csv", manifest.encode())
            self._clients.put(
                f"{place}.metadata", results.described([("rows", types.BIGINT)], result.written, header=False)
            )
            return {"location": place, "manifest": f"{place}-manifest.csv", "metadata": f"{place}.metadata"}
        answers = outcome.name == "SELECT"
        place = f"{output}.{'csv' if answers else 'txt'}"
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as body:
            (results.write_csv if answers else results.write_text)(body, result)
            body.seek(0)
            self._clients.put(place, body)
        self._clients.put(f"{place}.metadata", results.described(result.columns, result.written, header=answers))
        return {"location": place, "metadata": f"{place}.metadata"}

    def _results(self, request: dict[str, Any]) -> dict[str, Any]:
        page = self._page(request["query"], request["location"], request["metadata"])
        start = int(request.get("token") or 0)
        size = int(request.get("size") or _PAGE)
        rows = page.rows[start : start + size]
        answer: dict[str, Any] = {
            "UpdateCount": page.written,
            "ResultSet": {
                "Rows": [{"Data": [{} if value is None else {"VarCharValue": value} for value in row]} for row in rows],
                "ResultSetMetadata": {"ColumnInfo": page.columns},
            },
        }
        if start + size < len(page.rows):
            answer["NextToken"] = str(start + size)
        return {"answer": answer}

    def _page(self, query: str, location: str, metadata: str) -> Page:
        with self._lock:
            found = self._pages.get(query)
        if found is not None:
            return found
        try:
            described = json.loads(self._clients.get(metadata))
            reading = results.read_csv if location.endswith(".csv") else results.read_text
            body = self._clients.get(location).decode() if location.endswith((".csv", ".txt")) else ""
        except ClientError as error:
            raise AthenaError("INVALID_INPUT", f"Could not find results: {location}: {error}") from error
        found = Page(list(reading(body)), described["ColumnInfo"], described["Header"], described["UpdateCount"])
        with self._lock:
            self._pages[query] = found
            if len(self._pages) > _KEPT:
                self._pages.popitem(last=False)
        return found
