"""The secret of a connection: what it has to say, and what nobody may weaken."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from etl.errors import InputError
from etl.extract.postgres import ConnectionSettings, Timeouts, connection_settings
from etl.postgres.settings import CA_BUNDLE, conninfo

SECRET: dict[str, Any] = {
    "host": "db.example.org",
    "port": 5433,
    "dbname": "tokyo_ia",
    "username": "etl",
    "password": "p",
}
REMOTE = ["db.example.org", "10.0.0.1", "localhost.example.org", "127.0.0.1.example.org"]
HERE = ["localhost", "127.0.0.1", "127.1.2.3", "::1", "/var/run/postgresql", "@abstract"]


def test_a_secret_as_rds_writes_it() -> None:
    of_rds = {**SECRET, "port": "5433", "engine": "postgres", "dbInstanceIdentifier": "one", "masterarn": "arn"}

    assert connection_settings(of_rds) == ConnectionSettings(
        host="db.example.org",
        port=5433,
        database="tokyo_ia",
        user="etl",
        password=SECRET["password"],
        sslmode="verify-full",
    )


def test_the_reader_is_read_from() -> None:
    assert connection_settings({**SECRET, "reader_host": "reader.example.org"}).host == "reader.example.org"


def test_what_writes_does_not_go_to_the_reader() -> None:
    assert connection_settings({**SECRET, "reader_host": "reader.example.org"}, writes=True).host == "db.example.org"


def test_none_is_as_good_as_absent() -> None:
    assert connection_settings({**SECRET, "port": None, "sslmode": None, "iam": None}).port == 5432


def test_a_token_takes_the_place_of_the_password() -> None:
    settings = connection_settings({**SECRET, "iam": True})

    assert (settings.iam, settings.password) == (True, None)


@pytest.mark.parametrize("key", ["host", "dbname", "username", "password"])
@pytest.mark.parametrize("value", [None, 7, "a\0b"])
def test_what_is_missing_is_named(key: str, value: object) -> None:
    with pytest.raises(InputError, match=repr(key)):
        connection_settings({**SECRET, key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [("pasword", "p"), ("port", "x"), ("port", 0), ("port", 65536), ("port", True), ("iam", "yes"), ("sslmode", "on")],
)
def test_what_is_wrong_is_named(key: str, value: object) -> None:
    with pytest.raises(InputError, match=key):
        connection_settings({**SECRET, key: value})


@pytest.mark.parametrize("host", REMOTE)
@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca"])
def test_a_host_elsewhere_is_verified_or_refused(host: str, mode: str) -> None:
    assert connection_settings({**SECRET, "host": host}).sslmode == "verify-full"
    with pytest.raises(InputError, match=f"sslmode '{mode}', which does not verify"):
        connection_settings({**SECRET, "host": host, "sslmode": mode})


@pytest.mark.parametrize("mode", ["disable", "prefer"])
def test_a_reader_elsewhere_is_verified_even_when_the_writer_is_here(mode: str) -> None:
    with pytest.raises(InputError, match="sslmode"):
        connection_settings({**SECRET, "host": "localhost", "reader_host": "db.example.org", "sslmode": mode})


@pytest.mark.parametrize("key", ["host", "reader_host"])
@pytest.mark.parametrize("host", ["localhost,db.example.org", "/run/x,127.0.0.1", "@x,db.example.org"])
def test_several_hosts_are_refused(key: str, host: str) -> None:
    with pytest.raises(InputError, match=rf"{key} '{host}' names several hosts"):
        connection_settings({**SECRET, key: host})


@pytest.mark.parametrize("host", HERE)
def test_this_machine_need_not_be_verified(host: str) -> None:
    assert connection_settings({**SECRET, "host": host}).sslmode == "prefer"
    assert connection_settings({**SECRET, "host": host, "sslmode": "disable"}).sslmode == "disable"
    assert connection_settings({**SECRET, "host": host, "sslmode": "verify-full"}).sslmode == "verify-full"


def test_a_token_goes_to_verified_servers_alone() -> None:
    assert connection_settings({**SECRET, "host": "localhost", "iam": True}).sslmode == "verify-full"
    with pytest.raises(InputError, match="sslmode"):
        connection_settings({**SECRET, "host": "localhost", "iam": True, "sslmode": "prefer"})


def test_the_password_is_not_shown() -> None:
    assert "hidden" not in repr(connection_settings({**SECRET, "password": "hidden", "sslrootcert": "hidden"}))


_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)


@given(user=_TEXTS, password=_TEXTS, database=_TEXTS)
def test_libpq_reads_what_was_meant(user: str, password: str, database: str) -> None:
    settings = connection_settings({**SECRET, "username": user, "dbname": database, "password": password})

    with conninfo(settings, Timeouts(), password=settings.password) as address:
        said = psycopg.conninfo.conninfo_to_dict(address)

    assert (said["user"], said["password"], said["dbname"]) == (user, password, database)
    assert (said["sslmode"], said["sslrootcert"], said["port"]) == ("verify-full", str(CA_BUNDLE), "5433")


def test_libpq_finds_the_authorities_that_were_given() -> None:
    settings = connection_settings({**SECRET, "sslrootcert": "PEM"})

    with conninfo(settings, Timeouts(), password=None) as address:
        found = Path(str(psycopg.conninfo.conninfo_to_dict(address)["sslrootcert"]))
        assert found.read_text(encoding="utf-8") == "PEM"
    assert not found.exists()


# Some of Amazon's own roots have a serial number that newer rules would not allow.
@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_the_bundle_has_the_authorities_of_amazon_and_nothing_else() -> None:
    found = x509.load_pem_x509_certificates(CA_BUNDLE.read_bytes())

    assert all(one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca for one in found)
    assert all("Amazon" in name or "Starfield" in name for name in (one.subject.rfc4514_string() for one in found))
    assert len({one.serial_number for one in found}) == len(found)
    # Three kinds of keys in each of the regions there are.
    assert sum("RSA2048" in one.subject.rfc4514_string() for one in found) >= 25
    assert "Permission is hereby granted" in CA_BUNDLE.read_text(encoding="utf-8")
