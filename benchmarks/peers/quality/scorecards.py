"""The contract of the orders, and what a scorecard of it says about each of the twenty rules."""

from datetime import UTC, datetime
from pathlib import Path

from etl.quality.scorecard import Scorecard

CONTRACT = Path(__file__).parents[2] / "contracts" / "orders.yaml"
WINDOW_END = datetime(2026, 11, 1, tzinfo=UTC)

_RULES = {
    "event_id.required": "event_id required",
    "event_id.unique": "event_id unique",
    "one_sequence": "customer_id, sequence_no unique",
    "customer_id.range": "customer_id range",
    "sequence_no.range": "sequence_no range",
    "amount.required": "amount required",
    "amount.range": "amount range",
    "weight.range": "weight range",
    "active_known": "active nulls",
    "birth_date.range": "birth_date range",
    "created_at.range": "created_at range",
    "status_known": "status allowed",
    "email.pattern": "email pattern",
    "email.length": "email length",
    "note_given": "note nulls",
    "new_not_shipped": "new_not_shipped",
    "paid_something": "paid_something",
    "returned_was_shipped": "returned_was_shipped",
    "rows": "rows",
    "created_at.freshness": "freshness",
}
"""The scorecard has two rules more, which follow from the types: an id is a UUID, a weight is finite."""


def counts(card: Scorecard) -> dict[str, int]:
    """Return how many rows broke each rule."""
    return {_RULES[result.rule]: result.failed for result in card.rules if result.rule in _RULES}
