"""The approval as a form beside the paused Prefect run. The journal has the answer; the form is one way to give it."""

from collections.abc import Sequence
from concurrent.futures import Future
from contextvars import copy_context
from threading import Thread
from time import monotonic
from types import TracebackType
from typing import Any, Literal, Self

from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.flow_runs import pause_flow_run
from prefect.input import RunInput
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Running
from pydantic import Field, create_model

from recovery.approval import Card, Decision, Said
from recovery.report.markdown import escaped
from tasks.beside import best_effort

FORM = "the form in Prefect"
POLL_S, LOST_S = 1, 5.0
A_CODE, SOMETHING = r"^\s*\S{1,20}\s*$", r"\S"
"""Prefect's server refuses a form that does not keep to them."""


class Form:
    """`with Form(card, ...) as form:`: while the block runs, the run is paused with the form, if Prefect is there."""

    def __init__(self, card: Card, operation: str, approvers: Sequence[str], *, timeout_s: float) -> None:
        """Show nothing yet."""
        self._card, self._operation, self._timeout_s = card, operation, timeout_s
        self._approvers, self._asked, self._again_at_s = approvers, 0, 0.0
        self._answer: Future[Said] = Future()

    def __enter__(self) -> Self:
        """Pause the run, and show the card as its artifact too."""
        best_effort(
            lambda: create_markdown_artifact(
                markdown(self._card), key="exposure-card", description="Before the approval"
            )
        )
        self._show("")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Have the run shown as running again, where the answer was given elsewhere."""
        if not self._answer.done():
            best_effort(_go_on)

    def said(self) -> Said | None:
        """Return what was put into the form, None while nothing was; one that Prefect lost is shown again."""
        if not self._answer.done():
            return None
        if self._answer.exception() is None:
            return self._answer.result()
        if monotonic() >= self._again_at_s:
            best_effort(_go_on)  # a run that is still paused can not be paused anew
            self._show("")
        return None

    def ask_again(self, why: str) -> None:
        """Show the form anew, with the reason why its answer was not taken."""
        self._show(why)

    def _show(self, why: str) -> None:
        self._asked, answer = self._asked + 1, Future[Said]()
        self._answer, number, self._again_at_s = answer, self._asked, monotonic() + LOST_S
        thread = Thread(target=copy_context().run, args=(self._wait, answer, number, why), daemon=True)
        thread.start()

    def _wait(self, answer: Future[Said], number: int, why: str) -> None:
        """Pause until the form was sent; without a server there is no form, and `dr approve` is the way."""
        again = f"**Not taken: {escaped(why)}**\n\n" if why else ""
        form = _form(self._approvers).with_initial_data(description=again + markdown(self._card))
        try:
            filled = pause_flow_run(
                wait_for_input=form,
                timeout=max(1, round(self._timeout_s)),
                poll_interval=POLL_S,
                key=f"{self._operation}-{number}",
            )
            answer.set_result(_said(filled))
        except Exception as error:  # noqa: BLE001 - whatever Prefect raises: the journal is asked beside it
            if number == 1:
                get_run_logger().warning("There is no form to approve in: %s", error)
            answer.set_exception(error)


def markdown(card: Card) -> str:
    """Return the card as Markdown. A list: the form is narrow, and cuts a table's cells off."""
    lines = [f"### {card.question}", ""]
    lines += [f"- **{escaped(name)}**: {escaped(value)}" for name, value in card.facts]
    return "\n".join(
        [*lines, "", "**Can not be undone**", "", *(f"- {line}" for line in card.irreversible), ""]
    )


def _form(approvers: Sequence[str]) -> type[RunInput]:
    """Return the form; the approvers are choices, which can not be mistyped."""
    fields: dict[str, Any] = {
        "decision": (
            Decision,
            Field(title="Decision", description="refuse: it ends, and nothing was changed"),
        ),
        "by": (Literal[tuple(approvers)], Field(title="Who you are")),
        "code": (
            str,
            Field(
                pattern=A_CODE,
                title="Your code",
                description="The six digits that your authenticator shows now",
            ),
        ),
        "why": (
            str,
            Field(
                pattern=SOMETHING,
                max_length=500,
                title="Why",
                description="In a sentence; it goes into the journal and the report",
            ),
        ),
    }
    made: type[RunInput] = create_model("Approval", __base__=RunInput, **fields)
    return made


def _said(filled: RunInput) -> Said:
    return Said.model_validate(filled.model_dump(include={"decision", "by", "code", "why"}))


def _go_on() -> None:
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(flow_run.id, Running(), force=True)
