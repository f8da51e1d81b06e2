# ruff: noqa: SLF001 - a gap is closed from inside ministack
"""Layers are published but not mounted."""

import importlib
from typing import Any


def close() -> None:
    """Run handlers on the packages of this machine's interpreter.

    The layers of our functions hold wheels for Lambda's processor and Python; this machine could not load
    them. The same versions are installed here, and a test of its own imports every handler from its layers.
    """
    functions: Any = importlib.import_module("ministack.services.lambda_svc")
    functions._resolve_layer_zip = lambda _attachment: None
