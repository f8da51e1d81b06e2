"""A contract as a Markdown data dictionary, for people who use the data."""

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from etl.contracts.model import Check, Contract, Field, Metric, Unit
from etl.contracts.types import Array, Struct, Type
from etl.values.json_values import describe

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~])")
_METRICS = {
    Metric.NULLS: "nulls in",
    Metric.MISSING: "missing values in",
    Metric.INVALID: "invalid values in",
    Metric.DUPLICATES: "rows that are not unique by",
    Metric.ROWS: "rows",
    Metric.SQL: "the result of",
}
_FENCES = re.compile("`+")
_NO_WORD = re.compile(r"\W")


def dictionary(contract: Contract) -> str:
    """Write a contract as a page.

    Returns: gitHub-flavoured Markdown: what the dataset is for, its keys, its fields with their rules in words, what is
    asked of the whole, and a Mermaid diagram of its relationships, if there are any. Whatever the contract says is
    escaped: a vertical bar or a line break does not end a cell.
    """
    parts = [*_head(contract), *_fields(contract), *_quality(contract), *_relationships(contract)]
    return "\n\n".join(parts) + "\n"


def _head(contract: Contract) -> Iterator[str]:
    yield f"# {_text(contract.name or contract.dataset)}"
    if contract.description:
        yield _text(contract.description)
    facts = {
        "purpose": _text(contract.purpose),
        "usage": _text(contract.usage),
        "limitations": _text(contract.limitations),
        "dataset": _code(contract.dataset),
        "table": _code(contract.table) if contract.table != contract.dataset else "",
        "domain": _text(contract.domain),
        "contract": f"{_code(contract.id)}, version {_text(contract.version)}",
        "primary key": _codes(contract.primary_key),
        "partitions": _codes(contract.partition_columns),
    }
    rows = [f"| {name} | {value} |" for name, value in facts.items() if value]
    yield "\n".join(["| | |", "|---|---|", *rows])


def _fields(contract: Contract) -> Iterator[str]:
    yield "## Fields"
    rows = [f"| {' | '.join(_row(path, field))} |" for path, field in walk(contract.fields)]
    yield "\n".join(["| field | type | meaning | rules | examples |", "|---|---|---|---|---|", *rows])


def walk(fields: Sequence[Field], prefix: str = "") -> Iterator[tuple[str, Field]]:
    """Yield every field with its path, those inside the items of arrays, too.

    Yields: the path, such as `lines[].price`, and the field.
    """
    for field in fields:
        path, of = f"{prefix}{field.name}", field.type
        yield path, field
        while isinstance(of, Array):
            path, of = f"{path}[]", of.item.type
        if isinstance(of, Struct):
            yield from walk(of.fields, f"{path}.")


def _row(path: str, field: Field) -> tuple[str, str, str, str, str]:
    meaning = [f"**{_text(field.business_name)}**" if field.business_name else "", _text(field.description)]
    if field.computed is not None:
        meaning.append(f"Computed: {_text(field.computed)}.")
    if field.classification:
        meaning.append(f"Classification: {_text(field.classification)}.")
    examples = ", ".join(_code(str(example)) for example in field.examples)
    rules = "; ".join(rules_in_words(field, _code))
    return _code(path), type_in_words(field.type), " ".join(filter(None, meaning)), rules, examples


def type_in_words(of: Type) -> str:
    """Return what people call a type.

    Returns: such as `array of decimal(12,2)`.
    """
    return f"array of {type_in_words(of.item.type)}" if isinstance(of, Array) else describe(of)


