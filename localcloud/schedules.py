# ruff: noqa: SLF001 - ministack offers no other way in
"""Fire a scheduled rule now, as EventBridge would when its time has come."""

import importlib
import os
from datetime import datetime
from typing import Any


def fire(name: str, at: datetime) -> list[str]:
    """Send the rule's targets the Scheduled Event of the moment `at` and return their ARNs.

    ministack's own delivery is used, so inputs and input transformers apply. Runs in a thread of its
    own, whose context carries the account and region.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} names no time zone; write {at.isoformat()}Z for UTC")
    events: Any = importlib.import_module("ministack.services.eventbridge")
    responses: Any = importlib.import_module("ministack.core.responses")
    responses.set_request_account_id(os.environ["MINISTACK_ACCOUNT_ID"])
    responses.set_request_region(os.environ["MINISTACK_REGION"])
    scheduled = {rule["Name"]: key for key, rule in events._rules.items() if rule["ScheduleExpression"]}
    if name not in scheduled:
        known = ", ".join(sorted(scheduled)) or "none"
        raise LookupError(f"there is no scheduled rule {name!r}; the scheduled rules here: {known}")
    rule = events._rules[scheduled[name]]
    if rule["State"] != "ENABLED":
        raise ValueError(f"rule {name!r} is disabled; enable it, or start its target yourself")
    event = {
        "EventId": responses.new_uuid(),
        "Source": "aws.events",
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "EventBusName": rule["EventBusName"],
        "Time": int(at.timestamp()),
        "Resources": [rule["Arn"]],
        "Account": responses.get_account_id(),
        "Region": responses.get_region(),
    }
    targets = events._targets.get(scheduled[name], [])
    for target in targets:
        events._invoke_target(target, event, rule)
    return [target["Arn"] for target in targets]
