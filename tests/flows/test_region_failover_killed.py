"""A process that is killed at any point of a failover: the operation is gone on with, and ends the same."""

from collections.abc import Callable, Sequence
from itertools import count

import pytest
from mortal import PARTS, PLACES, Killed, Procedure, Process, Stopping, done_twice, killed_everywhere

from recovery import operation_journal
from recovery.epoch import Claim, holder_of, take
from recovery.errors import BackingOut, OperationClosed, Refused, Superseded, Unavailable
from recovery.fakes.estate import FakeEstate
from recovery.fakes.stores import FakeStore
from recovery.fakes.world import wall_clock
from recovery.journal import Event, Kind, find
from recovery.operation import Mode

SOURCE, TARGET = "us-east-1", "us-west-2"
Leave = Callable[..., str]
Make = Callable[..., FakeEstate]


def journal_of(estate: FakeEstate) -> Sequence[Event]:
    return operation_journal.read(estate.outside.journal, "failover-1")


def ended(estate: FakeEstate) -> list[object]:
    """What a failover leaves behind: the instants in it differ from run to run."""
    source, target = estate.region(SOURCE), estate.region(TARGET)
    return [
        dict(estate.shares),
        [region.accepts_writes for region in (source, target)],
        [region.follows for region in (source, target)],
        [stop.is_there for stop in estate.stops.values()],
        estate.route53.weights(),
        estate.world.places[TARGET].sequences,
        journal_of(estate)[-1].data.get("outcome"),
        holder_of(estate.outside.journal, estate.name),
        (estate.outside.reports / "failover-1" / "report.json").exists(),
    ]


def prepared(make: Make, mode: Mode, process: Process) -> FakeEstate:
    estate = make(process.stores)
    if mode is Mode.UNPLANNED:
        estate.loses(SOURCE)
    return estate


@pytest.mark.usefixtures("unorchestrated")
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("mode", Mode)
def test_an_operation_killed_anywhere_is_resumed_to_the_same_end(
    make_estate: Make, leave: Leave, mode: Mode, part: int
) -> None:
    """Also between the end of its journal and the end of its epoch: the next operation is not kept out."""
    failover = Procedure(
        prepare=lambda process: prepared(make_estate, mode, process),
        run=lambda estate: leave(estate, mode),
        journal=journal_of,
        ended=ended,
    )

    for _ in killed_everywhere(failover, part=part, least=30):
        pass


@pytest.mark.usefixtures("unorchestrated")
@pytest.mark.parametrize("part", range(PARTS))
def test_a_back_out_killed_anywhere_is_gone_on_with(make_estate: Make, leave: Leave, part: int) -> None:
    for lives_for in count(part, PARTS):
        process = Process(lives_for=lives_for)
        estate = process.acts_on(make_estate(process.stores))
        before = estate.state()
        estate.region(SOURCE).cache.fails("fence", Refused("no"))
        try:
            leave(estate, Mode.PLANNED)
        except Refused:
            break
        except Killed:
            process.lives()
        backing_out = find(journal_of(estate), Kind.BACKING_OUT)
        with pytest.raises((BackingOut, OperationClosed) if backing_out else Refused):
            leave(estate, Mode.PLANNED)

        assert estate.state() == before, f"killed after {lives_for} points"
        assert find(journal_of(estate), Kind.BACKED_OUT), f"killed after {lives_for} points"
        assert holder_of(estate.outside.journal, estate.name) is None, f"killed after {lives_for} points"

    assert lives_for >= 20


def test_an_estate_held_by_an_operation_that_has_ended_is_free(make_estate: Make, leave: Leave) -> None:
    """Its process was killed between the two writes that end it."""
    process = Process()
    estate = make_estate(process.stores)
    estate.loses(SOURCE)
    leave(estate, id="failover-0")
    operation = "failover-0"
    take(
        estate.outside.journal,
        estate.name,
        Claim(operation=operation, holder="a killed process", since=wall_clock()),
    )

    with pytest.raises(Refused, match="us-east-1 can not take over"):
        leave(estate, source=TARGET, id="failover-1", **at_fault(estate))

    assert holder_of(estate.outside.journal, estate.name) is None


@pytest.mark.parametrize("next_id", ["failover-1", "failover-2"])
def test_an_end_that_one_store_has_is_at_a_majority_before_the_estate_is_free(
    make_estate: Make, leave: Leave, next_id: str
) -> None:
    """Found by simulation: a reader of the other two stores took the region for one that nobody had left."""
    stores = three()
    estate = make_estate(stores)
    estate.loses(SOURCE)
    leave(estate)
    as_killed_between_the_stores(stores)
    stores[2].down = True

    with pytest.raises(Refused):
        leave(estate, id=next_id)

    stores[0].down, stores[2].down = True, False
    assert find(journal_of(estate), Kind.CLOSED)
    assert holder_of(estate.outside.journal, estate.name) is None


