r"""How DQDL writes things down, and how SQL is put inside it.

Sources: AWS Glue's "Data Quality Definition Language (DQDL) reference"; the grammar and parser of
github.com/awslabs/dqdl and the executor in github.com/awslabs/deequ, which say what the reference leaves open:
`between` excludes both ends, `matches` is for the whole value, numbers are compared as doubles, most comparisons
fail for nulls, a backslash in a quoted text is dropped in lists alone, and a quoted text like a day or a time is one.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from etl.contracts.model import Severity, Unit
from etl.quality.rules import Rule

_LIKE_A_TIME = re.compile(r"\d{4}-\d\d-\d\d|\d?\d:\d\d( [AP]M)?", re.ASCII)
_QUOTE_IN_A_NAME = re.compile(r"`[^`]*\"[^`]*`")
_EXACT_IN_A_DOUBLE = 15
"""Decimal digits that survive a double: IEEE 754's 53 bits."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a ruleset: a rule, or the reason why there is none."""

    text: str
    remark: str = ""
    """What is said above it, in one line."""


def impossible(rule: Rule, reason: str) -> Line:
    """Return the comment that stands for a rule which DQDL cannot express."""
    return Line("", f"not expressible: {rule.id} ({rule.description} {rule.bounds}): {reason}")


def forbidden(rule: Rule) -> bool:
    """Tell whether a rule asks that nothing fails, neither more nor less."""
    return rule.bounds.forbids and str(rule.bounds).removesuffix(" %") in ("<= 0", "= 0")


def quoted(name: str) -> str:
    """Return the name of a column as a parameter of a rule."""
    return f'"{name}"'


def plain(name: str) -> bool:
    """Tell whether a column's name can be a parameter: it has no character that means something there."""
    return re.fullmatch(r"[0-9A-Za-z_ -]+", name, re.ASCII) is not None and not like_a_time(name)


def like_a_time(text: str) -> bool:
    """Tell whether DQDL takes a quoted text for a day or a time."""
    return _LIKE_A_TIME.fullmatch(text) is not None


def number(value: Decimal | int) -> str | None:
    """Return a number as DQDL writes it, or None when a double would round it."""
    text = f"{Decimal(value):f}"
    digits = text.lstrip("-").replace(".", "").strip("0")
    return text if len(digits) <= _EXACT_IN_A_DOUBLE else None


def listed(value: str | Decimal | int) -> str | None:
    """Return a text or number as a member of a list, or None when the list would hold something else."""
    if not isinstance(value, str):
        return number(value)
    if value == "":
        return "EMPTY"
    if like_a_time(value) or "\\" in value or "\n" in value:
        return None
    return '"' + value.replace('"', '\\"') + '"'


def column_sql(path: Sequence[str]) -> str:
    """Return the names that lead to a field, outermost first, as Spark writes them."""
    return ".".join(f"`{name.replace('`', '``')}`" for name in path)


def custom_sql(query: str, rule: Rule, *, condition: str | None = None, remark: str = "") -> Line:
    """Return a rule that asks Spark SQL for one number, kept within the rule's bounds unless a condition is given."""
    if _QUOTE_IN_A_NAME.search(query):
        return impossible(rule, "DQDL cannot quote the name of the column")
    text = query.replace('"', '\\"')
    asked = f'CustomSql "{text}"'
    if condition is not None or (forbidden(rule) and not rule.on_dataset):
        return Line(f"{asked} {condition or '= 0'}", remark or _remark(rule))
    if rule.bounds.unit is Unit.PERCENT and not rule.on_dataset:
        return impossible(rule, "DQDL has no percentage of the rows checked")
    return bounded(asked, rule)


def bounded(asked: str, rule: Rule, said: Callable[[Decimal], str | None] = number) -> Line:
    """Return a rule on a number with every bound that it has to keep; `between` would exclude the bounds."""
    bounds = rule.bounds
    if bounds.at_least is not None and bounds.at_least == bounds.at_most:
        given = [("=", bounds.at_least)]
    else:
        signs = ((">=", bounds.at_least), ("<=", bounds.at_most), (">", bounds.above), ("<", bounds.below))
        given = [(sign, bound) for sign, bound in signs if bound is not None]
    if bounds.not_equal is not None:
        given.append(("!=", bounds.not_equal))
    texts = [f"{asked} {sign} {said(bound)}" for sign, bound in given]
    return Line(texts[0] if len(texts) == 1 else " and ".join(f"({text})" for text in texts), _remark(rule))


def _remark(rule: Rule) -> str:
    return "only a warning in the pipelines" if rule.severity is Severity.WARNING else ""
