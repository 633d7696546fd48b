"""`dr readiness`: could a region be left now? By the same checks as the flow, without the Prefect server."""

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from recovery.readiness.result import Verdict

EstatePath = Annotated[Path, typer.Option(envvar="DR_ESTATE", help="The estate file.")]
DEFAULT_ESTATE = Path("estate.yaml")
NOT_READY = 1


def readiness(
    *,
    json: Annotated[bool, typer.Option("--json", help="All checks as one JSON document.")] = False,
    estate: EstatePath = DEFAULT_ESTATE,
) -> None:
    """Print every check, the worst first; 1 where one fails, or is not known. Changes and keeps nothing."""
    from blocks.estate import Estate  # noqa: PLC0415 - Prefect takes a second to import
    from recovery.readiness import running  # noqa: PLC0415 - with it
    from recovery.readiness.kept import Kept  # noqa: PLC0415
    from recovery.readiness.telling import lines  # noqa: PLC0415
    from recovery.readiness.told import asked  # noqa: PLC0415

    loaded, code_version = Estate.load(str(estate)), version("eden-dr")
    found = asked(lambda: Kept.newest(loaded.outside.journal, loaded.name))
    before = found if isinstance(found, Kept) else None
    facts = running.facts(loaded, before, now=datetime.now(UTC), code_version=code_version)
    result = running.judged(loaded, before, facts, code_version=code_version).readiness
    typer.echo(result.to_json() if json else "\n".join(lines(result)))
    if result.verdict is Verdict.NOT_READY:
        raise typer.Exit(NOT_READY)
