"""Where the ledger of a target is."""

from etl.runs.ledger import Ledger
from serverless_app.pipelines import Pipeline
from serverless_app.target import Target

_PLATFORM = Pipeline("platform")
"""No pipeline, but its stack is called as theirs are."""


def ledger_of(place: Target) -> Ledger:
    """Return the ledger of the pipelines that are deployed there."""
    return Ledger(place.client("dynamodb"), place.outputs(_PLATFORM)["LedgerTableName"])
