r"""Regular expressions that mean the same in Python, RE2 (DuckDB), Java (Spark), Trino (Athena) and PostgreSQL.

What differs between them is either written out (`\d` becomes `[0-9]`, `.` becomes `[^\n]`, `$` becomes `\z`) or
refused by name. The standard asks for the syntax of ECMA-262, of which this is a part: literals, classes, groups,
alternation, quantifiers, `^` and `$`.

Sources: RE2's syntax page, java.util.regex.Pattern, Trino's "Regular expression functions", Python's `re`,
PostgreSQL's "POSIX Regular Expressions", ECMA-262 section 15.10.
"""

import re
from collections.abc import Callable, Iterator

_DIGIT = "0-9"
_WORD = "0-9A-Za-z_"
# Vertical tab is white space in ECMA, Python and Java, not in RE2; so it is written out, too.
_SPACE = r"\t\n\x0b\f\r "
_CLASSES = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
_CONTROLS = {"t": r"\t", "n": r"\n", "r": r"\r", "f": r"\f"}
_META = frozenset("\\.^$|?*+()[]{}")
_META_IN_CLASS = frozenset("\\[]^-&~")
_HEX = {"x": 2, "u": 4}
# RE2 repeats at most so often.
_MOST_REPEATS = 1000
_REPEAT = re.compile(r"\{(\d+)(?:(,)(\d*))?\}", re.ASCII)
_END = re.compile(r"\\(.)", re.DOTALL)
_ADVICE = {
    "b": "a word boundary means other things elsewhere: write the characters beside it",
    "B": "a word boundary means other things elsewhere: write the characters beside it",
    "A": "write ^",
    "Z": "write $",
    "v": r"write \x0b",
    "p": "Unicode classes differ: write the ranges",
    "P": "Unicode classes differ: write the ranges",
}


def portable(pattern: str) -> str:
    r"""Return the normal form of a regular expression, which every engine takes as it is.

    `pattern`: literals, `.`, classes, `\d \w \s` and their opposites, `( )`, `(?: )`, `|`, `* + ? {m,n}`, lazy or not,
    `^`, `$`.
    Returns: an equal pattern with classes and anchors written out; a normal form is its own. Python writes `\z` as
    `\Z`: see `python_pattern`.
    Raises ValueError: the pattern is not well-formed, or has something that engines see differently; the message says
    what to write instead.
    """
    return "".join(_Reader(pattern).normal())


def python_pattern(normal: str) -> re.Pattern[str]:
    r"""Compile a normal form.

    `normal`: what `portable` returned.
    Returns: for `search`: an anchor stands where the pattern has one.
    """
    return re.compile(_END.sub(lambda found: r"\Z" if found[1] == "z" else found[0], normal))


