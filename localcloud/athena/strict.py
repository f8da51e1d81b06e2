"""What the parser takes from other dialects, and Athena does not."""

import re
from collections.abc import Sequence
from typing import Final

from sqlglot.tokenizer_core import Token, TokenType

from localcloud.athena.errors import AthenaError, unsupported

_GROUP: Final = re.compile("(_[0-9]+)+")
_ENDS: Final = (TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.ARRAY, TokenType.STRING, TokenType.IDENTIFIER)
_STARTS: Final = (
    *(TokenType.L_PAREN, TokenType.UNION, TokenType.ALL, TokenType.EXCEPT, TokenType.INTERSECT, TokenType.ALIAS),
    None,
)
_NO_VALUE: Final = re.compile(
    "SELECT|WHERE|AND|OR|NOT|IN|BETWEEN|THEN|ELSE|WHEN|CASE|ON|BY|HAVING|DISTINCT|ALL|VALUES|IS|LIKE", re.IGNORECASE
)
_SQL_JSON: Final = ("JSON_OBJECT", "JSON_ARRAY", "JSON_QUERY", "JSON_VALUE", "JSON_EXISTS", "JSON_TABLE")
_TYPES: Final = re.compile(
    "BOOLEAN|TINYINT|SMALLINT|INT|INTEGER|BIGINT|REAL|DOUBLE|DECIMAL|VARCHAR|CHAR|VARBINARY|JSON|DATE|TIME|TIMESTAMP|"
    "ARRAY|MAP|ROW|INTERVAL|IPADDRESS|UUID",
    re.IGNORECASE,
)


def joined(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens with `1_000` as one number, which the tokenizer takes for a number and its alias."""
    found: list[Token] = []
    for token in tokens:
        last = found[-1] if found and found[-1].token_type is TokenType.NUMBER else None
        if last is not None and last.end + 1 == token.start and _GROUP.fullmatch(token.text):
            number = last.text + token.text.replace("_", "")
            token = Token(TokenType.NUMBER, number, last.line, last.col, last.start, token.end, last.comments)  # noqa: PLW2901 - the two are one
            found.pop()
        found.append(token)
    return found


def check(tokens: Sequence[Token]) -> None:
    """Raise the syntax error that Athena has for a statement which the parser would take."""
    casts: list[bool] = []
    for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        if token.token_type is TokenType.L_PAREN:
            casts.append(before is not None and before.text.upper() in ("CAST", "TRY_CAST"))
        elif token.token_type is TokenType.R_PAREN:
            del casts[-1:]
        elif token.token_type is TokenType.ALIAS and casts[-1:] == [True] and after is not None:
            if _TYPES.fullmatch(after.text) is None:
                raise AthenaError("TYPE_MISMATCH", f"Unknown type: {after.text}", _place(after))
        elif token.text.upper() in _SQL_JSON and after is not None and after.token_type is TokenType.L_PAREN:
            raise unsupported(token.text, _place(token))
        if _foreign(token, before, after):
            raise AthenaError("SYNTAX_ERROR", f"mismatched input '{token.text}'", _place(token))


def _foreign(token: Token, before: Token | None, after: Token | None) -> bool:
    kind, following = token.token_type, after.token_type if after is not None else None
    if kind is TokenType.L_BRACKET:
        named = before is not None and before.text[:1].isidentifier() and _NO_VALUE.fullmatch(before.text) is None
        return before is None or not (before.token_type in _ENDS or named)
    return (
        kind in (TokenType.DCOLON, TokenType.NULLSAFE_EQ, TokenType.STRAIGHT_JOIN)
        or (kind is TokenType.EQ and token.text == "==")
        # A column may be called so; where a number follows, DuckDB's way of writing it is meant.
        or (kind is TokenType.INTERVAL and following is TokenType.NUMBER)
        or (kind is TokenType.FROM and (before.token_type if before is not None else None) in _STARTS)
        or (kind in (TokenType.SEMI, TokenType.ANTI, TokenType.ASOF) and following in (TokenType.JOIN, TokenType.LEFT))
        or (
            kind is TokenType.NUMBER
            and after is not None
            and after.start == token.end + 1
            and after.text[:1].isidentifier()
        )
    )


def _place(token: Token) -> str:
    return f"line {token.line}:{max(token.col - len(token.text) + 1, 1)}: "
