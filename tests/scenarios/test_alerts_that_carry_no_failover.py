"""Alerts fire, and a failover would do harm: nothing is done, and the verdict says why."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from scene import Scene, a_lab, an_alert

from lab import process
from lab.faults import Fault, Severity, break_it, heal
from lab.parts.services import set_faults
from lab.place import EAST, REGIONS, WEST
from recovery.guards import Course
from recovery.verdict import Row
from recovery.waiting import wait_until

pytestmark = pytest.mark.lab

SAMPLES = Path(__file__).parents[1] / "deployments" / "intake" / "samples"
TROUBLE = ("health", "errors", "replication")
"""Three classes: of one region, and borne out, they would carry a failover."""


@pytest.fixture(scope="module")
def automatic() -> Iterator[Scene]:
    """A lab in which alerts may fail over by themselves."""
    yield from a_lab("alerts-no-failover", automatic=True)


@pytest.fixture
def scene(automatic: Scene) -> Iterator[Scene]:
    """The lab with nothing wrong in it; healed afterwards, and until then nobody failed over."""
    judged(automatic, Row.HEALTHY)
    yield automatic
    heal(automatic.lab, REGIONS, lambda _proof: None)
    assert automatic.operations() == []
    assert Course.FAIL_OVER not in {evaluation.decision.course for evaluation in automatic.evaluations()}


def test_the_monitoring_of_one_region_alone_is_lost(scene: Scene) -> None:
    """The region serves on: a person is told that nobody watches it."""
    process.kill(
        p for p in process.recorded(scene.lab) if p.part in {f"prometheus-{EAST}", f"alertmanager-{EAST}"}
    )

    judged(scene, Row.MONITORING_FAULT, EAST)

    scene.judged_for_long()


def test_a_partition_between_the_regions(scene: Scene) -> None:
    """Each region lacks the other's rows, and both serve: to leave one would lose what it took since."""
    break_it(scene.lab, Fault.LINK, EAST)

    judged(scene, Row.PARTITION)

    scene.judged_for_long()


def test_both_regions_are_bad(scene: Scene) -> None:
    """There is nowhere to go."""
    for region in REGIONS:
        break_it(scene.lab, Fault.GATEWAY, region)

    judged(scene, Row.GLOBAL_FAULT)

    scene.judged_for_long()
    assert scene.may_log_in(EAST)
    assert scene.may_log_in(WEST)


def test_one_service_of_a_region_fails(scene: Scene) -> None:
    """A bad deploy of it would go with the traffic: the other services would move for nothing."""
    set_faults(scene.lab, EAST, error_rate=0.15, service="vault-service")

    judged(scene, Row.SERVICE_FAULT, EAST)

    scene.judged_for_long()


def test_a_region_answers_late_and_nothing_else(scene: Scene) -> None:
    """One class of signals is a suspicion, even where customers feel it."""
    break_it(scene.lab, Fault.LATENCY, EAST, Severity(latency_s=0.6))

    judged(scene, Row.SUSPECT, EAST)

    scene.judged_for_long()


def test_a_region_goes_bad_again_and_again_for_moments(scene: Scene) -> None:
    """Its alert flaps: each time the region is well before anything was held long enough."""
    for rate, fires in ((1.0, True), (0.0, False)) * 3:
        set_faults(scene.lab, EAST, error_rate=rate)
        flapped(scene, fires=fires)

    scene.judged_for_long()


def test_an_alert_names_no_region_of_the_estate(scene: Scene) -> None:
    """Somebody else's alert, or a typing error: it is counted, and a person is told."""
    labels = {"observer": "witness", "prometheus": "monitoring-witness", "region": "mars-1"}

    with scene.told(*(an_alert(dr_signal=kind, **labels) for kind in TROUBLE)):
        judged(scene, Row.UNATTRIBUTED)

        scene.judged_for_long()


def test_a_body_is_replayed(scene: Scene) -> None:
    """Alertmanager's own body with a valid token, and weeks old: it says nothing of today."""
    old = json.loads((SAMPLES / "am025-firing-group.json").read_text())["alerts"]
    began = datetime.now(UTC)
    week_old = [alert | {"startsAt": (began - timedelta(days=7)).isoformat()} for alert in old]

    with scene.told(*week_old):
        scene.judged_for_long()

    votes = [vote for evaluation in scene.evaluations() for vote in evaluation.verdict.votes]
    assert not [vote for vote in votes if vote.since < began - timedelta(days=1)]


def test_nobody_is_believed_without_a_token(scene: Scene) -> None:
    """Nothing of it is stored; the refusal is counted."""
    refused = 'dr_alerts_received_total{outcome="unauthorized"}'
    before = scene.intake_metric(refused)
    alerts = [an_alert(dr_signal=kind, observer="witness", region=EAST) for kind in TROUBLE]

    status = scene.post(*alerts, token="x" * 32)

    assert status == 401
    assert scene.intake_metric(refused) == before + 1
    assert not scene.stored() & {alert["fingerprint"] for alert in alerts}
    scene.judged_for_long()


@pytest.mark.parametrize("late", [False, True], ids=["well", "late"])
def test_observers_are_invented(scene: Scene, *, late: bool) -> None:
    """Whoever has a token can sign with two names that nobody has, even while the region is late."""
    if late:
        break_it(scene.lab, Fault.LATENCY, EAST, Severity(latency_s=0.6))
        judged(scene, Row.SUSPECT, EAST)
    names = ("moon", "mars")
    alerts = [
        an_alert(dr_signal=kind, observer=name, prometheus=f"monitoring-{name}", region=EAST)
        for kind in TROUBLE
        for name in names
    ]

    with scene.told(*alerts):
        scene.judged_for_long()


def test_a_region_is_at_fault_and_automation_is_switched_off(scene: Scene) -> None:
    """The verdict calls for leaving it, and says who forbids it; switched on again, nothing is made up for."""
    scene.dr("automation", "off", "--reason", "we migrate")
    break_it(scene.lab, Fault.POSTGRES, EAST)

    judged(scene, Row.REGION_FAULT, EAST)

    decision = scene.evaluations()[-1].decision
    assert decision.course is Course.HELD_BACK
    assert "we migrate" in " ".join(decision.missing)
    scene.judged_for_long()
    heal(scene.lab, REGIONS, lambda _proof: None)
    wait_until(lambda: over(scene), what="the end of the fault", deadline_s=60)
    scene.dr("automation", "on", "--reason", "migrated")


def judged(scene: Scene, row: Row, region: str | None = None) -> None:
    """Wait until the verdict is *row*, of *region*."""

    def verdict() -> tuple[bool | None, str]:
        newest = scene.evaluations()[-1:]
        matches = [e for e in newest if (e.verdict.row, e.verdict.region) == (row, region)]
        return (True if matches else None), "".join(e.sentence for e in newest)

    wait_until(verdict, what=f"the verdict {row}", deadline_s=60)


def flapped(scene: Scene, *, fires: bool) -> None:
    """Wait until the alert of the region's health fires, or no longer does."""

    def alert() -> tuple[bool | None, str]:
        now = scene.firing()
        return (True if (("RegionHealthCheckFailing", EAST) in now) is fires else None), f"{now}"

    wait_until(alert, what="the alert of its health", deadline_s=30)


def over(scene: Scene) -> tuple[bool | None, str]:
    """Whether no region is called lost or at fault any more."""
    newest = scene.evaluations()[-1]
    return (None if newest.verdict.calls_for_failover else True), newest.sentence
