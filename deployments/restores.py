"""`dr restore`: find the moment to go back to, go back to it, and what belongs to that."""

import getpass
import re
from pathlib import Path
from typing import Annotated

import typer

from blocks.cluster_host import database_host, sessions_of, wal_of
from deployments.instants import moment
from deployments.operating import operate, parsed
from recovery import operation_journal
from recovery.adapters.postgres.wal_facts import WalFacts
from recovery.change_list import Found, how_to_go_on, listed, seen
from recovery.change_search import Search
from recovery.errors import BadInput, Refused
from recovery.estate import EstateFile
from recovery.fingerprints import ledger_key
from recovery.journal import closed_at
from recovery.procedures import asked_for
from recovery.restore_operation import Restore, Scope
from recovery.restore_point import POINT_NAME

app = typer.Typer(help="Restores to a point in time.", no_args_is_help=True)
EstatePath = Annotated[Path, typer.Option(envvar="DR_ESTATE", help="The estate file.")]
DamagedTables = Annotated[
    list[str] | None, typer.Option(help="surgical: a damaged table, as database.schema.table; repeat it.")
]
DEFAULT_ESTATE = Path("estate.yaml")
ACCOUNT = getpass.getuser()


@app.callback()
def restores() -> None:
    """Hold the commands apart: a single one would take the group's place."""


@app.command()
def find(  # noqa: PLR0913 - each narrows the search down
    *,
    region: Annotated[str, typer.Option(help="Whose cluster is looked at.")],
    database: Annotated[str, typer.Option(help="The node group that the table is in.")],
    table: Annotated[str, typer.Option(help="The table, as schema.table.")],
    since: Annotated[str | None, typer.Option(help="Commits from then on; ISO 8601 with its zone.")] = None,
    until: Annotated[str | None, typer.Option(help="Commits up to then; likewise.")] = None,
    backups: Annotated[bool, typer.Option("--backups", help="Fetch older WAL from the archive.")] = False,
    at_least: Annotated[int, typer.Option(min=1, help="Leave out what touched fewer rows.")] = 1,
    most: Annotated[int, typer.Option(min=1, help="Show so many at most, those of most rows.")] = 200,
    estate: EstatePath = DEFAULT_ESTATE,
) -> None:
    """Print which transactions changed a table's rows, and how many; the rows themselves are never shown."""
    first, last = moment("--since", since), moment("--until", until)
    if first and last and first > last:
        raise BadInput(f"--since {since} is after --until {until}; exchange them.")
    if backups and first is None:
        raise BadInput("--backups fetches WAL back to --since, and none was given; give --since.")
    file = EstateFile.read(estate)
    database_host(file, region)
    if database not in file.node_groups:
        raise BadInput(f"{file.name} has no node group {database!r}; it has {', '.join(file.node_groups)}.")
    facts = WalFacts(sessions_of(file, region), database)
    files, origins = facts.table(table), facts.origins(file.other(region))
    wal = wal_of(file, region, facts.position(), archived=backups)
    search = Search(wal, files, since=first, until=last)
    found = Found(at_least, most)
    found.take(search.transactions())
    lines = [
        *listed(found, here=region, origins=origins),
        "",
        *seen(search, found),
        "",
        how_to_go_on(found, region),
    ]
    typer.echo("\n".join(lines))


