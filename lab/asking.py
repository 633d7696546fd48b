"""Asking one of the lab's own HTTP servers."""

from ssl import SSLContext
from urllib.request import urlopen

TIMEOUT_S = 3.0


def answer(url: str, trusting: SSLContext | None = None) -> bytes:
    """Return the body of a good answer, its connection closed; raises what urllib raises."""
    with urlopen(url, timeout=TIMEOUT_S, context=trusting) as response:  # noqa: S310 - our own address
        body: bytes = response.read()
    return body


def answers(url: str, trusting: SSLContext | None = None) -> bool:
    """Whether the answer is good; raises what urllib raises where there is none."""
    answer(url, trusting)
    return True
