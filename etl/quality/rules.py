"""The rules of a dataset, as its contract says them: those that follow from its fields, and the declared ones."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from etl.contracts.model import Check, Contract, Dimension, Field, Metric, Severity
from etl.contracts.types import Float, Struct, Text, Uuid
from etl.errors import ContractError
from etl.quality.measures import (
    NONE,
    Aggregate,
    Bounds,
    Column,
    Fresh,
    LengthWithin,
    Measure,
    NotMissing,
    Present,
    Referenced,
    RowMeasure,
    Rows,
    Unbroken,
    Unique,
    Valid,
    WellTyped,
    Within,
)

_ROWS_THAT_BREAK = re.compile(
    r"\s*select\s+count\s*\(\s*\*\s*\)\s+from\s+\$\{object\}\s+where\s(?P<condition>.+?)[\s;]*",
    re.IGNORECASE | re.DOTALL,
)
_DIMENSIONS = {
    "required": Dimension.COMPLETENESS,
    "missing": Dimension.COMPLETENESS,
    "rows": Dimension.COMPLETENESS,
    "type": Dimension.VALIDITY,
    "length": Dimension.VALIDITY,
    "pattern": Dimension.VALIDITY,
    "range": Dimension.VALIDITY,
    "allowed": Dimension.VALIDITY,
    "unique": Dimension.UNIQUENESS,
    "reference": Dimension.CONSISTENCY,
    "sql": Dimension.CONSISTENCY,
    "number": Dimension.ACCURACY,
    "freshness": Dimension.TIMELINESS,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it measures, the bounds of that, and what happens when they are broken."""

    id: str
    """Its name in scorecards: `value.range`, or the declared name."""
    code: str
    """The reason code of a row that breaks it."""
    measure: Measure
    description: str
    dimension: Dimension
    severity: Severity
    bounds: Bounds = NONE
    """Of the number of failed rows, or their percentage of the rows checked; of the number itself where the rule
    is on the whole dataset."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the fields that it is about; none for a rule on the whole dataset or written in SQL."""
        match self.measure:
            case Unique(columns) | Referenced(columns):
                return tuple(column.name for column in columns)
            case Rows() | Aggregate() | Unbroken():
                return ()
            case measure:
                return (measure.column.name,)

    @property
    def on_rows(self) -> bool:
        """Whether a row by itself keeps or breaks it."""
        return isinstance(self.measure, RowMeasure)

    @property
    def on_dataset(self) -> bool:
        """Whether it is about one number of the whole dataset: no row fails it."""
        return isinstance(self.measure, Rows | Fresh | Aggregate)

    def failing(self, dialect: str) -> str:
        """Return SQL that is true exactly for a row that breaks the rule, and never NULL.

        `dialect`: `duckdb`, `spark` or `athena`.
        Returns: over columns typed as the contract says; identifiers are quoted.

        Raises
        ------
        ContractError
            The rule's SQL is not portable; the message names what is not.
        TypeError
            The rule is not on rows.
        """
        from etl.quality.expressions import failing, render  # noqa: PLC0415 -- sqlglot costs 0.3 s to import

        if not isinstance(self.measure, RowMeasure):
            raise TypeError(f"rule {self.id} is not on rows")
        return render(failing(self), dialect)


def rules_of(contract: Contract) -> tuple[Rule, ...]:
    """Return every rule of a contract: by fields in their order, then keys, references and declared checks.

    `contract`: the contract; its patterns in normal form.
    Returns: no two with the same id: the second `a.sql` is `a.sql.2`.
    Raises ContractError: a check names a field that is not there, or has a severity that it cannot have.
    """
    rules = [*_field_rules(contract), *_key_rules(contract), *_reference_rules(contract)]
    rules += [_declared(contract, check) for check in contract.checks]
    if contract.freshness is not None:
        column = _column(contract, contract.freshness.column)
        rules.append(_rule("freshness", Fresh(column, contract.freshness.at_most), Severity.ERROR))
    return _numbered(rules)


def _field_rules(contract: Contract) -> Iterator[Rule]:
    for column, field in _leaves((), contract.fields):
        for code, measure in _measures(column, field):
            yield _rule(code, measure, Severity.REJECT)


def _leaves(above: tuple[str, ...], fields: Sequence[Field]) -> Iterator[tuple[Column, Field]]:
    for field in fields:
        path = (*above, field.name)
        yield Column(path, field.type), field
        if isinstance(field.type, Struct):
            yield from _leaves(path, field.type.fields)


def _measures(column: Column, field: Field) -> Iterator[tuple[str, RowMeasure]]:
    if field.required or field.key_position is not None:
        yield "required", Present(column)
    if isinstance(field.type, Float | Uuid):
        yield "type", WellTyped(column)
    widths = [field.max_length, field.type.max_length if isinstance(field.type, Text) else None]
    most = min((width for width in widths if width is not None), default=None)
    if field.min_length is not None or most is not None:
        yield "length", LengthWithin(column, field.min_length, most)
    if field.pattern is not None:
        yield "pattern", Valid(column, pattern=field.pattern)
    bounds = (field.minimum, field.maximum, field.exclusive_minimum, field.exclusive_maximum)
    if any(bound is not None for bound in bounds):
        yield "range", Within(column, *bounds)
    if field.allowed is not None:
        yield "allowed", Valid(column, allowed=field.allowed)


def _key_rules(contract: Contract) -> Iterator[Rule]:
    keys = [contract.primary_key] if contract.primary_key else []
    keys += [(column.name,) for column, field in _leaves((), contract.fields) if field.unique]
    for key in dict.fromkeys(keys):
        yield _rule("unique", Unique(tuple(_column(contract, name) for name in key)), Severity.ERROR)