def rules_in_words(field: Field, shown: Callable[[str], str] = str) -> Iterator[str]:
    """Yield the rules on one field, apart from its type.

    `field`: the field; those inside it have rules of their own.
    Yields: such as `1 to 20 characters`.
    """
    if field.key_position is not None:
        yield f"primary key {field.key_position}"
    elif field.required:
        yield "required"
    if field.unique:
        yield "unique"
    if field.partition_position is not None:
        how = f" by {field.partition_transform}" if field.partition_transform else ""
        yield f"partition {field.partition_position}{how}"
    yield from _lengths(field.min_length, field.max_length)
    bounds = (
        ("at least", field.minimum),
        ("more than", field.exclusive_minimum),
        ("at most", field.maximum),
        ("less than", field.exclusive_maximum),
    )
    for words, bound in bounds:
        if bound is not None:
            yield f"{words} {bound:f}" if isinstance(bound, Decimal) else f"{words} {bound}"
    if field.pattern is not None:
        yield f"matches {shown(field.pattern)}"
    if field.allowed is not None:
        yield f"one of {', '.join(shown(str(value)) for value in field.allowed)}"


def _lengths(least: int | None, most: int | None) -> Iterator[str]:
    if least is not None and least == most:
        yield f"{least} characters"
    elif least is not None and most is not None:
        yield f"{least} to {most} characters"
    elif least is not None or most is not None:
        yield f"at least {least} characters" if most is None else f"at most {most} characters"


def _quality(contract: Contract) -> Iterator[str]:
    said = [f"- {_check(check)}" for check in contract.checks]
    if contract.freshness is not None:
        hours = contract.freshness.at_most.total_seconds() / 3600
        said.append(f"- The newest {_code(contract.freshness.column)} is at most {hours:g} hours old.")
    said.append(f"- Up to {_percent(contract.tolerance)} % of the rows may be rejected before a run fails.")
    thresholds = ", ".join(f"{dimension} {share:f}" for dimension, share in contract.thresholds.items())
    yield "## Quality"
    yield "\n".join([*said, f"- Scores to reach: {thresholds}."])


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f}"


def _check(check: Check) -> str:
    about = _codes(check.columns)
    if check.query is not None:
        about = _code(check.query)
    what = _text(check.description) or f"{_METRICS[check.metric]} {about}".rstrip() + _asked(check)
    severity = "" if check.severity is None else f" ({check.severity})"
    return f"{f'**{_text(check.name)}**: ' if check.name else ''}{what}{severity}"


def _asked(check: Check) -> str:
    bounds = (
        ("at least", check.at_least),
        ("more than", check.above),
        ("at most", check.at_most),
        ("less than", check.below),
        ("not", check.not_equal),
    )
    unit = " %" if check.unit is Unit.PERCENT else ""
    if check.trailing_median is not None:
        unit += f" of the median of {check.trailing_median} runs before"
    if check.at_least is not None and check.at_least == check.at_most:
        return f": {check.at_least:f}{unit}"
    given = [f"{words} {bound:f}{unit}" for words, bound in bounds if bound is not None]
    return f": {' and '.join(given)}" if given else ""


def _relationships(contract: Contract) -> Iterator[str]:
    if not contract.relationships:
        return
    this = _entity(contract.dataset)
    lines = [
        f'    {_entity(one.to_dataset)} ||--o{{ {this} : "{_label(one.columns)}"' for one in contract.relationships
    ]
    yield "## Relationships"
    yield "\n".join(["```mermaid", "erDiagram", *lines, "```"])
    yield "\n".join(
        f"- {_codes(one.columns)} → {_code(one.to_dataset)} ({_codes(one.to_columns)})"
        for one in contract.relationships
    )


def _entity(name: str) -> str:
    # Mermaid takes names of entities without quotes only when they are words.
    return _NO_WORD.sub("_", name)


def _label(columns: Sequence[str]) -> str:
    return ", ".join(columns).replace('"', "'").replace("\n", " ")


def _text(words: str) -> str:
    """Escape words: they mean nothing to Markdown, and stay in one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(words.split()))


def _code(value: str) -> str:
    """Return a value as it is; in a table even code has to escape the bar."""
    shown = " ".join(value.split()).replace("|", "\\|")
    fence = "`" * (max(map(len, _FENCES.findall(shown)), default=0) + 1)
    padding = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{padding}{shown}{padding}{fence}" if shown else "(empty)"


def _codes(values: Sequence[str]) -> str:
    return ", ".join(map(_code, values))
