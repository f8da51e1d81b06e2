"""A server that speaks TLS in front of one that does not, with a certificate of an authority made for the test."""

import contextlib
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

# Source: "SSLRequest" in "Message Formats" of PostgreSQL's documentation.
_SSL_REQUEST_BYTES = 8
_YES = b"S"


@dataclass(frozen=True)
class Authority:
    """Who signs certificates; `pem` is its own."""

    pem: str
    key: ec.EllipticCurvePrivateKey


def authority() -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    made = _certificate("authority", key, "authority", key, None)
    return Authority(made.decode(), key)


@contextmanager
def tls_in_front(host: str, port: int, signed_by: Authority, name: str, folder: Path) -> Iterator[int]:
    """Yield the port of a server that is `name` by its certificate, and hands on to another one what it gets."""
    key = ec.generate_private_key(ec.SECP256R1())
    chain = folder / "server.pem"
    chain.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + _certificate(name, key, "authority", signed_by.key, name)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_serve, args=(listening, context, (host, port)), daemon=True).start()
        yield listening.getsockname()[1]


def _serve(listening: socket.socket, context: ssl.SSLContext, to: tuple[str, int]) -> None:
    with contextlib.suppress(OSError):
        while True:
            accepted, _ = listening.accept()
            threading.Thread(target=_hand_on, args=(accepted, context, to), daemon=True).start()


def _hand_on(accepted: socket.socket, context: ssl.SSLContext, to: tuple[str, int]) -> None:
    with contextlib.suppress(OSError), accepted:
        accepted.recv(_SSL_REQUEST_BYTES, socket.MSG_WAITALL)
        accepted.sendall(_YES)
        with context.wrap_socket(accepted, server_side=True) as client, socket.create_connection(to) as server:
            back = threading.Thread(target=_copy, args=(server, client), daemon=True)
            back.start()
            _copy(client, server)
            back.join()


def _copy(source: socket.socket, to: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            to.sendall(data)
        to.shutdown(socket.SHUT_WR)


def _certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    address: str | None,
) -> bytes:
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=address is None, path_length=None), critical=True)
    )
    if address is not None:
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
