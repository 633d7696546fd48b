"""What every `ConflictLog` promises, in memory and on real clusters that replicate: west's, whose rows east changes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from disagreeing import Disagreeing, FakeWest, RealWest

from lab.place import Lab
from recovery.reconcile.conflicts import Conflict, ConflictKind, Resolution

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def fake_west() -> Disagreeing:
    return FakeWest()


@pytest.fixture
def real_west(lab: Lab) -> Iterator[Disagreeing]:
    with RealWest.of(lab) as west:
        yield west


@pytest.fixture
def west(kind: str, request: pytest.FixtureRequest) -> Disagreeing:
    """A region that has collected what it had, and whose rows 1 to 9 both regions know."""
    found: Disagreeing = request.getfixturevalue(f"{kind}_west")
    found.log.collect()
    return found


def kept(west: Disagreeing, since: datetime | None = None) -> list[Conflict]:
    """What was kept of the test's own rows."""
    return [conflict for conflict in west.log.recent(since or west.began) if conflict.table == west.table]


def test_a_conflict_is_kept_with_what_both_regions_wrote(west: Disagreeing) -> None:
    written = west.both_change("1")

    assert west.collected(1) == 1

    [conflict] = kept(west)
    assert (conflict.kind, conflict.resolution) == (ConflictKind.UPDATE_UPDATE, Resolution.KEEP_LOCAL)
    assert (conflict.key, conflict.is_real) == (("1",), True)
    assert (conflict.remote.at, conflict.local and conflict.local.at) == written
    assert conflict.local
    assert conflict.local.origin == "local"
    assert conflict.remote.origin == west.origin


def test_a_conflict_is_kept_once_however_often_the_log_is_read(west: Disagreeing) -> None:
    """Also by a run that does not know how far another one had come, because that one was killed."""
    west.both_change("1")
    west.collected(1)

    again = west.log.collect()
    west.forgets_how_far_it_was_read()

    assert (again, west.log.collect()) == (0, 0)
    assert len(kept(west)) == 1


def test_a_row_whose_writes_move_to_the_other_region_is_kept_and_not_real(west: Disagreeing) -> None:
    west.moves("2")

    west.collected(1)

    [conflict] = kept(west)
    assert (conflict.key, conflict.resolution, conflict.is_real) == (("2",), Resolution.APPLY_REMOTE, False)


def test_conflicts_are_told_from_a_moment_on_and_the_newest_last(west: Disagreeing) -> None:
    for key in ("1", "2", "3"):
        west.both_change(key)
    west.collected(3)

    first, *others = kept(west)

    assert [each.key for each in (first, *others)] == [("1",), ("2",), ("3",)]
    assert kept(west, first.logged_at + timedelta(milliseconds=1)) == others
    assert kept(west, others[-1].logged_at + timedelta(milliseconds=1)) == []


def test_a_log_that_is_rotated_is_read_on(west: Disagreeing) -> None:
    west.both_change("1")
    west.rotates()
    west.both_change("2")

    west.collected(2)

    assert [conflict.key for conflict in kept(west)] == [("1",), ("2",)]


def test_a_file_that_was_read_to_its_end_may_go(west: Disagreeing) -> None:
    name = west.rotates()
    west.both_change("1")
    west.collected(1)

    west.removes(name)

    assert west.log.collect() == 0
    assert name not in {missed.file for missed in west.log.unread(LONG_AGO)}


def test_a_file_that_went_before_it_was_read_is_told(west: Disagreeing) -> None:
    """And again, for as long as somebody asks since then."""
    began = datetime.now(UTC)
    name = west.rotates()
    west.removes(name)

    west.log.collect()
    west.log.collect()

    [missed] = [missed for missed in west.log.unread(began) if missed.file == name]
    assert missed.gone_at >= began
    assert west.log.unread(datetime.now(UTC)) == []
