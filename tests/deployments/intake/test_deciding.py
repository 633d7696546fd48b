"""From stored alerts to one failover: what is asked, what is written down, what is started."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deployments.intake.deciding import Deciding, failover_of
from deployments.intake.known import Known
from deployments.intake.payload import parse
from deployments.intake.store import Store
from recovery import switch
from recovery.errors import Unavailable
from recovery.evaluation import Evaluation, parsed
from recovery.fakes.estate import FakeEstate
from recovery.guards import Course
from recovery.operation import Mode
from recovery.ports import ActiveAlert
from recovery.switch import Switched
from recovery.verdict import Row

EAST, WEST = "us-east-1", "us-west-2"
PLACES = (EAST, WEST, "witness")
Body = Callable[..., bytes]
TROUBLE = (("health", "prober", "witness"), ("errors", "prober", "witness"), ("replication", WEST, WEST))
"""Class, observer, and whose Prometheus sends it."""


class Monitoring:
    """A place's Prometheus: it fires what it is given, or does not answer."""

    def __init__(self) -> None:
        self.fires: list[ActiveAlert] = []
        self.away = False

    def firing(self) -> list[ActiveAlert]:
        if self.away:
            raise Unavailable("no answer")
        return self.fires


class Night:
    """An estate that lets alerts fail it over at once, its spool, and its three monitorings."""

    def __init__(self, estate: FakeEstate, store: Store, body: Body, kept: Path) -> None:
        self.estate, self.store, self._body, self.kept = estate, store, body, kept
        self.places = {place: Monitoring() for place in PLACES}
        self.deciding = Deciding(
            estate, Known(store, remembered=timedelta(seconds=30)), self.places, kept=kept
        )

    def watchdogs(self, *places: str) -> None:
        """Have the monitoring of *places* heard now."""
        labels = [{"alertname": "Watchdog", "prometheus": f"monitoring-{place}"} for place in places]
        self._take(*labels)

    def alerts(self, *trouble: tuple[str, str, str], region: str = EAST) -> None:
        """Have alerts against *region* delivered, and fire where they come from."""
        for kind, observer, place in trouble:
            own = {"alertname": kind.title(), "dr_signal": kind, "observer": observer, "region": region}
            self.places[place].fires.append(ActiveAlert(own, datetime.now(UTC) - timedelta(seconds=2)))
            self._take(own | {"prometheus": f"monitoring-{place}"})

    def evaluated(self) -> Evaluation:
        """Return the evaluation of now."""
        return self.deciding.evaluate(datetime.now(UTC))

    def _take(self, *labels: Mapping[str, str]) -> None:
        now = datetime.now(UTC)
        told: list[dict[str, Any]] = [
            {
                "labels": dict(one),
                "startsAt": now.isoformat(),
                "fingerprint": f"{abs(hash(str(one))):016x}"[:16],
            }
            for one in labels
        ]
        self.store.record(parse(self._body(*told)).alerts, now)


@pytest.fixture
def a_night(
    make_estate: Callable[..., FakeEstate], store: Store, body: Body, tmp_path: Path
) -> Callable[..., Night]:
    def made(*, automatic: bool = True, approval: bool = False) -> Night:
        observers = {place: {"prometheus": f"http://{place}.example.com:9090"} for place in PLACES}
        estate = make_estate(
            recovery={"automation": {"observers": observers, "hold_seconds": 0.001, "evaluations": 1}},
            global_load_balancing={"failover": {"automatic": automatic}},
            disaster_recovery={"recovery_coordination": {"manual_approval_required": approval}},
        )
        return Night(estate, store, body, tmp_path / "evaluations.jsonl")

    return made


def lost(night: Night) -> Evaluation:
    """Lose the east, and return the evaluation once it has stood."""
    night.estate.loses(EAST)
    night.watchdogs(*PLACES)
    night.alerts(*TROUBLE)
    night.evaluated()
    return night.evaluated()


def test_a_lost_region_leads_to_one_operation_with_its_reasons(a_night: Callable[..., Night]) -> None:
    night = a_night()

    evaluation = lost(night)

    operation = failover_of(evaluation, "estate.yaml")
    assert evaluation.verdict.row is Row.REGION_FAULT, evaluation.sentence
    assert operation is not None, evaluation.decision.missing
    assert (operation.source, operation.mode) == (EAST, Mode.UNPLANNED)
    assert operation.incident is not None
    assert operation.incident.active_at == evaluation.verdict.since
    assert operation == failover_of(evaluation, "estate.yaml"), "a restart draws the same ids"


@pytest.mark.parametrize(
    ("settings", "course"),
    [({"automatic": False}, Course.SHADOW), ({"approval": True}, Course.ASK)],
)
def test_where_the_estate_does_not_allow_it_nothing_is_started(
    a_night: Callable[..., Night], settings: dict[str, bool], course: Course
) -> None:
    evaluation = lost(a_night(**settings))

    assert evaluation.decision.course is course
    assert failover_of(evaluation, "estate.yaml") is None


def test_the_kill_switch_stops_it_and_says_who_threw_it(a_night: Callable[..., Night]) -> None:
    night = a_night()
    thrown = Switched(on=False, by="ann", why="migration", at=datetime.now(UTC))
    switch.throw(night.estate.outside.journal, night.estate.name, thrown)

    evaluation = lost(night)

    assert evaluation.decision.course is Course.HELD_BACK
    assert "by ann: migration" in " ".join(evaluation.decision.missing)


def test_alerts_that_their_own_prometheus_does_not_confirm_start_nothing(
    a_night: Callable[..., Night],
) -> None:
    """Bodies from last week, or from somebody with a token: the region serves, and no API says otherwise."""
    night = a_night()
    night.watchdogs(*PLACES)
    night.alerts(*TROUBLE)
    for place in night.places.values():
        place.fires.clear()

    evaluation = night.evaluated()

    assert evaluation.verdict.calls_for_failover is False
    assert failover_of(evaluation, "estate.yaml") is None


def test_monitoring_that_does_not_answer_says_nothing(a_night: Callable[..., Night]) -> None:
    """The prober's word alone, and alerts that nobody confirms: one witness."""
    night = a_night()
    night.estate.loses(EAST)
    night.watchdogs(*PLACES)
    night.alerts(("health", "prober", "witness"), ("errors", "prober", "witness"))
    for place in night.places.values():
        place.away = True

    assert night.evaluated().verdict.calls_for_failover is False


def test_what_was_decided_can_be_read_again(a_night: Callable[..., Night]) -> None:
    night = a_night()

    evaluation = lost(night)

    kept = list(parsed("kept", night.kept.read_text().splitlines()))
    assert kept[-1] == evaluation
    assert len(kept) <= 2, "a line for each change, not for each evaluation"
