"""From what is known to what is done: evaluate, write it down, and start an incident's failover once."""

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry

from deployments.intake.known import Known
from deployments.intake.looking import Looking, Observer
from deployments.intake.surroundings import around, probes
from recovery.errors import RecoveryError
from recovery.estate_in_hand import EstateInHand
from recovery.evaluation import Evaluation, evaluate
from recovery.evidence import Evidence
from recovery.guards import Circumstances, Course
from recovery.operation import Failover, Incident, Mode
from recovery.policy import automation_of, correlation_of, policy_of
from recovery.signals import Situation

SENTENCE = 2000
"""Characters of a verdict that an operation carries along."""

_log = logging.getLogger(__name__)


class Deciding:
    """The evaluations, one after the other; it remembers for how long the same verdict has stood."""

    def __init__(
        self,
        estate: EstateInHand,
        known: Known,
        observers: Mapping[str, Observer],
        *,
        kept: Path,
        registry: CollectorRegistry,
    ) -> None:
        """Evaluations go to *kept*, a file of JSON lines for `dr verdict replay`; figures to *registry*."""
        self._estate, self._known, self._kept = estate, known, kept
        self._policy, self._correlation = policy_of(estate.file), correlation_of(estate.file)
        every = timedelta(seconds=automation_of(estate.file).evaluate_seconds)
        self._looking = Looking(known, observers, registry=registry, every=every)
        self._standing: tuple[str | None, datetime, int] | None = None
        self._told: tuple[object, ...] = ()
        self._prober = ThreadPoolExecutor(1, thread_name_prefix="probe")

    def due(self, evaluation: Evaluation) -> datetime:
        """Return when a verdict that only lacks time is looked at again: often enough, and at the hold's end."""
        at, since = evaluation.situation.at, evaluation.around.standing_since
        again = at + self._policy.hold / self._policy.evaluations
        held = (since or at) + self._policy.hold
        return min(again, held) if held > at else again

    def evaluate(self, now: datetime) -> Evaluation:
        """Look, judge, decide, and write down what is new; changes nothing of the estate."""
        evidence = self._look(now)
        situation = Situation(
            at=now,
            regions=self._estate.file.regions,
            signals=self._known.signals(now),
            probes=probes(evidence, self._estate) if evidence else {},
            watchdogs=dict(self._known.watchdogs()),
        )
        first = evaluate(situation, self._correlation, Circumstances(), self._policy)
        region = first.verdict.region if first.verdict.calls_for_failover else None
        standing = self._stands(region, now)
        if region is None:
            return self._written(first)
        target = self._estate.file.other(region)
        working = self._looking.maintenance(source=region, target=target, now=now)
        surroundings = around(
            self._estate, evidence, source=region, fault_at=first.verdict.since, now=now
        ).model_copy(update={**standing, "maintenance": working})
        return self._written(evaluate(situation, self._correlation, surroundings, self._policy))

    def _look(self, now: datetime) -> Evidence | None:
        """Ask every place, and meanwhile the prober; return what it saw, None where it does not tell."""
        window = timedelta(seconds=self._estate.file.automated_failover.detection.detection_window_seconds)
        seen = self._prober.submit(self._estate.outside.prober.evidence, window)
        self._looking.look(now)
        try:
            return seen.result()
        except RecoveryError as error:
            _log.warning("%s", error, extra={"action": "probe"})
            return None

    def _stands(self, region: str | None, now: datetime) -> dict[str, object]:
        """Count one more evaluation that calls for leaving *region*; any other verdict begins anew."""
        if region is None:
            self._standing = None
            return {}
        before, since, count = self._standing or (region, now, 0)
        self._standing = (region, since, count + 1) if before == region else (region, now, 1)
        return {"standing_since": self._standing[1], "evaluations": self._standing[2]}

    def _written(self, evaluation: Evaluation) -> Evaluation:
        """Keep it if it says anything new: another row, region or course, or a guard that turned."""
        verdict, decision = evaluation.verdict, evaluation.decision
        told = (verdict.row, verdict.region, decision.course, *(guard.ok for guard in decision.guards))
        if told != self._told:
            with self._kept.open("a", encoding="utf-8") as file:
                file.write(evaluation.model_dump_json() + "\n")
            _log.info("%s", evaluation.sentence, extra={"action": "verdict"})
        self._told = told
        return evaluation


def failover_of(evaluation: Evaluation, estate: str, *, decided_at: datetime) -> Failover | None:
    """Return the operation that *evaluation*, done at *decided_at*, leads to; None where it leads to none.

    Its id and its incident's are drawn from the region and the first alert's instant: the same ones after
    a restart, so that an incident has one run.
    """
    verdict, at = evaluation.verdict, evaluation.situation.at
    if evaluation.decision.course not in {Course.FAIL_OVER, Course.ASK} or verdict.region is None:
        return None
    active_at = verdict.since or at
    name = f"{active_at:%Y%m%d-%H%M%S}-{verdict.region}"
    return Failover(
        id=f"failover-{name}",
        source=verdict.region,
        mode=Mode.UNPLANNED,
        reason=f"{verdict.row} by alerts",
        estate=estate,
        incident=Incident(
            id=f"incident-{name}",
            active_at=active_at,
            decided_at=decided_at,
            verdict=evaluation.sentence[:SENTENCE],
        ),
    )
