"""Typed settings from the environment: what the stack configures; a missing or wrong setting is an error."""

import os
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from etl.errors import InputError

Settings = TypeVar("Settings", bound=msgspec.Struct)


def read_settings(kind: type[Settings], environment: Mapping[str, str] = os.environ) -> Settings:
    """Read a struct from environment variables, the field `staging_bucket` from `STAGING_BUCKET`.

    Texts are converted to the fields' types. InputError names a variable that is missing without a default, or cannot
    be converted.
    """
    names = {field.name: field.name.upper() for field in msgspec.structs.fields(kind)}
    present = {field: environment[name] for field, name in names.items() if name in environment}
    try:
        return msgspec.convert(present, kind, strict=False)
    except msgspec.ValidationError as error:
        raise InputError(
            f"environment does not fit {kind.__name__}: {error}. Expected are {', '.join(sorted(names.values()))};"
            " deploy the stack again, or set them"
        ) from error
