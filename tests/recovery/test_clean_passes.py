"""A clean pass serves the next one only as long as rows can be told by it; an old one is as right as a new one."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from recovery.clean_passes import CleanPass, CleanPasses, shape_digest
from recovery.fakes.stores import FakeStore
from recovery.quorum import Quorum
from recovery.reconcile.blocks import TOLD_APART, Watermark
from recovery.reconcile.changed import Since
from recovery.reconcile.shapes import Column, TableName, TableShape

TABLE = TableShape(
    name=TableName("eden_vault", "public", "accounts"),
    columns=(Column(name="id", type="bigint", generated=False, identity=False),),
    key=("id",),
)
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
THEN = Watermark("7-1", 1000), Watermark("8-1", 50)
NOW = Watermark("7-1", 1200), Watermark("8-1", 50)


def a_pass(
    moments: Since = THEN, *, exact: bool = False, since_whole: int = 0, shape: str = "as it was"
) -> CleanPass:
    left, right = moments
    return CleanPass(left=left, right=right, shape=shape, began_at=NOON, exact=exact, since_whole=since_whole)


def test_a_clean_pass_serves_the_next() -> None:
    assert a_pass().serves(a_pass(NOW), whole_every=7)
    assert a_pass(exact=True).serves(a_pass(NOW, exact=True), whole_every=7)
    assert a_pass(exact=True).serves(a_pass(NOW), whole_every=7)


@pytest.mark.parametrize(
    ("known", "now"),
    [
        (a_pass(), a_pass((Watermark("7-2", 1200), NOW[1]))),
        (a_pass(), a_pass((NOW[0], Watermark("9-1", 50)))),
        (a_pass(), a_pass((Watermark("7-1", 999), NOW[1]))),
        (a_pass(), a_pass((Watermark("7-1", 1000 + TOLD_APART), NOW[1]))),
        (a_pass(since_whole=6), a_pass(NOW)),
        (a_pass(), a_pass(NOW, shape="with another column")),
        (a_pass(), a_pass(NOW, exact=True)),
    ],
    ids=["restored", "another cluster", "goes back", "too long ago", "whole is due", "altered", "not exact"],
)
def test_it_does_not_where_rows_can_not_be_told_by_it(known: CleanPass, now: CleanPass) -> None:
    assert not known.serves(now, whole_every=7)


def test_of_each_table_the_newest_that_any_store_has_is_known() -> None:
    stores = [FakeStore(place) for place in ("a", "b", "c")]
    old = a_pass()
    new = old.model_copy(update={"began_at": NOON + timedelta(hours=1)})
    CleanPasses(tables={"one": new, "two": old}).keep(Quorum(stores[:1]), "tested")
    CleanPasses(tables={"one": old, "three": old}).keep(Quorum(stores[1:2]), "tested")
    stores[2].put("estates/tested/clean-passes.json", b"no JSON")

    assert CleanPasses.of(Quorum(stores[:2]), "tested").tables == {"one": new, "two": old, "three": old}
    assert CleanPasses.of(Quorum(stores[2:]), "tested").tables == {}
    assert CleanPasses.of(Quorum(stores), "another").tables == {}


def test_what_an_earlier_way_of_hashing_called_alike_is_read_whole() -> None:
    """The first way called 5 and -5 equal, and its digest was that of the shape alone."""
    known = a_pass(shape=sha256(TABLE.model_dump_json().encode()).hexdigest())

    assert not known.serves(a_pass(NOW, shape=shape_digest(TABLE)), whole_every=7)
    assert a_pass(shape=shape_digest(TABLE)).serves(a_pass(NOW, shape=shape_digest(TABLE)), whole_every=7)
