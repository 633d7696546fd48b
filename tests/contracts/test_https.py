"""What every adapter that speaks HTTPS to a gateway promises, on a real TLS server at a loopback address.

The server is asked at its address, and its certificate is the global name's, from a CA that only
SSL_CERT_FILE names.
"""

import asyncio
import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from socketserver import BaseRequestHandler, BaseServer, UDPServer
from threading import Thread
from typing import TypeVar

import dns.flags
import dns.message
import dns.rrset
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from recovery.adapters.front_door import Entrance, FrontDoorClient, RegionalName
from recovery.adapters.gateway import GatewayClient, Reply
from recovery.adapters.haproxy import GatewayAccess, HaProxy
from recovery.adapters.https import trust
from recovery.measurement import Outcome

NAME, OTHER_NAME = "api.eden.example.com", "api.other.example.com"
HEALTH = "/ready"  # as the estate may have it
ADDRESS = "127.0.0.1"
SERVICE = "vault-service"
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
Server = TypeVar("Server", bound=BaseServer)


class Authority:
    """A private CA, whose own certificate is in `file`."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signs = x509.KeyUsage(
            key_cert_sign=True,
            crl_sign=True,
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        unsigned = self._unsigned(self._name, self._key.public_key(), until=NOW + DAY)
        unsigned = unsigned.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        own = unsigned.add_extension(signs, critical=True).sign(self._key, hashes.SHA256())
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def certifies(self, *names: x509.GeneralName, until: datetime = NOW + DAY) -> Path:
        """Return a file with a certificate of the names, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        unsigned = self._unsigned(x509.Name([]), key.public_key(), until=until)
        unsigned = unsigned.add_extension(x509.SubjectAlternativeName(names), critical=True)
        certificate = unsigned.sign(self._key, hashes.SHA256())
        file = self._folder / "gateway.pem"
        file.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return file

    def _unsigned(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, until: datetime
    ) -> x509.CertificateBuilder:
        serial, signer = x509.random_serial_number(), self._key.public_key()
        issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer)
        return (
            x509.CertificateBuilder(self._name, subject, key, serial, NOW - 2 * DAY, until)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(issued_by, critical=False)
        )


class TlsGateway(ThreadingHTTPServer):
    """Promises every row and has it, over TLS, and remembers whom its clients wanted."""

    daemon_threads = False  # its end waits for theirs

    def __init__(self, certificate: Path) -> None:
        super().__init__((ADDRESS, 0), _Asked)
        self.server_names: set[str | None] = set()
        self.hosts: set[str | None] = set()
        self.paths: list[str] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.sni_callback = lambda _connection, name, _context: self.server_names.add(name)
        # Hands are shaken by each connection's own thread, at its first read.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, *_args: object) -> None:
        """Say nothing: a client that refuses the certificate hangs up."""


class _Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement
    timeout = 10
    server: TlsGateway

    def do_GET(self) -> None:
        self._answer(200, {})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(201, {"committed_at": NOW.isoformat(), "cache": "written"})

    def _answer(self, status: int, body: dict[str, str]) -> None:
        self.server.hosts.add(self.headers["Host"])
        self.server.paths.append(self.path)
        answer = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


class _Resolved(BaseRequestHandler):
    """Every name is at the gateway's address."""

    def handle(self) -> None:
        packet, door = self.request
        query = dns.message.from_wire(packet)
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA
        response.answer.append(dns.rrset.from_text(query.question[0].name, 1, "IN", "A", ADDRESS))
        door.sendto(response.to_wire(), self.client_address)


@contextmanager
def running(server: Server) -> Iterator[Server]:
    with server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


async def prober_replies(port: int) -> dict[str, Reply]:
    client = GatewayClient(global_name=NAME, scheme="https", port=port, timeout_s=5)
    row = (SERVICE, "client", 1)
    try:
        return {
            "write": await client.write_row(ADDRESS, row, NOW),
            "read": await client.read_row(ADDRESS, row),
            "health": await client.health(ADDRESS, HEALTH),
        }
    finally:
        await client.aclose()


