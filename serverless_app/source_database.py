"""A connection to the database that `lake_export` reads from, for commands that fill it or look at it."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from etl.errors import InputError

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

    from localcloud.postgres import Address
    from serverless_app.target import Target

SECRET = "lake-export/source"  # noqa: S105 (its name)
"""Where the credentials are, unless somebody names another secret."""
DATABASE = "tokyo_ia"
"""The source's database in the PostgreSQL server of the local cloud."""
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


@contextmanager
def open_database(target: "Target | None", credentials: Mapping[str, object]) -> Iterator["Connection"]:
    """Yield a connection by ADBC; what the database refuses is an error of the tree, without the password.

    A target is needed for credentials that say `iam`, as it makes the token.
    """
    # Commands that open no database start without the driver and pyarrow.
    from adbc_driver_postgresql import dbapi  # type: ignore[import-untyped]  # noqa: PLC0415 -- 0.1 s, and no types

    from etl.postgres.credentials import iam_token  # noqa: PLC0415 -- as above
    from etl.postgres.failures import translate_database_errors  # noqa: PLC0415 -- as above
    from etl.postgres.settings import Timeouts, connection_settings, conninfo  # noqa: PLC0415 -- as above

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


def put_source_secret(client: Callable[[str], Any], address: "Address") -> None:
    """Write the address of the local cloud's PostgreSQL server to the source's secret, unless it is there already."""
    secrets = client("secretsmanager")
    text = json.dumps(
        {
            "host": address.host,
            "port": address.port,
            "dbname": address.database,
            "username": address.user,
            "password": address.password,
            "sslmode": "disable",  # the wheel's server has no TLS, and nothing leaves the machine
        }
    )
    try:
        if secrets.get_secret_value(SecretId=SECRET)["SecretString"] != text:
            secrets.put_secret_value(SecretId=SECRET, SecretString=text)
    except secrets.exceptions.ResourceNotFoundException:
        secrets.create_secret(Name=SECRET, SecretString=text)
