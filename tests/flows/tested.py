"""What a disaster recovery test of an estate in memory leaves behind: used by the tests of the quarterly test."""

from collections.abc import Callable, Sequence

from recovery import operation_journal
from recovery.dr_test.outcome import ScenarioOutcome
from recovery.epoch import holder_of
from recovery.fakes.estate import FakeEstate
from recovery.journal import Event, Kind

EAST, WEST = "us-east-1", "us-west-2"
MANUAL = {"global_load_balancing": {"failover": {"automatic": False}}}
Drill = Callable[..., str]
Make = Callable[..., FakeEstate]


def journal_of(estate: FakeEstate) -> Sequence[Event]:
    return operation_journal.read(estate.outside.journal, "dr-test-1")


def outcome_of(estate: FakeEstate, step: str) -> ScenarioOutcome:
    done = next(e for e in journal_of(estate) if (e.kind, e.step) == (Kind.DONE, step))
    return ScenarioOutcome.model_validate(done.data["result"])


def closing(estate: FakeEstate) -> Event:
    return next(event for event in journal_of(estate) if event.kind is Kind.CLOSED)


def is_as_it_was(estate: FakeEstate) -> bool:
    """Whether both regions serve and follow each other, none is left, and the estate is free."""
    quorum = estate.outside.journal
    regions = [estate.region(name) for name in (EAST, WEST)]
    return (
        all(region.accepts_writes or region.cache.look().role == "replica" for region in regions)
        and all(region.follows for region in regions)
        and all(estate.shares.get(name) for name in (EAST, WEST))
        and holder_of(quorum, estate.name) is None
        and operation_journal.left_by(quorum, EAST, but="") is None
    )
