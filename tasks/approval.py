"""Waiting for somebody's approval, where the estate asks for it; a timeout is a refusal."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from prefect.logging import get_run_logger

from recovery.approval import NOBODY, Answer, Approval, Card, Question
from recovery.errors import DeadlinePassed, NotApproved, Refused
from recovery.estate_file.approval import ApprovalBlock
from recovery.findings import Finding
from recovery.journal import Kind
from recovery.traffic import CONTROL_PLANE
from recovery.waiting import wait_until
from tasks import exposing
from tasks.approval_form import FORM, Form
from tasks.run import FailoverRun, Run, now
from tasks.step import step

POLL_S = 0.25
STEP = "approve"


def _shown(run: FailoverRun) -> list[str]:
    """Return what the card is made of, and who is asked."""
    target = [run.target.database.endpoint, run.target.gateway.endpoint]
    return ["the approvers", "the journal", run.outside.prober.endpoint, *target, CONTROL_PLANE]


def _allowed_s(run: Run[Any]) -> float:
    asked = run.file.settings.approval
    return 60 * float(asked.timeout_minutes) if asked else 0.0


@step(
    title="Have it approved",
    touches=_shown,
    timeout_s=None,
    deadline=_allowed_s,
    without_control_plane="the card says that the target's share of the traffic is not known",
)
def approve(run: FailoverRun) -> Approval:
    """Show what is at stake, and wait for an approver who is not the one who asked.

    The answer may come by the form of the Prefect run or by `dr approve` and `dr refuse`; the first one counts, for
    good. Safe to repeat: an answer that was given while nobody waited is found, and the deadline goes on.
    """
    return asked(run, lambda who: exposing.card(run, asked_by=who), step_name=STEP)


def asked(run: Run[Any], card: Callable[[str], Card], *, step_name: str) -> Approval:
    """Ask, and return the approval; raises `NotApproved` for a refusal. The *card* is made for who asked."""
    question = Question(run.operation, run.estate.name, run.outside.journal, run.outside.approvers)
    asked_by, minutes = _who(run, question), float(_block(run).timeout_minutes)
    waiting = _Waiting(_begun(run, step_name) + timedelta(minutes=minutes), minutes, card)
    answer = _answer(run, question, waiting)
    if not answer.approved:
        raise NotApproved(f"{run.id} was refused by {answer.by} ({answer.given_in}): {answer.why}")
    return Approval(
        asked_by=asked_by,
        approved_by=answer.by,
        approved_at=answer.at,
        why=answer.why,
        given_in=answer.given_in,
    )


def told(run: FailoverRun) -> list[str | Finding]:
    """Return who would be asked, for a plan."""
    if not run.needs_approval:
        return ["the estate asks for no approval of this"]
    who = ", ".join(name for name in run.outside.approvers.names if name != run.operation.requested_by)
    return [
        Finding(
            check="it waits for the approval of one of",
            ok=bool(who),
            value=who or "NOBODY",
            remedy="recovery.approval names no approver: it would be refused",
        )
    ]


@dataclass(frozen=True)
class _Waiting:
    """Until when an answer is waited for, how long that is, and what is shown meanwhile."""

    until: datetime
    minutes: float
    card: Callable[[str], Card]


def _who(run: Run[Any], question: Question) -> str:
    """Return who asked; without a name nobody could be told apart from them."""
    if not (asked_by := question.asked_by):
        raise Refused(
            f"{run.file.name} asks for an approval by somebody else than who asked; give your name (`Your name` in the "
            "form, --by of `dr`)."
        )
    return asked_by


def _block(run: Run[Any]) -> ApprovalBlock:
    if (asked := run.file.settings.approval) is None:
        raise Refused(
            f"{run.file.name} asks for an approval, and nobody may give it; name approvers in "
            "recovery.approval.approvers, or set manual_approval_required to false."
        )
    return asked


def _begun(run: Run[Any], step_name: str) -> datetime:
    """Return when the question was put first: a resumed operation does not get a longer time."""
    return next(
        event.time for event in run.journal.events if (event.kind, event.step) == (Kind.STARTED, step_name)
    )


def _answer(run: Run[Any], question: Question, waiting: _Waiting) -> Answer:
    if early := question.answer():
        return early
    until = waiting.until
    left_s = max(0.0, (until - now()).total_seconds())
    shown = waiting.card(question.asked_by or NOBODY)
    waits = f"Waits for an approval until {until:%H:%M:%S} UTC: in this run's form (Resume), or `dr approve {run.id}`."
    run.note(waits, card=[list(fact) for fact in shown.facts])
    get_run_logger().warning(waits)
    with Form(shown, run.id, run.outside.approvers.names, timeout_s=left_s) as form:
        try:
            return wait_until(
                lambda: (_answered(run, question, form), "no answer"),
                what="an approval",
                deadline_s=left_s,
                poll_s=POLL_S,
            )
        except DeadlinePassed:
            why = f"no answer within {waiting.minutes:g} min"
            return question.close(Answer(approved=False, by=NOBODY, why=why, at=now(), given_in="timeout"))


def _answered(run: Run[Any], question: Question, form: Form) -> Answer | None:
    """Return the answer, once there is one; one of the form that can not be taken is asked for again."""
    answer = question.answer()
    if answer is None and (said := form.said()):
        try:
            return question.take(said, given_in=FORM, now=now())
        except Refused as error:
            run.note(f"An answer was not taken: {error}")
            get_run_logger().warning("An answer was not taken: %s", error)
            form.ask_again(str(error))
    return answer
