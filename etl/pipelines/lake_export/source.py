"""The connection to the source database, kept between warm invocations."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from etl.extract.postgres import Source, connect, connection_settings
from etl.postgres.credentials import iam_token, secret_credentials


class DatabaseSettings(msgspec.Struct, frozen=True):
    """Where the credentials come from: a secret or, on a laptop, the variables themselves."""

    db_secret_id: str | None = None
    db_host: str | None = None
    db_port: int = 5432
    db_name: str | None = None
    db_user: str | None = None
    db_password: str | None = None


_open: dict[DatabaseSettings, Source] = {}


def open_source(settings: DatabaseSettings, client: Callable[[str], Any]) -> Source:
    """Return a connection that works: this process's own, or a new one when that is gone.

    Parameters
    ----------
    settings
        Where the credentials come from.
    client
        Returns boto3's client of a service: of Secrets Manager, and of RDS, which makes tokens for IAM authentication.

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
    wanted = connection_settings(_credentials(settings, client))
    token = iam_token(wanted, client) if wanted.iam else None
    opened = _open[settings] = connect(wanted, iam_token=token)
    return opened


def _credentials(settings: DatabaseSettings, client: Callable[[str], Any]) -> Mapping[str, object]:
    if settings.db_secret_id is not None:
        return secret_credentials(settings.db_secret_id, client)
    return {
        "host": settings.db_host,
        "port": settings.db_port,
        "dbname": settings.db_name,
        "username": settings.db_user,
        "password": settings.db_password,
    }
