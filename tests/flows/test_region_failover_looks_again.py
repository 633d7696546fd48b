"""A failover that is gone on with looks again before its point of no return: hours may have passed."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import count

import pytest
from mortal import PARTS, PLACES, Killed, Process, Stopping

from recovery import operation_journal
from recovery.epoch import Epoch, holder_of
from recovery.errors import BackingOut, NotReady, OperationClosed, Refused, Unavailable
from recovery.fakes.estate import FakeEstate
from recovery.fakes.world import wall_clock
from recovery.journal import Event, Kind, find
from recovery.operation import Failover, Mode
from recovery.operation_journal import OperationJournal
from recovery.region_guard import Guard
from recovery.region_standing import Standing
from tasks import readiness
from tasks.run import FailoverRun

SOURCE, TARGET = "us-east-1", "us-west-2"
LOOKS_AGAIN = {"confirm_source", "can_take_over", "fence", "measure_exposure"}
Leave = Callable[..., str]
Make = Callable[..., FakeEstate]


def journal_of(estate: FakeEstate) -> Sequence[Event]:
    return operation_journal.read(estate.outside.journal, "failover-1")


def killed_after(make: Make, step: str, region: str = SOURCE) -> tuple[FakeEstate, Process]:
    """Return an estate on which the first process dies once that step is done."""
    process, said = Process(), set[bytes]()
    dies = f'"step":"{step}","region":"{region}","kind":"done"'.encode()
    process.stores = [Stopping(place, process, said, dies=dies) for place in PLACES]
    return make(process.stores), process


def dies_in_it(leave: Leave, estate: FakeEstate, process: Process, mode: Mode = Mode.UNPLANNED) -> None:
    with pytest.raises(Killed):
        leave(estate, mode)
    process.lives()


def is_put_back(estate: FakeEstate) -> bool:
    """Whether the operation is closed as backed out, and both regions are as they were."""
    regions = [estate.region(name) for name in (SOURCE, TARGET)]
    free = holder_of(estate.outside.journal, estate.name) is None
    closed = find(journal_of(estate), Kind.BACKED_OUT) is not None
    return free and closed and regions[0].accepts_writes and all(region.follows for region in regions)


@pytest.mark.parametrize("target_is_lost", [False, True], ids=["target well", "target lost meanwhile"])
@pytest.mark.parametrize(
    ("step", "region"), [("can_take_over", TARGET), ("fence", SOURCE), ("measure_exposure", TARGET)]
)
def test_a_source_that_came_back_is_not_taken_over_from(
    make_estate: Make, leave: Leave, step: str, region: str, *, target_is_lost: bool
) -> None:
    """It serves, and its fence was of parts that were silent: the target would be a second writer, or there is none."""
    estate, process = killed_after(make_estate, step, region)
    estate.loses(SOURCE)
    dies_in_it(leave, estate, process)
    estate.finds(SOURCE)
    if target_is_lost:
        estate.loses(TARGET)

    with pytest.raises((BackingOut, NotReady), match=f"{SOURCE} to be called at fault"):
        leave(estate)

    assert is_put_back(estate)
    assert not find(journal_of(estate), Kind.POINT_OF_NO_RETURN)


def broken_by(error: Exception) -> Callable[[FakeEstate], None]:
    return lambda estate: estate.region(TARGET).cache.fails("look", error)


@pytest.mark.parametrize(
    "breaks",
    [
        lambda estate: estate.loses(TARGET),
        broken_by(RuntimeError("a defect")),
        broken_by(Unavailable("no answer")),
    ],
    ids=["lost", "a defect", "silent"],
)
def test_a_target_that_was_lost_meanwhile_does_not_take_over(
    make_estate: Make, leave: Leave, breaks: Callable[[FakeEstate], None]
) -> None:
    """Whatever the check fails with: as at the first time, all is put back, and the cause is told."""
    estate, process = killed_after(make_estate, "fence")
    estate.region(SOURCE).gateway.sick = True
    before = estate.state()
    dies_in_it(leave, estate, process)
    breaks(estate)

    with pytest.raises(BackingOut, match=r"'Measure the exposure' is not begun. Cause: "):
        leave(estate)

    estate.finds(TARGET)
    assert estate.state() == before
    assert find(journal_of(estate), Kind.BACKED_OUT)


@pytest.mark.usefixtures("unorchestrated")
@pytest.mark.parametrize("part", range(PARTS))
def test_a_look_that_backs_out_is_gone_on_with_wherever_it_is_killed(
    make_estate: Make, leave: Leave, part: int
) -> None:
    for lives_for in count(part, PARTS):
        estate, process = killed_after(make_estate, "fence")
        estate.loses(SOURCE)
        dies_in_it(leave, process.acts_on(estate), process)
        estate.finds(SOURCE)
        process.lives_for = process.points + lives_for
        try:
            leave(estate)
        except Killed:
            process.lives()
        except BackingOut:
            break
        with pytest.raises((BackingOut, OperationClosed)):
            leave(estate)

        assert is_put_back(estate), f"killed after {lives_for} points"

    assert lives_for >= 8


def test_each_look_is_told_and_no_other_step_is_done_again(make_estate: Make, leave: Leave) -> None:
    estate, process = killed_after(make_estate, "measure_exposure", TARGET)
    estate.loses(SOURCE)
    dies_in_it(leave, estate, process)

    leave(estate)

    looked = {event.step for event in journal_of(estate) if event.data.get("looks_again") is True}
    assert looked == LOOKS_AGAIN
    assert journal_of(estate)[-1].data["outcome"] == "restored"


def test_what_was_measured_is_measured_again(make_estate: Make, leave: Leave) -> None:
    """The source came back, committed what did not arrive, and was lost again: the loss of before is not this one's."""
    estate, process = killed_after(make_estate, "measure_exposure", TARGET)
    estate.loses(SOURCE)
    dies_in_it(leave, estate, process)

    asked = count(1)

    def grows() -> None:
        """After the check of the target, which asks first."""
        if next(asked) > 1:
            estate.replication_lags(SOURCE, by=timedelta(minutes=15))

    estate.region(TARGET).database.meanwhile("heartbeats", grows)

    with pytest.raises(Refused, match=r"now would lose 9.. s"):
        leave(estate)

    assert find(journal_of(estate), Kind.BACKED_OUT)


