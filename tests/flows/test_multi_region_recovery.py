"""Both regions are lost, on an estate in memory: rebuilt on their stand-ins, or nothing is touched."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from lost import (
    EAST,
    GOOD,
    TABLE,
    WEST,
    journal_of,
    lose_both,
    rebuilt,
    result_of,
    third_place,
    with_stand_ins,
)

from recovery.backups import BackupKind
from recovery.epoch import holder_of
from recovery.errors import BadInput, NotReady, Unavailable
from recovery.fakes.estate import FakeEstate
from recovery.fakes.prober import TICK
from recovery.journal import Kind, find
from recovery.report.restore_compose import compose_restore
from recovery.traffic import CONTROL_PLANE

Recover = Callable[..., str]


@pytest.fixture
def lost(make_estate: Callable[..., FakeEstate], tmp_path: Path) -> FakeEstate:
    """An estate whose regions are both lost, and that has stand-ins."""
    estate = with_stand_ins(make_estate, tmp_path)
    lose_both(estate)
    return estate


def test_both_regions_are_rebuilt_and_serve_customers_in_a_third_place(
    lost: FakeEstate, recover: Recover
) -> None:
    recover(lost)

    assert rebuilt(lost, EAST) == rebuilt(lost, WEST) == GOOD
    assert all(third_place(lost).region(name).accepts_writes for name in (EAST, WEST))
    assert {record.address for record in lost.route53.records} == {"127.0.1.1", "127.0.1.2"}
    assert holder_of(lost.outside.journal, lost.name) is None
    assert compose_restore(journal_of(lost)).ending.outcome == "recovered"


def test_what_either_region_alone_had_is_in_both(lost: FakeEstate, recover: Recover) -> None:
    for region, key in ((EAST, "7"), (WEST, "8")):
        history = lost.copies[region].history
        history.commit({(TABLE, (key,)): f"({key},{region})"})
        history.archived = len(history.commits)

    recover(lost)

    assert (
        rebuilt(lost, EAST)
        == rebuilt(lost, WEST)
        == GOOD
        | {
            ("7",): f"(7,{EAST})",
            ("8",): f"(8,{WEST})",
        }
    )


def test_the_stand_ins_subscribe_to_each_other_before_customers_come(
    lost: FakeEstate, recover: Recover
) -> None:
    recover(lost)

    log = lost.log
    for name in (EAST, WEST):
        told = log.index(f"postgres stand-in-{name}:5432: find_provider_at")
        begun = log.index(f"postgres stand-in-{name}:5432: start_applying")
        opened = log.index(f"postgres stand-in-{name}:5432: unfence")
        assert told < begun < opened < log.index(f"{CONTROL_PLANE}: redirect")
    east = third_place(lost).region(EAST).database
    assert (east.found_at, east.provider) == (("127.0.1.1", 5432), ("127.0.1.2", 5432))


def test_nothing_but_a_witness_is_asked_of_the_lost_regions(lost: FakeEstate, recover: Recover) -> None:
    """No step waits for a part that is gone: each is asked whether it is there, and for nothing else."""
    recover(lost)

    asked = {line for line in lost.log if EAST in line and "stand-in" not in line and "backups" not in line}
    assert {line.rpartition(": ")[2] for line in asked} <= {"answers", "listens", "remove"}


@pytest.mark.parametrize("survivor", [EAST, WEST])
def test_while_a_region_serves_nothing_is_touched(
    make_estate: Callable[..., FakeEstate], tmp_path: Path, recover: Recover, survivor: str
) -> None:
    estate = with_stand_ins(make_estate, tmp_path)
    estate.loses(WEST if survivor == EAST else EAST)
    before = estate.state()

    with pytest.raises(NotReady, match=rf"{survivor} has no cluster: .* speaks"):
        recover(estate)

    assert estate.state() == before
    assert not third_place(estate).copies[EAST].scratch.exists


def test_a_cluster_that_answers_behind_dead_gateways_is_not_given_up(
    make_estate: Callable[..., FakeEstate], tmp_path: Path, recover: Recover
) -> None:
    """Its data is newer than any backup."""
    estate = with_stand_ins(make_estate, tmp_path)
    for region in (EAST, WEST):
        estate.region(region).gateway.sick = True

    with pytest.raises(NotReady, match="its data is newer than any backup"):
        recover(estate)


def test_the_prober_alone_does_not_convict(
    make_estate: Callable[..., FakeEstate], tmp_path: Path, recover: Recover
) -> None:
    """Nor does this process alone: it may be the one that is cut off."""
    estate = with_stand_ins(make_estate, tmp_path)
    estate.prober.accuses |= {EAST, WEST}
    with pytest.raises(NotReady, match="serves nobody, asked from here"):
        recover(estate)

    lose_both(estate)
    estate.prober.down = True
    with pytest.raises(NotReady, match="serves nobody, seen from outside: no evidence"):
        recover(estate, id="recovery-2")


def test_a_region_that_comes_back_meanwhile_keeps_its_customers(lost: FakeEstate, recover: Recover) -> None:
    """The stand-ins are emptied again, and nothing has been sent to them."""
    third_place(lost).region(EAST).database.meanwhile("beat", lambda: lost.finds(EAST))

    with pytest.raises(NotReady, match=f"{EAST} has no cluster"):
        recover(lost)

    assert find(journal_of(lost), Kind.BACKED_OUT)
    assert rebuilt(lost, EAST) == rebuilt(lost, WEST) == {}
    assert not any(copies.scratch.exists for copies in third_place(lost).copies.values())
    assert {record.address for record in lost.route53.records} == {"127.0.0.1", "127.0.0.2"}


def test_nothing_is_archived_before_the_lost_hosts_are_left_for_good(
    lost: FakeEstate, recover: Recover
) -> None:
    """In their archive, a timeline of an attempt that was given up would lead every later restore astray."""
    third_place(lost).region(EAST).database.meanwhile("beat", lambda: lost.finds(EAST))
    with pytest.raises(NotReady):
        recover(lost)
    assert not any(line.endswith(": archive") for line in lost.log)

    third_place(lost).region(EAST).database.heals()
    third_place(lost).region(EAST).database.down = True
    lost.loses(EAST)
    recover(lost, id="recovery-2")

    assert not any(copies.replacement.quiet for copies in third_place(lost).copies.values())
    archived = lost.log.index(f"data beside-stand-in-{EAST}:5432: archive")
    assert archived < lost.log.index(f"postgres stand-in-{EAST}:5432: unfence")


def test_the_repository_that_goes_furthest_is_restored_from(lost: FakeEstate, recover: Recover) -> None:
    """The nearest one may have been behind for hours when the regions were lost."""
    for copies in lost.copies.values():
        copies.backups.back_up(BackupKind.FULL, repository=2)
    lost.copies[EAST].backups.wal_last = {1: "000000"}

    recover(lost)

    assert compose_restore(journal_of(lost)).chosen
    assert result_of(lost, "can_be_reached")["place"] == WEST


def test_a_replay_that_ends_before_the_archive_does_is_no_proof(lost: FakeEstate, recover: Recover) -> None:
    """PostgreSQL takes a segment that could not be fetched for the end of the archive."""
    lost.copies[EAST].backups.wal_last = {1: "000099"}

    with pytest.raises(NotReady, match="the archive goes up to 000099: begin again"):
        recover(lost)

    assert find(journal_of(lost), Kind.BACKED_OUT)


def test_a_stand_in_that_holds_a_cluster_is_not_written_over(lost: FakeEstate, recover: Recover) -> None:
    replacement = third_place(lost).copies[WEST].replacement
    replacement.swap = replacement.swap.model_copy(update={"occupied": True})

    with pytest.raises(NotReady, match=f"{WEST}: no cluster is where the rebuilt one goes"):
        recover(lost)


def test_stand_ins_that_are_not_ready_are_told_before_anything_is_fetched(
    lost: FakeEstate, recover: Recover
) -> None:
    third_place(lost).region(WEST).cache.down = True
    lost.route53.records = [record for record in lost.route53.records if record.region == EAST]

    with pytest.raises(NotReady, match=r"has a Redis: .*The global name has no record of us-west-2"):
        recover(lost)

    assert "fetch" not in {event.step for event in journal_of(lost)}


def test_a_control_plane_that_is_away_is_waited_for_by_resuming(lost: FakeEstate, recover: Recover) -> None:
    """Past the point of no return: the stand-ins stay open, and the same operation goes on."""
    lost.route53.fails("redirect", Unavailable("Route 53's API did not answer"), times=5)

    with pytest.raises(Unavailable):
        recover(lost)
    recover(lost)

    assert compose_restore(journal_of(lost)).ending.outcome == "recovered"
    assert {record.address for record in lost.route53.records} == {"127.0.1.1", "127.0.1.2"}


def test_a_region_that_a_failover_left_is_not_rebuilt(
    make_estate: Callable[..., FakeEstate], tmp_path: Path, recover: Recover, leave: Callable[..., str]
) -> None:
    """Its stand-in gets no customers; the other region's data alone is the estate's."""
    estate = with_stand_ins(make_estate, tmp_path)
    estate.loses(EAST)
    leave(estate)
    estate.loses(WEST)

    recover(estate)

    assert rebuilt(estate, WEST) == GOOD
    assert rebuilt(estate, EAST) == {}
    assert estate.shares == {WEST: 1.0}
    assert third_place(estate).region(WEST).accepts_writes


def test_the_figures_are_the_probers(lost: FakeEstate, recover: Recover) -> None:
    """Each promised row that was not archived in time is counted, and none that was."""
    third_place(lost).archive_lag = lag = timedelta(seconds=0.5)
    last_lost = max(place.lost_at for place in lost.world.places.values() if place.lost_at)

    recover(lost)

    report = compose_restore(journal_of(lost))
    assert report.verdict.rows_given_up is not None
    assert lag / TICK - 5 <= report.verdict.rows_given_up <= lag / TICK + 1  # a write each tick
    assert report.verdict.rpo.achieved_s == pytest.approx(0.5, abs=0.1)
    assert report.operation.fault_at
    assert abs(report.operation.fault_at - last_lost) < timedelta(milliseconds=1)
    assert report.verdict.rto.achieved_s
    assert {phase.what for phase in report.spent.phases} >= {"decide", "fetch", "replay", "replace", "move"}


def test_afterwards_nothing_is_done_to_the_lost_hosts(
    lost: FakeEstate, recover: Recover, leave: Callable[..., str]
) -> None:
    recover(lost)

    with pytest.raises(BadInput, match=r"names hosts that were left: recovery-1 .* 127\.0\.1\.1:5432"):
        leave(lost)


def test_what_can_never_be_recovered_is_refused_at_once(
    make_estate: Callable[..., FakeEstate], tmp_path: Path, recover: Recover
) -> None:
    forbidden = {"disaster_recovery": {"procedures": {"multi_region_failure": False}}}

    with pytest.raises(BadInput, match=r"no `recovery\.stand_ins`"):
        recover(make_estate())
    with pytest.raises(BadInput, match=r"procedures\.multi_region_failure is not true"):
        recover(with_stand_ins(make_estate, tmp_path, **forbidden))
    with pytest.raises(BadInput, match="no region 'mars'"):
        recover(with_stand_ins(make_estate, tmp_path), repository="mars")


def test_a_dry_run_shows_each_step_and_changes_nothing(lost: FakeEstate, recover: Recover) -> None:
    plan = recover(lost, dry_run=True)

    assert "## 2. Confirm that both regions are lost" in plan
    assert "## 14. Send the traffic to the stand-ins (changes the estate)" in plan
    assert "- holds: the global name can be led to the stand-ins: record us-east-1" in plan
    assert journal_of(lost) == []
