"""The ledger compared with a database."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from recovery import ledger
from recovery.measurement import Outcome, Request, Rows

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def a_write(
    seq: int, *, committed_s: float | None = None, outcome: Outcome = Outcome.ACKNOWLEDGED
) -> Request:
    committed_at = at(seq if committed_s is None else committed_s)
    return Request(
        client="c1",
        seq=seq,
        kind="write",
        service="orders",
        region="west",
        started_at=at(seq),
        ended_at=at(seq + 0.01),
        outcome=outcome,
        committed_at=committed_at if outcome is Outcome.ACKNOWLEDGED else None,
    )


def keys(*seqs: int) -> set[ledger.Key]:
    return {("orders", "c1", seq) for seq in seqs}


def compare(requests: list[Request], present: set[ledger.Key], since: datetime = NOON) -> Rows:
    return ledger.compare(requests, present, since=since, compared_at=at(1000))


def test_a_promised_row_is_present_or_lost() -> None:
    rows = compare([a_write(1), a_write(2), a_write(3)], keys(1, 3))

    assert (rows.acknowledged, rows.present) == (3, 2)
    assert [row.seq for row in rows.lost] == [2]


def test_the_prefix_ends_before_the_oldest_lost_row_not_at_the_newest_present_one() -> None:
    """Rows that came through after a lost one are no recovery point."""
    rows = compare([a_write(seq) for seq in (1, 2, 3, 4)], keys(1, 2, 4))

    assert rows.newest_of_prefix == at(2)


def test_the_prefix_follows_commits_not_sequence_numbers() -> None:
    """Two clients' rows commit in another order than they were asked for."""
    writes = [a_write(1, committed_s=9), a_write(2, committed_s=3), a_write(3, committed_s=5)]

    rows = compare(writes, keys(2, 1))

    assert rows.newest_of_prefix == at(3)


def test_a_row_committed_at_the_lost_rows_instant_is_not_before_it() -> None:
    rows = compare([a_write(1, committed_s=1), a_write(2, committed_s=1)], keys(1))

    assert rows.newest_of_prefix is None


def test_without_a_promise_there_is_no_prefix() -> None:
    rows = compare([a_write(1, outcome=Outcome.UNKNOWN)], keys(1))

    assert rows.newest_of_prefix is None
    assert rows.acknowledged == 0


def test_unknown_writes_are_counted_by_what_became_of_them() -> None:
    unknown = [a_write(seq, outcome=Outcome.UNKNOWN) for seq in (1, 2, 3)]

    rows = compare(unknown, keys(2))

    assert (rows.unknown_present, rows.unknown_absent, rows.lost) == (1, 2, [])


def test_a_rejected_row_that_is_there_was_never_promised() -> None:
    """It must show: a client was told no, and the row exists."""
    rejected = [a_write(seq, outcome=Outcome.REJECTED) for seq in (1, 2)]

    rows = compare(rejected, keys(1))

    assert (rows.unknown_present, rows.unknown_absent) == (1, 0)


def test_only_writes_since_the_start_of_the_comparison_count() -> None:
    read = a_write(8).model_copy(update={"kind": "read"})
    canary = a_write(9).model_copy(update={"kind": "canary"})

    rows = compare([a_write(1), a_write(5), read, canary], keys(5), since=at(2))

    assert (rows.acknowledged, rows.lost) == (1, [])


def test_the_error_bound_is_the_largest_silence_near_the_fault() -> None:
    writes = [a_write(seq) for seq in (1, 40, 41, 44, 90)]

    assert ledger.interval(writes, around=at(50), span=timedelta(seconds=8)) == timedelta(seconds=3)


def test_without_two_commits_near_the_fault_there_is_no_error_bound() -> None:
    assert ledger.interval([a_write(1)], around=at(50), span=timedelta(seconds=10)) is None


@given(
    st.lists(st.tuples(st.integers(0, 50), st.booleans(), st.sampled_from(Outcome)), max_size=40),
)
def test_every_older_promised_row_than_the_recovery_point_is_present(
    fates: list[tuple[int, bool, Outcome]],
) -> None:
    """The definition itself, whatever the order and the ties."""
    writes = [
        a_write(seq, committed_s=committed_s, outcome=outcome)
        for seq, (committed_s, _, outcome) in enumerate(fates)
    ]
    present = keys(*(seq for seq, (_, there, _) in enumerate(fates) if there))

    rows = compare(writes, present)

    assert rows.present + len(rows.lost) == rows.acknowledged
    promised = [write for write in writes if write.succeeded]
    if rows.newest_of_prefix is not None:
        older = [w for w in promised if ledger.commit_time(w) <= rows.newest_of_prefix]
        assert older
        assert all(ledger.key(write) in present for write in older)
    elif promised:
        assert rows.lost
