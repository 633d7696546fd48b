"""`dr recover`: both regions are lost, and are rebuilt in a third place. `dr failback`: one that was left returns."""

from pathlib import Path
from typing import Annotated

import typer

from deployments.approvals import ACCOUNT
from deployments.instants import moment
from deployments.operating import operate, parsed
from recovery.failback import Failback
from recovery.multi_region_recovery import MultiRegionRecovery

EstatePath = Annotated[Path, typer.Option(envvar="DR_ESTATE", help="The estate file.")]
DEFAULT_ESTATE = Path("estate.yaml")


def recover(  # noqa: PLR0913 - each is a field of the same form as in the UI
    *,
    repository: Annotated[str | None, typer.Option(help="The region whose repository survives.")] = None,
    time: Annotated[str | None, typer.Option(help="To this instant, ISO 8601; else all there is.")] = None,
    fault_at: Annotated[str | None, typer.Option(help="When the last region was lost.")] = None,
    verify_repository: Annotated[bool, typer.Option(help="Read all of the repository again.")] = False,
    reason: Annotated[str, typer.Option(help="Why, in a sentence.")] = "",
    by: Annotated[str, typer.Option(help="Who asks, where somebody else must approve.")] = ACCOUNT,
    dry_run: Annotated[bool, typer.Option(help="Print the plan, change nothing.")] = False,
    estate: EstatePath = DEFAULT_ESTATE,
    break_glass: Annotated[bool, typer.Option(help="Without the Prefect server: it is gone.")] = False,
) -> None:
    """Rebuild both regions on their stand-ins, from backups alone, and send all traffic there."""
    operation = parsed(
        MultiRegionRecovery,
        repository=repository,
        time=moment("--time", time),
        fault_at=moment("--fault-at", fault_at),
        verify_repository=verify_repository,
        reason=reason,
        requested_by=by,
        dry_run=dry_run,
        estate=str(estate.resolve()),
    )
    typer.echo(operate(operation, break_glass=break_glass))


def failback(  # noqa: PLR0913 - each is a field of the same form as in the UI
    region: Annotated[str, typer.Argument(help="The region that was left, and is there again.")],
    *,
    share: Annotated[
        int | None, typer.Option(help="Its share of traffic, percent; else what it had.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, in a sentence.")] = "",
    by: Annotated[str, typer.Option(help="Who asks, where somebody else must approve.")] = ACCOUNT,
    dry_run: Annotated[bool, typer.Option(help="Print what is known, change nothing.")] = False,
    operation_id: Annotated[str | None, typer.Option("--id", help="Resume this operation.")] = None,
    estate: EstatePath = DEFAULT_ESTATE,
    break_glass: Annotated[bool, typer.Option(help="Without the Prefect server: it is gone.")] = False,
) -> None:
    """Bring a region back that was left: bring its rows home, prove that nothing differs, return its customers."""
    operation = parsed(
        Failback,
        region=region,
        share_percent=share,
        reason=reason,
        requested_by=by,
        dry_run=dry_run,
        id=operation_id,
        estate=str(estate.resolve()),
    )
    typer.echo(operate(operation, break_glass=break_glass))
