"""Which tables are copied whole: none while a plan can have all rows, and none of which that costs more."""

from recovery.reconcile.findings import TableFindings
from recovery.salvage.cheaper import AS_MANY_COPIED, better_copied

MOST = 1_000


def a_table(name: str, *, rows: int, missing: int = 0, gone: int = 0) -> TableFindings:
    """Return one whose returned side, the left one, lacks and has too many rows."""
    return TableFindings(
        table=name,
        rows_left=rows - missing + gone,
        rows_right=rows,
        blocks=1,
        differing_blocks=1,
        different=0,
        left_only=gone,
        right_only=missing,
        in_flight=0,
        restless=0,
        length_s=1.0,
        samples=[],
    )


def copied(*tables: TableFindings) -> list[str]:
    found = better_copied(tables, drifted=sum(one.drifted for one in tables), most=MOST)
    return [one.table for one in found]


def test_what_a_plan_can_have_is_repaired() -> None:
    """A repair keeps what takes it back; a copy keeps nothing."""
    assert copied(a_table("orders", rows=MOST, missing=MOST)) == []


def test_more_than_that_is_copied_where_most_rows_differ() -> None:
    assert copied(a_table("orders", rows=2 * MOST, missing=MOST + 1)) == ["orders"]


def test_few_rows_of_a_large_table_are_not_worth_a_copy() -> None:
    missing = MOST + 1

    assert copied(a_table("orders", rows=AS_MANY_COPIED * missing, missing=missing)) == []
    assert copied(a_table("orders", rows=AS_MANY_COPIED * missing - 1, missing=missing)) == ["orders"]


def test_deletions_that_were_missed_are_work_of_a_copy_too() -> None:
    """Nothing is left there that was served, and all of this is to go."""
    assert copied(a_table("orders", rows=0, gone=MOST + 1)) == ["orders"]


def test_the_tables_with_most_drift_are_copied_until_a_plan_can_have_the_rest() -> None:
    tables = [
        a_table(name, rows=n, missing=n) for name, n in (("a", 600), ("b", 3_000), ("c", 500), ("d", 2_000))
    ]

    assert copied(*tables) == ["b", "d", "a"]
