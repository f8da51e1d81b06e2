"""Athena's SQL as a tree, with every function call as it was written."""

from collections.abc import Sequence
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError, TokenError
from sqlglot.parsers.trino import TrinoParser
from sqlglot.tokenizer_core import TokenType

from localcloud.athena import strict
from localcloud.athena.errors import AthenaError

_WITH_SYNTAX = ("CAST", "TRY_CAST", "EXTRACT", "TRIM", "SUBSTRING", "POSITION", "LISTAGG")


class AthenaSql(Trino):
    """Trino's grammar; functions keep their names and arguments, subscripts their numbers."""

    INDEX_OFFSET = 0

    class Parser(TrinoParser):
        """Leave it to the allow-list what a function means."""

        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser for name, parser in TrinoParser.FUNCTION_PARSERS.items() if name in _WITH_SYNTAX
        }


def parse(sql: str) -> exp.Expr:
    """Return the one statement of a text."""
    try:
        dialect = AthenaSql()
        tokens = strict.joined(dialect.tokenize(sql))
        strict.check(tokens)
        statements = dialect.parser().parse(tokens, sql)
    except (ParseError, TokenError) as error:
        raise _syntax_error(error) from error
    if len(statements) != 1 or statements[0] is None:
        raise AthenaError("SYNTAX_ERROR", "Only one sql statement is allowed.")
    return statements[0]


def bind(sql: str, values: Sequence[str]) -> str:
    """Return the statement with a literal in the place of every `?`; a value that is more than a literal is refused."""
    try:
        marks = [token for token in AthenaSql().tokenize(sql) if token.token_type is TokenType.PLACEHOLDER]
    except TokenError as error:
        raise _syntax_error(error) from error
    if len(marks) != len(values):
        message = f"Incorrect number of parameters: expected {len(marks)} but found {len(values)}"
        raise AthenaError("INVALID_PARAMETER_USAGE", message)
    parts, at = [], 0
    for mark, value in zip(marks, values, strict=True):
        # Written anew from the tree: nothing of the value's own text gets into the statement.
        parts += [sql[at : mark.start], _literal(value).sql(dialect=AthenaSql, comments=False)]
        at = mark.end + 1
    return "".join([*parts, sql[at:]])


def position(node: exp.Expr) -> str:
    """Return `line 1:8: ` for the first name in an expression, nothing where there is none."""
    for part in node.find_all(exp.Identifier):
        if "line" in part.meta:
            return f"line {part.meta['line']}:{part.meta['col'] - len(part.name) + 1}: "
    return ""


def _literal(value: str) -> exp.Expr:
    parsed = parse(f"SELECT {value}")
    found: exp.Expr | None = (
        parsed.expressions[0] if isinstance(parsed, exp.Select) and len(parsed.expressions) == 1 else None
    )
    plain = found.this if isinstance(found, (exp.Neg, exp.Cast)) else found
    alone = isinstance(parsed, exp.Select) and {k for k, v in parsed.args.items() if v} == {"expressions"}
    if not alone or not isinstance(plain, (exp.Literal, exp.Boolean, exp.Null)) or found is None:
        raise AthenaError("INVALID_PARAMETER_USAGE", f"the execution parameter {value} is no literal")
    return found


def _syntax_error(error: ParseError | TokenError) -> AthenaError:
    details = getattr(error, "errors", None)
    if not details:
        return AthenaError("SYNTAX_ERROR", str(error).splitlines()[0])
    first = details[0]
    near = first.get("highlight") or "<EOF>"
    return AthenaError("SYNTAX_ERROR", f"mismatched input '{near}'", f"line {first['line']}:{first['col']}: ")
