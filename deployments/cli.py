"""`dr`: every way in from a terminal. One place turns errors into exit codes."""

import os
import sys
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

from blocks.journal_stores import journal_of
from deployments import (
    approvals,
    automation,
    backups,
    conflicts,
    drills,
    estates,
    evidence,
    readiness,
    reconciliations,
    recoveries,
    restores,
    server,
    verdicts,
)
from deployments.operating import operate, parsed
from recovery.errors import RecoveryError, Refused
from recovery.estate import EstateFile
from recovery.operation import Failover, Mode

# The terminal gets our own lines; Prefect's log goes to its server, as for a run that the UI started.
os.environ.setdefault("PREFECT_LOGGING_LEVEL", "INFO")
os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
os.environ.setdefault("PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW", "ignore")

app = typer.Typer(
    help="Disaster recovery of a two-region estate.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(estates.app, name="estate")
app.add_typer(verdicts.app, name="verdict")
app.add_typer(evidence.app, name="evidence")
monitoring_app = typer.Typer(help="What watches the estate.", no_args_is_help=True)
monitoring_app.callback()(lambda: None)
app.add_typer(monitoring_app, name="monitoring")
app.add_typer(automation.app, name="automation")
app.command()(readiness.readiness)
app.add_typer(backups.app, name="backups")
app.add_typer(restores.app, name="restore")
app.command()(recoveries.recover)
app.command()(recoveries.failback)
app.command()(drills.drill)
app.add_typer(reconciliations.app, name="reconcile")
app.add_typer(conflicts.app, name="conflicts")
app.command()(approvals.approve)
app.command()(approvals.refuse)

EstatePath = Annotated[Path, typer.Option(envvar="DR_ESTATE", help="The estate file.")]
BreakGlass = Annotated[bool, typer.Option(help="Run without the Prefect server: it is gone.")]
DEFAULT_ESTATE = Path("estate.yaml")
NOT_DONE, BAD_INPUT = 1, 2


@monitoring_app.command("write")
def write_monitoring(
    folder: Annotated[Path, typer.Argument(help="Where the files are written, a folder for each place.")],
    *,
    estate: EstatePath = DEFAULT_ESTATE,
) -> None:
    """Write Prometheus' rules and the configurations of Prometheus and Alertmanager, from the estate file."""
    from deployments.monitoring.writing import write  # noqa: PLC0415

    for path in write(EstateFile.read(estate), folder):
        print(path)


@app.command()
def deploy(*, estate: EstatePath = DEFAULT_ESTATE) -> None:
    """Register the flows on the Prefect server: work pool, deployments, forms with this estate's regions."""
    server.use_server_of(EstateFile.read(estate))
    from deployments import registration  # noqa: PLC0415

    for line in registration.register(estate):
        print(line)


@app.command()
def failover(  # noqa: PLR0913 - each is a field of the same form as in the UI
    source: Annotated[str, typer.Argument(help="The region to leave.")],
    *,
    mode: Annotated[
        Mode, typer.Option(help="unplanned: it is lost; planned: it is healthy.")
    ] = Mode.UNPLANNED,
    reason: Annotated[str, typer.Option(help="Why, in a sentence.")] = "",
    dry_run: Annotated[bool, typer.Option(help="Print the plan, change nothing.")] = False,
    by: Annotated[str, typer.Option(help="Who asks, where somebody else must approve.")] = approvals.ACCOUNT,
    operation_id: Annotated[str | None, typer.Option("--id", help="Resume this operation.")] = None,
    injected_at: Annotated[str | None, typer.Option(help="A drill's T0, ISO 8601.")] = None,
    estate: EstatePath = DEFAULT_ESTATE,
    break_glass: BreakGlass = False,
) -> None:
    """Leave a region: the other one takes over its data and its traffic."""
    operation = parsed(
        Failover,
        source=source,
        mode=mode,
        reason=reason,
        dry_run=dry_run,
        requested_by=by,
        id=operation_id,
        injected_at=injected_at,
        estate=str(estate.resolve()),
    )
    print(operate(operation, break_glass=break_glass))


@app.command()
def resume(
    operation_id: Annotated[str, typer.Argument(help="The operation's id.")],
    *,
    estate: EstatePath = DEFAULT_ESTATE,
    break_glass: BreakGlass = False,
) -> None:
    """Go on with an interrupted operation: what is done is skipped; before the point of no return it looks again."""
    from deployments import operations  # noqa: PLC0415

    print(operate(operations.interrupted(operation_id, estate), break_glass=break_glass))


@app.command("operations")
def operations_command(*, estate: EstatePath = DEFAULT_ESTATE) -> None:
    """List the operations of the estate, newest first.

    Held: it has the estate. Unfinished: it waits for the estate, or was interrupted, and `dr resume` goes on with it.
    """
    from deployments import operations  # noqa: PLC0415

    for line in operations.listed(estate):
        print(line)


@app.command()
def tell_prefect(*, estate: EstatePath = DEFAULT_ESTATE) -> None:
    """Tell the Prefect server what ran while it was gone: each run, with its steps. The intake does so, too."""
    server.use_server_of(EstateFile.read(estate))
    from deployments import telling  # noqa: PLC0415 - Prefect reads its settings when it is imported

    told = telling.tell(journal_of(str(estate))[1], now=datetime.now(UTC), but=set())
    for line in told or ["The server knows what the journal does."]:
        print(line)


@app.command()
def close(
    operation_id: Annotated[str, typer.Argument(help="The operation's id.")],
    *,
    reason: Annotated[str, typer.Option(help="Why it is given up, and what was done by hand.")],
    estate: EstatePath = DEFAULT_ESTATE,
) -> None:
    """Give up an operation that a person has finished by hand: the estate is free for the next one."""
    from deployments import operations  # noqa: PLC0415

    operations.close(operation_id, estate, reason)
    print(f"{operation_id} is closed.")


def main() -> None:
    """Run `dr`; a refusal exits with 2, what could not be done with 1, each with its reason in a line."""
    for command in entry_points(group="eden_dr.commands"):
        app.add_typer(command.load(), name=command.name)
    server.leave(_status())


def _status() -> int:
    try:
        app()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except Refused as error:
        print(f"dr: {error}", file=sys.stderr)
        return BAD_INPUT
    except RecoveryError as error:
        print(f"dr: {error}", file=sys.stderr)
        return NOT_DONE
    return 0


if __name__ == "__main__":
    main()
