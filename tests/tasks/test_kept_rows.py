"""Rows that have drifted are held in memory as long as a plan may have all of them, and not a row longer."""

from pathlib import Path

from recovery.fakes.copies import orders
from recovery.reconcile.drift import Drift
from recovery.reconcile.findings import TableFindings
from recovery.reconcile.ports import Sighting
from tasks.comparing_tables import Compared, kept
from tasks.drifting import kept_in

TABLE = orders("eden_task").name


def a_row(number: int) -> Drift:
    seen = Sighting(f"({number},x)", "1", foreign=False, at=None)
    return Drift(table=TABLE, key=(str(number),), left=seen, right=None)


def a_table(rows: int) -> Compared:
    counted = dict.fromkeys(
        ("rows_left", "rows_right", "blocks", "differing_blocks", "right_only", "different"), 0
    )
    found = TableFindings(
        table=TABLE.path, left_only=rows, in_flight=0, restless=0, length_s=0, samples=[], **counted
    )
    return Compared(found, [a_row(number) for number in range(rows)], None)


def test_of_one_table_all_keys_are_written_down_and_no_row_is_held_beyond_the_limit(tmp_path: Path) -> None:
    path, held = tmp_path / "drift-0001.jsonl", list[int]()

    with kept_in(path, most=2) as drifting:
        for number in range(4):
            drifting.keep(a_row(number), (str(number),))
            held.append(len(drifting.rows))

    assert held == [1, 2, 0, 0]
    assert len(path.read_text().splitlines()) == 4


def test_tables_that_have_too_many_rows_together_hold_none() -> None:
    """Of 1,000 tables each may have had as many as one plan."""
    few, many = kept([a_table(1), a_table(1)], most=2), kept([a_table(1), a_table(2)], most=2)

    assert [len(one.rows) for one in few] == [1, 1]
    assert [(len(one.rows), one.drifted) for one in many] == [(0, 1), (0, 2)]
