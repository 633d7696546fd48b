"""From labels to signals: whose word, of which region, and what is none."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deployments.intake.attribution import CONFIRMED_FOR, STALE_AFTER, Listed, signal_of
from deployments.intake.labels import Reading, reading_of
from deployments.intake.payload import parse
from deployments.intake.store import StoredAlert
from recovery.signals import Signal, SignalClass

Sample = Callable[[str], bytes]

REGIONS = ("us-east-1", "us-west-2")
OBSERVERS = (*REGIONS, "witness")
LISTED = Listed(REGIONS, OBSERVERS)
RECEIVED = datetime(2026, 11, 22, 8, 32, tzinfo=UTC)
LABELS = {
    "alertname": "A",
    "dr_signal": "errors",
    "region": "us-east-1",
    "prometheus": "monitoring-us-west-2",
}


def a_stored_alert(**changes: object) -> StoredAlert:
    told: dict[str, Any] = {
        "fingerprint": "0" * 16,
        "starts_at": RECEIVED - timedelta(seconds=30),
        "labels": LABELS,
        "annotations": {},
        "observer": "us-west-2",
        "monitoring": "us-west-2",
        "first_seen_at": RECEIVED,
        "received_at": RECEIVED,
        "ended_at": None,
        "active_at": None,
        "confirmed_at": None,
    }
    return StoredAlert(**told | changes)


def the_signal(**changes: object) -> Signal:
    signal = signal_of(a_stored_alert(**changes), LISTED, RECEIVED)
    assert signal is not None
    return signal


def test_an_alert_is_the_signal_that_its_labels_say() -> None:
    assert the_signal(labels=LABELS | {"service": "checkout"}) == Signal(
        key="0000000000000000@2026-11-22T08:31:30+00:00",
        region="us-east-1",
        observer="us-west-2",
        signal=SignalClass.ERRORS,
        service="checkout",
        active_at=RECEIVED - timedelta(seconds=30),
    )


def test_two_episodes_of_one_alert_have_two_keys() -> None:
    assert the_signal().key != the_signal(starts_at=RECEIVED).key


def test_active_is_what_the_api_says_and_no_later_than_we_were_told() -> None:
    """An observer's clock that is ahead must not keep its alert from voting."""
    at = RECEIVED - timedelta(minutes=2)

    assert the_signal(active_at=at).active_at == at
    assert the_signal(starts_at=RECEIVED + timedelta(seconds=9)).active_at == RECEIVED


@pytest.mark.parametrize(
    ("change", "reading"),
    [
        ({}, Reading.SIGNAL),
        ({"region": "mars-1"}, Reading.UNATTRIBUTED),
        ({"region": ""}, Reading.UNATTRIBUTED),
        ({"region": "US-EAST-1"}, Reading.UNATTRIBUTED),
        ({"dr_signal": "colour"}, Reading.NO_CLASS),
        ({"dr_signal": ""}, Reading.NO_CLASS),
        ({"prometheus": ""}, Reading.NO_OBSERVER),
        ({"prometheus": "monitoring-"}, Reading.NO_OBSERVER),
        ({"prometheus": "", "observer": "prober"}, Reading.UNLISTED),
        ({"observer": "prober"}, Reading.SIGNAL),
        ({"observer": "monitoring-us-west-2"}, Reading.SIGNAL),
        ({"observer": "witness"}, Reading.UNLISTED),
        ({"observer": "frankfurt"}, Reading.UNLISTED),
        ({"prometheus": "monitoring-frankfurt"}, Reading.UNLISTED),
        ({"prometheus": "monitoring-frankfurt", "observer": "prober"}, Reading.UNLISTED),
        ({"prometheus": "monitoring-frankfurt", "alertname": "Watchdog"}, Reading.UNLISTED),
        ({"alertname": "Watchdog"}, Reading.HEARTBEAT),
        ({"alertname": "Watchdog", "prometheus": ""}, Reading.NO_OBSERVER),
    ],
)
def test_labels_are_read(change: dict[str, str], reading: Reading) -> None:
    assert reading_of(LABELS | change, REGIONS, OBSERVERS) is reading


@pytest.mark.parametrize(
    ("name", "readings"),
    [
        ("firing-group", [Reading.SIGNAL] * 4),
        ("truncated", [Reading.NO_CLASS] * 2),
        ("watchdog", [Reading.HEARTBEAT]),
        ("hostile-labels", [Reading.UNATTRIBUTED]),
    ],
)
def test_samples_are_read(sample: Sample, name: str, readings: list[Reading]) -> None:
    assert [reading_of(alert.labels, REGIONS) for alert in parse(sample(name)).alerts] == readings


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": LABELS | {"dr_signal": "colour"}},
        {"labels": LABELS | {"prometheus": ""}, "observer": None, "monitoring": None},
        {"labels": LABELS | {"observer": "frankfurt"}, "observer": "frankfurt"},
        {"labels": LABELS | {"observer": "witness"}, "observer": "witness"},
        {"labels": LABELS | {"prometheus": "monitoring-frankfurt"}, "confirmed_at": RECEIVED},
    ],
)
def test_without_a_class_or_a_listed_observer_it_is_no_signal(changes: dict[str, object]) -> None:
    """It stays in the spool for audit; two that a token's holder invents do not agree about anything."""
    assert signal_of(a_stored_alert(**changes), LISTED, RECEIVED) is None


def test_a_region_of_another_estate_is_nobodys() -> None:
    assert the_signal(labels=LABELS | {"region": 'us-east-1\n"quoted"'}).region is None


@pytest.mark.parametrize(
    ("ago", "confirmed"), [(CONFIRMED_FOR, True), (CONFIRMED_FOR + timedelta(seconds=1), False)]
)
def test_a_confirmation_is_of_now_or_none(ago: timedelta, *, confirmed: bool) -> None:
    """An API that is gone since says nothing any more."""
    assert the_signal(confirmed_at=RECEIVED - ago).confirmed is confirmed


def test_what_was_old_when_it_first_came_says_nothing_until_it_is_confirmed() -> None:
    """Last week's body, sent again, can not be told from a real one by itself."""
    old = RECEIVED - STALE_AFTER - timedelta(seconds=1)

    assert signal_of(a_stored_alert(starts_at=old), LISTED, RECEIVED) is None
    assert the_signal(starts_at=old, confirmed_at=RECEIVED).confirmed
    assert the_signal(starts_at=RECEIVED - STALE_AFTER)
