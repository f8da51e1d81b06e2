"""Credentials of a database: from a secret, from environment variables, or a token of IAM instead of a password."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from etl.aws import translate_errors
from etl.errors import InputError
from etl.postgres.settings import ConnectionSettings


class DatabaseSettings(msgspec.Struct, frozen=True):
    """Environment variables that say where the credentials are: in a secret or, on a laptop, in the variables."""

    db_secret_id: str | None = None
    db_host: str | None = None
    db_port: int = 5432
    db_name: str | None = None
    db_user: str | None = None
    db_password: str | None = None

    def credentials(self, client: Callable[[str], Any]) -> Mapping[str, object]:
        """Return what `connection_settings` takes; `client` returns boto3's client of a service."""
        if self.db_secret_id is not None:
            return secret_credentials(self.db_secret_id, client)
        return self.credentials_here()

    def credentials_here(self) -> dict[str, object]:
        """Return the credentials that the variables themselves hold, as `connection_settings` takes them."""
        return {
            "host": self.db_host,
            "port": self.db_port,
            "dbname": self.db_name,
            "username": self.db_user,
            "password": self.db_password,
        }


def secret_credentials(name: str, client: Callable[[str], Any]) -> Mapping[str, object]:
    """Read a connection secret by its name or ARN; InputError when it holds no JSON object."""
    with translate_errors(f"secret {name}"):
        text = client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    try:
        credentials = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise InputError(
            f"secret {name} is not JSON ({error}): write {{host, port, dbname, username, password}}"
        ) from error
    if not isinstance(credentials, dict):
        raise InputError(f"secret {name} is not a JSON object: write {{host, port, dbname, username, password}}")
    return credentials


def iam_token(settings: ConnectionSettings, client: Callable[[str], Any]) -> str:
    """Make the token that replaces the password; RDS accepts it for 15 minutes."""
    token: str = client("rds").generate_db_auth_token(
        DBHostname=settings.host, Port=settings.port, DBUsername=settings.user
    )
    return token
