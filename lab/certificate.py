"""The certificate of one of the lab's endpoints: it vouches for itself, and is drawn anew for each lab."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

LIFE = timedelta(days=365)


def draw(certificate: Path, with_key: Path, addresses: Sequence[str]) -> None:
    """Write a certificate for *addresses*, and a second file, of mode 600, that has its key too.

    Each address is in it as an address and as a name: before 2.53, pgBackRest looks for
    the host it connects to among the names only, even where that is an address.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, addresses[0])])
    names = [x509.DNSName(address) for address in addresses]
    now = datetime.now(UTC)
    drawn = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([*names, *(x509.IPAddress(ip_address(each)) for each in addresses)]),
            critical=False,
        )
        .sign(key, SHA256())
        .public_bytes(Encoding.PEM)
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with_key.touch(mode=0o600)
    with_key.write_bytes(drawn + secret)
    certificate.write_bytes(drawn)
