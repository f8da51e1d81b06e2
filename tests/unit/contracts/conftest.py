"""Contract files, written by the tests."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Write = Callable[..., Path]


def document(*properties: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A whole contract with these properties; `changes` replace keys of the file, None removes them."""
    whole = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "a-contract",
        "version": "1.2.3",
        "status": "active",
        "schema": [{"name": "events", "properties": list(properties)}],
    }
    return {key: value for key, value in (whole | changes).items() if value is not None}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a contract file and return its path."""

    def write(*properties: dict[str, Any], **changes: Any) -> Path:
        path = tmp_path / "contract.yaml"
        path.write_text(yaml.safe_dump(document(*properties, **changes)))
        return path

    return write
