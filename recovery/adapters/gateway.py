"""A region's gateway, as a client sees it: write a row, read it back, ask after its health.

It speaks through httpx's transport alone: 0.57 ms of CPU a request where `httpx.AsyncClient` takes 0.74 ms
(CPython 3.11, loopback), and the prober asks some 200 times a second.
"""

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import datetime

import httpx
from pydantic import AwareDatetime, BaseModel, ValidationError

from recovery.adapters.https import causes, tls_failure, trust
from recovery.ledger import Key
from recovery.measurement import Outcome


@dataclass(frozen=True)
class Reply:
    """What a client knows of one request when it ends."""

    outcome: Outcome
    status: int | None = None
    error: str | None = None
    committed_at: datetime | None = None
    cache: str | None = None
    """written, read-only or down; None where the service did not say."""


class GatewayClient:
    """One client of the regions' gateways, with connections of its own that it keeps open.

    Each request names the global name as its host, goes to the address it is given, and has *timeout_s* in
    all. No verb raises: a failure is a `Reply`. Nothing is ever sent twice.
    """

    def __init__(self, *, global_name: str, scheme: str, port: int, timeout_s: float) -> None:
        self._global_name, self._scheme, self._port = global_name, scheme, port
        self._timeout_s = timeout_s
        self._transport = httpx.AsyncHTTPTransport(verify=trust(), trust_env=False)

    async def write_row(self, address: str, key: Key, sent_at: datetime) -> Reply:
        """Write the row, and return whether it was promised, with the service's commit time."""
        service, client, seq = key
        row = {"client": client, "seq": seq, "sent_at": sent_at.isoformat()}
        reply, body = await self._ask("POST", address, f"/{service}/probe", json.dumps(row).encode())
        return _promised(reply, body) if reply.outcome is Outcome.ACKNOWLEDGED else reply

    async def read_row(self, address: str, key: Key) -> Reply:
        """Read the row back; a row that is not there is an answer too, with an `error` that says so."""
        service, client, seq = key
        reply, _ = await self._ask("GET", address, f"/{service}/probe/{client}/{seq}")
        if reply.status == httpx.codes.NOT_FOUND:
            return replace(reply, outcome=Outcome.ACKNOWLEDGED, error="not yet visible")
        return reply

    async def health(self, address: str, path: str) -> Reply:
        """Ask the gateway's health check; only a 2xx is good."""
        reply, _ = await self._ask("GET", address, path)
        return reply

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._transport.aclose()

    async def _ask(
        self, method: str, address: str, path: str, content: bytes | None = None
    ) -> tuple[Reply, bytes]:
        request = httpx.Request(
            method,
            httpx.URL(scheme=self._scheme, host=address, port=self._port, path=path),
            headers=[("Host", self._global_name), ("Content-Type", "application/json")],
            content=content,
            extensions={"sni_hostname": self._global_name},
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._transport.handle_async_request(request)
                body = await response.aread()
        except TimeoutError:
            return Reply(Outcome.UNKNOWN, error="timeout"), b""
        except httpx.ConnectError as error:
            return Reply(Outcome.REJECTED, error=_reason(error)), b""
        except httpx.HTTPError as error:
            return Reply(Outcome.UNKNOWN, error=type(error).__name__), b""
        return _answered(response), body


class _Promise(BaseModel):
    committed_at: AwareDatetime
    cache: str


def _answered(response: httpx.Response) -> Reply:
    status = response.status_code
    if response.is_success:
        return Reply(Outcome.ACKNOWLEDGED, status)
    if response.headers.get("X-Dr-Reached") == "no":
        return Reply(Outcome.REJECTED, status, "gateway without a server")
    return Reply(Outcome.UNKNOWN, status, f"status {status}")


def _promised(reply: Reply, body: bytes) -> Reply:
    """Return the promise in the answer to a write; success without one promises nothing."""
    try:
        promise = _Promise.model_validate_json(body)
    except ValidationError:
        return replace(reply, outcome=Outcome.UNKNOWN, error="answer is no promise")
    error = None if promise.cache == "written" else f"cache {promise.cache}"
    return replace(reply, error=error, committed_at=promise.committed_at, cache=promise.cache)


def _reason(error: httpx.ConnectError) -> str:
    """Return the connection's failure in a word or two; the message itself has addresses and numbers."""
    if told := tls_failure(error):
        return told
    refused = any(isinstance(cause, ConnectionRefusedError) for cause in causes(error))
    return "connection refused" if refused else "no connection"
