"""The rules of a contract in AWS Glue's Data Quality Definition Language (DQDL)."""

from collections.abc import Iterator

from etl.contracts.model import Contract
from etl.quality.dqdl.datasets import aggregate_line, fresh_line, reference_line, rows_line, unique_line
from etl.quality.dqdl.rows import row_lines
from etl.quality.dqdl.text import Line, plain, quoted
from etl.quality.measures import Aggregate, Fresh, Present, Referenced, Rows, Unique
from etl.quality.rules import Rule, rules_of

__all__ = ["dqdl"]


def dqdl(contract: Contract) -> str:
    """Write the rules of a contract as a ruleset.

    `contract`: the contract; that columns have their types is the table's matter, not a rule.
    Returns: DQDL with a rule a line, ended by a line break. Another dataset is known by its name as an alias. What DQDL
    cannot express stands as a comment with the reason.
    Raises ContractError: a rule is on a field that is not there.
    """
    lines = list(_lines(contract))
    last = max((index for index, line in enumerate(lines) if line.text), default=-1)
    written = [f"# {contract.dataset} {contract.version}, by its contract {contract.id}", "Rules = ["]
    for index, line in enumerate(lines):
        if line.remark:
            written.append(f"    # {' '.join(line.remark.split())}")
        if line.text:
            written.append(f"    {line.text}{',' if index < last else ''}")
    return "\n".join([*written, "]"]) + "\n"


def _lines(contract: Contract) -> Iterator[Line]:
    rules = rules_of(contract)
    complete = {rule.columns for rule in rules if isinstance(rule.measure, Present) and rule.bounds.forbids}
    key = contract.primary_key if all(map(plain, contract.primary_key)) else ()
    for rule in rules:
        if isinstance(rule.measure, Unique) and rule.columns == key:
            yield Line(f"IsPrimaryKey {' '.join(map(quoted, key))}")
        elif not (isinstance(rule.measure, Present) and rule.columns[0] in key):
            nullable = any((column,) not in complete for column in rule.columns)
            yield from _of(rule, nullable=nullable)


def _of(rule: Rule, *, nullable: bool) -> Iterator[Line]:
    match rule.measure:
        case Unique() as measure:
            yield unique_line(rule, measure)
        case Referenced() as measure:
            yield reference_line(rule, measure, nullable=nullable)
        case Rows() as measure:
            yield rows_line(rule, measure)
        case Fresh() as measure:
            yield fresh_line(rule, measure)
        case Aggregate() as measure:
            yield aggregate_line(rule, measure)
        case _:
            yield from row_lines(rule, nullable=nullable)
