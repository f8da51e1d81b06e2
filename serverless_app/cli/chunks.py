"""The chunks of a run: planned, done and failed, read from its execution."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import msgspec
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from serverless_app.executions import RUNNING, Execution


class PlannedChunk(msgspec.Struct, frozen=True):
    """A chunk that the plan scheduled."""

    dataset: str
    part: str
    reason: str


class Plan(msgspec.Struct, frozen=True):
    """The answer of a function that plans a dataset: the fields that every pipeline has."""

    chunks: list[PlannedChunk]
    unchanged: int


class ChunkResult(msgspec.Struct, frozen=True):
    """The answer of a function that processes a chunk: the fields that every pipeline has."""

    dataset: str
    part: str
    status: str
    rows: int
    rejected: int
    bytes: int
    key: str | None


Answer = TypeVar("Answer", Plan, ChunkResult)

_STYLES = {
    "published": "green",
    "empty": "yellow",
    "kept": "yellow",
    "unchanged": "dim",
    "failed": "red",
    "planned": "cyan",
}


@dataclass(frozen=True)
class Chunks:
    """The chunks of one execution, up to now."""

    execution: Execution

    @cached_property
    def plans(self) -> list[Plan]:
        """The plan of each dataset that could be planned."""
        return _of_kind(self.execution.answers, Plan)

    @cached_property
    def results(self) -> list[ChunkResult]:
        """The result of each chunk that did not fail."""
        return _of_kind(self.execution.answers, ChunkResult)

    @cached_property
    def failed(self) -> list[dict[str, Any]]:
        """Failures with dataset, part, error and cause; without a part, the planning of the dataset failed."""
        lists = (one.input["failed"] for one in reversed(self.execution.states) if _has_failed(one.input))
        return next(lists, [])

    @property
    def planned(self) -> int:
        """How many chunks were planned."""
        return sum(len(plan.chunks) for plan in self.plans)

    @property
    def rows(self) -> int:
        """How many rows were published."""
        return sum(one.rows for one in self.results if one.status == "published")

    def to_list(self) -> list[dict[str, Any]]:
        """Return every planned chunk for JSON, by dataset and part."""
        results = {(one.dataset, one.part): one for one in self.results}
        status = "planned" if self.execution.status == RUNNING else "failed"
        unknown = {"status": status, "rows": 0, "rejected": 0, "bytes": 0, "key": None}
        chunks = []
        for planned in (one for plan in self.plans for one in plan.chunks):
            result = results.get((planned.dataset, planned.part))
            known = unknown if result is None else {name: getattr(result, name) for name in unknown}
            chunks.append({"dataset": planned.dataset, "part": planned.part, "reason": planned.reason, **known})
        return sorted(chunks, key=lambda chunk: (chunk["dataset"], chunk["part"]))


def chunks_table(chunks: Chunks) -> Table:
    """Return the outcome of every planned chunk, with totals."""
    found = chunks.to_list()
    table = Table(box=SIMPLE_HEAD, show_footer=True, collapse_padding=True, pad_edge=False)
    table.add_column("dataset", f"{len(found):,} chunk{'' if len(found) == 1 else 's'}", no_wrap=True)
    for name in ("part", "why", "status"):
        table.add_column(name, no_wrap=True)
    for name in ("rows", "rejected", "bytes"):
        total = sum(one[name] for one in found if one["status"] == "published")
        table.add_column(name, f"{total:,}", justify="right", no_wrap=True)
    for one in found:
        counts = (f"{one[name]:,}" for name in ("rows", "rejected", "bytes"))
        status = Text(one["status"], style=_STYLES.get(one["status"], ""))
        table.add_row(one["dataset"], one["part"], one["reason"], status, *counts)
    return table


def failures_table(failed: list[dict[str, Any]]) -> Table:
    """Return what failed, and why."""
    table = Table("failed", "part", Column("why", overflow="fold"), box=SIMPLE_HEAD)
    for one in failed:
        why = Text(f"{one['error']}: {one['cause']}", style="red")
        table.add_row(one["dataset"] or one.get("state", ""), one["part"] or "", why)
    return table


def _of_kind(answers: tuple[Any, ...], kind: type[Answer]) -> list[Answer]:
    needed = {field.name for field in msgspec.structs.fields(kind)}
    return [msgspec.convert(one, kind) for one in answers if isinstance(one, dict) and needed <= one.keys()]


def _has_failed(given: Any) -> bool:
    return isinstance(given, dict) and isinstance(given.get("failed"), list) and bool(given["failed"])