def prober(port: int) -> dict[str, str]:
    replies = asyncio.run(prober_replies(port))
    return {asked: reply.error for asked, reply in replies.items() if reply.error}


def front_door(port: int) -> dict[str, str]:
    with running(UDPServer((ADDRESS, 0), _Resolved)) as resolver:
        servers = [f"{ADDRESS}:{resolver.server_address[1]}"]
        regions = {"us-west-2": RegionalName(ADDRESS, f"west.{NAME}")}
        client = FrontDoorClient(NAME, servers, regions, entrance=Entrance("https", port, HEALTH))
        found = client.check([SERVICE], [SERVICE])
    return {served.service: served.detail for served in found if not served.ok}


def haproxy(port: int) -> dict[str, str]:
    access = GatewayAccess(ADDRESS, port, "https", NAME, admin=None, health_path=HEALTH, timeout_s=5)
    return HaProxy(access).answers([SERVICE])


Asks = Callable[[int], dict[str, str]]
"""Have an adapter ask the gateway at a port for all it can; return what failed, and why."""
EVERY_ADAPTER = pytest.mark.parametrize("asks", [prober, front_door, haproxy])


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    """The CA that SSL_CERT_FILE names."""
    authority = Authority(tmp_path, "private")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    trust.cache_clear()
    yield authority
    trust.cache_clear()


@EVERY_ADAPTER
def test_a_gateway_is_asked_at_its_address_by_the_global_name(authority: Authority, asks: Asks) -> None:
    """The certificate is not the address's: that it is accepted shows that it is compared with the name."""
    with running(TlsGateway(authority.certifies(x509.DNSName(NAME)))) as gateway:
        failed = asks(gateway.server_port)

    assert failed == {}
    assert gateway.server_names == {NAME}
    assert gateway.hosts == {NAME}
    assert any(path.endswith(HEALTH) for path in gateway.paths)


def of_another_name(authority: Authority) -> Path:
    """It is the address's too, which is not what a customer asks for."""
    return authority.certifies(x509.DNSName(OTHER_NAME), x509.IPAddress(ip_address(ADDRESS)))


def of_an_unknown_authority(authority: Authority) -> Path:
    return Authority(authority.file.parent, "unknown").certifies(x509.DNSName(NAME))


def expired(authority: Authority) -> Path:
    return authority.certifies(x509.DNSName(NAME), until=NOW - DAY)


REFUSED = [
    pytest.param(of_another_name, f"certificate is not valid for '{NAME}'", id="of-another-name"),
    pytest.param(
        of_an_unknown_authority, "unable to get local issuer certificate", id="of-an-unknown-authority"
    ),
    pytest.param(expired, "certificate has expired", id="expired"),
]


@EVERY_ADAPTER
@pytest.mark.parametrize(("certificate", "why"), REFUSED)
def test_another_certificate_is_a_failure_that_says_so(
    authority: Authority, asks: Asks, certificate: Callable[[Authority], Path], why: str
) -> None:
    """Nothing is sent to whoever shows it."""
    with running(TlsGateway(certificate(authority))) as gateway:
        failed = asks(gateway.server_port)

    assert failed
    assert all(why in told for told in failed.values()), failed
    assert gateway.server_names == {NAME}
    assert gateway.paths == []


def test_no_request_of_the_prober_is_acknowledged_by_another_name(authority: Authority) -> None:
    """It never reached a service, so that its row is not one whose fate is unknown."""
    with running(TlsGateway(of_another_name(authority))) as gateway:
        replies = asyncio.run(prober_replies(gateway.server_port))

    assert {reply.outcome for reply in replies.values()} == {Outcome.REJECTED}


@EVERY_ADAPTER
def test_a_private_authority_is_trusted_by_ssl_cert_file_alone(
    authority: Authority, asks: Asks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")

    with running(TlsGateway(authority.certifies(x509.DNSName(NAME)))) as gateway:
        failed = asks(gateway.server_port)

    assert failed
    assert all("unable to get local issuer certificate" in told for told in failed.values()), failed
