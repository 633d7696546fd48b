"""The automations of an estate, in Prefect's own words: the list that `dr deploy` applies.

A trigger is reactive (an event came) or proactive (an event did not come in time after another one): see
docs.prefect.io/v3/concepts/automations and /event-triggers.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from prefect.events.actions import RunDeployment, SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

from deployments.automations import happenings, texts
from recovery.event_names import DRILL_PASSED, STEP_OVERDUE, STEP_SLOW, estate_id, readiness_event
from recovery.guards import Course

TAG, PREFIX = "eden-dr", "eden-dr: "
"""Automations with this tag whose name begins so are `dr deploy`'s: it changes and removes them, and no others."""
START = f"{PREFIX}start a failover that was decided and did not begin"
DRILL = f"{PREFIX}page when a drill is overdue"
NOT_BEGUN = timedelta(seconds=20)
"""The intake begins a failover within half a second of deciding it; 10 s is the least that Prefect takes."""
NEED_A_PERSON = (Course.PAGE, Course.HELD_BACK, Course.SHADOW)
"""Where one is asked for an approval, the run that waits for it calls."""
A_RUN = ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"})
OF_THE_FAILOVER = ResourceSpecification(
    {"prefect.resource.role": "flow", "prefect.resource.name": "region-failover"}
)
OPERATION = {
    "__prefect_kind": "json",
    "value": {"__prefect_kind": "jinja", "template": "{{ event.payload.operation | tojson }}"},
}
"""The operation as the event has it: the same ids, so that its journal and epoch keep it one."""


@dataclass(frozen=True)
class Given:
    """What the declarations take from the estate and from the server."""

    estate: str
    deployment: UUID
    rto: timedelta
    drill_overdue: timedelta
    page: UUID | None
    """The notification block that calls a person; None: the estate names none."""
    notice: UUID | None
    """The notification block that tells a channel."""
    not_begun: timedelta = NOT_BEGUN


def declared(given: Given) -> list[AutomationCore]:
    """Return the estate's automations; those that need a block only where it names one."""
    found = [_start(given)]
    if given.page:
        found += [
            _page_for_a_person(given.page),
            _page_for_approval(given.page),
            _page_stopped(given.page),
            _page_late(given.page, given.rto),
            _page_overdue(given.page, given.estate, given.drill_overdue),
        ]
    if given.notice:
        found += [_notice(given.notice), _notice_of_readiness(given.notice, given.estate)]
        found.append(_notice_of_slow_steps(given.notice, given.estate))
    return found


def _start(given: Given) -> AutomationCore:
    return AutomationCore(
        name=START,
        description="The intake decided a failover, and within seconds nobody began it: a worker runs it.",
        tags=[TAG],
        trigger=EventTrigger(
            posture=Posture.Proactive,
            after={happenings.DECIDED},
            expect={happenings.BEGUN},
            for_each={"prefect.resource.id"},
            within=given.not_begun,
        ),
        actions=[RunDeployment(deployment_id=given.deployment, parameters={"operation": OPERATION})],
    )


def _page_for_a_person(block: UUID) -> AutomationCore:
    return AutomationCore(
        name=f"{PREFIX}page when a verdict needs a person",
        description="Something is wrong, and nothing is done about it by itself.",
        tags=[TAG],
        trigger=EventTrigger(
            expect={"dr.verdict.*"},
            match=ResourceSpecification({"dr.course": [course.value for course in NEED_A_PERSON]}),
        ),
        actions=[_told(block, texts.VERDICT_TITLE, texts.VERDICT)],
    )


def _page_for_approval(block: UUID) -> AutomationCore:
    return AutomationCore(
        name=f"{PREFIX}page when a failover waits for an approval",
        description="A run of region-failover is paused until an approver answers.",
        tags=[TAG],
        trigger=EventTrigger(expect={"prefect.flow-run.Paused"}, match=A_RUN, match_related=OF_THE_FAILOVER),
        actions=[_told(block, "Eden DR: a failover waits for your approval", texts.WAITS)],
    )


