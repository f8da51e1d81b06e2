"""Strict JSON: how deep it may be is a figure of its own, whatever the interpreter would bear."""

import pytest

from etl.values.json_text import JsonError, parse_json


def test_500_levels_are_read_and_one_more_is_not() -> None:
    assert parse_json("[" * 500 + "]" * 500)[0] is not None

    with pytest.raises(JsonError, match="nested too deeply"):
        parse_json("[" * 501 + "]" * 501)


def test_brackets_inside_texts_and_beside_each_other_are_no_levels() -> None:
    assert parse_json('["' + "[" * 600 + '"]') == ["[" * 600]
    assert parse_json("[" + ",".join(["[]"] * 600) + "]") == [[]] * 600
