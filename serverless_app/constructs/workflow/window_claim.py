"""States that give a window one owner at a time: a lease in the ledger, which ends with the run or by itself."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from serverless_app.constructs.storage.run_ledger import RunLedger
from serverless_app.constructs.workflow.ledger_update import (
    REFUSED,
    RUN,
    Attribute,
    expiry,
    ledger_update,
    number,
    retry_outage,
    text,
)

_NOW = "$millis() / 1000"


class WindowClaim(Construct):
    """States around those that write what a window's readers see; the variable `window` names it.

    A run that finds the window taken waits for its owner, and fails when that takes too long.
    """

    def __init__(
        self, scope: Construct, id_: str, *, pipeline: str, dataset: str, ledger: RunLedger, lease: cdk.Duration
    ) -> None:
        super().__init__(scope, id_)
        self._pipeline = pipeline
        self._dataset = dataset
        self._ledger = ledger
        self.state = self._claim(lease)

    def grant(self, machine: iam.IGrantable) -> None:
        """Let the state machine claim windows of its pipeline, and no others."""
        self._ledger.grant_windows(machine, self._pipeline)

    def finished(self, then: sfn.State) -> sfn.State:
        """Return the state that gives the window free once its data are in place."""
        return self._settle("FinishWindow", "published", then, ", #run = :run")

    def given_up(self, then: sfn.State) -> sfn.State:
        """Return the state that gives the window free after a `$failure` (`FailurePath`)."""
        cause = text("$failure.state & ': ' & $failure.cause")
        return self._settle("GiveUpWindow", "failed", then, ", #cause = :cause", cause=cause)

    def _claim(self, lease: cdk.Duration) -> sfn.CustomState:
        state = self._update(
            "ClaimWindow",
            "SET #status = :status, #owner = :run, #attempts = :one, #lease_until = :until, #revision = :revision,"
            " #expires_at = :expires_at REMOVE #cause",
            condition="attribute_not_exists(#lease_until) OR #lease_until < :now OR #owner = :run",
            status="running",
            one={"N": "1"},
            now=number(_NOW),
            # Longer than this execution can live: nobody takes the window from an owner that is at work.
            until=number(f"{_NOW} + {lease.to_seconds()}"),
            expires_at=expiry(self._ledger.expiration_days),
        )
        state.add_retry(
            errors=[REFUSED],
            interval=cdk.Duration.seconds(10),
            backoff_rate=1.5,
            max_attempts=15,
            max_delay=cdk.Duration.seconds(60),
        )
        return retry_outage(state)

    def _settle(self, id_: str, status: str, then: sfn.State, said: str, **values: Attribute) -> sfn.State:
        state = self._update(
            id_,
            f"SET #status = :status, #revision = :revision{said} REMOVE #lease_until",
            condition="#owner = :run",
            status=status,
            # Whoever has the window by now has the last word on it; the run's own result stands.
            otherwise=then,
            **values,
        )
        state.add_retry(errors=[REFUSED], max_attempts=0)
        retry_outage(state).next(then)
        return state

    def _update(
        self,
        id_: str,
        update: str,
        *,
        condition: str,
        status: str,
        otherwise: sfn.State | None = None,
        **values: Attribute,
    ) -> sfn.CustomState:
        return ledger_update(
            self,
            id_,
            table=self._ledger.table,
            pk={"S": f"{self._pipeline}#{self._dataset}"},
            sk=text("'chunk#' & $window"),
            update=update,
            condition=condition,
            values={"status": {"S": status}, "run": text(RUN), "revision": text("$uuid()"), **values},
            otherwise=otherwise,
        )
