"""Interruptions are single clients' own, and are told only where the prober saw them."""

from datetime import UTC, datetime, timedelta

from recovery.interruption import comeback, interruptions, longest, measured
from recovery.measurement import Outcome, Request
from recovery.timeline import Serving

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SERVING = Serving(window=SECOND, success_target=0.99, windows_needed=3)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def a_request(ended_s: float, *, client: str = "c1", good: bool = True) -> Request:
    return Request(
        client=client,
        seq=1,
        kind="write",
        service="orders",
        region="west",
        started_at=at(ended_s - 0.01),
        ended_at=at(ended_s),
        outcome=Outcome.ACKNOWLEDGED if good else Outcome.UNKNOWN,
    )


def of(pattern: str, *, client: str = "c1") -> list[Request]:
    """One request a second, from 0.5 s on: `+` answered, `-` failed, ` ` none."""
    return [
        a_request(second + 0.5, client=client, good=letter == "+")
        for second, letter in enumerate(pattern)
        if letter != " "
    ]


def test_it_lasts_from_the_end_of_one_success_to_the_end_of_the_next() -> None:
    requests = [a_request(1), a_request(2, good=False), a_request(3, good=False), a_request(9)]

    [found] = interruptions(requests)

    assert (found.length, found.failures) == (8 * SECOND, 2)


def test_a_pause_without_a_failure_is_none() -> None:
    assert interruptions([a_request(1), a_request(60)]) == []


def test_the_longest_is_one_clients_own() -> None:
    """Two clients that fail in turn are never one long outage."""
    requests = [
        a_request(s, client=client, good=(s // 5 % 2 == 0) == (client == "a"))
        for s in range(40)
        for client in "ab"
    ]

    worst = longest(interruptions(requests))

    assert worst is not None
    assert worst.length == 6 * SECOND


def test_clients_come_back_one_by_one() -> None:
    requests = [
        request
        for client, back_s in (("a", 5), ("b", 7), ("c", 30))
        for request in (
            a_request(1, client=client),
            a_request(2, client=client, good=False),
            a_request(back_s, client=client),
        )
    ]

    back = comeback(interruptions(requests), fault_at=at(1.5))

    assert (back.first, back.median, back.last) == (at(5), at(7), at(30))


def test_a_client_that_still_fails_has_not_come_back() -> None:
    requests = [a_request(1), a_request(2, good=False), a_request(8, good=False)]

    back = comeback(interruptions(requests), fault_at=at(1.5))

    assert (back.clients, back.still_failing, back.last) == (1, 1, None)
    assert longest(interruptions(requests)).length == 7 * SECOND


def test_interruptions_over_before_the_fault_do_not_count() -> None:
    requests = [a_request(1), a_request(2, good=False), a_request(3)]

    assert comeback(interruptions(requests), fault_at=at(10)).clients == 0


def test_a_client_that_fails_at_the_end_is_still_failing_whatever_it_met_before() -> None:
    """Its longest interruption is told; it is not called served again because that one has ended."""
    back = comeback(interruptions(of("+------++--")), fault_at=at(1))

    assert (back.clients, back.still_failing, back.last, back.longest_s) == (1, 1, None, 7)


def test_half_of_the_clients_still_failing_leaves_no_median() -> None:
    requests = [*of("+--+++", client="a"), *of("+-----", client="b"), *of("+-----", client="c")]

    back = comeback(interruptions(requests), fault_at=at(1))

    assert (back.clients, back.still_failing) == (3, 2)
    assert (back.first, back.median, back.last) == (at(3.5), None, None)


def test_nobody_interrupted_is_measured_as_none() -> None:
    seen, why = measured(of("++++++++"), since=at(1), until=at(7), serving=SERVING)

    assert seen is not None
    assert (seen.clients, seen.first, seen.last, seen.longest_s, why) == (0, None, None, 0, None)


def test_a_prober_that_was_off_has_not_seen_that_nobody_was_interrupted() -> None:
    seen, why = measured(of("+++   ++"), since=at(1), until=at(8), serving=SERVING)

    assert seen is None
    assert why == "no client asked anything for 3 s, from 12:00:03 UTC on"


def test_an_empty_ledger_is_not_nobody_interrupted() -> None:
    assert measured([], since=at(1), until=at(8), serving=SERVING)[0] is None


def test_an_interruption_is_followed_beyond_the_verification() -> None:
    """The last client may come back long after the windows are good; that is what is to be seen."""
    seen, _why = measured(of("++-----++"), since=at(1), until=at(4), serving=SERVING)

    assert seen is not None
    assert (seen.last, seen.longest_s) == (at(7.5), 6)


def test_an_interruption_that_began_after_the_verification_is_not_this_operation_s() -> None:
    """A resumed operation may measure hours later."""
    seen, _why = measured(of("++-+++++---++"), since=at(1), until=at(5), serving=SERVING)

    assert seen is not None
    assert (seen.clients, seen.longest_s) == (1, 2)