def _reference_rules(contract: Contract) -> Iterator[Rule]:
    for one in contract.relationships:
        columns = tuple(_column(contract, name) for name in one.columns)
        measure = Referenced(columns, one.to_dataset, one.to_columns)
        yield _rule("reference", measure, Severity.ERROR)


def _declared(contract: Contract, check: Check) -> Rule:
    code, measure = _measure_of(contract, check)
    bounds = Bounds(
        at_least=check.at_least,
        at_most=check.at_most,
        above=check.above,
        below=check.below,
        not_equal=check.not_equal,
        unit=check.unit,
    )
    on_rows = isinstance(measure, RowMeasure)
    severity = check.severity or (Severity.REJECT if on_rows and bounds.forbids else Severity.ERROR)
    rule = _rule(code, measure, severity, bounds)
    if severity is Severity.REJECT and rule.on_dataset:
        raise ContractError(
            f"{contract.dataset}: rule {check.name or rule.id} rejects, but is on no single row;"
            f" its severity is error or warning"
        )
    return replace(
        rule,
        id=check.name or rule.id,
        description=check.description or rule.description,
        dimension=check.dimension or rule.dimension,
    )


def _measure_of(contract: Contract, check: Check) -> tuple[str, Measure]:
    columns = tuple(_column(contract, name) for name in check.columns)
    match check.metric:
        case Metric.ROWS:
            return "rows", Rows(check.trailing_median)
        case Metric.SQL if check.query is not None:
            scope = tuple(column for column, _ in _leaves((), contract.fields))
            rows = _ROWS_THAT_BREAK.fullmatch(check.query)
            return ("sql", Unbroken(rows["condition"], scope)) if rows else ("number", Aggregate(check.query, scope))
        case Metric.DUPLICATES if columns:
            return "unique", Unique(columns)
        case Metric.NULLS if len(columns) == 1:
            return "required", Present(columns[0])
        case Metric.MISSING if len(columns) == 1 and check.missing:
            return "missing", NotMissing(columns[0], check.missing)
        case Metric.INVALID if len(columns) == 1 and (check.allowed is not None or check.pattern is not None):
            code = "pattern" if check.allowed is None else "allowed"
            return code, Valid(columns[0], check.allowed, check.pattern)
    raise ContractError(
        f"{contract.dataset}: quality rule {check.name or check.metric} does not say what to measure;"
        f" docs/quality.md shows what {check.metric} needs"
    )


def _column(contract: Contract, name: str) -> Column:
    for column, _ in _leaves((), contract.fields):
        if column.name == name:
            return column
    raise ContractError(f"{contract.dataset}: a rule is on {name}, which is no field of the contract; correct the name")


def _rule(code: str, measure: Measure, severity: Severity, bounds: Bounds = NONE) -> Rule:
    rule = Rule(code, code, measure, _in_words(measure), _DIMENSIONS[code], severity, bounds)
    return replace(rule, id=".".join(("+".join(rule.columns), code)) if rule.columns else code)


def _numbered(rules: list[Rule]) -> tuple[Rule, ...]:
    seen: Counter[str] = Counter()
    taken = {rule.id for rule in rules}
    numbered = []
    for rule in rules:
        seen[rule.id] += 1
        name = rule.id
        while seen[rule.id] > 1 and name in taken:
            name = f"{rule.id}.{seen[rule.id]}"
            seen[rule.id] += name in taken
        taken.add(name)
        numbered.append(replace(rule, id=name))
    return tuple(numbered)


def _in_words(measure: Measure) -> str:  # noqa: C901, PLR0911 -- one sentence for each
    match measure:
        case Present(column):
            return f"{column.name} is there"
        case WellTyped(column):
            return f"{column.name} is a {'finite number' if isinstance(column.type, Float) else 'UUID'}"
        case NotMissing(column, values):
            return f"{column.name} is none of {', '.join(map(_shown, values))}"
        case LengthWithin(column, least, most):
            return f"{column.name} has {_range(least, most)} characters"
        case Within(column, minimum, maximum, above, below):
            signs = ((">=", minimum), ("<=", maximum), (">", above), ("<", below))
            return f"{column.name} is {' and '.join(f'{sign} {bound}' for sign, bound in signs if bound is not None)}"
        case Valid(column, allowed, pattern):
            parts = [] if allowed is None else [f"is one of {', '.join(map(_shown, allowed))}"]
            return f"{column.name} {' and '.join(parts + ([] if pattern is None else [f'matches {pattern}']))}"
        case Unbroken(condition, _):
            return f"not: {' '.join(condition.split())}"
        case Unique(columns):
            return f"{', '.join(column.name for column in columns)} is there once"
        case Referenced(columns, dataset, to_columns):
            return f"{', '.join(column.name for column in columns)} is in {dataset} ({', '.join(to_columns)})"
        case Rows(median):
            return "rows" if median is None else f"rows against the median of {median} runs before"
        case Fresh(column, at_most):
            return f"newest {column.name} at most {at_most} before the window's end"
        case Aggregate(query, _):
            return " ".join(query.split())


def _shown(value: object) -> str:
    return "null" if value is None else repr(value) if isinstance(value, str) else str(value)


def _range(least: int | None, most: int | None) -> str:
    if least == most:
        return str(most)
    return f"at least {least}" if most is None else f"at most {most}" if least is None else f"{least} to {most}"
