"""What the intake tells Prefect: each change once, alerts as counts, never a word of theirs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deployments.intake.events import Alerts, Events
from recovery.evaluation import Evaluation, evaluate
from recovery.guards import Circumstances, Policy
from recovery.signals import Correlation, Signal, SignalClass, Situation

EAST, WEST = "us-east-1", "us-west-2"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOSTILE = "</script><!channel>\n{{ 7*7 }}\x1b[31m"


class Told(list[dict[str, Any]]):
    """The events that were emitted."""

    def __call__(self, **event: Any) -> None:
        self.append(event)

    def named(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self if event["event"] == name]


@pytest.fixture
def told() -> Told:
    return Told()


def a_signal(number: int = 0, **changes: Any) -> Signal:
    values = {
        "key": f"{number:016x}@2026-11-22T12:00:00+00:00",
        "region": EAST,
        "observer": "prober",
        "signal": SignalClass.HEALTH,
        "service": HOSTILE,
        "active_at": NOON - timedelta(seconds=5),
    }
    return Signal(**values | changes)


def a_situation(*signals: Signal, after_s: float) -> Situation:
    return Situation(at=NOON + timedelta(seconds=after_s), regions=(EAST, WEST), signals=signals)


def an_evaluation(*signals: Signal, after_s: float = 0, **around: Any) -> Evaluation:
    """Return the evaluation of *signals*, with the regions answering the prober unless they are said to fail."""
    at = NOON + timedelta(seconds=after_s)
    failing = around.pop("failing", ())
    situation = Situation(
        at=at,
        regions=(EAST, WEST),
        signals=signals,
        probes={region: region not in failing for region in (EAST, WEST)},
        watchdogs={EAST: at, WEST: at},
    )
    return evaluate(situation, Correlation(), Circumstances(**around), Policy())


def test_new_alerts_are_counted_by_region_and_class(told: Told) -> None:
    """An alert whose region is none of the estate's is told as such, not under the name it gave itself."""
    alerts = [a_signal(1), a_signal(2), a_signal(3, signal=SignalClass.ERRORS), a_signal(4, region=None)]

    Events(told).tell(an_evaluation(*alerts))

    firing = told.named("dr.alert.firing")
    assert [(one["resource"]["prefect.resource.id"], one["payload"]) for one in firing] == [
        ("dr.region.unattributed", {"alerts": 1, "signals": {"health": 1}}),
        ("dr.region.us-east-1", {"alerts": 3, "signals": {"health": 2, "errors": 1}}),
    ]


def test_an_alert_is_told_once_when_it_begins_and_once_when_it_ends(told: Told) -> None:
    """Evaluations repeat what they know; an alert that is forgotten has ended too."""
    events = Events(told)
    events.tell(an_evaluation(a_signal(1), a_signal(2)))
    events.tell(an_evaluation(a_signal(1), a_signal(2), after_s=5))

    events.tell(an_evaluation(a_signal(1, ended_at=NOON), after_s=10))
    events.tell(an_evaluation(after_s=60))

    assert [one["payload"]["alerts"] for one in told.named("dr.alert.firing")] == [2]
    assert [one["payload"]["alerts"] for one in told.named("dr.alert.resolved")] == [2]


def test_ten_thousand_alerts_are_a_few_events(told: Told) -> None:
    """A flood wakes an evaluation for every delivery; what comes within a second is told together, and all of it."""
    alerts, arrived = Alerts(told), list[Signal]()
    for delivery in range(100):
        arrived += [a_signal(100 * delivery + number) for number in range(100)]
        alerts.tell(a_situation(*arrived, after_s=delivery * 0.05))
    alerts.tell(a_situation(*arrived, after_s=15))

    firing = told.named("dr.alert.firing")
    assert sum(one["payload"]["alerts"] for one in firing) == 10_000
    assert len(firing) <= 6


def test_a_verdict_is_told_when_it_changes_and_the_all_clear_after_it(told: Told) -> None:
    events = Events(told)
    events.tell(an_evaluation())
    for second in (1, 2):
        events.tell(an_evaluation(a_signal(), after_s=second, failing=[EAST]))

    events.tell(an_evaluation(after_s=90))

    verdicts = [one for one in told if one["event"].startswith("dr.verdict.")]
    assert [one["event"] for one in verdicts] == ["dr.verdict.suspect", "dr.verdict.healthy"]
    assert [one["payload"]["title"] for one in verdicts] == ["suspect us-east-1, page", "all clear"]


def test_what_people_wrote_is_told_on_one_line_without_escapes(told: Told) -> None:
    """Guards quote the comment of a silence, and the reason of who turned automation off."""
    events = Events(told)
    signals = [
        a_signal(1),
        a_signal(2, signal=SignalClass.ERRORS, observer=WEST),
        a_signal(3, signal=SignalClass.REPLICATION, observer=WEST),
    ]
    confirmed = [one.model_copy(update={"confirmed": True}) for one in signals]

    events.tell(an_evaluation(*confirmed, failing=[EAST], switched_off=HOSTILE))

    [verdict] = [one for one in told if one["event"] == "dr.verdict.region-fault"]
    missing = " ".join(verdict["payload"]["missing"])
    assert "</script><!channel> {{ 7*7 }}\\x1b[31m" in missing
    assert all(line.isprintable() for line in verdict["payload"]["missing"])


def test_no_event_holds_a_word_of_an_alert(told: Told) -> None:
    Events(told).tell(an_evaluation(a_signal(), failing=[EAST]))

    assert "script" not in repr(told)
