"""How often the places are asked: for what may decide each time, for what deliveries should have brought less often."""

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from deployments.intake.attribution import Listed
from deployments.intake.known import Known
from deployments.intake.looking import FETCH_EVERY, Looking, Observer
from deployments.intake.store import Store
from recovery.alerts import ActiveAlert
from recovery.fakes.alertmanager import FakeAlertmanager
from recovery.silences import Matcher, Silence

EAST, WEST = "us-east-1", "us-west-2"
NOW = datetime(2026, 11, 22, 8, 32, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LABELS = {
    "alertname": "ErrorRateHigh",
    "dr_signal": "errors",
    "prometheus": f"monitoring-{WEST}",
    "region": EAST,
}


class Prometheus:
    """It fires nothing."""

    def firing(self) -> list[ActiveAlert]:
        return []


def looking(store: Store, alertmanager: FakeAlertmanager | None, every: timedelta = FETCH_EVERY) -> Looking:
    known = Known(store, Listed((EAST, WEST), (EAST, WEST)), remembered=30 * SECOND)
    observers = {EAST: Observer(Prometheus()), WEST: Observer(Prometheus(), alertmanager)}
    return Looking(known, observers, registry=CollectorRegistry(), every=every)


@pytest.mark.parametrize("every", [FETCH_EVERY, timedelta(hours=1)])
def test_alerts_are_fetched_each_15_s_however_often_a_storm_wakes_the_evaluation(
    store: Store, every: timedelta
) -> None:
    alertmanager = FakeAlertmanager()
    looks = looking(store, alertmanager, every)
    looks.look(NOW)
    alertmanager.take(LABELS, NOW, f"{7:016x}")

    looks.look(NOW + FETCH_EVERY - SECOND)
    before = store.open_alerts()
    looks.look(NOW + FETCH_EVERY)

    assert before == ()
    assert len(store.open_alerts()) == 1


def test_silences_are_asked_for_each_time(store: Store) -> None:
    alertmanager = FakeAlertmanager()
    looks = looking(store, alertmanager)
    looks.look(NOW)
    alertmanager.made.append(
        Silence("ann", "disks", (Matcher("region", EAST),), NOW, NOW + FETCH_EVERY, active=True)
    )

    looks.look(NOW + SECOND)

    assert looks.maintenance(source=EAST, target=WEST, now=NOW + SECOND) is not None
    assert looks.maintenance(source=EAST, target=WEST, now=NOW + FETCH_EVERY) is None


def test_a_place_that_names_no_alertmanager_does_not_count(store: Store) -> None:
    looks = looking(store, None)

    looks.look(NOW)

    told = looks.maintenance(source=EAST, target=WEST, now=NOW)
    assert told is not None
    assert f"{WEST}: not asked: it names no Alertmanager" in told
