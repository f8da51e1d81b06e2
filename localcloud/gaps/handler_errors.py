# ruff: noqa: SLF001 - a gap is closed from inside ministack
"""A handler's exception class reaches Retry and Catch, and a lost worker is named as AWS names it."""

import functools
import importlib
from collections.abc import Callable
from typing import Any, Final

from localcloud.gaps.patching import replaced, rewrite

LOST: Final = {"errorType": "Runtime.ExitError", "error": "Runtime exited without providing a reason"}


def close() -> None:
    """Carry `type(error).__name__` from the worker to the caller, `Runtime.ExitError` when no answer came.

    A worker that raised stays warm for the next invocation, as it does on AWS.
    """
    runtime: Any = importlib.import_module("ministack.core.lambda_runtime")
    runtime._PYTHON_WORKER_SCRIPT = replaced(
        runtime._PYTHON_WORKER_SCRIPT,
        '"error": str(e), "trace"',
        '"error": str(e), "errorType": type(e).__name__, "trace"',
        "the Lambda worker script",
    )
    failed = 'if response.get("status") == "error":'
    rewrite(runtime.Worker, "invoke", failed, f'{failed[:-1]} and "errorType" not in response:')
    runtime.Worker.invoke = _naming_lost_workers(runtime.Worker.invoke)
    rewrite(
        importlib.import_module("ministack.services.lambda_svc"),
        "_execute_function_warm",
        'error_type = "Runtime.HandlerError"',
        'error_type = result.get("errorType", "Runtime.HandlerError")',
    )


def _naming_lost_workers(invoke: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    @functools.wraps(invoke)
    def named(*arguments: Any, **options: Any) -> dict[str, Any]:
        try:
            response = invoke(*arguments, **options)
        except RuntimeError as error:
            if "exited immediately" not in str(error):
                raise
            response = {"status": "error", "error": str(error)}
        answered = response["status"] == "ok" or "errorType" in response
        timed_out = response.get("error", "").startswith("Task timed out")
        return response if answered or timed_out else response | LOST

    return named
