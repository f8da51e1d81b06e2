"""Which servers are spoken to at all."""

from typing import Any, cast

import pytest

from etl.errors import SourceError
from etl.extract.postgres import Source, Timeouts
from etl.postgres.client import Client


class Server:
    """Answers as a server of some version."""

    name = "database tokyo_ia at db.example.org:5432"

    def __init__(self, version: str) -> None:
        self.version = version
        self.asked: list[str] = []

    def rows(self, sql: str, _about: str = "") -> list[dict[str, Any]]:
        self.asked.append(sql)
        return [{"encoding": "UTF8", "version": self.version}]


def opened(server: Server) -> Source:
    return Source(cast("Client", server), Timeouts())


# "server_version_num" of PostgreSQL's documentation; what Redshift says is of PostgreSQL 8.
@pytest.mark.parametrize("version", ["80002", "90624", "130023"])
def test_a_server_older_than_14_is_refused_before_anything_is_set(version: str) -> None:
    server = Server(version)

    with pytest.raises(SourceError, match=rf"tokyo_ia.*version {version}.*needs 14"):
        opened(server)
    assert not any("set_config" in sql for sql in server.asked)


def test_a_server_of_14_is_spoken_to() -> None:
    server = Server("140000")

    opened(server)

    assert "set_config('timezone', E'UTC', false)" in server.asked[-1]
