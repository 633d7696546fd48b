"""Names on their way through SQLite's JSON into the spool: none becomes another's."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from deployments.intake.payload import parse
from deployments.intake.store import Store

Body = Callable[..., bytes]

RECEIVED = datetime(2026, 11, 22, 8, 32, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("us-east-1\0", "us-east-1\N{REPLACEMENT CHARACTER}"),
        ("us-east-1\0us-west-2", "us-east-1\N{REPLACEMENT CHARACTER}us-west-2"),
        ("us\\u0000east", "us\\u0000east"),
        ("\"}],['--\n", "\"}],['--\n"),
        ("\N{FIRE}\N{GREEK SMALL LETTER ALPHA}", "\N{FIRE}\N{GREEK SMALL LETTER ALPHA}"),
        ("1e3", "1e3"),
        ("null", "null"),
    ],
)
def test_a_name_is_kept_and_a_nul_cuts_it_to_nobody_elses(
    store: Store, body: Body, told: str, kept: str
) -> None:
    """Cut at the NUL, the first would be the word of us-east-1's own monitoring."""
    labels = {"prometheus": told, "observer": told, told: told}

    counts = store.record(parse(body({"labels": labels})).alerts, RECEIVED)

    (alert,) = store.open_alerts()
    assert (counts.new, alert.observer, alert.monitoring) == (1, kept, kept)
    assert alert.labels == labels
