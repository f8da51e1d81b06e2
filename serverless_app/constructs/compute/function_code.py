"""The code of every function: one asset of the runtime library and the handlers."""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

_ROOT = Path(__file__).parents[3]

# Everything is left out but the two packages: no other file of the repository may change the asset's hash.
_EXCLUDE = ["**", "!etl/**", "!lambdas/**", "**/__pycache__", "**/*.pyc", "**/requirements.txt"]


def function_code() -> lambda_.Code:
    """Return the asset of `etl` and `lambdas`; its hash follows from their content alone."""
    return lambda_.Code.from_asset(str(_ROOT), exclude=_EXCLUDE, ignore_mode=cdk.IgnoreMode.DOCKER)
