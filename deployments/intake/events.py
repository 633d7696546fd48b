"""Verdicts as Prefect events, for automations: `dr.verdict.<row>`, each once for each change."""

from prefect.events import emit_event

from recovery.evaluation import Evaluation
from recovery.guards import Course
from recovery.verdict import Row


class Events:
    """Tells what changed; a server that is away costs nothing here: events are sent in the background."""

    def __init__(self) -> None:
        """Begin with a healthy estate, which needs no event."""
        self._told: tuple[Row, str | None, Course] = (Row.HEALTHY, None, Course.NOTHING)

    def tell(self, evaluation: Evaluation) -> None:
        """Emit an event where row, region or course are new."""
        verdict, decision = evaluation.verdict, evaluation.decision
        now = (verdict.row, verdict.region, decision.course)
        if now == self._told:
            return
        self._told = now
        emit_event(
            event=f"dr.verdict.{verdict.row.replace(' ', '-')}",
            resource={
                "prefect.resource.id": f"dr.region.{verdict.region or 'none'}",
                "prefect.resource.name": verdict.region or "no region",
                "dr.course": decision.course.value,
            },
            payload={"sentence": evaluation.sentence, "missing": list(decision.missing)},
        )
