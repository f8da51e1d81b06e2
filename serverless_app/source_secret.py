"""The secret that says how the source database is reached: on a laptop, the PostgreSQL of the local cloud."""

import json
from typing import Any, Final

from localcloud import LocalDatabase
from localcloud.postgres import Address

NAME: Final = "lake-export/source"


def put_source_secret(client: Any, address: Address) -> None:
    """Write to the secret how the server is reached, unless it says so already."""
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


DATABASE: Final = LocalDatabase("tokyo_ia", announce=put_source_secret)
"""The source database of a laptop, and who is told how to reach it."""
