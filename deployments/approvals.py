"""`dr approve` and `dr refuse`: the answer to an operation that waits for one, without Prefect."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from blocks.journal_stores import journal_of
from recovery.approval import Decision, Question, Said
from recovery.errors import BadInput, OperationClosed, Refused
from recovery.journal import closed_at
from recovery.procedures import asked_for

EstatePath = Annotated[Path, typer.Option(envvar="DR_ESTATE", help="The estate file.")]
Operation = Annotated[str, typer.Argument(help="The operation's id; `dr operations` lists them.")]
Reason = Annotated[str, typer.Option(help="Why, in a sentence; it goes into the journal and the report.")]
By = Annotated[str, typer.Option(help="Who you are, as recovery.approval.approvers names you.")]
Code = Annotated[
    str,
    typer.Option(
        prompt="Your code", hide_input=True, help="What your authenticator shows now; asked for if absent."
    ),
]
DEFAULT_ESTATE = Path("estate.yaml")
ACCOUNT = getpass.getuser()
GIVEN_IN = "dr"
OPTIONS: dict[int | str, str] = {"by": "--by", "code": "--code", "why": "--reason"}


def approve(
    operation: Operation,
    *,
    reason: Reason,
    code: Code,
    by: By = ACCOUNT,
    estate: EstatePath = DEFAULT_ESTATE,
) -> None:
    """Approve an operation that waits for it, and that somebody else asked for."""
    _answer(operation, estate, _said(Decision.APPROVE, by=by, code=code, why=reason))


def refuse(
    operation: Operation,
    *,
    reason: Reason,
    code: Code,
    by: By = ACCOUNT,
    estate: EstatePath = DEFAULT_ESTATE,
) -> None:
    """Refuse an operation that waits for an approval: it puts back what it changed, and ends."""
    _answer(operation, estate, _said(Decision.REFUSE, by=by, code=code, why=reason))


def _said(decision: Decision, **fields: str) -> Said:
    """Return what was typed; a refusal names the field, and shows no code."""
    try:
        return Said.model_validate({"decision": decision, **fields})
    except ValidationError as error:  # it quotes what was typed, the code too: it is not the cause to show
        raise BadInput(
            "; ".join(f"{OPTIONS[one['loc'][0]]}: {one['msg']}" for one in error.errors())
        ) from None


def _answer(operation: str, estate: Path, said: Said) -> None:
    from blocks.estate import approvers_of  # noqa: PLC0415 - Prefect takes a second to import
    from recovery import operation_journal  # noqa: PLC0415

    file, quorum = journal_of(str(estate))
    events = operation_journal.read(quorum, operation)
    if (begun := asked_for(events)) is None:
        raise BadInput(f"There is no operation {operation!r}; `dr operations` lists them.")
    if closed_at(events):
        raise OperationClosed(f"Operation {operation} has ended already.")
    asked = begun.model_copy(update={"id": operation})
    now = datetime.now(UTC)
    answer = Question(asked, file.settings.estate, quorum, approvers_of(file)).take(
        said, given_in=GIVEN_IN, now=now
    )
    verb = "approved" if answer.approved else "refused"
    if answer.at != now:
        raise Refused(f"{operation} was {verb} already by {answer.by} ({answer.given_in}): {answer.why}")
    typer.echo(f"{operation} is {verb} by {answer.by}.")
