"""Two regions that are lost, for the tests of their recovery on stand-ins."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from recovery import operation_journal
from recovery.backups import BackupKind
from recovery.fakes.copies import orders
from recovery.fakes.estate import FakeEstate
from recovery.fakes.third_place import FakeThirdPlace
from recovery.journal import Event, Kind

EAST, WEST = "us-east-1", "us-west-2"
TABLE = orders("eden_task").name
GOOD = {(str(n),): f"({n},good)" for n in range(5)}
MakeEstate = Callable[..., FakeEstate]


def stand_in(folder: Path, region: str, number: int) -> dict[str, Any]:
    return {
        "postgres": {"host": f"127.0.1.{number}"},
        "redis": {"host": f"127.0.1.{number}"},
        "gateway": {"address": f"127.0.1.{number}"},
        "database_host": {
            "address": f"127.0.1.{number}",
            "scratch_directory": str(folder / "stand-in-scratch" / region),
            "data_directory": str(folder / "stand-in-data" / region),
        },
    }


def with_stand_ins(
    make_estate: MakeEstate, folder: Path, *, approval: dict[str, Any] | None = None, **made: Any
) -> FakeEstate:
    """Make an estate that has stand-ins, with the same orders in both regions, and backups of them."""
    stand_ins = {
        region: stand_in(folder, region, number) for number, region in enumerate((EAST, WEST), start=1)
    }
    estate = make_estate(recovery={"stand_ins": stand_ins, "approval": approval}, **made)
    for copies in estate.copies.values():
        copies.history.commit({(TABLE, key): image for key, image in GOOD.items()})
        copies.backups.back_up(BackupKind.FULL, repository=1)
        copies.history.archived = len(copies.history.commits)
    return estate


def third_place(estate: FakeEstate) -> FakeThirdPlace:
    assert estate.third_place
    return estate.third_place


def lose_both(estate: FakeEstate) -> None:
    for region in (EAST, WEST):
        estate.loses(region)


def rebuilt(estate: FakeEstate, region: str) -> dict[Any, str]:
    """Return the orders that a stand-in has."""
    return dict(third_place(estate).copies[region].live.rows[TABLE])


def journal_of(estate: FakeEstate) -> Sequence[Event]:
    return operation_journal.read(estate.outside.journal, "recovery-1")


def result_of(estate: FakeEstate, step: str) -> Any:
    return next(e.data["result"] for e in journal_of(estate) if (e.kind, e.step) == (Kind.DONE, step))
