"""Asking one of the lab's own HTTP servers."""

from urllib.request import urlopen

TIMEOUT_S = 3.0


def answer(url: str) -> bytes:
    """Return the body of a good answer, its connection closed; raises what urllib raises."""
    with urlopen(url, timeout=TIMEOUT_S) as response:  # noqa: S310 - our own http address
        body: bytes = response.read()
    return body


def answers(url: str) -> bool:
    """Whether the answer is good; raises what urllib raises where there is none."""
    answer(url)
    return True
