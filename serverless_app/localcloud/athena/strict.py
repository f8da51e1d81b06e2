# ruff: noqa: PLR0911 - one answer per type
"""What the parser takes from other dialects, and Athena does not."""

import re
from collections.abc import Sequence
from typing import Final

from sqlglot.tokenizer_core import Token, TokenType

from serverless_app.localcloud.athena.errors import AthenaError, unsupported

_GROUP: Final = re.compile("(_[0-9]+)+")
_BEFORE_SUBSCRIPT: Final = (
    TokenType.R_PAREN,
    TokenType.R_BRACKET,
    TokenType.ARRAY,
    TokenType.STRING,
    TokenType.IDENTIFIER,
)
_QUERY_STARTS: Final = (
    TokenType.L_PAREN,
    TokenType.UNION,
    TokenType.ALL,
    TokenType.EXCEPT,
    TokenType.INTERSECT,
    TokenType.ALIAS,
)
_NO_VALUE: Final = frozenset(
    [
        "SELECT",
        "WHERE",
        "AND",
        "OR",
        "NOT",
        "IN",
        "BETWEEN",
        "THEN",
        "ELSE",
        "WHEN",
        "CASE",
        "ON",
        "BY",
        "HAVING",
        "DISTINCT",
        "ALL",
        "VALUES",
        "IS",
        "LIKE",
    ]
)
_SQL_JSON: Final = ("JSON_OBJECT", "JSON_ARRAY", "JSON_QUERY", "JSON_VALUE", "JSON_EXISTS", "JSON_TABLE")
_TYPES: Final = frozenset(
    [
        "BOOLEAN",
        "TINYINT",
        "SMALLINT",
        "INT",
        "INTEGER",
        "BIGINT",
        "REAL",
        "DOUBLE",
        "DECIMAL",
        "VARCHAR",
        "CHAR",
        "VARBINARY",
        "JSON",
        "DATE",
        "TIME",
        "TIMESTAMP",
        "ARRAY",
        "MAP",
        "ROW",
        "INTERVAL",
        "IPADDRESS",
        "UUID",
    ]
)


def joined(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens with `1_000` as one number, which the tokenizer takes for a number and its alias."""
    found: list[Token] = []
    for token in tokens:
        last = found[-1] if found else None
        if (
            last is not None
            and last.token_type is TokenType.NUMBER
            and last.end + 1 == token.start
            and _GROUP.fullmatch(token.text)
        ):
            number = last.text + token.text.replace("_", "")
            found[-1] = Token(TokenType.NUMBER, number, last.line, last.col, last.start, token.end, last.comments)
        else:
            found.append(token)
    return found


def check(tokens: Sequence[Token]) -> None:
    """Raise the syntax error that Athena has for a statement which the parser would take."""
    brackets: list[bool] = []
    for at, token in enumerate(tokens):
        before = tokens[at - 1] if at else None
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        if token.token_type is TokenType.L_PAREN:
            brackets.append(before is not None and before.text.upper() in ("CAST", "TRY_CAST"))
        elif token.token_type is TokenType.R_PAREN and brackets:
            brackets.pop()
        elif (
            token.token_type is TokenType.ALIAS
            and brackets[-1:] == [True]
            and after
            and after.text.upper() not in _TYPES
        ):
            raise AthenaError("TYPE_MISMATCH", f"Unknown type: {after.text}", _place(after))
        if token.text.upper() in _SQL_JSON and after is not None and after.token_type is TokenType.L_PAREN:
            raise unsupported(token.text, _place(token))
        if _foreign(token, before, after):
            raise AthenaError("SYNTAX_ERROR", f"mismatched input '{token.text}'", _place(token))


def _foreign(token: Token, before: Token | None, after: Token | None) -> bool:
    match token.token_type:
        case TokenType.DCOLON | TokenType.NULLSAFE_EQ:
            return True
        case TokenType.EQ:
            return token.text == "=="
        case TokenType.L_BRACKET:
            return before is None or not (
                before.token_type in _BEFORE_SUBSCRIPT
                or (before.text[:1].isidentifier() and before.text.upper() not in _NO_VALUE)
            )
        case TokenType.INTERVAL:
            # A column may be called so; where a number follows, DuckDB's way of writing it is meant.
            return after is not None and after.token_type is TokenType.NUMBER
        case TokenType.NUMBER:
            return after is not None and after.start == token.end + 1 and after.text[:1].isidentifier()
        case TokenType.FROM:
            return before is None or before.token_type in _QUERY_STARTS
        case TokenType.SEMI | TokenType.ANTI | TokenType.ASOF:
            return after is not None and after.token_type in (TokenType.JOIN, TokenType.LEFT)
    return token.token_type is TokenType.STRAIGHT_JOIN


def _place(token: Token) -> str:
    return f"line {token.line}:{max(token.col - len(token.text) + 1, 1)}: "
