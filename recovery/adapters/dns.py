"""The authoritative DNS servers of the global name, asked directly: no resolver, no cache."""

from collections.abc import Sequence
from dataclasses import dataclass

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype

from recovery.errors import BadInput, Unavailable


@dataclass(frozen=True)
class Answer:
    """What one authoritative server said of a name, at the instant it was asked."""

    addresses: tuple[str, ...]
    """IPv4 addresses in the order they came; at least one."""
    ttl_s: int
    """How long a resolver may repeat this answer, seconds."""
    asked: str
    """The server that answered, `ip:port`."""


class AuthoritativeDns:
    """Asks the zone's own servers, in turn, over UDP, and over TCP where the answer is cut short.

    An answer without the authoritative bit is not taken: a cache's answer would tell what
    was true up to a TTL ago.
    """

    def __init__(self, servers: Sequence[str], timeout_s: float = 1.0) -> None:
        self._servers = [_host_and_port(server) for server in servers]
        if not self._servers:
            raise BadInput("No DNS server is given; give at least one as ip:port.")
        self._timeout_s = timeout_s

    def resolve(self, name: str) -> Answer:
        """Return the addresses of *name* as the first server that knows says.

        Each server has `timeout_s`. Raises `Unavailable` with what each one said.
        """
        query, said = _query(name), []
        for host, port in self._servers:
            try:
                response, _ = dns.query.udp_with_fallback(query, host, port=port, timeout=self._timeout_s)
                return _answer(response, f"{host}:{port}")
            except (OSError, EOFError, dns.exception.DNSException, _NoAddressError) as error:
                said.append(f"{host}:{port} {_reason(error)}")
        raise Unavailable(_no_answer(name, said))

    async def resolve_async(self, name: str) -> Answer:
        """Return what `resolve` returns, without holding up the event loop."""
        query, said = _query(name), []
        for host, port in self._servers:
            try:
                response, _ = await dns.asyncquery.udp_with_fallback(
                    query, host, port=port, timeout=self._timeout_s
                )
                return _answer(response, f"{host}:{port}")
            except (OSError, EOFError, dns.exception.DNSException, _NoAddressError) as error:
                said.append(f"{host}:{port} {_reason(error)}")
        raise Unavailable(_no_answer(name, said))


class _NoAddressError(Exception):
    """The server answered, and there is no address in it to use."""


def _host_and_port(server: str) -> tuple[str, int]:
    host, colon, port = server.rpartition(":")
    if not (colon and host and port.isdecimal() and 0 < int(port) <= 65535):  # noqa: PLR2004 (ports end there)
        raise BadInput(f"{server!r} is no DNS server; give it as ip:port, such as 127.0.30.1:5300.")
    return host.strip("[]"), int(port)


def _query(name: str) -> dns.message.QueryMessage:
    try:
        query = dns.message.make_query(dns.name.from_text(name), dns.rdatatype.A)
    except dns.exception.DNSException as error:
        raise BadInput(f"{name!r} is no DNS name: {error}") from error
    query.flags &= ~dns.flags.RD  # the server is to say what it knows, not to go and ask
    return query


def _answer(response: dns.message.Message, asked: str) -> Answer:
    if response.rcode() != dns.rcode.NOERROR:
        raise _NoAddressError(f"said {dns.rcode.to_text(response.rcode())}")
    if not response.flags & dns.flags.AA or not isinstance(response, dns.message.QueryMessage):
        raise _NoAddressError("is not authoritative for it")
    chain = response.resolve_chaining()
    if chain.answer is None:
        raise _NoAddressError("has no address for it")
    return Answer(tuple(rdata.to_text() for rdata in chain.answer), chain.minimum_ttl, asked)


def _reason(error: Exception) -> str:
    if isinstance(error, dns.exception.Timeout):
        return "did not answer in time"
    return str(error) or type(error).__name__


def _no_answer(name: str, said: Sequence[str]) -> str:
    return (
        f"No authoritative server gave an address of {name}: {'; '.join(said)}. "
        "Check that the DNS servers are up and that the zone has the name."
    )
