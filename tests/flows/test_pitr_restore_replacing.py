"""Restores that replace clusters, on an estate in memory: both regions at one moment, or everything as it was."""

from collections.abc import Callable
from datetime import datetime

import pytest
from replaced import EAST, GOOD, TABLE, WEST, a_release, both, journal_of, live, result_of, untouched

from recovery.epoch import holder_of
from recovery.errors import Refused, Unavailable
from recovery.fakes.estate import FakeEstate
from recovery.fakes.tables import Written
from recovery.journal import Kind
from recovery.report.restore_compose import compose_restore

Restore = Callable[..., str]


@pytest.fixture
def released(estate: FakeEstate) -> tuple[FakeEstate, int]:
    """Two damaged regions, and the transaction that did it."""
    return estate, a_release(estate)


def test_in_place_both_regions_are_as_they_were_before_the_transaction(
    released: tuple[FakeEstate, int], restore: Restore
) -> None:
    """They take writes again, what was replaced is kept, and the estate is free."""
    estate, bad = released
    damaged = live(estate, EAST)

    restore(estate, scope="in place", before_transaction=bad)

    assert live(estate, EAST) == live(estate, WEST) == GOOD | {("5",): "(5,good)"}
    assert all(estate.region(name).accepts_writes for name in (EAST, WEST))
    assert estate.copies[EAST].scratch.before is not None
    assert estate.copies[EAST].scratch.before[TABLE] == damaged
    assert holder_of(estate.outside.journal, estate.name) is None
    assert compose_restore(journal_of(estate)).ending.outcome == "replaced"


def test_customers_come_in_only_after_the_clusters_were_exchanged_and_joined(
    released: tuple[FakeEstate, int], restore: Restore
) -> None:
    estate, bad = released

    restore(estate, scope="in place", before_transaction=bad)

    log = estate.log
    closed = max(log.index(f"gateway {name}:443: fence") for name in (EAST, WEST))
    exchanged = [log.index(f"data beside-{name}:5432: put_in") for name in (EAST, WEST)]
    joined = [log.index(f"postgres {name}:5432: start_applying") for name in (EAST, WEST)]
    opened = min(log.index(f"gateway {name}:443: unfence") for name in (EAST, WEST))
    assert closed < min(exchanged)
    assert max(exchanged) < min(joined)
    assert max(joined) < opened


def test_in_place_the_other_region_gets_what_the_first_one_had(
    released: tuple[FakeEstate, int], restore: Restore
) -> None:
    """Of what was under way, what had arrived counts; each row is written down with both its images."""
    estate, _ = released
    estate.copies[WEST].history.commit({(TABLE, ("7",)): "(7,not arrived)"})

    restore(estate, scope="in place", time=estate.world.clock())

    assert live(estate, WEST) == live(estate, EAST)
    assert ("7",) not in live(estate, WEST)
    assert result_of(estate, "settle")["rules"] == {"as the region has them that was asked for": 1}


def test_two_region_keeps_what_either_had_committed(
    released: tuple[FakeEstate, int], restore: Restore
) -> None:
    """A write of each region that had not crossed is in both; a row deleted where it was written is in neither."""
    estate, _ = released
    estate.copies[EAST].history.commit({(TABLE, ("8",)): "(8,east)"})
    estate.copies[WEST].history.commit({(TABLE, ("7",)): "(7,west)", (TABLE, ("3",)): None})
    estate.copies[EAST].beside.written[TABLE, ("3",)] = Written(foreign=True, at=estate.world.clock())

    restore(estate, scope="two region", time=estate.world.clock())

    assert live(estate, WEST) == live(estate, EAST)
    assert live(estate, EAST)[("7",)] == "(7,west)"
    assert live(estate, EAST)[("8",)] == "(8,east)"
    assert ("3",) not in live(estate, EAST)


def test_a_moment_that_is_no_time_is_one_for_the_other_region_too(
    released: tuple[FakeEstate, int], restore: Restore
) -> None:
    """A restore point is in one cluster's WAL only: the other one goes to the instant of its newest commit."""
    estate, _ = released
    estate.copies[EAST].history.commit({(TABLE, ("9",)): "(9,good)"}, name="before-it")
    both(estate, {("1",): "(1,later)"})

    restore(estate, scope="in place", restore_point="before-it")

    assert live(estate, WEST) == live(estate, EAST)
    assert ("1",) not in live(estate, WEST)
    assert live(estate, EAST)[("9",)] == "(9,good)"


def test_lost_clusters_are_put_in_place_as_far_as_their_archives_go(
    released: tuple[FakeEstate, int], restore: Restore
) -> None:
    """What either region had archived is in both."""
    estate, _ = released
    estate.copies[WEST].history.commit({(TABLE, ("7",)): "(7,west)"})

    restore(estate, scope="two region", latest=True)

    assert live(estate, WEST) == live(estate, EAST)
    assert live(estate, EAST)[("7",)] == "(7,west)"
    assert live(estate, EAST)[("6",)] == "(6,later)"


