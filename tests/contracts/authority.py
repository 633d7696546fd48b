"""A private CA, and a server that speaks TLS with its certificates at a loopback address."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseServer
from threading import Thread
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ADDRESS = "127.0.0.1"
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
