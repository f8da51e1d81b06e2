"""Strict JSON with exact numbers: what other readers tolerate is an error here."""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

_LONGEST_INT = 4000
# Our own limit: the interpreter's differs from process to process.
_DEEPEST = 500
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|([\[{])|([\]}])', re.DOTALL)


class JsonError(ValueError):
    """A text is not strict JSON; `key` is the key that an object has twice, or empty."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


def parse_json(text: str) -> Any:
    """Read a JSON document, with or without white space around it.

    Numbers are `int` or `Decimal` with every digit; a number whose exponent is beyond those of `Decimal` is its text,
    as `msgspec.Raw`.

    Raises JsonError: the text is not JSON by RFC 8259, holds NaN, an infinity or half a surrogate pair, has a key twice
    in an object, or is nested more than 500 levels deep.
    """
    if text.count("[") + text.count("{") > _DEEPEST and _depth(text) > _DEEPEST:
        raise JsonError("nested too deeply")
    try:
        value = _decoder.decode(text)
    except JsonError:
        raise
    except (ValueError, ArithmeticError) as error:
        raise JsonError(str(error)) from error
    if "\\u" in text or "\\U" in text:
        _refuse_half_surrogates(text, value)
    return value


def _depth(text: str) -> int:
    depth = deepest = 0
    for opening, closing in _STRING_OR_BRACKET.findall(text):
        depth += bool(opening) - bool(closing)
        deepest = max(deepest, depth)
    return deepest


def _refuse_half_surrogates(text: str, value: Any) -> None:
    if "\\ud" in text.lower():
        try:
            json.dumps(value, ensure_ascii=False, default=str).encode()
        except UnicodeEncodeError as error:
            raise JsonError("half a surrogate pair, which is no character") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # add is None
        raise JsonError(f"key {twice!r} is there twice", twice)
    return record


def _integer(text: str) -> int | Decimal:
    # Python refuses to make an int of many digits, because the time grows with their square. And it has no -0.
    return int(text) if len(text) < _LONGEST_INT and text != "-0" else Decimal(text)


def _fraction(text: str) -> Decimal | msgspec.Raw:
    try:
        return Decimal(text)
    except InvalidOperation:
        return msgspec.Raw(text)


def _no_constant(text: str) -> Any:
    raise JsonError(f"{text} is no JSON")


_decoder = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_fraction, parse_int=_integer, parse_constant=_no_constant
)