@pytest.mark.parametrize("verb", ["put_in", "detach"])
def test_an_exchange_that_fails_in_one_region_is_put_back_in_both(
    released: tuple[FakeEstate, int], restore: Restore, verb: str
) -> None:
    """The regions serve what they served before, and nothing is left beside them."""
    estate, bad = released
    before = live(estate, EAST), live(estate, WEST)
    estate.copies[WEST].replacement.fails(verb, Refused("the disk says no"))

    with pytest.raises(Refused, match="the disk says no"):
        restore(estate, scope="in place", before_transaction=bad)

    assert (live(estate, EAST), live(estate, WEST)) == before
    assert untouched(estate)


def test_replication_that_does_not_come_back_puts_everything_back(
    released: tuple[FakeEstate, int], restore: Restore
) -> None:
    estate, bad = released
    before = live(estate, EAST), live(estate, WEST)
    estate.region(EAST).database.fails("advance_sequences", Unavailable("no answer"))

    with pytest.raises(Unavailable, match="no answer"):
        restore(estate, scope="in place", before_transaction=bad)

    assert (live(estate, EAST), live(estate, WEST)) == before
    assert untouched(estate)


def test_a_cluster_that_was_dead_before_does_not_keep_the_rest_from_being_put_back(
    released: tuple[FakeEstate, int], restore: Restore
) -> None:
    """Nothing answers where nothing was; the operation ends all the same, and the estate is free."""
    estate, bad = released
    for name in (EAST, WEST):
        estate.region(name).database.fails("start_applying", Unavailable("nobody is there"))

    with pytest.raises(Unavailable, match="nobody is there"):
        restore(estate, scope="in place", before_transaction=bad)

    assert Kind.BACKED_OUT in {event.kind for event in journal_of(estate)}
    assert holder_of(estate.outside.journal, estate.name) is None
    assert untouched(estate)


def test_what_was_replaced_is_not_removed_where_it_could_not_be_put_back(
    released: tuple[FakeEstate, int], restore: Restore
) -> None:
    """It is the only copy; the back-out stops there, and a person is told."""
    estate, bad = released
    estate.region(EAST).database.fails("advance_sequences", Unavailable("no answer"))
    estate.copies[EAST].replacement.fails("put_back", Unavailable("the host is gone"))

    with pytest.raises(Unavailable, match="no answer"):
        restore(estate, scope="in place", before_transaction=bad)

    assert estate.copies[EAST].scratch.before is not None
    notes = [e.data for e in journal_of(estate) if e.data.get("text") == "The back-out is not complete."]
    assert any("the host is gone" in str(note["next"]) for note in notes)


def test_rows_promised_since_the_moment_are_counted_as_given_up(
    released: tuple[FakeEstate, int], restore: Restore
) -> None:
    estate, _ = released
    moment = estate.world.clock()
    both(estate, {("9",): "(9,later)"})

    restore(estate, scope="in place", time=moment)

    report = compose_restore(journal_of(estate))
    assert report.verdict.rows_given_up is not None
    assert report.verdict.rows_given_up > 0
    assert any("promised rows are in the old clusters only" in line for line in report.ending.next)


def test_sequences_are_past_where_they_stood_before(
    released: tuple[FakeEstate, int], restore: Restore
) -> None:
    """An id that a customer has seen is not given to another row."""
    estate, bad = released
    stood = dict(estate.region(WEST).database.sequences())

    restore(estate, scope="in place", before_transaction=bad)

    now = estate.region(EAST).database.sequences()
    assert all(now[key] > value for key, value in stood.items())


def test_a_plan_of_an_exchange_shows_its_steps_and_touches_nothing(
    released: tuple[FakeEstate, int], restore: Restore
) -> None:
    estate, bad = released

    plan = restore(estate, scope="two region", before_transaction=bad, dry_run=True)

    assert "10. Put the restored clusters in their place (changes the estate)" in plan
    assert "12. Open the regions (changes the estate)" in plan
    assert untouched(estate)


def test_the_other_region_stops_before_the_instant_of_the_transaction(
    released: tuple[FakeEstate, int], restore: Restore
) -> None:
    """Its number means another transaction there, or none."""
    estate, bad = released
    committed = next(c.at for c in estate.copies[EAST].history.commits if c.transaction == bad)

    restore(estate, scope="in place", before_transaction=bad)

    stood = [
        e.data["result"]
        for e in journal_of(estate)
        if (e.step, e.region) == ("replay", WEST)
        if e.kind is Kind.DONE
    ]
    assert datetime.fromisoformat(stood[0]["last_commit_at"]) < committed