class _Reader:
    """One pass over a pattern, writing its normal form."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._open = 0

    def normal(self) -> Iterator[str]:
        repeatable = False
        while (char := self._take()) is not None:
            if char in "*+?{":
                if not repeatable:
                    raise self._wrong(f"{char!r} repeats nothing", rf"write \{char} for the character")
                yield self._repetition(char)
                repeatable = False
                continue
            yield self._atom(char)
            repeatable = char not in "(|^$" and not (char == "\\" and self._pattern[self._at - 1] == "z")
        if self._open:
            raise self._wrong("a group is not closed", "write )")

    def _atom(self, char: str) -> str:
        simple: dict[str, Callable[[], str]] = {
            "\\": self._escape,
            "[": self._class,
            "(": self._group,
            ")": self._close,
            ".": lambda: r"[^\n]",
            "$": lambda: r"\z",
            "^": lambda: "^",
            "|": lambda: "|",
        }
        return simple[char]() if char in simple else _literal(char, _META)

    def _escape(self) -> str:
        char = self._escaped()
        if char.lower() in _CLASSES:
            return f"[{'^' if char.isupper() else ''}{_CLASSES[char.lower()]}]"
        return r"\z" if char == "z" else self._character(char, _META)

    def _character(self, char: str, meta: frozenset[str]) -> str:
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char in _HEX:
            digits = self._pattern[self._at : self._at + _HEX[char]]
            self._at += _HEX[char]
            if re.fullmatch(f"[0-9A-Fa-f]{{{_HEX[char]}}}", digits) is None:
                raise self._wrong(rf"\{char}{digits} is no character", f"give {_HEX[char]} hexadecimal digits")
            return _literal(chr(int(digits, 16)), meta)
        if char.isalnum() or char == "_":
            raise self._wrong(rf"\{char} is not portable", _ADVICE.get(char, "remove it or write it another way"))
        return _literal(char, meta)

    def _escaped(self) -> str:
        char = self._take()
        if char is None:
            raise self._wrong("a backslash stands at the end", r"write \\ for the character")
        return char

    def _group(self) -> str:
        self._open += 1
        if self._peek() != "?":
            return "("
        if self._pattern[self._at : self._at + 2] != "?:":
            kind = self._pattern[self._at - 1 : self._at + 3]
            raise self._wrong(f"{kind!r} is not portable", "only ( ) and (?: ) are; write flags and look-arounds out")
        self._at += 2
        return "(?:"

    def _close(self) -> str:
        self._open -= 1
        if self._open < 0:
            raise self._wrong("')' closes nothing", r"write \) for the character")
        return ")"

    def _repetition(self, char: str) -> str:
        text = char
        if char == "{":
            found = _REPEAT.match(self._pattern, self._at - 1)
            if found is None:
                raise self._wrong("'{' starts no {m,n}", r"write \{ for the character")
            self._at = found.end()
            least, most = int(found[1]), int(found[3] or found[1])
            if least > most or most > _MOST_REPEATS:
                raise self._wrong(f"{found[0]} repeats wrongly", f"give two numbers up to {_MOST_REPEATS} in order")
            text = found[0]
        if self._peek() == "?":
            self._at += 1
            return f"{text}?"
        if self._peek() in ("*", "+", "{"):
            raise self._wrong(f"{text}{self._peek()} repeats a repetition", "put it into (?: )")
        return text

    def _class(self) -> str:
        negated = self._peek() == "^"
        self._at += negated
        inside = "".join(self._members())
        if not inside:
            raise self._wrong("a class is empty", "put a character into it")
        return f"[{'^' if negated else ''}{inside}]"

    def _members(self) -> Iterator[str]:
        while (char := self._take()) != "]":
            if char is None:
                raise self._wrong("a class is not closed", "write ]")
            if char == "[" and self._peek() in (":", ".", "="):
                raise self._wrong(f"'[{self._peek()}' is not portable", r"write the ranges, or \[ for the character")
            first = self._member(char)
            if self._peek() != "-" or self._pattern[self._at + 1 : self._at + 2] in ("]", ""):
                yield first
                continue
            self._at += 1
            last = self._member(self._escaped())
            if not _in_order(first, last):
                raise self._wrong(f"{first}-{last} is no range", "give two characters in order")
            yield f"{first}-{last}"

    def _member(self, char: str) -> str:
        if char != "\\":
            return _literal(char, _META_IN_CLASS)
        char = self._escaped()
        if char in _CLASSES:
            return _CLASSES[char]
        if char.lower() in _CLASSES:
            raise self._wrong(rf"\{char} inside a class is not portable", "write the ranges")
        return self._character(char, _META_IN_CLASS)

    def _take(self) -> str | None:
        char = self._peek()
        self._at += 1
        return char

    def _peek(self) -> str | None:
        return self._pattern[self._at] if self._at < len(self._pattern) else None

    def _wrong(self, what: str, advice: str) -> ValueError:
        return ValueError(f"pattern {self._pattern!r}: {what}; {advice}")


def _literal(char: str, meta: frozenset[str]) -> str:
    named = {"\t": r"\t", "\n": r"\n", "\r": r"\r", "\f": r"\f", "\x0b": r"\x0b"}
    return named.get(char) or (f"\\{char}" if char in meta else char)


def _in_order(first: str, last: str) -> bool:
    # A class such as \d is no end of a range.
    if first in _CLASSES.values() or last in _CLASSES.values():
        return False
    try:
        re.compile(f"[{first}-{last}]")
    except re.error:
        return False
    return True
