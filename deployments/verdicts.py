"""`dr verdict ...`: what the intake made of its alerts, and what today's rules would make of them."""

from pathlib import Path
from typing import Annotated

import typer

from recovery.errors import BadInput
from recovery.evaluation import Evaluation, again, parsed

app = typer.Typer(help="Verdicts of the alert intake.", no_args_is_help=True)


@app.callback()
def verdicts() -> None:
    """Hold the commands apart: a single one would take the group's place."""


@app.command()
def replay(file: Annotated[Path, typer.Argument(help="The intake's evaluations.jsonl.")]) -> None:
    """Judge stored evaluations again: each with its verdict then, today's where it differs, and what was missing."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(
            f"{file} cannot be read ({error.strerror}); give the intake's evaluations.jsonl."
        ) from error
    # A label may hold a line end of another kind, as text.
    lines = [line for line in text.split("\n") if line]
    differing = 0
    for kept in parsed(str(file), lines):
        now = again(kept)
        same = (now.verdict, now.decision) == (kept.verdict, kept.decision)
        differing += not same
        typer.echo("\n".join(_told(kept, None if same else now)))
    typer.echo(f"{differing} of {len(lines)} come to something else today.")


def _told(kept: Evaluation, now: Evaluation | None) -> list[str]:
    told = [f"{kept.situation.at:%Y-%m-%d %H:%M:%S}  {_safe(kept.sentence)}"]
    told += [f"    missing: {_safe(missing)}" for missing in kept.decision.missing]
    return told + ([f"    today: {_safe(now.sentence)}"] if now else [])


def _safe(text: str) -> str:
    """Return *text* with what a terminal would act upon shown as what it is."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
