"""What every `Tables` promises, in memory and on two real clusters, whose tables have rows of their own."""

import pytest
from sides import (
    AMOUNT,
    BODY,
    DATABASE,
    HOSTILE,
    NUMBERED,
    SCHEMA,
    SHAPES,
    Images,
    Side,
    image,
    keys_of,
    make,
    plan_of,
)

from recovery.errors import Refused
from recovery.reconcile import Outcome, TableName, TableShape, compare, undo
from recovery.reconcile.blocks import Hashing
from recovery.reconcile.drift import Drift, Pair, drifted
from recovery.reconcile.shapes import Column


def test_tables_are_told_with_their_shapes(east: Side) -> None:
    for shape in SHAPES:
        east.make(shape, {})

    ours = [table for table in east.tables.tables() if table.schema == SCHEMA]

    assert ours == sorted(shape.name for shape in SHAPES)
    assert [east.tables.shape(shape.name) for shape in SHAPES] == SHAPES


def test_tables_in_no_replication_set_are_told(east: Side) -> None:
    """These of the tests are; so is what else the cluster does not send."""
    east.make(NUMBERED, {})

    found = east.tables.unreplicated()

    assert NUMBERED.name in found
    assert found == sorted({*east.tables.tables()} - {*east.tables.replicated()})


def test_two_sides_of_one_release_hash_alike(sides: tuple[Side, Side]) -> None:
    east, west = sides

    assert east.tables.hash_vector() == west.tables.hash_vector() != ""


def test_a_table_that_is_not_there_is_refused(east: Side) -> None:
    with pytest.raises(Refused, match=r"has no table eden_vault/public\.nothing"):
        east.tables.shape(TableName(DATABASE, "public", "nothing"))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name.name)
def test_scattered_differences_are_found_exactly(sides: tuple[Side, Side], shape: TableShape) -> None:
    """37 rows of 5,000: changed, only here, and only there."""
    here, there = sides
    keys = keys_of(shape, 5000)
    make(sides, shape, {key: image(key) for key in keys})
    changed, missing, added = keys[::250], keys[7::500], keys_of(shape, 5007)[5000:]
    here.put(shape, {key: image(key, "another body") for key in changed} | dict.fromkeys(missing))
    there.put(shape, {key: image(key) for key in added})

    found = compare(here.tables, there.tables, shape.name, most=37)

    assert found.keys == tuple(sorted(changed + missing + added))
    assert (len(found.keys), found.rows) == (37, (4990, 5007))


def test_more_differences_than_allowed_are_refused(sides: tuple[Side, Side]) -> None:
    here, there = sides
    make(sides, NUMBERED, {key: image(key) for key in keys_of(NUMBERED, 300)})
    here.put(NUMBERED, {key: image(key, "x") for key in keys_of(NUMBERED, 300)[::10]})

    with pytest.raises(Refused, match=r"at least 30 rows differ, and the limit leaves room for 29"):
        compare(here.tables, there.tables, NUMBERED.name, most=29)


def test_rows_whose_text_differs_are_different(sides: tuple[Side, Side]) -> None:
    """A restore brings back what was there: also a NULL instead of '', and the zeros behind the point."""
    here, there = sides
    null, zeros, _ = keys = keys_of(NUMBERED, 3)
    make(sides, NUMBERED, {key: image(key, "") for key in keys})

    here.put(NUMBERED, {null: f"({null[0]},,1.0)", zeros: image(zeros, "", amount="1.00")})

    assert compare(here.tables, there.tables, NUMBERED.name, most=9).keys == (null, zeros)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name.name)
def test_a_value_swapped_between_two_rows_shows_in_the_sum(
    sides: tuple[Side, Side], shape: TableShape
) -> None:
    """PostgreSQL's hash of a row is a sum over its columns: without a seed a swap within a block is lost."""
    here, there = sides
    one, other = keys_of(shape, 2)
    make(sides, shape, {one: image(one, "5"), other: image(other, "7")})
    same = here.tables.fingerprint(shape.name)
    assert same == there.tables.fingerprint(shape.name)

    here.put(shape, {one: image(one, "7"), other: image(other, "5")})

    assert here.tables.fingerprint(shape.name).rows == same.rows
    assert here.tables.fingerprint(shape.name) != same
    assert compare(here.tables, there.tables, shape.name, most=9).keys == tuple(sorted([one, other]))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name.name)
def test_images_are_fetched_by_key(east: Side, shape: TableShape) -> None:
    keys = keys_of(shape, 20)
    there = {key: image(key, "".join(HOSTILE)) for key in keys[:15]}
    make([east], shape, there)

    assert east.tables.images(shape.name, keys) == there
    assert east.tables.images(shape.name, []) == {}


def test_an_empty_table_equals_an_empty_one(sides: tuple[Side, Side]) -> None:
    make(sides, NUMBERED, {})
    here, there = (side.tables for side in sides)

    assert compare(here, there, NUMBERED.name, most=0).keys == ()
    assert here.fingerprint(NUMBERED.name) == (0, 0)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name.name)
def test_a_plan_is_applied_once_and_can_be_undone(east: Side, shape: TableShape) -> None:
    """Updates, inserts and deletes; the repeated apply finds them done."""
    keys = keys_of(shape, 30)
    seen: Images = {key: image(key, "bad") for key in keys[:20]}
    wanted: Images = {key: image(key, "".join(HOSTILE)) for key in keys[10:]}
    make([east], shape, seen)
    plan = plan_of(shape, seen, wanted)

    assert east.tables.apply(plan, DATABASE) == [Outcome.APPLIED] * 30
    assert east.tables.images(shape.name, keys) == wanted
    assert east.tables.apply(plan, DATABASE) == [Outcome.ALREADY] * 30

    east.tables.apply(undo(plan), DATABASE)
    assert east.tables.images(shape.name, keys) == seen


