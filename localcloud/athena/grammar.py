"""The forms of statements on the catalog, written as their documentation writes them, and what a statement gives."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from localcloud.athena import types
from localcloud.athena.errors import AthenaError, unsupported

_NAME: Final = r'(?:[A-Za-z_]\w*|`[^`]+`|"[^"]+")'
_TEXT: Final = r"'(?:[^'\\]|\\.|'')*'"
_VALUE: Final = rf"(?:{_TEXT}|\d+(?:\.\d+)?|TRUE\b|FALSE\b|ARRAY\s*\[[^\]]*\])"
# Possessive: a line of dashes is one comment, not any number of them.
_COMMENT: Final = r"--[^\n]*+|(?>/\*.*?\*/)"
_GAP: Final = rf"(?:\s|{_COMMENT})*+"
_BRACKETS: Final = rf"\((?:{_TEXT}|[^()']|\((?:{_TEXT}|[^()'])*\))*\)"
_PAIR: Final = rf"({_NAME}|{_TEXT}){_GAP}={_GAP}({_VALUE})"
_PARTITION: Final = rf"PARTITION{_GAP}{_BRACKETS}(?:{_GAP}LOCATION{_GAP}{_TEXT})?"
_PIECE: Final = re.compile(r"<(?:(\w+):)?(\w+)>|\[([A-Z ]+)\]|\w+|\S")
_ESCAPE: Final = re.compile(r"\\([0-7]{3}|u[0-9A-Fa-f]{4}|.)|''", re.DOTALL)
_NAMED: Final = {"t": "\t", "n": "\n", "r": "\r", "0": "\0", "b": "\b"}
_GROUPS: Final = {"[": "(?:", "]": ")?", "{": "(?:", "}": ")", "|": "|"}


@dataclass(frozen=True)
class Form:
    """One form of a statement: `pattern` reads it, `kinds` tell what its parts are."""

    pattern: re.Pattern[str]
    kinds: Mapping[str, str]

    def read(self, sql: str) -> dict[str, Any] | None:
        """Return the parts of a statement of this form, flags as booleans; None where it is of another."""
        found = self.pattern.fullmatch(sql)
        if found is None:
            return None
        return {
            name: (part is not None if self.kinds[name] == "flag" else part and _READ[self.kinds[name]](part))
            for name, part in found.groupdict().items()
        }


def form(written: str) -> Form:
    """Return a form: capitals stand for themselves, [OPTIONAL WORDS] are a flag, <name:kind> is a part."""
    pattern, kinds = _GAP, {}
    for piece in _PIECE.finditer(written):
        name, kind, flag = piece.groups()
        if kind:
            kinds[name or kind] = kind
            pattern += f"(?P<{name or kind}>{_PATTERNS[kind]}){_GAP}"
        elif flag:
            kinds[name := flag.lower().replace(" ", "_")] = "flag"
            pattern += f"(?P<{name}>{''.join(map(_word, flag.split()))})?"
        elif piece[0] in _GROUPS:
            pattern += _GROUPS[piece[0]]
        else:
            pattern += _word(piece[0])
    return Form(re.compile(pattern, re.IGNORECASE | re.DOTALL), kinds)


def _word(piece: str) -> str:
    return (rf"{piece}\b" if piece.isalnum() else re.escape(piece)) + _GAP


def first_word(sql: str) -> str:
    """Return the word that a statement begins with, in capitals."""
    found = re.match(rf"{_GAP}(\w+)", sql, re.DOTALL)
    return found[1].upper() if found else ""


def uncommented(sql: str) -> str:
    """Return a statement without its comments, texts quoted as Hive quotes them."""
    return re.sub(rf"({_TEXT}|`[^`]*`)|{_COMMENT}", lambda found: found[1] or " ", sql, flags=re.DOTALL)


def name(written: str) -> str:
    """Return an identifier as the catalog keeps it: in lower case."""
    return written.strip().strip('`"').lower()


def _text(written: str) -> str:
    return _ESCAPE.sub(_unescaped, written[1:-1])


def _unescaped(found: re.Match[str]) -> str:
    what = found[1]
    if what is None:
        return "'"
    if len(what) == 1:
        return _NAMED.get(what, what)
    return chr(int(what[1:], 16) if what[0] == "u" else int(what, 8))


def _value(written: str) -> Any:
    if written.startswith("'"):
        return _text(written)
    items = re.findall(_TEXT, written)
    return [_text(item) for item in items] if written[:5].upper() == "ARRAY" else written


def _pairs(written: str) -> dict[str, Any]:
    pairs = ((found[1], _value(found[2])) for found in re.finditer(_PAIR, written, re.IGNORECASE | re.DOTALL))
    return {_text(key) if key.startswith("'") else name(key): value for key, value in pairs}


def _table(written: str) -> tuple[str | None, str]:
    parts = [name(part) for part in re.findall(_NAME, written)]
    if parts[:-2] not in ([], ["awsdatacatalog"]):
        raise AthenaError("CATALOG_NOT_FOUND", f"Catalog '{parts[0]}' does not exist")
    return (parts[-2] if len(parts) > 1 else None), parts[-1]


def _columns(written: str) -> list[dict[str, str]]:
    found = []
    for part in types.split(written[1:-1]):
        read = re.fullmatch(rf"\s*({_NAME})\s+(.+?)(?:\s+COMMENT\s+({_TEXT}))?\s*", part, re.IGNORECASE | re.DOTALL)
        if read is None:
            raise unsupported(f"{part.strip()!r} as a column")
        column = {"Name": name(read[1]), "Type": "".join(read[2].replace("`", "").split()).lower()}
        types.from_hive(column["Type"])
        found.append(column | ({"Comment": _text(read[3])} if read[3] else {}))
    return found


def _partitions(written: str) -> list[tuple[dict[str, str], str | None]]:
    found = []
    for one in re.finditer(_PARTITION, written, re.IGNORECASE | re.DOTALL):
        values = re.search(_BRACKETS, one[0], re.DOTALL)
        location = re.search(rf"LOCATION{_GAP}({_TEXT})$", one[0], re.IGNORECASE | re.DOTALL)
        found.append((_pairs(values[0] if values else ""), location and _text(location[1])))
    return found


def _listed(item: str) -> str:
    return rf"\({_GAP}{item}(?:{_GAP},{_GAP}{item})*{_GAP}\)"


_KINDS: Final[dict[str, tuple[str, Callable[[str], Any]]]] = {
    "name": (_NAME, name),
    "names": (_listed(_NAME), lambda part: [name(one) for one in re.findall(_NAME, part)]),
    "table": (rf"{_NAME}(?:{_GAP}\.{_GAP}{_NAME}){{0,2}}", _table),
    "text": (_TEXT, _text),
    "properties": (_listed(rf"(?:{_NAME}|{_TEXT}){_GAP}={_GAP}{_VALUE}"), _pairs),
    "columns": (_BRACKETS, _columns),
    "list": (_BRACKETS, lambda part: [one.strip() for one in types.split(part[1:-1])]),
    "partitions": (rf"{_PARTITION}(?:{_GAP},?{_GAP}{_PARTITION})*", _partitions),
    "query": (".+", str),
}
_PATTERNS: Final = {kind: pattern for kind, (pattern, _) in _KINDS.items()}
_READ: Final = {kind: read for kind, (_, read) in _KINDS.items()}