def test_a_fence_that_holds_accuses_nobody_and_lets_the_failover_go_on(
    make_estate: Make, leave: Leave
) -> None:
    """No witness can tell whether a closed region is well: what they said before it was closed stands."""
    estate, process = killed_after(make_estate, "fence")
    estate.region(SOURCE).gateway.sick = True
    dies_in_it(leave, estate, process)
    estate.region(SOURCE).gateway.sick = False

    leave(estate)

    assert journal_of(estate)[-1].data["outcome"] == "restored"
    assert not estate.region(SOURCE).accepts_writes


def with_a_silent_gateway(make: Make, leave: Leave) -> FakeEstate:
    """Return an estate whose source was fenced but for its gateway, which nobody reached, by a process that died."""
    estate, process = killed_after(make, "fence")
    estate.prober.accuses.add(SOURCE)
    estate.region(SOURCE).gateway.down = True
    dies_in_it(leave, estate, process)
    return estate


def test_what_is_fenced_does_not_accuse_a_source_whose_other_parts_came_back(
    make_estate: Make, leave: Leave
) -> None:
    """The prober sees writes fail, since this operation itself shuts them out: that is no evidence."""
    estate = with_a_silent_gateway(make_estate, leave)
    estate.region(SOURCE).gateway.down = False

    with pytest.raises(
        BackingOut, match=r"is closed for failover-1 itself, and another one is not: .*: open"
    ):
        leave(estate)

    assert is_put_back(estate)


def test_a_part_that_is_silent_still_does_not_stop_what_the_fence_of_the_others_makes_safe(
    make_estate: Make, leave: Leave
) -> None:
    estate = with_a_silent_gateway(make_estate, leave)

    leave(estate)

    assert journal_of(estate)[-1].data["outcome"] == "restored"


def test_a_part_that_answers_by_now_is_fenced(make_estate: Make, leave: Leave) -> None:
    """The region is back by halves, and still at fault: what was taken as lost is closed."""
    estate, process = killed_after(make_estate, "fence")
    estate.loses(SOURCE)
    dies_in_it(leave, estate, process)
    assert "fence" not in estate.region(SOURCE).database.log
    estate.prober.accuses.add(SOURCE)
    estate.region(SOURCE).gateway.down = True
    estate.finds(SOURCE)

    leave(estate)

    assert "fence" in estate.region(SOURCE).database.log
    assert not estate.region(SOURCE).accepts_writes


def comes_back_guarded(estate: FakeEstate) -> None:
    """Have the source back, sound, behind a gateway that its guard keeps closed while failover-1 may leave it."""
    estate.finds(SOURCE)
    estate.region(SOURCE).gateway.sick = True
    standing = Standing(may_serve=True, why="no operation has left it", leaving="failover-1")
    at = wall_clock()
    estate.guards[SOURCE].guard = Guard(SOURCE, started_at=at).answered(standing, at)


@pytest.mark.parametrize("step", ["fence", "confirm_source", None])
def test_what_its_guard_keeps_closed_does_not_accuse_a_source_that_came_back(
    make_estate: Make, leave: Leave, step: str | None
) -> None:
    """It fails the prober because of this very operation. Backed out, the guard opens it."""
    process, said = Process(), set[bytes]()
    dies = f'"step":"{step}","region":"{SOURCE}","kind":"done"'.encode()
    process.stores = [Stopping(place, process, said, dies=dies) for place in PLACES]
    gateways = {name: {"guard": "127.0.0.1:8900"} for name in (SOURCE, TARGET)}
    estate = make_estate(process.stores, recovery={"gateways": gateways})
    estate.loses(SOURCE)
    if step:
        dies_in_it(leave, estate, process)
    comes_back_guarded(estate)

    with pytest.raises((BackingOut, NotReady), match="is closed for failover-1 itself"):
        leave(estate)

    estate.region(SOURCE).gateway.sick = False
    assert is_put_back(estate)


def test_a_source_whose_gateway_alone_came_back_is_left_all_the_same(make_estate: Make, leave: Leave) -> None:
    gateways = {name: {"guard": "127.0.0.1:8900"} for name in (SOURCE, TARGET)}
    estate = make_estate(recovery={"gateways": gateways})
    comes_back_guarded(estate)
    for part in (estate.region(SOURCE).database, estate.region(SOURCE).cache):
        part.down = True

    leave(estate)

    assert journal_of(estate)[-1].data["outcome"] == "restored"


def test_a_planned_move_whose_source_is_fenced_goes_on_however_late(estate: FakeEstate) -> None:
    """Heartbeats end with the fence: their age tells of it, and not of commits that are missing."""
    journal = OperationJournal(estate.outside.journal, "failover-1", actor="ann")
    asked = Failover(source=SOURCE, mode=Mode.PLANNED, id="failover-1")
    run = FailoverRun(asked, estate, journal, Epoch(estate.outside.journal, estate.name, 0))
    journal.record(Kind.STARTED, wall_clock() - timedelta(hours=1), step="fence", region=SOURCE)
    estate.replication_lags(SOURCE, by=timedelta(minutes=50))

    found = next(one for one in readiness.of_target(run) if "lacks" in one.check)

    assert found.ok, str(found)