@pytest.mark.parametrize("now", ["another body", None], ids=["changed", "gone"])
def test_a_row_changed_since_the_plan_stops_all_of_it(east: Side, now: str | None) -> None:
    keys = keys_of(NUMBERED, 3)
    seen: Images = {key: image(key, "bad") for key in keys[:2]}
    make([east], NUMBERED, seen)
    plan = plan_of(NUMBERED, seen, {key: image(key, "good") for key in keys})
    live = {**seen, keys[0]: now and image(keys[0], now)}
    east.put(NUMBERED, live)

    with pytest.raises(
        Refused, match=r"1 rows \(eden_vault.*numbered \(-100\)\) have changed .*; plan again"
    ):
        east.tables.apply(plan, DATABASE)

    assert east.tables.images(NUMBERED.name, keys) == {key: row for key, row in live.items() if row}


def test_a_row_inserted_since_the_plan_stops_all_of_it(east: Side) -> None:
    (key,) = keys_of(NUMBERED, 1)
    make([east], NUMBERED, {key: image(key, "somebody's")})

    with pytest.raises(Refused, match="have changed since"):
        east.tables.apply(plan_of(NUMBERED, {}, {key: image(key)}), DATABASE)


def test_a_table_altered_since_the_plan_stops_all_of_it(east: Side) -> None:
    (key,) = keys_of(NUMBERED, 1)
    make([east], NUMBERED, {})
    then = NUMBERED.model_copy(update={"columns": (*NUMBERED.columns, Column(name="more", type="text"))})

    with pytest.raises(Refused, match=r"changed its shape .* it has 4 columns here and 3 there"):
        east.tables.apply(plan_of(then, {}, {key: image(key)}), DATABASE)


def test_tables_of_different_shapes_are_not_compared(sides: tuple[Side, Side]) -> None:
    here, there = sides
    here.make(NUMBERED, {})
    there.make(NUMBERED.model_copy(update={"columns": (NUMBERED.columns[0], AMOUNT, BODY)}), {})

    with pytest.raises(Refused, match="a column is Body text here and amount numeric there"):
        compare(here.tables, there.tables, NUMBERED.name, most=9)


KEYLESS = NUMBERED.model_copy(update={"key": ()})


def test_a_table_without_a_key_is_not_restored_row_by_row(sides: tuple[Side, Side]) -> None:
    make(sides, KEYLESS, {})

    with pytest.raises(Refused, match="numbered has no primary key"):
        compare(sides[0].tables, sides[1].tables, KEYLESS.name, most=9)


def test_rows_of_a_table_without_a_key_are_counted_by_their_images(sides: tuple[Side, Side]) -> None:
    """Of one image the left has two rows and the right three, another one is in one of them alone."""
    once, often, left, right = (image((str(number),)) for number in range(4))
    sides[0].make(KEYLESS, {("a",): once, ("b",): often, ("c",): often, ("d",): left})
    sides[1].make(KEYLESS, {("a",): once, ("b",): often, ("c",): often, ("e",): often, ("f",): right})
    told: list[Drift] = []

    seen = drifted(Pair(sides[0].tables, sides[1].tables, lambda: None), KEYLESS.name, tell=told.append)

    found = {row.key[0]: (row.left and row.left.image, row.right and row.right.image) for row in told}
    assert found == {
        often: (f"2 x {often}", f"3 x {often}"),
        left: (f"1 x {left}", None),
        right: (None, f"1 x {right}"),
    }
    assert seen.rows == (4, 5)


def test_rows_that_are_alike_do_not_cancel_out(sides: tuple[Side, Side]) -> None:
    """Two of one image on the left, two of another one on the right: an XOR of their hashes is 0 on both."""
    left, right = (image((str(number),)) for number in range(2))
    sides[0].make(KEYLESS, {("a",): left, ("b",): left})
    sides[1].make(KEYLESS, {("a",): right, ("b",): right})
    told: list[Drift] = []

    drifted(Pair(sides[0].tables, sides[1].tables, lambda: None), KEYLESS.name, tell=told.append)

    assert {row.key for row in told} == {(left,), (right,)}


def test_equal_tables_without_a_key_have_the_rows_in_any_order(sides: tuple[Side, Side]) -> None:
    rows = {(str(number),): image((str(number % 7),)) for number in range(200)}
    sides[0].make(KEYLESS, rows)
    sides[1].make(KEYLESS, dict(reversed(rows.items())))

    assert drifted(Pair(sides[0].tables, sides[1].tables, lambda: None), KEYLESS.name, tell=print).blocks > 0


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name.name)
@pytest.mark.parametrize("hashing", Hashing)
def test_what_differs_is_found_however_rows_are_hashed(
    sides: tuple[Side, Side], shape: TableShape, hashing: Hashing
) -> None:
    keys = keys_of(shape, 300)
    make(sides, shape, {key: image(key) for key in keys[:290]})
    sides[0].put(shape, {keys[3]: image(keys[3], "left"), keys[200]: None})
    sides[1].put(shape, {keys[4]: image(keys[4], "right"), keys[295]: image(keys[295])})
    told: list[Drift] = []

    drifted(
        Pair(sides[0].tables, sides[1].tables, lambda: None), shape.name, tell=told.append, hashing=hashing
    )

    assert {row.key for row in told} == {keys[n] for n in (3, 4, 200, 295)}
