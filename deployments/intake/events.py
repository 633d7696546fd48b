"""What the intake knows as Prefect events, for automations: `dr.verdict.<row>`, `dr.alert.<firing or resolved>`.

They are sent in the background: a server that is away costs nothing here, and loses them.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from prefect.events import emit_event

from recovery.evaluation import Evaluation
from recovery.guards import Course
from recovery.plain_text import one_line
from recovery.signals import SignalClass, Situation
from recovery.verdict import Row

Emit = Callable[..., object]
MOST_OFTEN = timedelta(seconds=1)
"""Alerts are told no more often, however many arrive: what changes in between is told together."""
UNATTRIBUTED = "unattributed"
LONGEST = 500
MOST_MISSING = 10


class Events:
    """Tells what changed from one evaluation to the next."""

    def __init__(self, emit: Emit = emit_event) -> None:
        """Begin with a healthy estate, which needs no event."""
        self._emit, self._alerts = emit, Alerts(emit)
        self._told: tuple[Row, str | None, Course] = (Row.HEALTHY, None, Course.NOTHING)

    def tell(self, evaluation: Evaluation) -> None:
        """Emit what is new: alerts, and a verdict whose row, region or course is another one."""
        self._alerts.tell(evaluation.situation)
        verdict, decision = evaluation.verdict, evaluation.decision
        now = (verdict.row, verdict.region, decision.course)
        if now == self._told:
            return
        self._told = now
        self._emit(
            event=f"dr.verdict.{verdict.row.replace(' ', '-')}",
            resource={**_region(verdict.region or "none"), "dr.course": decision.course.value},
            payload={
                "title": _title(verdict.row, verdict.region, decision.course),
                "sentence": _short(evaluation.sentence),
                "missing": [_short(missing) for missing in decision.missing[:MOST_MISSING]],
            },
        )


class Alerts:
    """Tells how many alerts began and ended, for each region by class of signal: no word of theirs, only counts."""

    def __init__(self, emit: Emit) -> None:
        """Begin with no alert: after a restart, those that still fire are told again."""
        self._emit, self._told_at = emit, datetime.min.replace(tzinfo=UTC)
        self._firing: dict[str, tuple[str, SignalClass]] = {}

    def tell(self, situation: Situation) -> None:
        """Emit at most one event for each of firing and resolved and each region, once in `MOST_OFTEN`."""
        if situation.at - self._told_at < MOST_OFTEN:
            return
        before = self._firing
        self._firing = {
            signal.key: (signal.region or UNATTRIBUTED, signal.signal)
            for signal in situation.signals
            if signal.ended_at is None
        }
        began = [self._firing[key] for key in self._firing.keys() - before.keys()]
        ended = [before[key] for key in before.keys() - self._firing.keys()]
        if began or ended:
            self._told_at = situation.at
        self._count("firing", began)
        self._count("resolved", ended)

    def _count(self, status: str, alerts: Iterable[tuple[str, SignalClass]]) -> None:
        regions = dict[str, Counter[str]]()
        for region, signal in alerts:
            regions.setdefault(region, Counter())[signal.value] += 1
        for region, signals in sorted(regions.items()):
            self._emit(
                event=f"dr.alert.{status}",
                resource=_region(region),
                payload={"alerts": signals.total(), "signals": dict(signals)},
            )


def _region(name: str) -> dict[str, str]:
    return {
        "prefect.resource.id": f"dr.region.{name}",
        "prefect.resource.name": "no region" if name == "none" else name,
    }


def _title(row: Row, region: str | None, course: Course) -> str:
    if row is Row.HEALTHY:
        return "all clear"
    return f"{row} {region or ''}".strip() + f", {course}"


def _short(text: str) -> str:
    return one_line(text)[:LONGEST]