@app.command()
def run(  # noqa: PLR0913 - each is a field of the same form as in the UI
    region: Annotated[str, typer.Argument(help="Whose cluster is restored.")],
    *,
    scope: Annotated[Scope, typer.Option(help="What becomes of what is brought back.")] = Scope.BESIDE,
    time: Annotated[str | None, typer.Option(help="To this instant, ISO 8601 with its zone.")] = None,
    lsn: Annotated[str | None, typer.Option(help="To this position in the WAL.")] = None,
    point: Annotated[str | None, typer.Option(help="To this restore point.")] = None,
    before_transaction: Annotated[int | None, typer.Option(help="To just before its commit.")] = None,
    latest: Annotated[bool, typer.Option("--latest", help="To the newest commit that is archived.")] = False,
    table: DamagedTables = None,
    damage_until: Annotated[str | None, typer.Option(help="surgical: when the damage ended.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="surgical: repair the live rows.")] = False,
    fault_at: Annotated[str | None, typer.Option(help="When the damage was done, for the RPO.")] = None,
    repository: Annotated[str | None, typer.Option(help="The region whose repository is used.")] = None,
    keep: Annotated[bool, typer.Option(help="beside: leave the scratch cluster running.")] = True,
    reason: Annotated[str, typer.Option(help="Why, in a sentence.")] = "",
    by: Annotated[str, typer.Option(help="Who asks, where somebody else must approve.")] = ACCOUNT,
    dry_run: Annotated[bool, typer.Option(help="Print the plan, change nothing.")] = False,
    estate: EstatePath = DEFAULT_ESTATE,
    break_glass: Annotated[bool, typer.Option(help="Without the Prefect server: it is gone.")] = False,
) -> None:
    """Bring data back as it was at one moment: beside the live cluster, the damaged rows alone, or in its place."""
    operation = parsed(
        Restore,
        region=region,
        scope=scope,
        time=moment("--time", time),
        lsn=lsn,
        restore_point=point,
        before_transaction=before_transaction,
        latest=latest,
        tables=tuple(table or ()),
        damage_until=moment("--damage-until", damage_until),
        apply=apply,
        fault_at=moment("--fault-at", fault_at),
        repository=repository,
        keep=keep,
        reason=reason,
        requested_by=by,
        dry_run=dry_run,
        estate=str(estate.resolve()),
    )
    typer.echo(operate(operation, break_glass=break_glass))


@app.command()
def drop(
    operation: Annotated[str, typer.Argument(help="The operation whose scratch cluster was kept.")],
    *,
    estate: EstatePath = DEFAULT_ESTATE,
) -> None:
    """Remove what an operation that has ended left: a scratch cluster, or the clusters that it replaced."""
    from blocks.estate import Estate  # noqa: PLC0415 - Prefect takes a second to import

    loaded = Estate.load(str(estate))
    events = operation_journal.read(loaded.outside.journal, operation)
    asked = asked_for(events)
    if not isinstance(asked, Restore):
        raise BadInput(f"There is no restore {operation!r}; `dr operations` lists them.")
    if closed_at(events) is None:
        raise Refused(f"{operation} has not ended; `dr resume {operation}` goes on with it.")
    for region in sorted({event.region for event in events if event.step == "fetch" and event.region}):
        loaded.restorable(region).scratch(operation).remove(replaced=True)
    typer.echo(f"What {operation} left is gone.")


@app.command()
def point(
    name: Annotated[str, typer.Argument(help="The restore point's name, such as before-release-42.")],
    *,
    region: Annotated[str, typer.Option(help="In whose cluster.")],
    estate: EstatePath = DEFAULT_ESTATE,
) -> None:
    """Make a restore point, and keep the ledger by which a restore to it is proved later."""
    from blocks.estate import Estate  # noqa: PLC0415

    if not re.fullmatch(POINT_NAME, name):
        raise BadInput(f"{name!r} is no name of a restore point; use letters, digits and ._:- , 63 at most.")
    loaded, where = Estate.load(str(estate)), ledger_key(region, name)
    if loaded.outside.journal.keys(where):
        raise BadInput(
            f"{region} has a restore point {name!r} already: a restore would stop at the first; give another."
        )
    ledger = loaded.restorable(region).ledgers.take(region, name)
    loaded.outside.journal.put(where, ledger.model_dump_json().encode())
    rows = sum(one.rows for one in ledger.tables.values())
    typer.echo(
        f"{name} is at {ledger.lsn}: {rows} rows of {len(ledger.tables)} tables are in its ledger. "
        f"Writers waited {1000 * ledger.held_s:.0f} ms."
    )
