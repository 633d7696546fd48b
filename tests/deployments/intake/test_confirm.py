"""What an observer's own API says, against what Alertmanager told."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from deployments.intake.attribution import Listed
from deployments.intake.known import Known
from deployments.intake.payload import Alert, parse
from deployments.intake.store import Store
from recovery.alerts import ActiveAlert

REGIONS = ("us-east-1", "us-west-2")
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


def test_what_the_api_holds_active_is_confirmed_and_dated(store: Store, alerts: Alerts) -> None:
    store.record(alerts({}), RECEIVED)
    active_at = STARTED - timedelta(seconds=4)

    store.confirm("us-east-1", {PRINT: active_at}, asked_at=after(5))

    (kept,) = store.open_alerts()
    assert (kept.active_at, kept.confirmed_at) == (active_at, after(5))


def test_a_start_that_was_rounded_below_its_condition_is_confirmed(store: Store, alerts: Alerts) -> None:
    store.record(alerts({}), RECEIVED)

    store.confirm("us-east-1", {PRINT: STARTED + timedelta(microseconds=900)}, asked_at=after(5))

    assert store.open_alerts()[0].confirmed_at == after(5)


def test_a_lost_resolved_is_made_up_for_by_the_api(store: Store, alerts: Alerts) -> None:
    """Alertmanager loses it for ever if it restarts while we are down (alertmanager#2570)."""
    store.record(alerts({}, {}), RECEIVED)

    store.confirm("us-east-1", {PRINT: STARTED}, asked_at=after(5))

    ended = store.open_alerts(ended_since=after(5))
    assert {a.fingerprint: a.ended_at for a in ended} == {PRINT: None, f"{1:016x}": after(5)}


def test_an_alert_that_came_after_the_api_was_asked_stays_open(store: Store, alerts: Alerts) -> None:
    store.record(alerts({}), after(6))

    store.confirm("us-east-1", {}, asked_at=after(5))

    assert len(store.open_alerts()) == 1


def test_the_api_opens_what_was_called_resolved(store: Store, alerts: Alerts) -> None:
    """Alertmanager resolves what Prometheus did not repeat in time, and fires it again with the same start."""
    store.record(alerts(ENDED), RECEIVED)

    store.confirm("us-east-1", {PRINT: STARTED}, asked_at=after(5))

    assert [alert.ended_at for alert in store.open_alerts()] == [None]


def test_a_repeated_resolved_does_not_end_what_the_api_opened(store: Store, alerts: Alerts) -> None:
    store.record(alerts(ENDED), RECEIVED)
    store.confirm("us-east-1", {PRINT: STARTED}, asked_at=after(5))

    store.record(alerts(ENDED), after(6))

    assert [alert.ended_at for alert in store.open_alerts()] == [None]


def test_the_api_confirms_the_newest_episode_only(store: Store, alerts: Alerts) -> None:
    store.record(alerts(ENDED), RECEIVED)
    store.record(alerts({"startsAt": "2026-11-22T08:31:45Z"}), RECEIVED)

    store.confirm("us-east-1", {PRINT: STARTED + timedelta(seconds=40)}, asked_at=after(5))

    (kept,) = store.open_alerts()
    assert kept.starts_at == STARTED + timedelta(seconds=45)


def test_a_condition_newer_than_the_episode_confirms_nothing(store: Store, alerts: Alerts) -> None:
    """It began again since, and that episode was not told yet; the one that we know has ended."""
    store.record(alerts({}), RECEIVED)

    store.confirm("us-east-1", {PRINT: STARTED + timedelta(seconds=40)}, asked_at=after(5))

    assert store.open_alerts() == ()


@pytest.mark.parametrize("active", [{}, {PRINT: STARTED}])
def test_nobody_speaks_for_anothers_alerts(store: Store, alerts: Alerts, active: dict[str, datetime]) -> None:
    store.record(alerts({}), RECEIVED)

    store.confirm("us-west-2", active, asked_at=after(5))

    assert [alert.confirmed_at for alert in store.open_alerts()] == [None]


def test_who_confirms_is_whose_prometheus_sent_it(store: Store, alerts: Alerts) -> None:
    """Two Prometheus servers alert on what the one prober saw; the prober has no API of alerts."""
    labels = {"alertname": "A", "dr_signal": "health", "observer": "prober"}
    for number, place in enumerate(("us-east-1", "us-west-2")):
        told = {"fingerprint": f"{number:016x}", "labels": labels | {"prometheus": f"monitoring-{place}"}}
        store.record(alerts(told), RECEIVED)

    store.confirm("us-west-2", {}, asked_at=after(5))

    assert [(a.observer, a.monitoring) for a in store.open_alerts()] == [("prober", "us-east-1")]


def test_an_alert_that_fires_again_with_its_old_start_is_in_hand_to_be_confirmed(
    store: Store, alerts: Alerts
) -> None:
    """A cut between Prometheus and Alertmanager does that; it ended long ago, so only the repeat shows it."""
    store.record(alerts({}), RECEIVED)
    store.record(alerts(ENDED), RECEIVED)
    assert store.open_alerts(ended_since=after(570)) == ()

    store.record(alerts({}), after(600))
    assert [a.ended_at for a in store.open_alerts(ended_since=after(570))] == [
        STARTED + timedelta(seconds=30)
    ]

    store.confirm("us-east-1", {PRINT: STARTED}, asked_at=after(601))
    assert [a.ended_at for a in store.open_alerts()] == [None]


def known(store: Store) -> Known:
    return Known(store, Listed(REGIONS, REGIONS), remembered=timedelta(minutes=1))


def test_prometheus_confirms_by_labels_without_its_external_one(store: Store, sample: Sample) -> None:
    """Its API has neither fingerprints nor the label that is added on the way out."""
    told = parse(sample("firing-group")).alerts
    store.record(told, RECEIVED)
    own = {name: text for name, text in told[1].labels.items() if name != "prometheus"}
    active_at = told[1].starts_at - timedelta(seconds=4)

    known(store).confirm("us-east-1", [ActiveAlert(labels=own, active_at=active_at)], after(5))

    signals = {signal.key[:16]: signal for signal in known(store).signals(after(5))}
    assert [key for key, signal in signals.items() if signal.ended_at is None] == [told[1].fingerprint]
    assert signals[told[1].fingerprint].confirmed
    assert signals[told[1].fingerprint].active_at == active_at


def test_an_alert_with_fewer_labels_confirms_no_other(store: Store, sample: Sample) -> None:
    told = parse(sample("firing-one")).alerts
    store.record(told, RECEIVED)
    fewer = {name: text for name, text in told[0].labels.items() if name not in {"prometheus", "replica"}}

    known(store).confirm("us-east-1", [ActiveAlert(labels=fewer, active_at=told[0].starts_at)], after(5))

    assert [signal.confirmed for signal in known(store).signals(after(5))] == [False]
