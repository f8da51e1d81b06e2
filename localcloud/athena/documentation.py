"""Rewrite the lists of statements and functions in a page: `python -m localcloud.athena.documentation PAGE`."""

import itertools
import re
import sys
import textwrap
from pathlib import Path
from typing import Final

from localcloud.athena.functions import Function, functions
from localcloud.athena.statements import FORMS

_PART: Final = re.compile(r"<!-- (statements|functions) -->\n.*<!-- end of \1 -->", re.DOTALL)


def _statements() -> str:
    shown = (re.sub(r"<(\w+):\w+>", r"<\1>", re.sub(r"\[{(\w+)}]", r"[\1]", form)) for _, form, _ in FORMS)
    return "\n".join(["```text", *(textwrap.fill(one, 140, subsequent_indent="    ") for one in shown), "```\n"])


def _functions() -> str:
    lines = []
    for group, members in itertools.groupby(functions().values(), key=lambda one: one.group):
        lines += [f"\n### {group}\n", "| function | for example | answers |", "|---|---|---|", *map(_row, members)]
    return "\n".join(lines) + "\n\n"


def _row(one: Function) -> str:
    cells = (one.name, one.example, one.answer)
    return "| " + " | ".join(f"`{cell}`".replace("|", "\\|") for cell in cells) + " |"


def page(text: str) -> str:
    """Return the page with both lists brought up to date."""
    parts = {"statements": _statements, "functions": _functions}
    return _PART.sub(lambda found: f"<!-- {found[1]} -->\n{parts[found[1]]()}<!-- end of {found[1]} -->", text)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(page(path.read_text(encoding="utf-8")), encoding="utf-8")
