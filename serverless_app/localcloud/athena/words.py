"""The words of a DDL statement, read one after the other."""

import re
from typing import Final

from serverless_app.localcloud.athena.errors import AthenaError

_TOKEN: Final = re.compile(
    r"\s+|--[^\n]*|/\*.*?\*/|('(?:[^'\\]|\\.|'')*')|(`[^`]+`|\"[^\"]+\")|([A-Za-z_][A-Za-z0-9_]*|\d+(?:\.\d+)?)|(.)",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\([0-7]{3}|u[0-9A-Fa-f]{4}|.)|''", re.DOTALL)
_NAMED: Final = {"t": "\t", "n": "\n", "r": "\r", "0": "\0", "b": "\b"}
_PAIRS: Final = {"(": ")", "<": ">"}


class Words:
    """A statement's tokens; every `take…` moves on, or raises a syntax error that says where."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._tokens = [found for found in _TOKEN.finditer(sql) if found.lastindex]
        if self._tokens and self._tokens[-1][0] == ";":
            self._tokens.pop()
        self._at = 0

    def peek(self) -> str:
        """Return the next token in capitals, nothing at the end."""
        return self._tokens[self._at][0].upper() if self._at < len(self._tokens) else ""

    def skip(self, *words: str) -> bool:
        """Move over these words if they come next."""
        found = tuple(one[0].upper() for one in self._tokens[self._at : self._at + len(words)])
        if found == words:
            self._at += len(words)
        return found == words

    def take(self, *words: str) -> None:
        """Move over these words, which have to come next."""
        if not self.skip(*words):
            raise self.wrong(f"expecting {' '.join(words)}")

    def name(self) -> str:
        """Return an identifier, in lower case as the catalog keeps it."""
        if self._at == len(self._tokens) or self._tokens[self._at].lastindex not in (2, 3):
            raise self.wrong("expecting a name")
        self._at += 1
        return self._tokens[self._at - 1][0].strip('`"').lower()

    def table(self, database: str) -> tuple[str, str]:
        """Return database and name of a table."""
        parts = [self.name()]
        while self.skip("."):
            parts.append(self.name())
        if parts[:-2] not in ([], ["awsdatacatalog"]):
            raise AthenaError("CATALOG_NOT_FOUND", f"Catalog '{parts[0]}' does not exist")
        return (parts[-2] if len(parts) > 1 else database), parts[-1]

    def string(self) -> str:
        """Return a text literal."""
        if self._at == len(self._tokens) or self._tokens[self._at].lastindex != 1:
            raise self.wrong("expecting a text in quotes")
        self._at += 1
        return _ESCAPE.sub(_unescaped, self._tokens[self._at - 1][0][1:-1])

    def literal(self) -> str:
        """Return a text or a number."""
        if self._at < len(self._tokens) and self._tokens[self._at].lastindex == 3 and self.peek()[0].isdigit():  # noqa: PLR2004 - the third kind of token
            self._at += 1
            return self._tokens[self._at - 1][0]
        return self.string()

    def type(self) -> str:
        """Return a column's type as it is written, without spaces."""
        written: list[str] = []
        depth = 0
        while self._at < len(self._tokens) and (depth or not written or self.peek() in _PAIRS):
            token = self._tokens[self._at][0]
            depth += (token in _PAIRS) - (token in _PAIRS.values())
            written.append(token.strip("`").lower())
            self._at += 1
        return "".join(written)

    def properties(self) -> dict[str, str]:
        """Return `('key' = 'value', …)`."""
        self.take("(")
        found = {}
        while not self.skip(")"):
            key = self.string()
            self.take("=")
            found[key] = self.literal()
            self.skip(",")
        return found

    def rest(self) -> str:
        """Return what is left of the statement, as it is written."""
        if self._at == len(self._tokens):
            raise self.wrong("expecting a query")
        text = self.sql[self._tokens[self._at].start() : self._tokens[-1].end()]
        self._at = len(self._tokens)
        return text

    def until_closed(self) -> str:
        """Return what stands between this place and the bracket that closes it."""
        self.take("(")
        start, depth = self._at, 1
        while depth:
            if self._at == len(self._tokens):
                raise self.wrong("expecting )")
            depth += {"(": 1, ")": -1}.get(self._tokens[self._at][0], 0)
            self._at += 1
        if start == self._at - 1:
            raise self.wrong("expecting a query")
        return self.sql[self._tokens[start].start() : self._tokens[self._at - 2].end()]

    def defines_columns(self) -> bool:
        """Whether a bracket follows the name that comes next, as where a table's columns are listed."""
        before = self._at
        self.skip("IF", "NOT", "EXISTS")
        self.table("")
        found = self.peek() == "("
        self._at = before
        return found

    def columns(self) -> list[str]:
        """Return the names in brackets that come next; a query in brackets is left where it is."""
        before = self._at
        if not self.skip("(") or self.peek() in ("SELECT", "WITH", "VALUES", "TABLE", "("):
            self._at = before
            return []
        found = [self.name()]
        while self.skip(","):
            found.append(self.name())
        self.take(")")
        return found

    def end(self) -> None:
        """Raise unless everything was read."""
        if self._at < len(self._tokens):
            raise self.wrong("expecting <EOF>")

    def wrong(self, wanted: str) -> AthenaError:
        """Return the error of a word that does not fit here."""
        if self._at == len(self._tokens):
            return AthenaError("SYNTAX_ERROR", f"mismatched input '<EOF>' {wanted}")
        found = self._tokens[self._at]
        before = self.sql[: found.start()]
        place = f"line {before.count(chr(10)) + 1}:{found.start() - before.rfind(chr(10))}: "
        return AthenaError("SYNTAX_ERROR", f"mismatched input '{found[0]}' {wanted}", place)


def _unescaped(found: re.Match[str]) -> str:
    what = found[1]
    if what is None:
        return "'"
    if len(what) == 3:  # noqa: PLR2004 - an octal number
        return chr(int(what, 8))
    if len(what) > 1:
        return chr(int(what[1:], 16))
    return _NAMED.get(what, what)
