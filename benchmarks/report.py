"""The table of the measurements."""

from dataclasses import dataclass
from statistics import median

from rich.table import Table

from benchmarks.measuring import MACHINE, MEGABYTE, Measured

MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """The runs of one stage, done one way."""

    stage: str
    way: str
    runs: list[Measured]
    floor: list[Measured] | None
    """The runs of the store's own pace, each made just before the run of the same number."""

    def cells(self) -> list[str]:
        """Return the medians as text."""
        count = self.runs[0].records
        seconds = median(run.seconds for run in self.runs)
        best = min(run.seconds for run in self.runs)
        return [
            self.stage,
            self.way,
            f"{count:,}",
            f"{seconds:.2f}",
            f"{count / seconds:,.0f}",
            f"{count / best:,.0f}",
            "" if self.floor is None else f"{self._share(self.floor):.0%}",
            f"{median(run.cpu for run in self.runs) / count * MICROSECONDS:.1f}",
            f"{median(run.peak for run in self.runs) / MEGABYTE:.0f}",
        ]

    def _share(self, floor: list[Measured]) -> float:
        return median(own.seconds / run.seconds for own, run in zip(floor, self.runs, strict=True))


def table(rows: list[Row], rounds: int) -> Table:
    """Return the medians of all rows, under the machine that they were measured on."""
    made = Table(
        title="etl_pipeline: each stage by its handler, the plain way, and the store alone (floor)",
        caption=f"Medians of {rounds}, each in a fresh process. {MACHINE}",
    )
    for name in ("stage", "way"):
        made.add_column(name)
    for name in ("records", "seconds", "records/s", "at best", "of the floor", "own CPU µs/record", "peak MB"):
        made.add_column(name, justify="right")
    for before, row in zip([None, *rows], rows, strict=False):
        if before is not None and before.stage != row.stage:
            made.add_section()
        made.add_row(*row.cells())
    return made
