"""Change ministack where it offers no extension point, and fail loudly when it is no longer what we know."""

import inspect
import sys
import textwrap
from types import ModuleType


class UnknownMinistackError(RuntimeError):
    """The installed ministack is not the one the gaps were closed for."""


def replaced(text: str, old: str, new: str, where: str) -> str:
    """Return the text with its one occurrence of `old` replaced."""
    if text.count(old) != 1:
        raise UnknownMinistackError(
            f"{where} of the installed ministack no longer has {old!r} exactly once; "
            "install the version in requirements-local.txt, or adapt localcloud/gaps"
        )
    return text.replace(old, new)


def rewrite(owner: ModuleType | type, name: str, old: str, new: str) -> None:
    """Replace one piece of the source text of a module's or a class's function."""
    function = getattr(owner, name)
    where = f"{function.__module__}.{function.__qualname__}"
    source = replaced(textwrap.dedent(inspect.getsource(function)), old, new, where)
    namespace = sys.modules[function.__module__].__dict__
    found: dict[str, object] = {}
    exec(compile(source, f"<{where}, rewritten>", "exec"), namespace, found)  # noqa: S102 - ministack's own text
    setattr(owner, name, found[name])
