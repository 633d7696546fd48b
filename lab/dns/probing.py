"""One look at one endpoint, as a Route 53 health checker takes it.

Times and rules: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
"""

import asyncio
import ssl

from lab.dns.health import HTTPS, TCP, Endpoint

TCP_CONNECT_TIMEOUT_S = 10.0
HTTP_CONNECT_TIMEOUT_S = 4.0
RESPONSE_TIMEOUT_S = 2.0
SEARCHED_BYTES = 5120
GOOD = range(200, 400)


async def failure(endpoint: Endpoint) -> str | None:
    """Return why *endpoint* fails the check, None when it passes. Never raises for what it meets."""
    timeout_s = TCP_CONNECT_TIMEOUT_S if endpoint.kind == TCP else HTTP_CONNECT_TIMEOUT_S
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await _connect(endpoint)
    except TimeoutError:
        return f"no connection within {timeout_s:.0f} s"
    except (OSError, ValueError) as error:
        return f"no connection: {error}"
    try:
        return None if endpoint.kind == TCP else await _ask(endpoint, reader, writer)
    except TimeoutError:
        return f"no response within {RESPONSE_TIMEOUT_S:.0f} s"
    except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        return f"no HTTP response: {type(error).__name__}"
    finally:
        writer.transport.abort()


async def _connect(endpoint: Endpoint) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if endpoint.kind != HTTPS:
        return await asyncio.open_connection(endpoint.address, endpoint.port)
    unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # Route 53 does not validate certificates
    unchecked.check_hostname = False
    unchecked.verify_mode = ssl.CERT_NONE
    name = endpoint.host.partition(":")[0] if endpoint.server_name else ""
    return await asyncio.open_connection(endpoint.address, endpoint.port, ssl=unchecked, server_hostname=name)


async def _ask(endpoint: Endpoint, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str | None:
    """Return why the response is no good: its status, or a body without the string searched for."""
    lines = [f"GET {endpoint.path} HTTP/1.1", f"Host: {endpoint.host}", "Connection: close"]
    lines += ["User-Agent: Amazon-Route53-Health-Check-Service (lab)", "Accept: */*", "", ""]
    async with asyncio.timeout(RESPONSE_TIMEOUT_S):
        writer.write("\r\n".join(lines).encode())
        head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])  # after "HTTP/1.1 "
    if status not in GOOD:
        return f"status {status}"
    if not endpoint.search:
        return None
    async with asyncio.timeout(RESPONSE_TIMEOUT_S):
        body = await _first(reader, SEARCHED_BYTES)
    return (
        None
        if endpoint.search.encode() in body
        else f"{endpoint.search!r} not in the first {SEARCHED_BYTES} bytes"
    )


async def _first(reader: asyncio.StreamReader, count: int) -> bytes:
    body = b""
    while len(body) < count and (more := await reader.read(count - len(body))):
        body += more
    return body
