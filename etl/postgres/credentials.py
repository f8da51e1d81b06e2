"""Who asks a database: a secret of Secrets Manager, and the token that stands for a password under IAM."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from etl.aws import translate_errors
from etl.errors import InputError
from etl.postgres.settings import ConnectionSettings


def secret_credentials(name: str, client: Callable[[str], Any]) -> Mapping[str, object]:
    """Read a connection secret.

    Parameters
    ----------
    name
        Its name or ARN.
    client
        Returns boto3's client of a service.

    Returns
    -------
    mapping
        What `connection_settings` takes.

    Raises
    ------
    InputError
        The secret holds no JSON object.
    EtlError
        The secret cannot be read.
    """
    with translate_errors(f"secret {name}"):
        text = client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise InputError(
            f"secret {name} is no JSON ({error}): write {{host, port, dbname, username, password}}"
        ) from error
    if not isinstance(found, dict):
        raise InputError(f"secret {name} is no JSON object: write {{host, port, dbname, username, password}}")
    return found


def iam_token(settings: ConnectionSettings, client: Callable[[str], Any]) -> str:
    """Make the token that stands for a password for the next 15 minutes.

    Parameters
    ----------
    settings
        Which say `iam`.
    client
        Returns boto3's client of a service.

    Returns
    -------
    str
    """
    token: str = client("rds").generate_db_auth_token(
        DBHostname=settings.host, Port=settings.port, DBUsername=settings.user
    )
    return token
