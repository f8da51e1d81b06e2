"""A connection to the database that `lake_export` reads from, for commands that fill it or look at it."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from etl.aws import naming
from etl.errors import InputError
from etl.extract.postgres.failures import naming as naming_database
from etl.extract.postgres.settings import CA_BUNDLE, ConnectionSettings, Timeouts, connection_settings, conninfo
from serverless_app.localcloud import source_secret
from serverless_app.target import Target

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

SECRET = source_secret.NAME
"""Where the credentials are, unless somebody names another secret."""
_VARIABLES = {
    "host": "DB_HOST",
    "port": "DB_PORT",
    "dbname": "DB_NAME",
    "username": "DB_USER",
    "password": "DB_PASSWORD",
}


def environment_credentials() -> dict[str, object] | None:
    """Return what DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASSWORD say; None when no host is among them."""
    found: dict[str, object] = {key: os.environ[name] for key, name in _VARIABLES.items() if os.environ.get(name)}
    return found if "host" in found else None


def secret_credentials(target: Target, name: str) -> dict[str, object]:
    """Return what a secret of Secrets Manager says."""
    with naming(f"secret {name}"):
        text = target.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InputError(f"secret {name} is no JSON: write {{host, port, dbname, username, password}}") from error
    if not isinstance(found, dict):
        raise InputError(f"secret {name} is no JSON object: write {{host, port, dbname, username, password}}")
    return found


@contextmanager
def open_database(target: Target | None, credentials: Mapping[str, object]) -> Iterator["Connection"]:
    """Yield a connection by ADBC; what the database refuses is an error of the tree, without the password.

    A target is needed for credentials that say `iam`, as it makes the token.
    """
    from adbc_driver_postgresql import dbapi  # type: ignore[import-untyped]  # noqa: PLC0415 -- 0.1 s, and no types

    settings = connection_settings(credentials)
    password = _token(settings, target) if settings.iam else settings.password
    with tempfile.TemporaryDirectory() as folder, naming_database(settings.name, password):
        ca = CA_BUNDLE
        if settings.ca is not None:
            ca = Path(folder) / "ca.pem"
            ca.write_text(settings.ca, encoding="utf-8")
        address = conninfo(settings, Timeouts(), password=password, ca=ca)
        with closing(dbapi.connect(address)) as connection:
            yield connection


def _token(settings: ConnectionSettings, target: Target | None) -> str:
    if target is None:
        raise InputError(f"{settings.name} is reached by IAM: name a secret and a target, which makes the token")
    token: str = target.client("rds").generate_db_auth_token(
        DBHostname=settings.host, Port=settings.port, DBUsername=settings.user
    )
    return token
