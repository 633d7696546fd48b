"""A clean pass serves the next one only as long as rows can be told by it; an old one is as right as a new one."""

from datetime import UTC, datetime, timedelta

import pytest

from recovery.clean_passes import CleanPass, CleanPasses
from recovery.fakes.stores import FakeStore
from recovery.quorum import Quorum
from recovery.reconcile.blocks import TOLD_APART, Watermark

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
THEN = Watermark("7-1", 1000), Watermark("8-1", 50)
NOW = Watermark("7-1", 1200), Watermark("8-1", 50)


def a_pass(*, exact: bool = False, since_whole: int = 0, began_at: datetime = NOON) -> CleanPass:
    return CleanPass(left=THEN[0], right=THEN[1], began_at=began_at, exact=exact, since_whole=since_whole)


def test_a_clean_pass_serves_the_next() -> None:
    assert a_pass().serves(NOW, exact=False, whole_every=7)
    assert a_pass(exact=True).serves(NOW, exact=True, whole_every=7)


@pytest.mark.parametrize(
    ("known", "now"),
    [
        (a_pass(), (Watermark("7-2", 1200), NOW[1])),
        (a_pass(), (NOW[0], Watermark("9-1", 50))),
        (a_pass(), (Watermark("7-1", 999), NOW[1])),
        (a_pass(), (Watermark("7-1", 1000 + TOLD_APART), NOW[1])),
        (a_pass(since_whole=6), NOW),
    ],
    ids=["restored", "another cluster", "goes back", "too long ago", "the whole table is due"],
)
def test_it_does_not_where_rows_can_not_be_told_by_it(
    known: CleanPass, now: tuple[Watermark, Watermark]
) -> None:
    assert not known.serves(now, exact=False, whole_every=7)


def test_one_that_was_not_exact_does_not_serve_an_exact_one() -> None:
    assert not a_pass().serves(NOW, exact=True, whole_every=7)


def test_of_each_table_the_newest_that_any_store_has_is_known() -> None:
    stores = [FakeStore(place) for place in ("a", "b", "c")]
    old, new = a_pass(), a_pass(began_at=NOON + timedelta(hours=1))
    CleanPasses(tables={"one": new, "two": old}).keep(Quorum(stores[:1]), "tested")
    CleanPasses(tables={"one": old, "three": old}).keep(Quorum(stores[1:2]), "tested")
    stores[2].put("estates/tested/clean-passes.json", b"no JSON")

    assert CleanPasses.of(Quorum(stores[:2]), "tested").tables == {"one": new, "two": old, "three": old}
    assert CleanPasses.of(Quorum(stores[2:]), "tested").tables == {}
    assert CleanPasses.of(Quorum(stores), "another").tables == {}
