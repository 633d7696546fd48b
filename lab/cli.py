"""`dr lab ...`: the two regions on this machine."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from lab import faults, people, process
from lab.drill import SHORT, rehearsed
from lab.parts.prefect import migrate
from lab.place import EAST, GLOBAL_NAME, PORTS, REGIONS, existing
from lab.running import Proof, down, stand_ins_up, that_is_up, up
from recovery.errors import BadInput

app = typer.Typer(help="Two real regions on this machine, to lose and to get back.", no_args_is_help=True)
console = Console()

Name = Annotated[str, typer.Option(help="The lab's name; labs of different names run side by side.")]
Region = Annotated[str, typer.Argument(help="The region it happens to.")]


def say(proof: Proof) -> None:
    """One line for each part that proved itself."""
    console.print(f"  {proof.after_s:5.1f} s  [bold]{proof.part:24}[/bold] {proof.shown}", highlight=False)


@app.command("up")
def up_command(
    *,
    name: Name = "main",
    prefect: bool = True,
    automatic: Annotated[bool, typer.Option(help="Let alerts fail a region over by themselves.")] = False,
    approval: Annotated[bool, typer.Option(help="Have every operation approved, by ada or grace.")] = False,
    backups: Annotated[bool, typer.Option(help="Archive, and back up, both clusters.")] = True,
) -> None:
    """Start a fresh lab; each part is told when it has proved itself."""
    console.print(f"Lab {name}: starting")
    with console.status("starting the parts ..."):
        lab = up(name, say, with_prefect=prefect, automatic=automatic, approval=approval, backed_up=backups)
    console.print(f"Lab {name} is up. Estate: {lab.estate_file.relative_to(lab.folder.parent.parent)}")
    if prefect:
        console.print(f"Prefect: http://{lab.third_place}:{PORTS.prefect}")


@app.command()
def code(who: Annotated[str, typer.Argument(help="ada or grace.")]) -> None:
    """Print what an approver's authenticator shows now; each code counts once, for 30 s."""
    console.print(people.code_of(who), highlight=False)


@app.command()
def status(*, name: Name = "main") -> None:
    """Show every process of the lab, and whether it runs."""
    lab = existing(name)
    table = Table("part", "region", "process", "state")
    for running in process.recorded(lab):
        state = "[green]runs[/green]" if running.alive else "[red]dead[/red]"
        table.add_row(running.part, running.region or "-", str(running.pid), state)
    console.print(table)
    for one in faults.injected(lab):
        console.print(f"{one['at']}  broke {one['fault']} of {one['region']}", highlight=False)


@app.command("down")
def down_command(*, name: Name = "main") -> None:
    """End every process of the lab; its folder stays, with the logs."""
    ended = down(existing(name))
    console.print(f"Lab {name} is down: {ended} processes ended; logs are in .lab/{name}/log.")


@app.command("break")
def break_command(  # noqa: PLR0913 - what a fault may be, by keyword
    fault: Annotated[str, typer.Argument(help=", ".join(faults.Fault))],
    region: Region = EAST,
    *,
    name: Name = "main",
    rate: Annotated[float, typer.Option(help="errors: the share of requests that fail")] = 0.3,
    ms: Annotated[int, typer.Option(help="latency: how late services answer, milliseconds")] = 800,
    as_json: Annotated[
        bool, typer.Option("--json", help="As a program reads it, with what has to be known to undo it.")
    ] = False,
) -> None:
    """Inject a fault, and print the instant of injection."""
    what = faults.parse(fault)
    _known(region)
    if not 0 < rate <= 1:
        raise BadInput(f"--rate is {rate}; give a share above 0 and up to 1.")
    if ms <= 0:
        raise BadInput(f"--ms is {ms}; give milliseconds above 0.")
    severity = faults.Severity(error_rate=rate, latency_s=ms / 1000)
    done = faults.inject(that_is_up(name), what, region, severity)
    if as_json:
        typer.echo(json.dumps({"at": done.at.isoformat(), "details": done.details}))
    else:
        console.print(done.at.isoformat(), highlight=False)


@app.command()
def heal(
    region: Annotated[str, typer.Argument(help="Empty for both.")] = "",
    *,
    name: Name = "main",
    as_json: Annotated[bool, typer.Option("--json", help="And tell which rows were damaged.")] = False,
) -> None:
    """Undo every fault: the link, the services, and what was killed, with the data it had."""
    lab = that_is_up(name)
    if region:
        _known(region)
    faults.heal(lab, (region,) if region else REGIONS, say)
    if as_json:
        typer.echo(json.dumps({"damaged": faults.damaged(lab)}))
        return
    console.print(f"Healed. {GLOBAL_NAME} goes where the zone says: a failover is not undone by this.")


@app.command("stand-ins")
def stand_ins_command(*, name: Name = "main") -> None:
    """Start fresh hosts in a third place: both regions can be rebuilt there by `dr recover`."""
    console.print(f"Lab {name}: stand-ins are starting")
    stand_ins_up(that_is_up(name), say)


@app.command()
def drill(
    scenarios: Annotated[
        list[str] | None, typer.Argument(help="What is played; `all` for everything; empty for a short set.")
    ] = None,
    *,
    name: Name = "drill",
) -> None:
    """Play disasters in a fresh lab, there and back, and take it down; 0 if every scenario passed."""
    console.print(
        "[bold]1 of 3[/bold]  Two regions come up, with a prober that writes through the global name"
    )
    with console.status("starting the parts ..."):
        lab = up(name, say, automatic=True, backed_up=True)
    try:
        console.print(
            "[bold]2 of 3[/bold]  Disasters, there and back: each begins and ends in the steady state"
        )
        status = rehearsed(lab, scenarios or SHORT)
    finally:
        ended = down(lab)
        console.print(f"[bold]3 of 3[/bold]  The lab is down: {ended} processes ended")
    raise typer.Exit(status)


@app.command(hidden=True)
def prepare() -> None:
    """Make what every lab starts from: a Prefect database with its migrations done."""
    migrate()


def _known(region: str) -> None:
    if region not in REGIONS:
        raise BadInput(f"The lab has no region {region!r}; choose one of {', '.join(REGIONS)}.")
