"""How far a comparison has come: told while a table is read, and never more than there is."""

from recovery.reconcile.progress import FIRST_ROWS_PER_S, Progress
from recovery.reconcile.shapes import TableName

SMALL, LARGE = (TableName("eden_vault", "public", name) for name in ("small", "large"))


def test_a_table_under_way_moves_by_the_pace_of_those_before_it() -> None:
    """1,000 rows took 10 s; so 3,000 take 30."""
    progress = Progress({SMALL: 1000, LARGE: 3000}, 0.0)
    progress.began(SMALL, 0.0)
    progress.passed(SMALL)
    progress.began(LARGE, 10.0)

    assert [progress.share(at_s) for at_s in (10.0, 20.0, 30.0)] == [0.25, 0.5, 0.75]
    assert progress.told(20.0) == (
        "1 of 2 tables, about 1,000 rows, 50 rows/s, about 20 s left; "
        "under way: eden_vault.public.large (about 3,000 rows) for 10 s"
    )


def test_a_table_that_takes_longer_than_reckoned_is_not_taken_for_done() -> None:
    progress = Progress({SMALL: 1000, LARGE: 1000}, 0.0)
    progress.began(LARGE, 0.0)

    assert 0.4 < progress.share(3600.0) < 0.5


def test_the_first_table_moves_before_anything_is_measured() -> None:
    """And no rate is told of which none is known."""
    rows = round(FIRST_ROWS_PER_S * 100)
    progress = Progress({LARGE: rows}, 0.0)
    progress.began(LARGE, 0.0)

    assert progress.share(50.0) == 0.5
    assert "rows/s" not in progress.told(50.0)
    assert "about 50 s left" in progress.told(50.0)


def test_two_tables_at_once_share_the_pace() -> None:
    rows = round(FIRST_ROWS_PER_S * 100)
    progress = Progress({SMALL: rows, LARGE: rows}, 0.0)
    for table in (SMALL, LARGE):
        progress.began(table, 0.0)

    assert progress.share(100.0) == 0.5


def test_empty_tables_count_as_tables() -> None:
    progress = Progress({SMALL: 0, LARGE: 0}, 0.0)
    progress.began(SMALL, 0.0)
    progress.passed(SMALL)

    assert progress.share(1.0) == 0.5
