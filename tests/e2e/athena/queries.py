"""Ask Athena as its clients do: start, look until it is over, fetch every page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.e2e.localcloud.assemblies import wait_for

Row = tuple[str | None, ...]
ENDLESS = (
    "SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a(x) CROSS JOIN UNNEST(sequence(1, 10000)) AS b(y) "
    "CROSS JOIN UNNEST(sequence(1, 10000)) AS c(z) WHERE (x * y + z) % 7 = 3"
)
"""A statement that takes minutes, and little memory."""
REFUSALS = ("NOT_SUPPORTED", "FUNCTION_NOT_FOUND")
OVER = {"SUCCEEDED", "FAILED", "CANCELLED"}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a statement came to; a statement that was not even accepted has no id."""

    id: str = ""
    state: str
    reason: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    execution: Mapping[str, Any] = field(default_factory=dict)

    @property
    def scanned(self) -> int:
        """The bytes that the statement says it has read."""
        return int(self.execution["Statistics"]["DataScannedInBytes"])

    @property
    def refused(self) -> bool:
        """Whether the statement is one that the local engine names as not supported, instead of a guess."""
        return self.state == "FAILED" and self.reason.startswith(REFUSALS)

    def get(self) -> list[Row]:
        """Return the rows of a statement that has to succeed."""
        assert self.state == "SUCCEEDED", self.reason
        return self.rows


@dataclass(frozen=True)
class Athena:
    """Athena with a database and a place for results, as a user has configured it."""

    client: Any
    database: str
    output: str

    def ask(self, sql: str, *parameters: str, **request: Any) -> Answer:
        """Run one statement to its end."""
        try:
            return self.finish(self.start(sql, *parameters, **request))
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidRequestException":
                raise
            return Answer(state="FAILED", reason=error.response["Error"]["Message"])

    def start(self, sql: str, *parameters: str, **request: Any) -> str:
        """Return the id of a statement that now runs."""
        request = {"ResultConfiguration": {"OutputLocation": self.output}} | request
        if parameters:
            request["ExecutionParameters"] = list(parameters)
        context = {"Database": self.database, "Catalog": "AwsDataCatalog"}
        started = self.client.start_query_execution(QueryString=sql, QueryExecutionContext=context, **request)
        return str(started["QueryExecutionId"])

    def finish(self, execution_id: str) -> Answer:
        """Return what a started statement came to."""
        execution = self.wait(execution_id, lambda state: state in OVER)
        status = execution["Status"]
        answer = {
            "id": execution_id,
            "state": status["State"],
            "reason": status.get("StateChangeReason", ""),
            "execution": execution,
        }
        if status["State"] != "SUCCEEDED":
            return Answer(**answer)
        columns, rows = self._results(execution_id)
        if columns and execution["StatementType"] == "DML" and rows:
            assert rows[0] == tuple(columns), "the first row of a query's results is its header"
            rows = rows[1:]
        return Answer(**answer, columns=columns, rows=rows)

    def wait(self, execution_id: str, enough: Callable[[str], bool]) -> Mapping[str, Any]:
        """Return the execution once its state is what is waited for."""
        found: Mapping[str, Any] = wait_for(
            lambda: self.client.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"],
            lambda execution: enough(execution["Status"]["State"]),
        )
        return found

    def _results(self, execution_id: str) -> tuple[dict[str, str], list[Row]]:
        pages = self.client.get_paginator("get_query_results").paginate(QueryExecutionId=execution_id)
        columns: dict[str, str] = {}
        rows: list[Row] = []
        for page in pages:
            shown = page["ResultSet"]
            columns = {column["Name"]: column["Type"] for column in shown["ResultSetMetadata"]["ColumnInfo"]}
            rows += [tuple(cell.get("VarCharValue") for cell in row["Data"]) for row in shown["Rows"]]
        return columns, rows
