"""The connection to the source database, kept between warm invocations."""

from collections.abc import Mapping
from typing import Any

import msgspec

from etl.aws import naming
from etl.errors import InputError
from etl.extract.postgres import ConnectionSettings, Source, connect, connection_settings


class DatabaseSettings(msgspec.Struct, frozen=True):
    """Where the credentials come from: a secret or, on a laptop, the variables themselves."""

    db_secret_id: str | None = None
    db_host: str | None = None
    db_port: int = 5432
    db_name: str | None = None
    db_user: str | None = None
    db_password: str | None = None


_open: dict[DatabaseSettings, Source] = {}


def open_source(settings: DatabaseSettings, *, secrets: Any, rds: Any) -> Source:
    """Return a connection that works: this process's own, or a new one when that is gone.

    Parameters
    ----------
    settings
        Where the credentials come from.
    secrets, rds
        Return boto3's clients of Secrets Manager and of RDS, which makes tokens for IAM authentication.

    Returns
    -------
    Source

    Raises
    ------
    InputError
        The settings or the secret lack something.
    EtlError
        The secret cannot be read, or the database cannot be reached.
    """
    kept = _open.pop(settings, None)
    if kept is not None:
        if kept.alive():
            _open[settings] = kept
            return kept
        kept.close()
    # Read anew for every connection: a secret may have been rotated.
    wanted = connection_settings(_credentials(settings, secrets))
    token = _token(wanted, rds) if wanted.iam else None
    opened = _open[settings] = connect(wanted, iam_token=token)
    return opened


def _credentials(settings: DatabaseSettings, secrets: Any) -> Mapping[str, object]:
    if settings.db_secret_id is None:
        return {
            "host": settings.db_host,
            "port": settings.db_port,
            "dbname": settings.db_name,
            "username": settings.db_user,
            "password": settings.db_password,
        }
    name = f"secret {settings.db_secret_id}"
    with naming(name):
        text = secrets().get_secret_value(SecretId=settings.db_secret_id)["SecretString"]
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise InputError(f"{name} is no JSON ({error}): write {{host, port, dbname, username, password}}") from error
    if not isinstance(found, dict):
        raise InputError(f"{name} is no JSON object: write {{host, port, dbname, username, password}}")
    return found


def _token(wanted: ConnectionSettings, rds: Any) -> str:
    token: str = rds().generate_db_auth_token(DBHostname=wanted.host, Port=wanted.port, DBUsername=wanted.user)
    return token