def _page_stopped(block: UUID) -> AutomationCore:
    return AutomationCore(
        name=f"{PREFIX}page when a failover has stopped",
        description="A run of region-failover failed or crashed.",
        tags=[TAG],
        trigger=EventTrigger(
            expect={"prefect.flow-run.Failed", "prefect.flow-run.Crashed"},
            match=A_RUN,
            match_related=OF_THE_FAILOVER,
        ),
        actions=[_told(block, "Eden DR: a failover has stopped", texts.STOPPED)],
    )


def _page_late(block: UUID, rto: timedelta) -> AutomationCore:
    minutes = rto.total_seconds() / 60
    return AutomationCore(
        name=f"{PREFIX}page when a failover is not done within the RTO",
        description=f"A run of region-failover began, and {minutes:g} min later has not ended.",
        tags=[TAG],
        trigger=EventTrigger(
            posture=Posture.Proactive,
            after={"prefect.flow-run.Running"},
            # One that failed has paged already; one that was cancelled half-way has not.
            expect={"prefect.flow-run.Completed", "prefect.flow-run.Failed", "prefect.flow-run.Crashed"},
            match=A_RUN,
            match_related=OF_THE_FAILOVER,
            for_each={"prefect.resource.id"},
            within=rto,
        ),
        actions=[_told(block, "Eden DR: a failover is not done within the RTO", texts.late(minutes))],
    )


def _page_overdue(block: UUID, estate: str, overdue: timedelta) -> AutomationCore:
    return AutomationCore(
        name=DRILL,
        description=f"{overdue.days} days without a drill that passed.",
        tags=[TAG],
        trigger=EventTrigger(
            posture=Posture.Proactive,
            # Each drill that passed begins the span anew; without `after` the spans would follow one another,
            # and a drill in the first days of one would cover the whole of the next.
            after={happenings.DRILL_AWAITED, DRILL_PASSED},
            expect={DRILL_PASSED},
            match=ResourceSpecification({"prefect.resource.id": estate_id(estate)}),
            for_each={"prefect.resource.id"},
            within=overdue,
        ),
        actions=[_told(block, "Eden DR: a drill is overdue", texts.overdue(estate, overdue.days))],
    )


def _notice(block: UUID) -> AutomationCore:
    return AutomationCore(
        name=f"{PREFIX}notice of each verdict",
        description="Every change of the intake's verdict, the all clear included.",
        tags=[TAG],
        trigger=EventTrigger(expect={"dr.verdict.*"}),
        actions=[_told(block, texts.VERDICT_TITLE, texts.VERDICT)],
    )


def _notice_of_readiness(block: UUID, estate: str) -> AutomationCore:
    return AutomationCore(
        name=f"{PREFIX}notice when readiness changes",
        description="Another verdict of the readiness check than of the one before, ready included.",
        tags=[TAG],
        trigger=EventTrigger(
            expect={readiness_event("*")},
            match=ResourceSpecification({"prefect.resource.id": estate_id(estate), "dr.changed": "verdict"}),
        ),
        actions=[_told(block, "Eden DR: readiness has changed", texts.READINESS)],
    )


def _notice_of_slow_steps(block: UUID, estate: str) -> AutomationCore:
    return AutomationCore(
        name=f"{PREFIX}notice of a slow step",
        description="A step that is slower than it was before, or past its deadline, while it still runs.",
        tags=[TAG],
        trigger=EventTrigger(
            expect={STEP_SLOW, STEP_OVERDUE},
            match=ResourceSpecification({"prefect.resource.id": estate_id(estate)}),
        ),
        actions=[_told(block, "Eden DR: a step is slow", texts.SLOW)],
    )


def _told(block: UUID, subject: str, body: str) -> SendNotification:
    return SendNotification(block_document_id=block, subject=subject, body=body)
