"""The loop of every pipeline that moves records one by one: good or rejected, counted, and audited."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from etl.contracts import Contract
from etl.errors import StagingError, ToleranceExceeded
from etl.quality.scorecard import Rejects, Scorecard, counts_of_records, rule_of_problem, score
from etl.values.records import Problem, RecordValidator
from etl.windows import Window


class Origin(NamedTuple):
    """Where a record came from, and how it looked there."""

    source: str
    line: int
    raw: Any
    reject: str = ""
    """The name of the reject that it is, when it is replayed."""


Judge = Callable[[Origin, list[Problem]], None]
"""Is told of every record what it broke; nothing, when it is good."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the records that were read."""

    read: int
    good: int
    rejected: int
    reasons: dict[str, int]
    """Rejected records by reason code; one with two codes counts for both."""


class RecordSplit:
    """A contract at work on a stream of records."""

    def __init__(self, contract: Contract, judge: Judge) -> None:
        self._problems_of = RecordValidator(contract).problems
        self._contract = contract
        self._judge = judge
        self._rejected = 0
        self._reasons: Counter[str] = Counter()
        self._rules: Counter[str] = Counter()

    def good(self, records: Iterable[tuple[Origin, dict[str, Any]]]) -> Iterator[dict[str, Any]]:
        """Yield the records that keep the contract, and tell the judge of each what it broke."""
        problems_of, judge = self._problems_of, self._judge
        for origin, record in records:
            problems = problems_of(record)
            judge(origin, problems)
            if problems:
                self._rejected += 1
                self._reasons.update({problem.code for problem in problems})
                self._rules.update({rule_of_problem(problem) for problem in problems})
            else:
                yield record

    def counts(self, *, read: int, written: int) -> Counts:
        """Return the counts, with every record accounted for.

        Raises StagingError: a record is neither in the output nor among the rejects, or is in both.
        """
        if read != written + self._rejected:
            raise StagingError(
                f"{read} records were read, but {written} were written and {self._rejected} rejected:"
                " nothing was published, since the pipeline would lose or double some. Report it"
            )
        return Counts(read, written, self._rejected, dict(sorted(self._reasons.items())))

    def scorecard(self, counts: Counts, *, run: str, window: Window) -> Scorecard:
        """Return the quality of the records, the rejected ones among them.

        Returns: by what each record alone can show: keys and references of the whole are for the engines.
        """
        return score(
            self._contract,
            counts_of_records(self._contract, counts.good),
            rows=counts.good,
            rejects=Rejects(rows=counts.rejected, failed=self._rules),
            run=run,
            window=window,
        )


def audit(contract: Contract, counts: Counts, rejects: str) -> None:
    """Hold a run to the share of rejects that its contract tolerates, before anything is published.

    Raises ToleranceExceeded: more were rejected.
    """
    if counts.rejected > contract.tolerance * counts.read:
        raise ToleranceExceeded(
            f"{counts.rejected} of {counts.read} records broke contract {contract.id}"
            f" ({', '.join(f'{code}: {count}' for code, count in counts.reasons.items())}), it tolerates"
            f" {contract.tolerance:.1%}; nothing was loaded. Repair the records listed in {rejects} at their"
            " source, or raise rejectTolerance, and run the window again"
        )
