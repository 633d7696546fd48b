"""How long steps took before: a quartile of those that went through at once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from recovery.fakes.stores import FakeStore
from recovery.journal import Event, Kind, following
from recovery.pace_history import EARLIER, FEWEST, Pace, lengths, p75, paces, remember, remembered
from recovery.quorum import Quorum

BEGAN = datetime(2026, 11, 27, tzinfo=UTC)


def a_journal(
    *told: tuple[Kind, str, float], region: str | None = "east", operation: str = "failover-1"
) -> Sequence[Event]:
    """Events of steps, each with its second."""
    events: list[Event] = []
    for kind, step, second in told:
        at = BEGAN + timedelta(seconds=second)
        events.append(
            following(events, time=at, operation=operation, actor="t", kind=kind, step=step, region=region)
        )
    return events


def once(step: str, seconds: float, operation: str = "failover-1") -> Sequence[Event]:
    return a_journal((Kind.STARTED, step, 0), (Kind.DONE, step, seconds), operation=operation)


@pytest.mark.parametrize(
    ("seconds", "quartile"), [([1], 1), ([4, 1, 3, 2], 3), ([1, 2, 3, 4, 5], 4), ([9] * 20, 9)]
)
def test_three_quarters_do_not_exceed_it(seconds: Sequence[float], quartile: float) -> None:
    assert p75(seconds) == quartile
    assert sum(one <= quartile for one in seconds) >= 0.75 * len(seconds)


def test_a_step_that_was_done_often_enough_has_a_pace() -> None:
    seen = [{"fence": seconds} for seconds in (1.0, 2.0, 3.0, 40.0)]

    assert len(seen) == FEWEST
    assert paces(seen) == {"fence": Pace(3.0, 4)}
    assert paces(seen[1:]) == {}


@pytest.mark.parametrize(
    "spoiled",
    [
        a_journal(
            (Kind.STARTED, "fence", 0),
            (Kind.FAILED, "fence", 1),
            (Kind.STARTED, "fence", 2),
            (Kind.DONE, "fence", 9),
        ),
        a_journal((Kind.STARTED, "fence", 0), (Kind.STARTED, "fence", 50), (Kind.DONE, "fence", 51)),
        a_journal((Kind.STARTED, "fence", 0), (Kind.FAILED, "fence", 1)),
        a_journal((Kind.SKIPPED, "fence", 0)),
    ],
    ids=["repeated", "resumed", "failed", "skipped"],
)
def test_a_step_that_did_not_go_through_at_once_tells_nothing(spoiled: Sequence[Event]) -> None:
    assert lengths(spoiled) == {}


def a_quorum() -> tuple[Quorum, list[FakeStore]]:
    stores = [FakeStore(place) for place in ("east", "west", "witness")]
    return Quorum(stores), stores


def test_what_steps_took_is_remembered_by_operation_once_each() -> None:
    quorum, _ = a_quorum()

    for _again in range(2):
        remember(quorum, "eden", "failover", once("fence", 2.0, "failover-1"))
    remember(quorum, "eden", "failover", once("fence", 3.0, "failover-2"))
    remember(quorum, "eden", "failback", once("unfence", 4.0, "failback-1"))

    assert remembered(quorum, "eden", "failover") == {
        "failover-1": {"fence": 2.0},
        "failover-2": {"fence": 3.0},
    }
    assert remembered(quorum, "other", "failover") == {}


def test_the_newest_are_remembered_and_no_more() -> None:
    quorum, _ = a_quorum()
    names = [f"failover-{number:03}" for number in range(EARLIER + 3)]

    for name in names:
        remember(quorum, "eden", "failover", once("fence", 1.0, name))

    assert [*remembered(quorum, "eden", "failover")] == names[3:]


def test_a_store_that_was_away_takes_nothing_from_what_the_others_remember() -> None:
    quorum, (east, *_) = a_quorum()
    remember(quorum, "eden", "failover", once("fence", 1.0, "failover-1"))
    east.down = True
    remember(quorum, "eden", "failover", once("fence", 1.0, "failover-2"))
    east.down = False

    remember(quorum, "eden", "failover", once("fence", 1.0, "failover-3"))

    assert [*remembered(quorum, "eden", "failover")] == ["failover-1", "failover-2", "failover-3"]


def test_what_is_not_readable_is_as_if_nothing_were_remembered() -> None:
    quorum, stores = a_quorum()
    for store in stores:
        store.put("estates/eden/paces/failover.json", b"{")

    assert remembered(quorum, "eden", "failover") == {}
