"""`dr automation ...`: the kill switch of everything that would happen by itself."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from blocks.journal_stores import journal_of

app = typer.Typer(help="Whether failovers may start by themselves.", no_args_is_help=True)

EstatePath = Annotated[Path, typer.Option(envvar="DR_ESTATE", help="The estate file.")]
Reason = Annotated[str, typer.Option(help="Why, in a sentence.")]
DEFAULT_ESTATE = Path("estate.yaml")


@app.command()
def off(*, reason: Reason, estate: EstatePath = DEFAULT_ESTATE) -> None:
    """Start nothing by itself from now on; what runs goes on."""
    _throw(estate, reason, on=False)


@app.command()
def on(*, reason: Reason, estate: EstatePath = DEFAULT_ESTATE) -> None:
    """Let the estate's own rules decide again."""
    _throw(estate, reason, on=True)


@app.command()
def status(*, estate: EstatePath = DEFAULT_ESTATE) -> None:
    """Say whether it is on, since when, and by whom."""
    from recovery.switch import newest  # noqa: PLC0415

    file, quorum = journal_of(str(estate))
    thrown = newest(quorum, file.settings.estate)
    typer.echo(thrown.sentence if thrown else "on: nobody has thrown the switch")


def _throw(estate: Path, why: str, *, on: bool) -> None:
    from recovery.switch import Switched, throw  # noqa: PLC0415

    file, quorum = journal_of(str(estate))
    switched = Switched(on=on, by=getpass.getuser(), why=why, at=datetime.now(UTC))
    throw(quorum, file.settings.estate, switched)
    typer.echo(switched.sentence)
