"""The local cloud's certificate is made once and renewed in time."""

import ipaddress
import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from localcloud import certificate
from localcloud.certificate import ensure_certificate
from localcloud.home import Home


def test_names_the_loopback_address(tmp_path: Path) -> None:
    ensure_certificate(Home(tmp_path))
    made = x509.load_pem_x509_certificate(Home(tmp_path).certificate.read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("127.0.0.1")]
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]


def test_the_key_fits_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    ensure_certificate(home)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(home.certificate, home.private_key)
    assert home.private_key.stat().st_mode & 0o077 == 0


def test_a_valid_certificate_is_kept(tmp_path: Path) -> None:
    home = Home(tmp_path)
    ensure_certificate(home)
    before = home.certificate.read_bytes()
    ensure_certificate(home)
    assert home.certificate.read_bytes() == before


def test_a_certificate_about_to_end_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path)
    monkeypatch.setattr(certificate, "VALIDITY", timedelta(days=20))
    ensure_certificate(home)
    before = home.certificate.read_bytes()
    ensure_certificate(home)
    assert home.certificate.read_bytes() != before
