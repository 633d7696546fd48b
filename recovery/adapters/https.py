"""What adapters that speak HTTPS to a gateway share: whom they trust, and why a connection failed."""

import functools
import ssl
from collections.abc import Iterator


@functools.cache
def trust() -> ssl.SSLContext:
    """Return the machine's trust, with SSL_CERT_FILE and SSL_CERT_DIR, read once: it takes some 20 ms.

    httpx's own, under `trust_env=False`, is certifi's list and nothing else: no private CA can be added to it.
    """
    return ssl.create_default_context()


def tls_failure(error: BaseException) -> str | None:
    """Return what TLS did not accept, in a few words; None where *error* is of something else."""
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"certificate refused: {cause.verify_message.rstrip('.')}"
        if isinstance(cause, ssl.SSLError):
            return "TLS handshake failed"
    return None


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield *error* and what led to it, the latest first."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
