# ruff: noqa: E501 - one fact, one line
"""The table of functions in docs/athena.md: `python -m serverless_app.localcloud.athena.documentation` writes it anew."""

import itertools
import re
from pathlib import Path
from typing import Final

from serverless_app.localcloud.athena.functions import FUNCTIONS, Function

PAGE: Final = Path(__file__).parents[3] / "docs" / "athena.md"
_TABLE: Final = re.compile(r"(?<=<!-- functions -->\n).*(?=<!-- end of functions -->)", re.DOTALL)


def table() -> str:
    """Return the functions that are answered, by group, each with its example."""
    lines = []
    for group, functions in itertools.groupby(FUNCTIONS.values(), key=lambda one: one.group):
        lines += [f"\n### {group}\n", "| function | for example | answers |", "|---|---|---|"]
        lines += [_row(one) for one in functions]
    return "\n".join(lines) + "\n\n"


def _row(one: Function) -> str:
    cells = (one.name, one.example, one.answer)
    return "| " + " | ".join(f"`{cell}`".replace("|", "\\|") for cell in cells) + " |"


def page(text: str) -> str:
    """Return the page with the table as it has to be."""
    return _TABLE.sub(lambda _: table(), text)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
