# ruff: noqa: SLF001 - a gap is closed from inside ministack
"""Layers are published but not mounted."""

import importlib
from typing import Any


def close() -> None:
    """Run handlers on the packages of this machine's interpreter.

    Layers hold wheels for Lambda's processor and Python, which this machine may not be able to load. The app's
    own tests have to show that its handlers work with nothing but their layers.
    """
    functions: Any = importlib.import_module("ministack.services.lambda_svc")
    functions._resolve_layer_zip = lambda _attachment: None
