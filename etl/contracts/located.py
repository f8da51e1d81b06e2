"""YAML whose values know their lines, so that an error in a contract can name the one to mend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import yaml

Step = str | int


class Refusal(ValueError):
    """Something that the file says is wrong; `path` leads to it, from the outermost key inwards.

    Where there is no path, since the file is no YAML, there may be a `line`.
    """

    def __init__(self, message: str, *path: Step, line: int | None = None) -> None:
        super().__init__(message)
        self.path: tuple[Step, ...] = path
        self.line = line


@contextmanager
def inside(*steps: Step) -> Iterator[None]:
    """Let a refusal that is raised here know that it happened behind these steps."""
    try:
        yield
    except Refusal as refusal:
        refusal.path = (*steps, *refusal.path)
        raise


class Document:
    """A YAML document: its value, with numbers exact and timestamps left as text, and its lines."""

    def __init__(self, text: bytes) -> None:
        loader = _Loader(text)
        try:
            self._root = loader.get_single_node()
            self.value: Any = None if self._root is None else loader.construct_document(self._root)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise Refusal(f"not YAML: {error.problem}", line=None if mark is None else mark.line + 1) from error
        except yaml.YAMLError as error:
            raise Refusal(f"not YAML: {error}") from error
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            # What PyYAML's constructors let through when a scalar does not fit its notation or its tag.
            raise Refusal(f"not YAML: a value does not fit its notation ({error!r}); quote text") from error
        finally:
            loader.dispose()

    def line(self, path: tuple[Step, ...]) -> int:
        """Return the line, from 1, of what a path leads to, or of the last thing on the way that is there."""
        node, line = self._root, 1
        for step in path:
            found = next((one for one in _children(node) if one[0] == step), None)
            if found is None:
                break
            _, line, node = found
        return line


def _children(node: yaml.Node | None) -> Iterator[tuple[Step, int, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key.value, key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield index, value.start_mark.line + 1, value


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen at run time
    """Safe YAML with numbers exact, timestamps left as text, and no key twice in a mapping."""

    def unique_mapping(self, node: yaml.MappingNode) -> dict[Any, Any]:
        keys = [self.construct_object(key) for key, _ in node.value]
        if twice := [key for key, count in Counter(keys).items() if count > 1]:
            again = [key.start_mark for key, _ in node.value if self.construct_object(key) == twice[0]][1]
            raise yaml.constructor.ConstructorError(None, None, f"key {twice[0]!r} is there twice; remove one", again)
        mapping: dict[Any, Any] = self.construct_mapping(node, deep=True)
        return mapping

    def exact_number(self, node: yaml.ScalarNode) -> Decimal:
        number = Decimal(self.construct_scalar(node))
        if not number.is_finite():
            raise ValueError(f"{number} is no number that a rule could compare with")
        return number


_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.unique_mapping)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.exact_number)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))
