"""What is known besides deliveries: alerts that an Alertmanager holds, and no delivery brought."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from deployments.intake.attribution import Listed
from deployments.intake.known import Fetched, Known
from deployments.intake.payload import LABEL_LIMIT_BYTES, MOST_LABELS, parse
from deployments.intake.store import Store
from recovery.alerts import ActiveAlert, HeldAlert

Sample = Callable[[str], bytes]
Body = Callable[..., bytes]

EAST, WEST = "us-east-1", "us-west-2"
REGIONS = (EAST, WEST)
NOW = datetime(2026, 11, 22, 8, 32, tzinfo=UTC)
STARTED = datetime(2026, 11, 22, 8, 31, 0, 734_000, tzinfo=UTC)
REMEMBERED = timedelta(seconds=30)
PRINT = f"{7:016x}"
LABELS = {
    "alertname": "ErrorRateHigh",
    "dr_signal": "errors",
    "prometheus": f"monitoring-{EAST}",
    "region": EAST,
}


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def held(fingerprint: str = PRINT, starts_at: datetime = STARTED, **labels: str) -> HeldAlert:
    return HeldAlert(fingerprint, starts_at, LABELS | labels, {"summary": "bad"})


@pytest.fixture
def known(store: Store) -> Known:
    return Known(store, Listed(REGIONS, REGIONS), remembered=REMEMBERED)


def test_an_alert_whose_delivery_was_lost_is_stored_as_one_that_came(known: Known, store: Store) -> None:
    assert known.fetch([held()], NOW) == Fetched(new=1)

    [kept] = store.open_alerts()
    assert (kept.fingerprint, kept.starts_at, kept.labels) == (PRINT, STARTED, LABELS)
    assert (kept.first_seen_at, kept.monitoring, kept.annotations) == (NOW, EAST, {"summary": "bad"})


def test_one_that_two_alertmanagers_hold_is_one(known: Known) -> None:
    assert known.fetch([held(), held(), held()], NOW) == Fetched(new=1)


def test_what_came_by_a_delivery_is_not_written_again(known: Known, store: Store, body: Body) -> None:
    """A delivery's start may be finer than the API's; nothing is written, however often it is asked."""
    told = parse(body({"fingerprint": PRINT, "startsAt": "2026-11-22T08:31:00.734567Z"})).alerts
    store.record(told, NOW)
    [before] = store.open_alerts()

    assert known.fetch([held()], after(5)) == Fetched()

    assert store.open_alerts() == (before,)


def test_what_was_cut_by_max_alerts_comes_in(known: Known, store: Store, body: Body) -> None:
    told = parse(body({"fingerprint": PRINT, "startsAt": STARTED.isoformat()}, truncatedAlerts=2))
    store.record(told.alerts, NOW)

    fetched = known.fetch([held(), held(f"{8:016x}"), held(f"{9:016x}")], after(1))

    assert fetched.new == told.truncated == 2


def test_one_that_fires_again_with_its_old_start_is_in_hand_again(
    known: Known, store: Store, body: Body
) -> None:
    """It ended long ago; the second "firing" was lost, and Prometheus says since when it holds."""
    ended = {"fingerprint": PRINT, "startsAt": STARTED.isoformat(), "labels": LABELS, "status": "resolved"}
    store.record(parse(body(ended)).alerts, NOW)

    assert known.fetch([held()], after(600)) == Fetched(new=1)
    known.confirm(EAST, [an_active()], after(600))

    assert [signal.ended_at for signal in known.signals(after(600))] == [None]


def test_a_watchdog_that_was_asked_for_is_not_heard(known: Known, store: Store) -> None:
    """It proves that deliveries arrive; an Alertmanager holds it for minutes after its region was lost."""
    assert known.fetch([held(alertname="Watchdog")], NOW) == Fetched()
    assert store.watchdogs() == {}


@pytest.mark.parametrize(
    "odd",
    [
        held("not a fingerprint"),
        held(starts_at=datetime(1, 1, 1, tzinfo=UTC)),
        held(f"{8:016x}", summary="x" * (LABEL_LIMIT_BYTES + 1)),
        held(f"{8:016x}", **{f"label_{number}": "" for number in range(MOST_LABELS)}),
    ],
)
def test_an_alert_beyond_a_deliverys_limits_is_left_out_and_counted(known: Known, odd: HeldAlert) -> None:
    assert known.fetch([odd], NOW) == Fetched(malformed=1)
    assert known.fetch([odd, held()], NOW) == Fetched(new=1, malformed=1)


def test_the_word_of_whom_the_estate_does_not_list_is_kept_and_no_signal(known: Known, store: Store) -> None:
    """Two invented observers agree about everything."""
    invented = [held(f"{n:016x}", prometheus=f"monitoring-{n}", observer=str(n)) for n in range(2)]

    known.fetch(invented, NOW)

    assert len(store.open_alerts()) == 2
    assert known.signals(NOW) == ()


def an_active(**labels: str) -> ActiveAlert:
    own = {name: text for name, text in LABELS.items() if name != "prometheus"}
    return ActiveAlert(own | labels, STARTED - timedelta(seconds=4))


def test_what_is_fetched_and_fires_is_confirmed_in_the_same_look(known: Known) -> None:
    """Its time is the condition's, before the rule's `for`."""
    known.fetch([held()], NOW)

    known.confirm(EAST, [an_active()], NOW)

    [signal] = known.signals(NOW)
    assert (signal.confirmed, signal.active_at) == (True, STARTED - timedelta(seconds=4))


def test_what_is_fetched_and_does_not_fire_has_ended_with_the_next_look(known: Known) -> None:
    """An Alertmanager holds an alert for minutes after its Prometheus fell silent about it."""
    for at in (NOW, after(1)):
        known.fetch([held()], at)
        known.confirm(EAST, [], at)

    [signal] = known.signals(after(1))
    assert (signal.confirmed, signal.ended_at) == (False, after(1))


def test_a_place_confirms_its_own_alerts_only(known: Known) -> None:
    """Another place's Prometheus may have an alert of the same labels."""
    known.fetch([held(), held(f"{8:016x}", prometheus=f"monitoring-{WEST}")], NOW)

    known.confirm(WEST, [an_active()], NOW)

    assert {s.observer: s.confirmed for s in known.signals(NOW)} == {EAST: False, WEST: True}


def test_a_place_that_fires_nothing_ends_nothing_of_another(known: Known) -> None:
    known.fetch([held()], NOW)

    known.confirm(WEST, [], after(1))

    assert [signal.ended_at for signal in known.signals(after(1))] == [None]


def test_watchdogs_are_those_of_the_regions(known: Known, store: Store, sample: Sample) -> None:
    """Anybody with a token can send one of a place that nobody knows."""
    told = parse(sample("watchdog")).alerts
    stranger = told[0].model_copy(update={"labels": told[0].labels | {"prometheus": "monitoring-mars"}})
    store.record([*told, stranger], NOW)

    assert dict(known.watchdogs()) == {EAST: NOW}
