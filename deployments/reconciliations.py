"""`dr reconcile`: compare the two regions row by row."""

from pathlib import Path
from typing import Annotated

import typer

from deployments.operating import parsed, shown
from recovery.estate import EstateFile
from recovery.objectives import Judgement
from recovery.reconciliation_order import Reconciliation

EstatePath = Annotated[Path, typer.Option(envvar="DR_ESTATE", help="The estate file.")]
NOT_EQUAL = 1
DEFAULT_ESTATE = Path("estate.yaml")
Groups = Annotated[list[str] | None, typer.Option(help="A node group whose tables are compared; repeat it.")]
Tables = Annotated[list[str] | None, typer.Option(help="A table, as database.schema.table; repeat it.")]


def reconcile(  # noqa: PLR0913 - each is a field of the same form as in the UI
    *,
    group: Groups = None,
    table: Tables = None,
    samples: Annotated[int, typer.Option(help="So many rows of each table are shown; 0: keys only.")] = 5,
    exact: Annotated[bool, typer.Option("--exact", help="Tell 1.0 from 1.00, too.")] = False,
    at_once: Annotated[int, typer.Option(help="So many tables are scanned at a time.")] = 2,
    fence_seconds: Annotated[float, typer.Option(help="So long what is under way is waited for.")] = 60,
    reason: Annotated[str, typer.Option(help="Why, in a sentence.")] = "",
    estate: EstatePath = DEFAULT_ESTATE,
    break_glass: Annotated[bool, typer.Option(help="Without the Prefect server: it is gone.")] = False,
) -> None:
    """Compare the two regions' tables while both are written to; exits with 0 only if nothing differs."""
    order = parsed(
        Reconciliation,
        node_groups=tuple(group or ()),
        tables=tuple(table or ()),
        samples=samples,
        exact=exact,
        at_once=at_once,
        fence_seconds=fence_seconds,
        reason=reason,
        estate=str(estate.resolve()),
    )
    shown(EstateFile.read(estate), break_glass=break_glass)
    from deployments import running  # noqa: PLC0415 - Prefect reads its settings when it is imported

    found = running.compare(order, through_server=not break_glass)
    typer.echo(f"{found.id}: {found.headline}. {found.verdict}")
    for compared in found.tables:
        if compared.drifted or compared.restless:
            typer.echo(f"  {compared}")
    for left in found.not_compared:
        typer.echo(f"  {left.table} was not compared: {left.why}")
    if found.judgement is not Judgement.MET:
        raise typer.Exit(NOT_EQUAL)
