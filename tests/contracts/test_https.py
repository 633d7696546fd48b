"""What every adapter that speaks HTTPS to a gateway promises, on a real TLS server at a loopback address.

The server is asked at its address, and its certificate is the global name's, from a CA that only
SSL_CERT_FILE names.
"""

import asyncio
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from socketserver import BaseRequestHandler, UDPServer

import dns.flags
import dns.message
import dns.rrset
import pytest
from authority import ADDRESS, DAY, NOW, Authority, TlsGateway, running
from cryptography import x509

from recovery.adapters.front_door import Entrance, FrontDoorClient, RegionalName
from recovery.adapters.gateway import GatewayClient, Reply
from recovery.adapters.haproxy import GatewayAccess, HaProxy
from recovery.adapters.https import trust
from recovery.measurement import Outcome

NAME, OTHER_NAME = "api.eden.example.com", "api.other.example.com"
HEALTH = "/ready"  # as the estate may have it
SERVICE = "vault-service"


class _Resolved(BaseRequestHandler):
    """Every name is at the gateway's address."""

    def handle(self) -> None:
        packet, door = self.request
        query = dns.message.from_wire(packet)
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA
        response.answer.append(dns.rrset.from_text(query.question[0].name, 1, "IN", "A", ADDRESS))
        door.sendto(response.to_wire(), self.client_address)


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
