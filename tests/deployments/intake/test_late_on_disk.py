"""An alert that is committed while an API's answer is held against the alerts in hand."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from deployments.intake.payload import parse
from deployments.intake.store import Store

Body = Callable[..., bytes]

RECEIVED = datetime(2026, 11, 22, 8, 32, tzinfo=UTC)
PRINTS = ("a" * 16, "b" * 16)


def test_what_was_not_held_against_the_answer_does_not_end(store: Store, body: Body) -> None:
    """It arrived before the API was asked, but nobody looked whether the API has it: a flood showed that."""
    told = body(*[{"fingerprint": name} for name in PRINTS])
    store.record(parse(told).alerts, RECEIVED)

    store.confirm("us-east-1", {}, asked_at=RECEIVED + timedelta(seconds=1), among=PRINTS[:1])

    assert [alert.fingerprint for alert in store.open_alerts()] == [PRINTS[1]]
