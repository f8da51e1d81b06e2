"""A gap is closed in the ministack it was written for, or not at all."""

import pytest

from localcloud.gaps.patching import UnknownMinistackError, replaced, rewrite


class Worker:
    def answer(self) -> str:
        return "as it is"


def test_a_rewritten_function_does_the_new_thing() -> None:
    rewrite(Worker, "answer", "as it is", "as it should be")
    assert Worker().answer() == "as it should be"


@pytest.mark.parametrize("text", ["nothing of it", "old and old"])
def test_a_text_without_the_one_place_is_refused(text: str) -> None:
    with pytest.raises(UnknownMinistackError, match="the script of the installed ministack"):
        replaced(text, "old", "new", "the script")
