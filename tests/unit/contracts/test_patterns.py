"""Portable patterns: a normal form that all engines read alike, and what none can share is refused."""

import re

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.contracts.patterns import portable, python_pattern


@pytest.mark.parametrize(
    ("pattern", "normal"),
    [
        (r"^\d{3}$", r"^[0-9]{3}\z"),
        (r"\w+\s\S", r"[0-9A-Za-z_]+[\t\n\x0b\f\r ][^\t\n\x0b\f\r ]"),
        (r"[\w.]@[^\d]", r"[0-9A-Za-z_.]@[^0-9]"),
        (r"a.c", r"a[^\n]c"),
        (r"a|b(?:c)*?(d){2,}", r"a|b(?:c)*?(d){2,}"),
        (r"\$\.\\", r"\$\.\\"),
        (r"[a-z-]", r"[a-z\-]"),
        (r"[^^&~]", r"[^\^\&\~]"),
        (r"\x41\u00e9", "Aé"),
        (r"[\x00-\x1f]", "[\x00-\x1f]"),
        (r"}", r"\}"),
        ("é😀", "é😀"),
        ("", ""),
    ],
)
def test_a_pattern_is_written_out(pattern: str, normal: str) -> None:
    assert portable(pattern) == normal


@pytest.mark.parametrize(
    ("pattern", "advice"),
    [
        (r"(?=a)", "only ( ) and (?: ) are"),
        (r"(?i)a", "write flags and look-arounds out"),
        (r"(?P<a>b)", "only ( ) and (?: ) are"),
        (r"(a)\1", "remove it or write it another way"),
        (r"\bword", "write the characters beside it"),
        (r"\p{L}", "write the ranges"),
        (r"[[:alpha:]]", "write the ranges"),
        (r"[\D]", "write the ranges"),
        (r"a++", "put it into (?: )"),
        (r"*a", r"write \* for the character"),
        (r"a{2,1}", "two numbers"),
        (r"a{1001}", "up to 1000"),
        (r"a{x}", r"write \{ for the character"),
        (r"[z-a]", "two characters in order"),
        (r"[\d-x]", "two characters in order"),
        (r"[a", "write ]"),
        (r"[]", "put a character into it"),
        (r"(a", "write )"),
        (r"a)", r"write \) for the character"),
        ("a\\", r"write \\ for the character"),
        (r"\xZZ", "2 hexadecimal digits"),
    ],
)
def test_what_engines_see_differently_is_refused_with_advice(pattern: str, advice: str) -> None:
    with pytest.raises(ValueError, match=re.escape(advice)):
        portable(pattern)


def test_the_end_is_the_very_end_and_not_before_a_last_line_feed() -> None:
    assert python_pattern(portable("^a$")).search("a\n") is None


@pytest.mark.parametrize("text", ["\u0663", "\uff13"])
def test_a_digit_is_an_ascii_digit(text: str) -> None:
    assert python_pattern(portable(r"\d")).search(text) is None


_atoms = st.sampled_from([r"\d", r"\w", r"\s", ".", "a", "é", "😀", r"\.", "[a-c]", "[^a]", r"[\s-]", "^", "$", " "])
_patterns = st.recursive(
    _atoms,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.tuples(inner, inner).map("|".join),
        inner.map("({})".format),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{1,2}", "*?"])).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
    ),
    max_leaves=5,
)
_texts = st.text(st.sampled_from("abcé😀 .\n\r\t\x0b1٣_-\u2028"), max_size=5)


@given(_patterns)
def test_a_normal_form_is_its_own(pattern: str) -> None:
    normal = portable(pattern)

    assert portable(normal) == normal


@given(_patterns, st.lists(_texts, min_size=1, max_size=8))
def test_python_and_re2_find_the_same(pattern: str, texts: list[str]) -> None:
    normal = portable(pattern)
    found = duckdb.execute(
        "SELECT list_transform($texts, lambda t: regexp_matches(t, $pattern))", {"texts": texts, "pattern": normal}
    ).fetchall()[0][0]

    assert found == [python_pattern(normal).search(text) is not None for text in texts]


@given(st.text(max_size=12) | st.text(r"\[](){}^$.|?*+-abdwsxu012,:=", max_size=12))
def test_any_text_is_a_portable_pattern_or_refused(text: str) -> None:
    try:
        python_pattern(portable(text))
    except ValueError as error:
        assert text in str(error) or repr(text) in str(error)  # noqa: PT017 -- either way is right
