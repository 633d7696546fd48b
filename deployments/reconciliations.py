"""`dr reconcile`: compare the two regions row by row, and repair what differs by a plan."""

from pathlib import Path
from typing import Annotated

import typer

from deployments import approvals
from deployments.operating import operate, parsed, shown
from recovery.estate import EstateFile
from recovery.objectives import Judgement
from recovery.reconcile.findings import Findings
from recovery.reconciliation_order import LookAt, Reconciliation, Then
from recovery.regions_repair import RegionsRepair

app = typer.Typer(
    help="Compare the two regions' tables while both are written to, and repair what differs.",
    invoke_without_command=True,
    no_args_is_help=False,
)
EstatePath = Annotated[Path, typer.Option(envvar="DR_ESTATE", help="The estate file.")]
BreakGlass = Annotated[bool, typer.Option(help="Without the Prefect server: it is gone.")]
Reason = Annotated[str, typer.Option(help="Why, in a sentence.")]
DryRun = Annotated[bool, typer.Option(help="Say how the plan's rows stand, change nothing.")]
By = Annotated[str, typer.Option(help="Who asks, where somebody else must approve.")]
NOT_EQUAL = 1
DEFAULT_ESTATE = Path("estate.yaml")
Groups = Annotated[list[str] | None, typer.Option(help="A node group whose tables are compared; repeat it.")]
Tables = Annotated[list[str] | None, typer.Option(help="A table, as database.schema.table; repeat it.")]


@app.callback()
def reconcile(  # noqa: PLR0913 - each is a field of the same form as in the UI
    context: typer.Context,
    *,
    group: Groups = None,
    table: Tables = None,
    then: Annotated[Then, typer.Option(help="What becomes of what is found.")] = Then.PLAN,
    look_at: Annotated[
        LookAt, typer.Option(help="Every row, what changed, or rows of conflicts.")
    ] = LookAt.WHOLE,
    redis: Annotated[bool, typer.Option("--redis", help="The keys of Redis, too.")] = False,
    redis_winner: Annotated[
        str | None, typer.Option(help="The region whose keys a repair gives the other one.")
    ] = None,
    redis_delete: Annotated[
        bool, typer.Option("--redis-delete", help="A repair deletes keys that region does not have.")
    ] = False,
    redis_keys_per_second: Annotated[float, typer.Option(help="At most so many are asked for.")] = 20_000,
    samples: Annotated[
        int, typer.Option(help="So many rows of each table, and keys of Redis, are shown; 0: no values.")
    ] = 5,
    thin_link: Annotated[
        bool, typer.Option("--thin-link", help="Read fewer bytes of large tables, and take longer.")
    ] = False,
    exact: Annotated[bool, typer.Option("--exact", help="Tell 1.0 from 1.00, too.")] = False,
    at_once: Annotated[int, typer.Option(help="So many tables are scanned at a time.")] = 2,
    fence_seconds: Annotated[float, typer.Option(help="So long what is under way is waited for.")] = 60,
    reason: Reason = "",
    by: By = approvals.ACCOUNT,
    estate: EstatePath = DEFAULT_ESTATE,
    break_glass: BreakGlass = False,
) -> None:
    """Compare the two regions' tables while both are written to; exits with 0 only if nothing differs."""
    if context.invoked_subcommand:
        return
    order = parsed(
        Reconciliation,
        node_groups=tuple(group or ()),
        tables=tuple(table or ()),
        then=then,
        look_at=look_at,
        redis=redis or redis_winner is not None,
        redis_winner=redis_winner,
        redis_delete=redis_delete,
        redis_keys_per_second=redis_keys_per_second,
        samples=samples,
        thin_link=thin_link,
        exact=exact,
        at_once=at_once,
        fence_seconds=fence_seconds,
        reason=reason,
        requested_by=by,
        estate=str(estate.resolve()),
    )
    shown(EstateFile.read(estate), break_glass=break_glass)
    from deployments import running  # noqa: PLC0415 - Prefect reads its settings when it is imported

    found = running.compare(order, through_server=not break_glass)
    _tell(found)
    if found.judgement is not Judgement.MET:
        raise typer.Exit(NOT_EQUAL)


@app.command()
def repair(  # noqa: PLR0913 - each is a field of the same form as in the UI
    plan: Annotated[str, typer.Argument(help="The comparison that made the plan.")],
    *,
    reason: Reason = "",
    dry_run: DryRun = False,
    by: By = approvals.ACCOUNT,
    estate: EstatePath = DEFAULT_ESTATE,
    break_glass: BreakGlass = False,
) -> None:
    """Carry out the plan of a comparison: each row as it says, in both regions."""
    asked = {"reason": reason, "dry_run": dry_run, "requested_by": by, "estate": str(estate.resolve())}
    typer.echo(operate(parsed(RegionsRepair, plan=plan, **asked), break_glass=break_glass))


@app.command()
def undo(  # noqa: PLR0913 - each is a field of the same form as in the UI
    operation_id: Annotated[str, typer.Argument(help="The repair that is taken back.")],
    *,
    reason: Reason = "",
    dry_run: DryRun = False,
    by: By = approvals.ACCOUNT,
    estate: EstatePath = DEFAULT_ESTATE,
    break_glass: BreakGlass = False,
) -> None:
    """Take a repair back: its rows become what they were, unless they were written since."""
    asked = {"reason": reason, "dry_run": dry_run, "requested_by": by, "estate": str(estate.resolve())}
    typer.echo(operate(parsed(RegionsRepair, undoes=operation_id, **asked), break_glass=break_glass))


def _tell(found: Findings) -> None:
    typer.echo(f"{found.id}: {found.headline}. {found.verdict}")
    for compared in found.tables:
        if compared.drifted or compared.restless:
            typer.echo(f"  {compared}")
    for said, some in (
        ("was not compared", found.not_compared),
        ("was not done to its end", found.unfinished),
        ("is not replicated", found.unreplicated),
    ):
        for one in some:
            typer.echo(f"  {one.table} {said}: {one.why}")
    if found.plan:
        typer.echo(str(found.plan))
        for change in found.plan.changes:
            typer.echo(f"  {change}")
        if found.plan.queued:
            typer.echo("`dr conflicts` lists the rows that a person decides about.")
        if found.plan.rows and not found.repair:
            typer.echo(f"`dr reconcile repair {found.plan.name}` carries the plan out.")
    if found.repair:
        typer.echo(found.repair)
