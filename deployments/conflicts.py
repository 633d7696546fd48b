"""`dr conflicts`: the rows that a plan leaves to a person, and that person's choice."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from deployments import approvals
from deployments.operating import operate, parsed
from recovery.conflict_queue import all_waiting, among, choose
from recovery.errors import BadInput
from recovery.estate_in_hand import EstateInHand
from recovery.kept_plans import leaving, plan_of
from recovery.reconcile.ports import Sighting
from recovery.reconcile.reconciliation_plan import Queued, ReconciliationPlan
from recovery.reconcile.shapes import Key
from recovery.regions_repair import RegionsRepair

app = typer.Typer(
    help="Rows that differ between the regions, and that a person decides about.", no_args_is_help=True
)
EstatePath = Annotated[Path, typer.Option(envvar="DR_ESTATE", help="The estate file.")]
Plan = Annotated[
    str | None, typer.Option(help="The comparison whose plan it is; by default all that left a row.")
]
Table = Annotated[str | None, typer.Option(help="Only rows of this table, as database.schema.table.")]
DEFAULT_ESTATE = Path("estate.yaml")
KEY: TypeAdapter[Key] = TypeAdapter(Key)


@app.command("list")
def list_(*, plan: Plan = None, table: Table = None, estate: EstatePath = DEFAULT_ESTATE) -> None:
    """List the rows that wait for a decision, each as both regions have it."""
    for number, (made, rows) in enumerate(_waiting(plan, estate)):
        if number and not rows:
            continue
        for row in among(rows, table, []):
            typer.echo(f"{row.table.path}  key: {', '.join(row.key)}\n  why: {row.why}")
            for region, seen in zip(made.regions, (row.left, row.right), strict=True):
                typer.echo(f"  {region}: {_told(seen)}")
        typer.echo(
            f"{len(rows)} rows of {made.name} wait for a decision: `dr conflicts take REGION --plan {made.name}`. "
            f"{len(made.queue) - len(rows)} more were decided, written since, or are another plan's: `dr reconcile` "
            "tells of those that differ."
        )


@app.command()
def take(  # noqa: PLR0913 - which rows, and what every operation is asked for with
    region: Annotated[str, typer.Argument(help="The region whose version both regions get.")],
    *,
    plan: Plan = None,
    table: Table = None,
    key: Annotated[
        list[str] | None,
        typer.Option(help='A row by its key, repeat it; several columns as JSON: ["a","b"]. Without: all.'),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, in a sentence.")] = "",
    dry_run: Annotated[bool, typer.Option(help="Say what would be changed, change nothing.")] = False,
    by: Annotated[str, typer.Option(help="Who decides.")] = approvals.ACCOUNT,
    estate: EstatePath = DEFAULT_ESTATE,
    break_glass: Annotated[bool, typer.Option(help="Without the Prefect server: it is gone.")] = False,
) -> None:
    """Decide: rows become what REGION has; one that it does not have is deleted in the other region."""
    if key and table is None:
        raise BadInput("Give --table with --key: rows of several tables may have that key.")
    found = _waiting(plan, estate)
    keys, every = [_key(each) for each in key or ()], [row for _, rows in found for row in rows]
    asked = among(every, table, keys)
    having = [(made, chosen) for made, rows in found if (chosen := [row for row in rows if row in asked])]
    names = [made.name for made, _ in having or found]
    if not having:
        raise BadInput(f"No row of {names[0]} waits for a decision; `dr reconcile` compares again.")
    if len(having) > 1:
        raise BadInput(f"Rows of several plans wait: add --plan, one of {', '.join(names)}.")
    ((made, chosen),) = having
    decided = choose(_loaded(estate), made, chosen, region=region, now=datetime.now(UTC))
    operation = parsed(
        RegionsRepair,
        plan=decided.name,
        reason=reason,
        dry_run=dry_run,
        requested_by=by,
        estate=str(estate.resolve()),
    )
    typer.echo(operate(operation, break_glass=break_glass))


def _loaded(estate: Path) -> EstateInHand:
    from blocks.estate import Estate  # noqa: PLC0415 - with Prefect, which every other command is to import later

    return Estate.load(str(estate))


def _waiting(plan: str | None, estate: Path) -> list[tuple[ReconciliationPlan, list[Queued]]]:
    here = _loaded(estate)
    return all_waiting(here, [plan_of(here, plan)] if plan else leaving(here))


def _key(text: str) -> Key:
    """A key of one column is its text; one of several is a JSON list, so that it may hold any character."""
    try:
        return KEY.validate_json(text)
    except ValidationError:
        return (text,)


def _told(seen: Sighting | None) -> str:
    if seen is None:
        return "not there"
    at = f", {seen.at:%Y-%m-%d %H:%M:%S.%f} UTC" if seen.at else ""
    return f"{seen.image}  (written {'by the other region' if seen.foreign else 'here'}{at})"
