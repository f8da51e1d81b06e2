"""The edge that every function shares: a typed request in, a plain result out, with log, metrics and error family."""

import functools
import os
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from etl.errors import EtlError, InputError, family_of

logger = Logger()
metrics = Metrics()

Request = TypeVar("Request", bound=msgspec.Struct)
Event = dict[str, Any]
Handler = Callable[[Event, LambdaContext], dict[str, Any]]


def entry(
    kind: type[Request], *, measures: Mapping[str, str], failures: Mapping[str, str] | None = None
) -> Callable[[Callable[[Request], msgspec.Struct]], Handler]:
    """Make a Lambda handler of a stage: it decodes the event, logs and measures, and raises error families.

    `measures` names the metrics and the fields of the result that they take their values from; the seconds are
    measured here. `failures` names metrics of their own for failed AWS calls about things that begin alike. The
    request's `run` and `window` stand in every line of the log.
    """

    def decorate(stage: Callable[[Request], msgspec.Struct]) -> Handler:
        @metrics.log_metrics
        @logger.inject_lambda_context(clear_state=True)
        @functools.wraps(stage)
        def handler(event: Event, context: LambdaContext) -> dict[str, Any]:
            metrics.add_dimension("function", context.function_name)
            if (dataset := _dataset(event)) is not None:
                metrics.add_dimensions(service=os.environ["POWERTOOLS_SERVICE_NAME"], dataset=dataset)
            logger.append_keys(run=event.get("run"), window=_window(event))
            started = time.perf_counter()
            try:
                result: dict[str, Any] = msgspec.to_builtins(stage(_decode(event, kind)))
            except EtlError as error:
                metrics.add_metric("failures", MetricUnit.Count, 1)
                for metric, beginning in (failures or {}).items():
                    metrics.add_metric(metric, MetricUnit.Count, int(error.thing.startswith(beginning)))
                logger.exception("failed")
                raise family_of(error) from error
            logger.append_keys(window=result.get("window", _window(event)))
            result["seconds"] = round(time.perf_counter() - started, 3)
            _measure(result, measures)
            logger.info("done", extra={"result": result})
            return result

        return handler

    return decorate


def _decode(event: Event, kind: type[Request]) -> Request:
    try:
        return msgspec.convert(event, kind)
    except msgspec.ValidationError as error:
        raise InputError(f"event is no {kind.__name__}: {error}. Start the state machine, not the function") from error


def _dataset(event: Event) -> str | None:
    """Return the dataset of a stage that works on one at a time."""
    chunk = event.get("chunk")
    name = event.get("dataset", chunk.get("dataset") if isinstance(chunk, dict) else None)
    return name if isinstance(name, str) else None


def _window(event: Event) -> object:
    # The first stage knows its window only afterwards: until then, what was asked for says as much.
    return event.get("window", event.get("chunk", event.get("input")))


def _measure(result: dict[str, Any], measures: Mapping[str, str]) -> None:
    for metric, field in measures.items():
        unit = MetricUnit.Bytes if field == "bytes" else MetricUnit.Count
        metrics.add_metric(metric, unit, result[field])
    metrics.add_metric("seconds", MetricUnit.Seconds, result["seconds"])
