"""From stored alerts to one failover: what is asked, what is written down, what is started."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from deployments.intake.attribution import Listed
from deployments.intake.deciding import Deciding, failover_of
from deployments.intake.known import Known
from deployments.intake.looking import Observer
from deployments.intake.payload import parse
from deployments.intake.store import Store
from recovery import switch
from recovery.alerts import ActiveAlert
from recovery.errors import Unavailable
from recovery.evaluation import Evaluation, parsed
from recovery.fakes.alertmanager import FakeAlertmanager
from recovery.fakes.estate import FakeEstate
from recovery.guards import Course
from recovery.operation import Mode
from recovery.silences import Matcher, Silence
from recovery.switch import Switched
from recovery.verdict import Row

DECIDED = datetime(2026, 11, 22, 8, 33, tzinfo=UTC)
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
        self.alertmanagers = {place: FakeAlertmanager() for place in PLACES}
        self.registry = CollectorRegistry()
        known = Known(store, Listed(estate.file.regions, PLACES), remembered=timedelta(seconds=30))
        observers = {place: Observer(self.places[place], self.alertmanagers[place]) for place in PLACES}
        self.deciding = Deciding(estate, known, observers, kept=kept, registry=self.registry)

    def watchdogs(self, *places: str) -> None:
        """Have the monitoring of *places* heard now."""
        labels = [{"alertname": "Watchdog", "prometheus": f"monitoring-{place}"} for place in places]
        self.deliver(*labels)

    def alerts(self, *trouble: tuple[str, str, str], region: str = EAST) -> None:
        """Have alerts against *region* delivered, and fire where they come from."""
        for kind, observer, place in trouble:
            own = {"alertname": kind.title(), "dr_signal": kind, "observer": observer, "region": region}
            self.places[place].fires.append(ActiveAlert(own, datetime.now(UTC) - timedelta(seconds=2)))
            self.deliver(own | {"prometheus": f"monitoring-{place}"})

    def evaluated(self) -> Evaluation:
        """Return the evaluation of now."""
        return self.deciding.evaluate(datetime.now(UTC))

    def deliver(self, *labels: Mapping[str, str]) -> None:
        """Have alerts of these labels come, that no Prometheus knows of."""
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

    operation = failover_of(evaluation, "estate.yaml", decided_at=DECIDED)
    assert evaluation.verdict.row is Row.REGION_FAULT, evaluation.sentence
    assert operation is not None, evaluation.decision.missing
    assert (operation.source, operation.mode) == (EAST, Mode.UNPLANNED)
    assert operation.incident is not None
    assert operation.incident.active_at == evaluation.verdict.since
    assert operation == failover_of(evaluation, "estate.yaml", decided_at=DECIDED), (
        "a restart draws the same ids"
    )


def test_in_shadow_mode_nothing_is_started(a_night: Callable[..., Night]) -> None:
    evaluation = lost(a_night(automatic=False))

    assert evaluation.decision.course is Course.SHADOW
    assert failover_of(evaluation, "estate.yaml", decided_at=DECIDED) is None


def test_where_a_person_approves_the_operation_begins_and_asks(a_night: Callable[..., Night]) -> None:
    """It waits for the answer before it looks at or changes anything."""
    evaluation = lost(a_night(approval=True))

    assert evaluation.decision.course is Course.ASK
    assert failover_of(evaluation, "estate.yaml", decided_at=DECIDED) is not None


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
    assert failover_of(evaluation, "estate.yaml", decided_at=DECIDED) is None


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


def a_silence(*matchers: Matcher) -> Silence:
    now, hour = datetime.now(UTC), timedelta(hours=1)
    return Silence("ann", "new disks", matchers, now - hour, now + hour, active=True)


def held_back(evaluation: Evaluation) -> str:
    """Return why the one guard that may hold it back does."""
    assert evaluation.verdict.row is Row.REGION_FAULT, evaluation.sentence
    assert evaluation.decision.course is Course.HELD_BACK, evaluation.decision
    [missing] = evaluation.decision.missing
    return missing


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("region", [EAST, WEST])
def test_a_silence_at_any_place_holds_a_failover_back(
    a_night: Callable[..., Night], place: str, region: str
) -> None:
    """Its alerts came before it was made, and every Prometheus confirms them still."""
    night = a_night()
    night.alertmanagers[place].made.append(a_silence(Matcher("region", region)))

    missing = held_back(lost(night))

    assert missing.startswith(f"no maintenance: none (now: silence at {place} by 'ann' until ")
    assert "'new disks'" in missing


def test_a_silence_that_the_lost_region_told_last_is_kept(a_night: Callable[..., Night]) -> None:
    """A region is silenced, and then taken down with its monitoring: that is what was planned."""
    night = a_night()
    night.alertmanagers[EAST].made.append(a_silence(Matcher("region", EAST)))
    night.evaluated()
    night.alertmanagers[EAST].away = True

    assert f"silence at {EAST}" in held_back(lost(night))


def test_the_lost_regions_own_alertmanager_is_not_needed(a_night: Callable[..., Night]) -> None:
    night = a_night()
    night.alertmanagers[EAST].away = True

    assert lost(night).decision.course is Course.FAIL_OVER


def test_where_no_alertmanager_tells_of_silences_nothing_happens_by_itself(
    a_night: Callable[..., Night],
) -> None:
    night = a_night()
    for place in (WEST, "witness"):
        night.alertmanagers[place].away = True

    missing = held_back(lost(night))

    assert f"no Alertmanager outside {EAST} answers: {WEST}: does not answer; witness: does" in missing


def test_alerts_that_no_delivery_brought_lead_to_a_failover(a_night: Callable[..., Night]) -> None:
    """They were lost, or cut by `max_alerts`: the Alertmanagers hold them, and each Prometheus confirms."""
    night = a_night()
    night.estate.loses(EAST)
    night.watchdogs(*PLACES)
    for number, (kind, observer, place) in enumerate(TROUBLE):
        own = {"alertname": kind.title(), "dr_signal": kind, "observer": observer, "region": EAST}
        now = datetime.now(UTC)
        night.places[place].fires.append(ActiveAlert(own, now))
        told = own | {"prometheus": f"monitoring-{place}"}
        for holder in (place, "witness"):
            night.alertmanagers[holder].take(told, now, f"{number:016x}")
    night.evaluated()

    assert night.evaluated().decision.course is Course.FAIL_OVER
    assert night.registry.get_sample_value("dr_alerts_fetched_total", {"outcome": "new"}) == len(TROUBLE)


def test_observers_that_the_estate_does_not_list_agree_about_nothing(a_night: Callable[..., Night]) -> None:
    """Whoever has a token can invent two, and a fault that the prober happens to see would bear them out."""
    night = a_night()
    night.estate.loses(EAST)
    night.watchdogs(*PLACES)
    for number, kind in enumerate(("errors", "replication", "saturation")):
        for name in ("a", "b"):
            night.deliver(
                {
                    "alertname": f"{kind}-{number}",
                    "dr_signal": kind,
                    "region": EAST,
                    "prometheus": f"monitoring-{name}",
                }
            )

    evaluation = night.evaluated()

    assert len(night.store.open_alerts()) == 6
    assert evaluation.verdict.votes == ()
    assert evaluation.verdict.calls_for_failover is False
