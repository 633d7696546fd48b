"""`dr drill`: a disaster recovery test, as the schedule and the UI start it."""

from pathlib import Path
from typing import Annotated

import typer

from blocks.journal_stores import journal_of
from deployments.approvals import ACCOUNT
from deployments.operating import operate, parsed
from recovery.dr_test.scenarios import ScenarioName
from recovery.drill.order import PASSED, WALKED, DrTestOrder, Scope
from recovery.journal import Kind, find
from recovery.operation_journal import read

EstatePath = Annotated[Path, typer.Option(envvar="DR_ESTATE", help="The estate file.")]
DEFAULT_ESTATE = Path("estate.yaml")


def drill(  # noqa: PLR0913 - each is a field of the same form as in the UI
    scenarios: Annotated[
        list[ScenarioName] | None, typer.Argument(help="What is played; empty for all that the scope allows.")
    ] = None,
    *,
    scope: Annotated[Scope | None, typer.Option(help="How far it goes; else as the estate says.")] = None,
    region: Annotated[
        str | None, typer.Option(help="The region that faults hit; else the first one.")
    ] = None,
    put_back: Annotated[
        bool, typer.Option(help="Play nothing: put the estate back as a test that was stopped has left it.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why, in a sentence.")] = "",
    by: Annotated[str, typer.Option(help="Who asks, where somebody else must approve.")] = ACCOUNT,
    dry_run: Annotated[bool, typer.Option(help="Print what would be played, change nothing.")] = False,
    operation_id: Annotated[str | None, typer.Option("--id", help="Resume this test.")] = None,
    estate: EstatePath = DEFAULT_ESTATE,
    break_glass: Annotated[bool, typer.Option(help="Without the Prefect server: it is gone.")] = False,
) -> None:
    """Test that the estate can be recovered, there and back; it is left as it was. 0 if all scenarios passed."""
    order = parsed(
        DrTestOrder,
        scenarios=tuple(scenarios or ()),
        scope=scope,
        region=region,
        put_back=put_back,
        reason=reason,
        requested_by=by,
        dry_run=dry_run,
        id=operation_id,
        estate=str(estate.resolve()),
    )
    told = operate(order, break_glass=break_glass)
    typer.echo(told)
    if not (dry_run or put_back) and not _passed(told.partition(":")[0], estate):
        raise typer.Exit(1)


def _passed(operation: str, estate: Path) -> bool:
    """Whether the test's journal says so; a tabletop has passed if every precondition holds."""
    closed = find(read(journal_of(str(estate))[1], operation), Kind.CLOSED)
    return closed is not None and closed.data.get("outcome") in {PASSED, WALKED}
