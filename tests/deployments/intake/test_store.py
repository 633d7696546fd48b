"""The spool: what it keeps, what it takes for the same, and what supersedes what."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from deployments.intake.payload import Alert, parse
from deployments.intake.store import FORGET_AT_ONCE, Counts, Store

Sample = Callable[[str], bytes]
Body = Callable[..., bytes]

RECEIVED = datetime(2026, 11, 22, 8, 32, tzinfo=UTC)
STARTED = datetime(2026, 11, 22, 8, 31, tzinfo=UTC)
PRINT = "0" * 16
ENDED = {"status": "resolved", "endsAt": "2026-11-22T08:31:30Z"}


def after(seconds: float) -> datetime:
    return RECEIVED + timedelta(seconds=seconds)


@pytest.fixture
def alerts(body: Body) -> Callable[..., tuple[Alert, ...]]:
    return lambda *told: parse(body(*told)).alerts


Alerts = Callable[..., tuple[Alert, ...]]


def test_a_repeat_and_the_other_peers_copy_are_duplicates(store: Store, sample: Sample) -> None:
    """Two peers' bodies differ in externalURL: a hash of the body would tell them apart."""
    ours = sample("firing-group")
    theirs = ours.replace(b"http://alertmanager.example.com", b"http://peer-2.example.com")
    assert ours != theirs

    counts = [store.record(parse(sent).alerts, RECEIVED) for sent in (ours, theirs, ours)]

    assert counts == [Counts(new=4), Counts(duplicate=4), Counts(duplicate=4)]
    assert len(store.open_alerts()) == 4


def test_the_first_and_the_newest_delivery_are_kept(store: Store, alerts: Alerts) -> None:
    for seconds in (0, 20, 10):
        store.record(alerts({}), after(seconds))

    (kept,) = store.open_alerts()
    assert (kept.first_seen_at, kept.received_at) == (RECEIVED, after(20))


def test_the_same_alert_within_one_body_is_one(store: Store, alerts: Alerts) -> None:
    same = alerts({})[0]

    assert store.record([same, same], RECEIVED) == Counts(new=1, duplicate=1)


def test_firing_again_is_another_episode(store: Store, alerts: Alerts) -> None:
    """The fingerprint is the same then, and the start is not."""
    store.record(alerts({}), RECEIVED)

    assert store.record(alerts({"startsAt": "2026-11-22T08:31:45Z"}), RECEIVED).new == 1


@pytest.mark.parametrize("order", [[0, 1], [1, 0], [0, 1, 0], [1, 0, 1, 0]])
def test_resolved_supersedes_firing_in_any_order(store: Store, alerts: Alerts, order: list[int]) -> None:
    told = [alerts({}), alerts(ENDED)]

    counts = [store.record(told[which], RECEIVED) for which in order]

    (kept,) = store.open_alerts(ended_since=STARTED)
    assert sum(count.new for count in counts) == 2
    assert kept.ended_at == datetime(2026, 11, 22, 8, 31, 30, tzinfo=UTC)
    assert store.open_alerts() == ()


def test_of_a_mixed_group_only_what_fires_is_open(store: Store, sample: Sample) -> None:
    store.record(parse(sample("firing-group")).alerts, RECEIVED)

    store.record(parse(sample("mixed-firing-resolved")).alerts, RECEIVED)

    assert [alert.labels["zone"] for alert in store.open_alerts()] == ["use1-az2"]


@pytest.mark.parametrize("ends_at", ["0001-01-01T00:00:00Z", "2026-11-22T09:00:00Z"])
def test_an_end_is_when_we_were_told_at_the_latest(store: Store, alerts: Alerts, ends_at: str) -> None:
    """A sender's clock that is ahead would keep an ended alert voting."""
    store.record(alerts({"status": "resolved", "endsAt": ends_at}), RECEIVED)

    assert store.open_alerts(ended_since=STARTED)[0].ended_at == RECEIVED


def test_hostile_labels_come_back_as_they_were(store: Store, sample: Sample) -> None:
    told = parse(sample("hostile-labels")).alerts

    store.record(told, RECEIVED)

    assert store.open_alerts()[0].labels == told[0].labels


def test_every_watchdog_delivery_is_a_heartbeat_even_a_repeat(store: Store, sample: Sample) -> None:
    """It is byte-identical to the one before; a late one takes nothing back."""
    watchdog = parse(sample("watchdog")).alerts

    counts = [store.record(watchdog, after(seconds)) for seconds in (0, 60, 30)]

    assert counts == [Counts(heartbeats=1)] * 3
    assert store.watchdogs() == {"us-east-1": after(60)}
    assert store.open_alerts() == ()


def test_a_resolved_watchdog_is_no_heartbeat(store: Store, sample: Sample) -> None:
    """Alertmanager sends it when the monitoring fell silent."""
    store.record(parse(sample("watchdog").replace(b'"firing"', b'"resolved"')).alerts, RECEIVED)

    assert store.watchdogs() == {}


def test_an_alert_that_nobody_repeats_or_confirms_expires(store: Store, alerts: Alerts) -> None:
    repeated, confirmed = {"fingerprint": PRINT}, {"fingerprint": "c" * 16, "labels": {"prometheus": "west"}}
    store.record(alerts(repeated, confirmed, {"fingerprint": "d" * 16}), RECEIVED)
    store.record(alerts(repeated), after(3_000))
    store.confirm("west", {"c" * 16: STARTED}, asked_at=after(3_000))

    store.prune(after(3_700))

    ends = {alert.fingerprint: alert.ended_at for alert in store.open_alerts(ended_since=STARTED)}
    assert ends == {PRINT: None, "c" * 16: None, "d" * 16: after(3_700)}


def test_what_ended_is_forgotten_after_the_retention_and_what_fires_is_not(
    store: Store, alerts: Alerts
) -> None:
    many = alerts(*[ENDED] * (FORGET_AT_ONCE + 1))
    late = after(timedelta(days=8).total_seconds())
    store.record(many, RECEIVED)
    store.record(alerts({"startsAt": "2026-11-22T08:31:45Z"}), late)

    store.prune(late)

    assert [alert.starts_at.second for alert in store.open_alerts(ended_since=STARTED)] == [45]


def test_the_oldest_news_that_was_not_evaluated_is_told(store: Store, alerts: Alerts) -> None:
    """A repeat is no news."""
    assert store.oldest_unprocessed() is None
    store.record(alerts({}), RECEIVED)
    store.record(alerts({}, {}), after(10))
    assert store.oldest_unprocessed() == RECEIVED

    store.processed(RECEIVED)
    assert store.oldest_unprocessed() == after(10)

    store.processed(after(10))
    store.record(alerts({}), after(20))
    assert store.oldest_unprocessed() is None
