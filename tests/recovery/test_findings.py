"""What steps find, as people read it; and the exposure, which is never guessed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.findings import Exposure, Fences, Finding, Findings, Means, exposure, oldest

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BEATS = st.lists(st.datetimes(timezones=st.just(UTC), max_value=datetime(2200, 1, 1)), min_size=1)  # noqa: DTZ001


def ago(seconds: float) -> datetime:
    return AT - timedelta(seconds=seconds)


def an_exposure(*, caught_up: bool) -> Exposure:
    return Exposure(
        exposure_s=1.25, limit_s=300, caught_up=caught_up, fault_at=AT, by_node_group={}, cache="in step"
    )


def test_the_node_group_that_is_furthest_behind_counts() -> None:
    assert exposure([ago(3), ago(8), ago(1)], fault_at=AT) == timedelta(seconds=8)


@pytest.mark.parametrize("beats", [[], [None], [ago(1), None]])
def test_a_node_group_without_a_heartbeat_leaves_the_exposure_unknown(beats: list[datetime | None]) -> None:
    """Unknown is not zero: a takeover on it would lose who knows what."""
    assert oldest(beats) is None
    assert exposure(beats, fault_at=AT) is None


def test_a_heartbeat_after_the_fault_exposes_nothing() -> None:
    assert exposure([ago(-2)], fault_at=AT) == timedelta(0)


@given(BEATS, st.data())
def test_one_more_node_group_never_lessens_the_exposure(beats: list[datetime], data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(beats), min_size=1))
    all_of_them, part = exposure(beats, fault_at=AT), exposure(some, fault_at=AT)

    assert all_of_them is not None
    assert part is not None
    assert all_of_them >= part


def test_a_finding_tells_its_remedy_only_where_it_does_not_hold() -> None:
    finding = Finding(check="replication lag", ok=False, value="40 s", limit="30 s", remedy="wait")

    assert str(finding) == "replication lag: 40 s (limit: 30 s); wait"
    assert str(finding.model_copy(update={"ok": True})) == "replication lag: 40 s (limit: 30 s)"


def test_findings_count_what_holds() -> None:
    good, bad = Finding(check="a", ok=True, value="1"), Finding(check="b", ok=False, value="2")
    findings = Findings(findings=[good, bad])

    assert findings.failed == [bad]
    assert str(findings) == "1 of 2 checks hold"


@pytest.mark.parametrize(
    ("worked", "told"),
    [
        ((), "no part of the source answered"),
        (("PostgreSQL",), "fenced by PostgreSQL; did not answer: gateway"),
        (("PostgreSQL", "gateway"), "fenced by PostgreSQL, gateway"),
    ],
)
def test_a_fence_tells_by_what_and_who_was_silent(worked: tuple[str, ...], told: str) -> None:
    fences = Fences(
        means=[Means(means=means, worked=means in worked, detail="") for means in ("PostgreSQL", "gateway")]
    )

    assert str(fences) == told


def test_an_exposure_says_nothing_is_missing_only_once_a_mark_arrived() -> None:
    assert str(an_exposure(caught_up=False)) == "at most 1.25 s of commits (limit 300 s)"
    assert str(an_exposure(caught_up=True)).startswith("nothing: a mark written after the fence arrived")
