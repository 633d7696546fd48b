"""The answer of a server that may be at fault itself: whole within a deadline and a size, or not at all."""

import asyncio
from collections.abc import Sequence

import httpx

from recovery.adapters.https import trust
from recovery.errors import Unavailable

MOST_BYTES = 16 * 1024 * 1024
"""Some 30,000 alerts of 560 bytes: a monitoring that holds more says nothing useful."""
Asked = Sequence[tuple[str, str]]


def answer(url: str, asked: Asked = (), *, what: str, deadline_s: float) -> bytes:
    """Return the body that *url* answers with 200, or raise `Unavailable`, which says of whom by *what*.

    All of it comes within *deadline_s*, however slowly its pieces do; no redirect is followed, and nothing
    is unpacked. It blocks: call it where no event loop runs.
    """
    try:
        return asyncio.run(_answer(url, asked, deadline_s))
    except TimeoutError as error:
        raise Unavailable(
            f"{what} did not answer whole within {deadline_s:g} s; see that it runs."
        ) from error
    except httpx.HTTPStatusError as error:
        raise Unavailable(f"{what} answered {error.response.status_code}; see its log.") from error
    except httpx.HTTPError as error:
        raise Unavailable(f"{what} did not answer ({type(error).__name__}); see that it runs.") from error
    except ValueError as error:
        raise Unavailable(f"{what} {error}; see what runs there.") from error


async def _answer(url: str, asked: Asked, deadline_s: float) -> bytes:
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    async with (
        asyncio.timeout(deadline_s),
        httpx.AsyncClient(timeout=None, verify=trust(), trust_env=False, headers=headers) as client,  # noqa: S113 - the whole has a deadline
        client.stream("GET", url, params=list(asked)) as response,
    ):
        response.raise_for_status()
        body = bytearray()
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > MOST_BYTES:
                raise ValueError(f"answered more than {MOST_BYTES} bytes")
        return bytes(body)
