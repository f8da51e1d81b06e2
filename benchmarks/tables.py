"""Print a table of figures, for the terminal or as Markdown, under the machine that they were measured on."""

import os
import platform
from collections.abc import Collection, Sequence

from rich.console import Console
from rich.table import Table

_MACHINE = (
    f"{platform.python_implementation()} {platform.python_version()}, {platform.platform()},"
    f" {os.cpu_count()} processors."
)


def show(
    title: str,
    caption: str,
    headers: Sequence[str],
    lines: Sequence[Sequence[str]],
    *,
    texts: Collection[str],
    markdown: bool = False,
) -> None:
    """Print the table; the columns named in `texts` are aligned left, the others right."""
    caption = f"{caption} {_MACHINE}"
    if markdown:
        marks = ["---" if name in texts else "---:" for name in headers]
        text = "\n".join(f"| {' | '.join(line)} |" for line in (headers, marks, *lines))
        print(f"### {title}\n\n{text}\n\n{caption}\n")  # noqa: T201 -- the answer, to be copied
        return
    table = Table(title=title, caption=caption)
    for name in headers:
        table.add_column(name, justify="left" if name in texts else "right")
    for line in lines:
        table.add_row(*line)
    Console().print(table)