def as_killed_between_the_stores(stores: Sequence[FakeStore]) -> None:
    """Have the operation's last event at the first store only, and its epoch held.

    A write that a majority has is not waited for at the third store, which may be any of them.
    """
    written = {key: body for store in stores for key, body in store.objects.items()}
    last = max(key for key in written if key.startswith("operations/failover-1/journal/"))
    ended = [key for key in written if key.endswith(".closed")]
    for number, store in enumerate(stores):
        store.objects = dict(written)
        for key in ended if number == 0 else [*ended, last]:
            del store.objects[key]


def test_a_step_whose_checkpoint_was_written_unheard_is_not_done_again(
    make_estate: Make, leave: Leave
) -> None:
    """Found by simulation: tried again for want of the answer, it was done a second time."""
    estate = make_estate([Forgetful(place, b'"verify"') for place in PLACES])
    estate.loses(SOURCE)

    leave(estate)

    assert find(journal_of(estate), Kind.SKIPPED, step="verify", region=TARGET)
    assert done_twice(journal_of(estate)) == []


def test_one_that_is_stopped_as_it_passes_what_is_done_puts_nothing_back(
    make_estate: Make, leave: Leave
) -> None:
    """Found by simulation: it knew no undo of the fence yet, and ended the operation with the source closed."""
    process, said = Process(), set[bytes]()
    fenced, passed = (
        f'"step":"{step}","region":"{region}","kind":"{kind}"'.encode()
        for step, region, kind in (("fence", SOURCE, "done"), ("drain", SOURCE, "skipped"))
    )
    process.stores = [Stopping(place, process, said, dies=fenced, stops=passed) for place in PLACES]
    estate = make_estate(process.stores)
    with pytest.raises(Killed):
        leave(estate, Mode.PLANNED)
    process.lives()

    with pytest.raises(KeyboardInterrupt):
        leave(estate, Mode.PLANNED)

    assert not find(journal_of(estate), Kind.BACKED_OUT)
    leave(estate, Mode.PLANNED)
    assert journal_of(estate)[-1].data["outcome"] == "moved"


def test_a_back_out_after_the_last_step_that_can_be_undone_is_gone_on_with(
    make_estate: Make, leave: Leave
) -> None:
    """Found by simulation: with nothing left to do before it, the point of no return was passed instead."""
    process, said = Process(), set[bytes]()
    process.stores = [
        Stopping(
            place,
            process,
            said,
            dies=b'"kind":"backing out"',
            stops=b'"step":"measure_exposure","region":"us-west-2","kind":"done"',
        )
        for place in PLACES
    ]
    estate = make_estate(process.stores)
    before = estate.state()
    with pytest.raises(Killed):
        leave(estate, Mode.PLANNED)
    process.lives()

    with pytest.raises(BackingOut, match="nothing is taken over"):
        leave(estate, Mode.PLANNED)

    assert estate.state() == before
    assert journal_of(estate)[-1].kind is Kind.BACKED_OUT
    assert holder_of(estate.outside.journal, estate.name) is None


class Forgetful(FakeStore):
    """A store that does not answer when it was given the first "done" of a step, and has it."""

    def __init__(self, place: str, step: bytes) -> None:
        super().__init__(place)
        self._step, self._forgot = step, False

    def put_new(self, key: str, body: bytes) -> bytes | None:
        written = super().put_new(key, body)
        if not self._forgot and self._step in body and b'"kind":"done"' in body:
            self._forgot = True
            raise Unavailable(f"{self.place}: the answer was lost.")
        return written


def three() -> list[FakeStore]:
    return [FakeStore(place) for place in PLACES]


def at_fault(estate: FakeEstate) -> dict[str, str]:
    estate.prober.accuses.add(TARGET)
    estate.region(TARGET).gateway.down = True
    return {}


def test_a_process_that_was_superseded_does_nothing_more(estate: FakeEstate, leave: Leave) -> None:
    """Not even its own back-out: the process that took the operation over does what is to be done."""
    estate.prober.accuses.add(SOURCE)
    estate.region(SOURCE).gateway.sick = True

    def superseded() -> None:
        claim = Claim(operation="failover-1", holder="bob@box:9", since=wall_clock())
        take(estate.outside.journal, estate.name, claim)

    estate.region(SOURCE).database.meanwhile("fence", superseded)

    with pytest.raises(Superseded, match="taken by another process"):
        leave(estate)

    assert estate.region(TARGET).follows
    assert not estate.stops[SOURCE].is_there
    assert "unfence" not in estate.region(SOURCE).database.log
    assert not (estate.outside.reports / "failover-1").exists()
