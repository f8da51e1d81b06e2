"""Every function of the allow-list answers as it is documented, and the documentation lists them all."""

from pathlib import Path

import pytest

from localcloud.athena.documentation import page
from localcloud.athena.errors import AthenaError
from localcloud.athena.functions import Function, functions
from localcloud.athena.special import SPECIAL
from tests.unit.localcloud.athena.conftest import Ask


@pytest.mark.parametrize("function", functions().values(), ids=lambda function: function.name)
def test_a_function_answers_its_documented_example(ask: Ask, function: Function) -> None:
    assert ask(f"SELECT {function.example}") == [[function.answer]]


def test_the_page_lists_the_functions_of_the_allow_list() -> None:
    text = (Path(__file__).parents[4] / "docs" / "athena.md").read_text(encoding="utf-8")

    assert page(text) == text


def test_a_function_that_is_typed_by_itself_is_on_the_list() -> None:
    assert set(SPECIAL) <= set(functions())


@pytest.mark.parametrize(
    "call", ["read_text('/etc/passwd')", "getenv('HOME')", "current_setting('threads')", "list_sum(1)"]
)
def test_a_function_that_is_not_on_the_list_is_refused_by_name(ask: Ask, call: str) -> None:
    with pytest.raises(AthenaError, match=f"FUNCTION_NOT_FOUND: .*{call.partition('(')[0]}"):
        ask(f"SELECT {call}")
