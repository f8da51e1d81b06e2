"""How a handler ends is what the state machine sees."""

import json
import os
import signal
from typing import Any

import pytest

from localcloud import LocalCloud
from tests.e2e.localcloud.assemblies import finished, function, invoke, machine, role, wait_for
from tests.e2e.localcloud.conftest import Deploy

CODE = """
import os, signal, threading

class TransientError(Exception):
    pass

def handler(event, context):
    if event["how"] == "raise":
        raise TransientError("the table throttled")
    if event["how"] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if event["how"] == "hang":
        threading.Event().wait(60)
    if event["how"] == "print":
        print("a line from the handler")
    return os.getpid()
"""
INVOKE = invoke("${Function.Arn}")


@pytest.fixture
def run(deploy: Deploy, cloud: LocalCloud, stack_name: str) -> Any:
    """Run the function in a state machine that catches `TransientError` alone."""
    name = stack_name[:50]
    states = {
        "Invoke": INVOKE
        | {"Catch": [{"ErrorEquals": ["TransientError"], "Output": "{% $states.errorOutput %}", "Next": "Caught"}]},
        "Caught": {"Type": "Pass", "End": True},
    }
    resources = {"Role": role(), "Function": function(name, CODE, timeout=1), "Machine": machine(states)}
    arn = deploy(resources, CODE)["Machine"]
    machines = cloud.client("stepfunctions")

    def run(how: str) -> dict[str, Any]:
        started = machines.start_execution(stateMachineArn=arn, input=json.dumps({"how": how}))
        return finished(machines, started["executionArn"])

    return run


def test_the_exception_class_reaches_catch_with_its_message(run: Any) -> None:
    caught = json.loads(run("raise")["output"])
    assert caught["Error"] == "TransientError"
    assert json.loads(caught["Cause"])["errorMessage"] == "the table throttled"


def test_a_worker_stays_warm_after_an_exception(run: Any) -> None:
    before = run("return")["output"]
    run("raise")
    assert run("return")["output"] == before


def test_a_killed_worker_is_an_exit_error(run: Any) -> None:
    assert run("die")["error"] == "Runtime.ExitError"


def test_a_worker_killed_between_invocations_is_replaced(run: Any) -> None:
    before = run("return")["output"]
    os.kill(int(before), signal.SIGKILL)
    wait_for(lambda: run("return")["output"], lambda pid: pid.isdigit() and pid != before)


def test_a_handler_over_its_time_is_a_sandbox_timeout(run: Any) -> None:
    assert run("hang")["error"] == "Sandbox.Timedout"


def test_what_a_handler_prints_is_in_its_log_group(run: Any, cloud: LocalCloud, stack_name: str) -> None:
    run("print")
    found = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{stack_name[:50]}")["events"]
    assert "a line from the handler" in [event["message"] for event in found]
