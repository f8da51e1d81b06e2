"""The secret by which `lake_export` finds its source: on a laptop, the PostgreSQL of the local cloud."""

import json
from typing import Any, Final

from localcloud.postgres import Address

NAME: Final = "lake-export/source"
DATABASE: Final = "tokyo_ia"


def put_source_secret(client: Any, address: Address) -> None:
    """Let the secret say how the server is reached; one that says so already is left as it is."""
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
        if client.get_secret_value(SecretId=NAME)["SecretString"] != text:
            client.put_secret_value(SecretId=NAME, SecretString=text)
    except client.exceptions.ResourceNotFoundException:
        client.create_secret(Name=NAME, SecretString=text)
