"""Reads which packages import which, and draws them into docs/architecture.md: `python docs/packages.py`."""  # noqa: INP001 -- a script

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- packages: made by docs/packages.py -->", "<!-- packages: end -->"

LAYERS: Final = (
    ("pipelines",),
    ("extract", "transform", "load"),
    ("lake", "postgres"),
    ("runs",),
    ("quality",),
    ("values",),
    ("contracts",),
    ("staging",),
    ("aws",),
    ("inputs",),
    ("windows",),
    ("timestamps", "settings", "dynamodb_wire"),
    ("errors",),
)
"""The packages and modules of etl; each imports only from the layers below its own."""

_DRAWN = ("lambdas", "serverless_app", "localcloud", "etl")


def imports_of(source: str, package: str = "") -> set[str]:
    """Return the modules that a source text may import, as absolute names.

    `package` is the one that the source belongs to, for relative imports. Of `from a import b`, both `a` and `a.b`
    are returned, as `b` may be a module.
    """
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import():
                names.update(alias.name for alias in node.names)
            case ast.ImportFrom():
                module = _absolute("." * node.level + (node.module or ""), package)
                names.update({module} | {f"{module}.{alias.name}" for alias in node.names})
            case ast.Call(
                func=ast.Name(id="__import__" | "import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                names.add(_absolute(module, package))
    return names


def imports_in(folder: Path) -> Iterator[tuple[Path, set[str]]]:
    """Yield the Python files of a folder, or a file itself, relative to the project, with what they import."""
    for path in [folder] if folder.suffix == ".py" else sorted(folder.rglob("*.py")):
        relative = path.relative_to(ROOT)
        yield relative, imports_of(path.read_text(), ".".join(relative.parts[:-1]))


def arrows() -> dict[str, set[str]]:
    """Return the packages that the picture shows, each with those that it imports."""
    drawn: dict[str, set[str]] = {}
    for top in _DRAWN:
        for path, names in imports_in(ROOT / top):
            importer = _package(".".join(path.with_suffix("").parts))
            drawn.setdefault(importer, set()).update(
                package for name in names if name.split(".")[0] in _DRAWN and (package := _package(name)) != importer
            )
    drawn.pop("etl", None)  # its __init__
    return {package: targets - {"etl"} for package, targets in drawn.items()}


def picture() -> str:
    """Return the picture as Mermaid; an arrow that follows from others is left out."""
    graph = arrows()
    reach: dict[str, set[str]] = {}
    for package in TopologicalSorter(graph).static_order():
        reach[package] = graph[package].union(*(reach[target] for target in graph[package]))
    lines = [
        f"    {package} --> {target}"
        for package in sorted(graph)
        for target in sorted(graph[package])
        if not any(target in reach[other] for other in graph[package])
    ]
    return "\n".join([BEGIN, "```mermaid", "flowchart TD", *lines, "```", END])


def redrawn(page: str) -> str:
    """Return the page with the present picture between its markers."""
    before, _, rest = page.partition(BEGIN)
    return before + picture() + rest.partition(END)[2]


def _absolute(name: str, package: str) -> str:
    dots = len(name) - len(name.lstrip("."))
    if not dots:
        return name
    parents = package.split(".")
    return ".".join([*parents[: len(parents) - dots + 1], *filter(None, [name[dots:]])])


def _package(module: str) -> str:
    steps = module.split(".")
    return ".".join(steps[:2]) if steps[0] == "etl" else steps[0]


if __name__ == "__main__":
    PAGE.write_text(redrawn(PAGE.read_text()))
