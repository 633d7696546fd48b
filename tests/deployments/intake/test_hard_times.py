"""The door's process where something is against it: a sender that trickles, a full disk, a wire that needs TLS."""

import http.client
import resource
import socket
import sqlite3
import ssl
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Sample = Callable[[str], bytes]
Body = Callable[..., bytes]

DEADLINE_S = 20.0
BEARER = {"Authorization": "Bearer " + "t" * 32}
SERVER = textwrap.dedent(
    """
    import socket, sys
    import uvicorn
    from pathlib import Path
    from deployments.intake.api import Door, app
    from deployments.intake.auth import Tokens
    from deployments.intake.headers import HeadersInTime
    from deployments.intake.metrics import Metrics
    from deployments.intake.store import Store

    class Soon(HeadersInTime):
        deadline_s = 0.3

    folder, certificate = Path(sys.argv[1]), sys.argv[2] or None
    regions = ("us-east-1", "us-west-2")
    door = Door(Store(folder / "spool.sqlite"), Tokens([folder / "token"]), regions, Metrics(regions))
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(
        app(door), http=Soon, lifespan="off", ws="none", log_level="critical", ssl_certfile=certificate
    )
    uvicorn.Server(config).run(sockets=[listening])
    """
)


@contextmanager
def serving(folder: Path, certificate: str = "", largest_file: int | None = None) -> Iterator[int]:
    """Yield the port of a door that waits 0.3 s for headers, and whose files stay below *largest_file* bytes."""
    (folder / "token").write_text("t" * 32)
    command = [sys.executable, "-c", SERVER, str(folder), certificate]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            if largest_file is not None:
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))
            yield port
        finally:
            process.kill()


def posted(line: http.client.HTTPConnection, body: bytes) -> int:
    with closing(line):
        line.request("POST", "/alertmanager", body, BEARER)
        return line.getresponse().status


def plain(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)


@pytest.mark.parametrize("said", [b"", b"POST /alertmanager HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_headers_that_do_not_end_end_the_connection(tmp_path: Path, sample: Sample, said: bytes) -> None:
    """Else who opens enough of them would shut every Alertmanager out."""
    with serving(tmp_path) as port, socket.create_connection(("127.0.0.1", port), DEADLINE_S) as line:
        line.sendall(said)

        assert line.recv(4096) == b""
        assert posted(plain(port), sample("firing-one")) == 202


def test_a_full_disk_is_503_and_what_was_accepted_before_stays(
    tmp_path: Path, sample: Sample, body: Body
) -> None:
    """A limit of the files' size stands for the disk: SQLite meets it in the middle of a commit."""
    storm = body(*[{}] * 1_000)
    with serving(tmp_path, largest_file=256 * 1024) as port:
        before = posted(plain(port), sample("firing-one"))
        full = posted(plain(port), storm)
        health = plain(port)
        health.request("GET", "/health")
        told = health.getresponse().status
        health.close()

    with closing(sqlite3.connect(tmp_path / "spool.sqlite")) as file:
        kept = file.execute("SELECT count(*) FROM alerts").fetchone()[0]
    assert (before, full, told, kept) == (202, 503, 503, 1)


def test_with_a_certificate_only_tls_is_spoken(tmp_path: Path, sample: Sample) -> None:
    certificate = self_signed(tmp_path / "door.pem")
    trusting = ssl.create_default_context(cafile=str(certificate))

    with serving(tmp_path, certificate=str(certificate)) as port:
        line = http.client.HTTPSConnection("127.0.0.1", port, timeout=DEADLINE_S, context=trusting)
        assert posted(line, sample("firing-one")) == 202
        with pytest.raises((OSError, http.client.HTTPException)):
            posted(plain(port), sample("firing-one"))


def self_signed(file: Path) -> Path:
    """Return *file*, with a certificate of 127.0.0.1 and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    begins = datetime.now(UTC) - timedelta(hours=1)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, begins, begins + timedelta(days=1))
        .add_extension(names, critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    return file
