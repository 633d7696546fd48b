"""The `Certificates` port: a TLS handshake, as a client does it, and nothing more."""

import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recovery.adapters.https import tls_failure, trust
from recovery.errors import Refused, Unavailable
from recovery.readiness.facts import Certificate, TlsPlace

ANSWER_S = 3.0


class TlsCertificates:
    """Verifies by what this machine trusts, or by the file that the place names."""

    def __init__(self, *, timeout_s: float = ANSWER_S) -> None:
        """Connect to nothing."""
        self._timeout_s = timeout_s

    def look(self, place: TlsPlace) -> Certificate | None:
        """Shake hands under the place's name; read when the certificate ends."""
        if (context := _trusting(place)) is None:
            return None
        try:
            with (
                socket.create_connection((place.host, place.port), timeout=self._timeout_s) as plain,
                context.wrap_socket(plain, server_hostname=place.name) as secure,
            ):
                shown: dict[str, Any] = dict(secure.getpeercert() or {})
        except ssl.SSLError as error:
            raise Refused(f"{place}: {tls_failure(error)}.") from error
        except OSError as error:
            raise Unavailable(f"{place} did not answer: {error.strerror or type(error).__name__}.") from error
        return Certificate(datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC))


def _trusting(place: TlsPlace) -> ssl.SSLContext | None:
    if place.ca_file is None:
        return trust()
    there = Path(place.ca_file).is_file()
    return ssl.create_default_context(cafile=place.ca_file) if there else None
