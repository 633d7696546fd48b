"""`dr conflicts`: what a person reads before deciding, and what is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deployments.conflicts import app
from recovery.errors import BadInput, Refused
from recovery.fakes.copies import orders
from recovery.fakes.estate import FakeEstate
from recovery.fakes.tables import Written
from recovery.fakes.world import wall_clock

EAST, WEST = "us-east-1", "us-west-2"
TABLE = orders("eden_task").name
Flow = Callable[..., Any]


@pytest.fixture
def waiting(estate: FakeEstate, reconcile: Flow, opens: Callable[[FakeEstate], None]) -> FakeEstate:
    """One order that the west wrote, and has no more."""
    tables = estate.region(EAST).tables
    tables.put(TABLE, {("91",): "(91,west's)"})
    tables.written[TABLE, ("91",)] = Written(foreign=True, at=wall_clock())
    reconcile(estate)
    opens(estate)
    return estate


def told(*arguments: str) -> str:
    """What it says; an error is raised, as `dr` turns it into its exit status."""
    done = CliRunner().invoke(app, [*arguments, "--estate", str(Path("estate.yaml"))])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


@pytest.mark.usefixtures("waiting")
def test_a_row_is_listed_with_both_versions_and_why_it_waits() -> None:
    lines = told("list").splitlines()

    assert lines[0] == f"{TABLE.path}  key: 91"
    assert "us-west-2 wrote it, and has it no more" in lines[1]
    assert lines[2].startswith(f"  {EAST}: (91,west's)  (written by the other region, ")
    assert lines[3] == f"  {WEST}: not there"
    assert lines[4].startswith("1 rows of comparison-1 wait for a decision")


def test_a_plan_of_a_part_hides_nothing_that_an_earlier_one_has_left(
    waiting: FakeEstate, reconcile: Flow, opens: Callable[[FakeEstate], None]
) -> None:
    """By its name, too, it is the last one; a later plan of all says all that there is to say."""
    other = orders("eden_flow").name
    tables = waiting.region(EAST).tables
    tables.put(other, {("5",): "(5,west's)"})
    tables.written[other, ("5",)] = Written(foreign=True, at=wall_clock())
    reconcile(waiting, node_groups=["eden_flow"], id="a-part")
    reconcile(waiting, node_groups=["eden_flow"], id="z-part")
    opens(waiting)

    listed = told("list")

    assert [line for line in listed.splitlines() if "key:" in line] == [
        f"{other.path}  key: 5",
        f"{TABLE.path}  key: 91",
    ]
    assert "1 rows of z-part wait" in listed
    assert "1 rows of comparison-1 wait" in listed
    assert "a-part" not in listed
    with pytest.raises(BadInput, match="of several plans wait: add --plan, one of z-part, comparison-1"):
        told("take", WEST)
    reconcile(waiting, id="a-whole")
    opens(waiting)
    assert "2 rows of a-whole wait" in told("list")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["take", EAST, "--key", "91"], "Give --table with --key"),
        (["take", EAST, "--table", TABLE.path, "--key", "7"], "No row with the key 7 waits"),
        (["take", EAST, "--table", TABLE.path, "--key", '["7","8"]'], "No row with the key 7, 8 waits"),
        (["take", EAST, "--table", "eden_task.public.mars"], "No row of comparison-1 waits"),
        (["take", "mars", "--table", TABLE.path], "'mars' is no region of comparison-1"),
        (["list", "--plan", "comparison-9"], "comparison-9 has no plan"),
    ],
)
@pytest.mark.usefixtures("waiting")
def test_what_there_is_not_is_refused_by_name(arguments: list[str], error: str) -> None:
    with pytest.raises(Refused, match=error):
        told(*arguments)


def test_without_a_plan_the_command_that_makes_one_is_named(
    estate: FakeEstate, opens: Callable[[FakeEstate], None]
) -> None:
    opens(estate)

    with pytest.raises(Refused, match="No plan has left a row to a person yet; `dr reconcile` makes one"):
        told("list")
