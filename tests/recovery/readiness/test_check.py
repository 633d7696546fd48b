"""What one check is, and what all of them say together."""

from datetime import UTC, datetime

import pytest

from recovery.errors import Refused, Unavailable
from recovery.readiness.check import Check, Group, State
from recovery.readiness.happening import happening
from recovery.readiness.result import Change, Readiness, Verdict, sorted_checks, verdict_of
from recovery.readiness.telling import lines, markdown
from recovery.readiness.told import Silent, asked, in_turn

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def a_check(state: State, name: str = "it holds", **fields: object) -> Check:
    given = {"group": Group.POSTGRES, "value": "seen", "remedy": "mend it"} | fields
    return Check.model_validate({"name": name, "state": state, **given})


def a_result(*checks: Check) -> Readiness:
    return Readiness(estate="eden", at=NOON, took_s=1.5, checks=checks)


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        ([State.OK, State.OK], Verdict.READY),
        ([State.OK, State.WARNING], Verdict.DEGRADED),
        ([State.WARNING, State.UNKNOWN], Verdict.NOT_READY),
        ([State.OK, State.FAILED], Verdict.NOT_READY),
        ([], Verdict.NOT_READY),
    ],
)
def test_what_is_not_known_is_not_ready(states: list[State], verdict: Verdict) -> None:
    assert verdict_of(a_check(state) for state in states) is verdict


def test_the_worst_is_read_first() -> None:
    checks = [a_check(state) for state in (State.OK, State.WARNING, State.UNKNOWN, State.FAILED)]

    assert [check.state for check in sorted_checks(checks)] == [*State]


def test_a_fault_of_one_part_is_told_and_not_raised(caplog: pytest.LogCaptureFixture) -> None:
    """Its own words are ours; those of a defect are nobody's to read, and the log has where it was."""

    secret = "canary"

    def defective() -> None:
        raise KeyError(secret)

    def silent() -> None:
        raise Unavailable("postgres a:1 did not answer.")

    assert asked(silent) == Silent("postgres a:1 did not answer.")
    assert asked(defective) == Silent("KeyError, which is a defect; see the log.")
    assert "in defective" in caplog.text
    assert "canary" not in caplog.text


def test_who_has_not_answered_is_not_asked_again_and_who_said_no_is() -> None:
    def refused() -> None:
        raise Refused("permission denied")

    silent, no = Silent("no answer"), asked(refused)

    assert in_turn(silent, lambda: 5) is silent
    assert in_turn(no, lambda: 5) == 5
    assert in_turn("an answer", lambda: 5) == 5


def test_a_run_tells_what_is_another_than_before() -> None:
    ready, warned = a_result(a_check(State.OK)), a_result(a_check(State.WARNING))
    other = a_result(a_check(State.WARNING, "another"))

    assert ready.change_from(None) is Change.VERDICT
    assert ready.change_from(warned) is Change.VERDICT
    assert other.change_from(warned) is Change.CHECKS
    assert a_result(a_check(State.WARNING, value="other words")).change_from(warned) is Change.NONE


def test_one_silence_is_one_row_with_the_names_of_all_that_it_leaves_unknown() -> None:
    silent = [a_check(State.UNKNOWN, name, region="us-east-1", value="no answer") for name in ("one", "two")]

    told = lines(a_result(*silent, a_check(State.OK)))

    assert told[0] == "? UNKNOWN  us-east-1     one; two: no answer"
    assert told[1].strip() == "-> mend that first"
    assert told[-1] == "not ready: 2 unknown, 1 ok"


def test_what_is_quoted_stays_text() -> None:
    """A server's words reach a page that takes Markdown, and a terminal that takes escapes."""
    hostile = a_check(State.FAILED, value="[click](http://evil) | <b>\x1b[2J\nnext")

    page, terminal = markdown(a_result(hostile)), lines(a_result(hostile))

    assert "http://evil" not in page
    assert "<b>" not in page
    assert page.count("\n|") == 3
    assert "\x1b" not in "".join(terminal)
    assert "next" in terminal[0]


def test_json_has_the_verdict() -> None:
    told = a_result(a_check(State.OK)).to_json()

    assert '"verdict": "ready"' in told
    assert '"headline": "ready: 1 ok"' in told


def test_the_event_of_a_run_says_what_is_news_and_what_does_not_hold() -> None:
    """It comes with every run: an automation waits for it, or for news alone."""
    failed = a_result(
        a_check(State.FAILED, value="x" * 1000), *[a_check(State.WARNING, str(n)) for n in range(30)]
    )

    first, again = happening(failed, None), happening(failed, failed)

    assert (first.event, first.resource["dr.changed"]) == ("dr.readiness.not-ready", "verdict")
    assert again.resource == first.resource | {"dr.changed": "none"}
    assert first.resource["prefect.resource.id"] == "dr.estate.eden"
    assert [len(first.payload["failed"][0]), len(first.payload["warning"])] == [300, 20]  # type: ignore[index, arg-type]
    assert "ok" not in first.payload
