"""A connection to the database that `lake_export` reads from, for commands that fill it or look at it."""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from etl.errors import InputError
from etl.postgres.credentials import DatabaseSettings, iam_token
from etl.postgres.failures import translate_database_errors
from etl.postgres.settings import Timeouts, connection_settings, conninfo
from etl.settings import read_settings
from serverless_app import source_secret
from serverless_app.target import Target

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

SECRET = source_secret.NAME
"""Where the credentials are, unless somebody names another secret."""


def environment_credentials() -> dict[str, object] | None:
    """Return what DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASSWORD say; None when DB_HOST is empty or missing."""
    settings = read_settings(DatabaseSettings, {name: value for name, value in os.environ.items() if value})
    return settings.credentials_here() if settings.db_host else None


@contextmanager
def open_database(target: Target | None, credentials: Mapping[str, object]) -> Iterator["Connection"]:
    """Yield a connection by ADBC; what the database refuses is an error of the tree, without the password.

    A target is needed for credentials that say `iam`, as it makes the token.
    """
    from adbc_driver_postgresql import dbapi  # type: ignore[import-untyped]  # noqa: PLC0415 -- 0.1 s, and no types

    settings = connection_settings(credentials)
    if settings.iam and target is None:
        raise InputError(f"{settings.name} is reached by IAM: name a secret and a target, which makes the token")
    password = iam_token(settings, target.client) if target and settings.iam else settings.password
    with (
        translate_database_errors(settings.name, password),
        conninfo(settings, Timeouts(), password=password) as address,
        closing(dbapi.connect(address)) as connection,
    ):
        yield connection
