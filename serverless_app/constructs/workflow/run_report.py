"""States that tell the ledger of a run: that it started, what came of it, or why it failed."""

from collections.abc import Mapping

from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from serverless_app.constructs.storage.run_ledger import RunLedger
from serverless_app.constructs.workflow.ledger_update import (
    RUN,
    START,
    Attribute,
    expiry,
    ledger_update,
    number,
    retry_outage,
    text,
)

_SECONDS = number(f"($millis() - $toMillis({START})) / 1000")
_ATTEMPTS = number("[$states.context.Execution.RedriveCount, 0][0] + 1")
_TEXTS = ("scorecard",)


class RunReport(Construct):
    """States around those of a pipeline; a ledger that cannot be reached changes nothing about the run.

    The pipeline's states assign the variable `window`, as text, once they know what the run is about. Each state
    here may run twice.
    """

    def __init__(self, scope: Construct, id_: str, *, pipeline: str, ledger: RunLedger) -> None:
        super().__init__(scope, id_)
        self._pipeline = pipeline
        self._ledger = ledger
        self._end = sfn.Succeed.jsonata(self, "Succeeded")

    def grant(self, machine: iam.IGrantable) -> None:
        """Let the state machine report runs of its pipeline, and no others."""
        self._ledger.grant_runs(machine, self._pipeline)

    def started(self, then: sfn.State) -> sfn.State:
        """Return the state to start with, which hands its input on to the pipeline's first."""
        # A late first attempt must not make a run that is over run again.
        update = (
            "SET #status = if_not_exists(#status, :status), #run = :run, #started = :started, #input = :input,"
            " #attempts = :attempts, #expires_at = :expires_at"
        )
        values = {
            "status": {"S": "running"},
            "run": text(RUN),
            "started": text(START),
            "input": text("$substring($string($states.context.Execution.Input), 0, 8000)"),
            "attempts": _ATTEMPTS,
            "expires_at": expiry(self._ledger.expiration_days),
        }
        return self._update("ReportStarted", update, values, then, assign={"window": "{% '' %}"})

    def succeeded(self, counts: Mapping[str, str]) -> sfn.State:
        """Return the state to end with, whose input is the execution's output.

        `counts` are JSONata expressions by the fields of a `RunRecord`: `rows_in`, `rows_out`, `rejected`, `bytes`,
        and `scorecard`.
        """
        values = {name: text(value) if name in _TEXTS else number(value) for name, value in counts.items()}
        # An execution that was redriven had failed before.
        return self._ended("ReportSucceeded", "succeeded", values, self._end, forgotten=" REMOVE #error, #cause")

    def failed(self, then: sfn.State) -> sfn.State:
        """Return the state to report `$failure` with (`FailurePath`), and to go on from."""
        values = {"error": text("$failure.error"), "cause": text("$failure.state & ': ' & $failure.cause")}
        return self._ended("ReportFailed", "failed", values, then)

    def _ended(
        self, id_: str, status: str, values: Mapping[str, Attribute], then: sfn.State, forgotten: str = ""
    ) -> sfn.State:
        known = {"window": text("$window"), "attempts": _ATTEMPTS, "seconds": _SECONDS}
        said = {"status": {"S": status}, **known, **values}
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in said) + forgotten
        return self._update(id_, update, said, then)

    def _update(
        self,
        id_: str,
        update: str,
        values: Mapping[str, Attribute],
        then: sfn.State,
        assign: Mapping[str, str] | None = None,
    ) -> sfn.State:
        state = ledger_update(
            self,
            id_,
            table=self._ledger.table,
            pk={"S": self._pipeline},
            sk=text(f"'run#' & {START} & '#' & {RUN}"),
            update=update,
            values=values,
            otherwise=then,
            assign=assign,
        )
        retry_outage(state).next(then)
        return state
