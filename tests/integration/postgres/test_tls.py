"""A server proves its name by a certificate of a known authority, or nothing is sent to it."""

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from etl.errors import AccessDenied, TransientError
from tests.integration.postgres.conftest import opened
from tests.integration.postgres.tls import Authority, authority, tls_in_front

HERE = "127.0.0.1"


@pytest.fixture(scope="module")
def known() -> Authority:
    return authority()


def port_of(address: str) -> int:
    return int(str(conninfo_to_dict(address)["port"]))


def test_a_server_that_a_known_authority_vouches_for_is_read_from(
    address: str, known: Authority, tmp_path: Path
) -> None:
    with (
        tls_in_front(HERE, port_of(address), known, HERE, tmp_path) as port,
        opened(address, port=port, sslmode="verify-full", sslrootcert=known.pem) as source,
    ):
        assert source.alive()


@pytest.mark.parametrize(
    ("trusts", "name"),
    [("Amazon", HERE), ("another", HERE), ("known", "127.0.0.2")],
    ids=["not by Amazon", "by another authority", "for another name"],
)
def test_a_certificate_that_does_not_prove_the_name_is_refused(
    trusts: str, name: str, address: str, known: Authority, tmp_path: Path
) -> None:
    trusted = {"Amazon": None, "another": authority().pem, "known": known.pem}[trusts]
    with (
        tls_in_front(HERE, port_of(address), known, name, tmp_path) as port,
        pytest.raises(AccessDenied, match="certificate was not accepted"),
        opened(address, port=port, sslmode="verify-full", sslrootcert=trusted),
    ):
        pass


def test_a_server_without_tls_is_refused(address: str) -> None:
    with (
        pytest.raises((AccessDenied, TransientError), match="SSL"),
        opened(address, sslmode="verify-full"),
    ):
        pass
