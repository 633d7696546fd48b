"""Which silences are maintenance of a region, and what is said where it is not known."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest

from recovery.silences import Matcher, Silence, Told, maintenance

EAST, WEST = "us-east-1", "us-west-2"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
PROMPT_S = 0.5
QUIET = Told()
GONE = Told(missing="does not answer")


def equal(name: str, value: str) -> Matcher:
    return Matcher(name, value)


def differs(name: str, value: str) -> Matcher:
    return Matcher(name, value, is_equal=False)


def like(name: str, value: str) -> Matcher:
    return Matcher(name, value, is_regex=True)


def unlike(name: str, value: str) -> Matcher:
    return Matcher(name, value, is_regex=True, is_equal=False)


def a_silence(*matchers: Matcher, **values: Any) -> Silence:
    usual: dict[str, Any] = {"author": "ann", "comment": "disks", "active": True}
    span = {"starts_at": NOW - HOUR, "ends_at": NOW + HOUR}
    return Silence(**usual | span | values | {"matchers": matchers or (equal("region", EAST),)})


def found(told: Mapping[str, Told], now: datetime = NOW) -> str | None:
    return maintenance(told, source=EAST, target=WEST, now=now)


@pytest.mark.parametrize(
    "matchers",
    [
        [equal("region", EAST)],
        [equal("region", WEST)],
        [like("region", "us-.*")],
        [like("region", "eu-west-1|us-west-2")],
        [like("region", r"us\-east\-1")],
        [like("region", "(?i)US-EAST-1")],
        [differs("region", "eu-west-1")],
        [differs("region", EAST)],
        [unlike("region", "eu-.+")],
        [equal("service", "hub-service")],
        [equal("alertname", "ErrorRateHigh")],
        [equal("dr_signal", "latency")],
        [like("dr_signal", ".+")],
        [like("dr_signal", "errors|health"), equal("region", EAST)],
        [differs("dr_signal", "latency")],
        [equal("dr_signal", "errors"), equal("service", "hub-service")],
    ],
)
def test_a_silence_that_may_cover_an_alert_of_either_region_is_maintenance(matchers: list[Matcher]) -> None:
    """A service, or the name of an alert, may be one of ours: in doubt somebody works there."""
    assert found({"witness": Told([a_silence(*matchers)])}) is not None


@pytest.mark.parametrize(
    "matchers",
    [
        [equal("region", "eu-west-1")],
        [like("region", "eu-.*")],
        [like("region", "eu-west-1|eu-central-1")],
        [like("region", "us-east")],
        [unlike("region", "us-.*")],
        [unlike("region", ".*")],
        [equal("region", "")],
        [like("region", "us-.*"), differs("region", EAST), differs("region", WEST)],
        [equal("dr_signal", "")],
        [equal("dr_signal", ""), equal("region", EAST)],
        [like("dr_signal", ""), equal("alertname", "DiskFull")],
        [equal("dr_signal", "colour")],
        [unlike("dr_signal", ".+")],
    ],
)
def test_a_silence_of_other_regions_or_of_alerts_without_a_signal_is_none(matchers: list[Matcher]) -> None:
    """`dr_signal=""` is how a silence of anything else keeps out of the way. Patterns match whole labels."""
    assert found({"witness": Told([a_silence(*matchers)])}) is None


def test_who_works_until_when_and_why_is_told_as_data_and_cut_short() -> None:
    silence = a_silence(author="ann\n\x1b[2J", comment="disks\nfailover done " + "x" * 5000)

    told = found({EAST: Told([silence])})

    assert told is not None
    assert told.startswith(f"silence at {EAST} by 'ann ")
    assert "until 2026-03-01 13:00:00 UTC: 'disks failover done xxx" in told
    assert told.isprintable()
    assert len(told) < 300


def test_of_several_silences_one_is_told_and_the_others_counted() -> None:
    told = found({EAST: Told([a_silence()]), WEST: Told([a_silence(), a_silence(equal("region", "eu"))])})

    assert told is not None
    assert told.endswith("(and 1 more)")


@pytest.mark.parametrize(
    ("values", "holds"),
    [
        ({}, True),
        ({"ends_at": NOW}, False),
        ({"ends_at": NOW + TICK}, True),
        ({"active": False, "starts_at": NOW + TICK}, False),
        ({"active": False, "starts_at": NOW}, True),
        ({"active": True, "starts_at": NOW + HOUR}, True),
    ],
)
def test_a_silence_holds_from_its_start_to_its_end(values: dict[str, Any], *, holds: bool) -> None:
    """One that was to come has come, though nobody is there any more to say so; a clock that is ahead counts."""
    assert (found({"witness": Told([a_silence(**values)])}) is not None) is holds


@pytest.mark.parametrize(
    "told",
    [
        {EAST: GONE, WEST: QUIET, "witness": QUIET},
        {EAST: GONE, WEST: QUIET, "witness": GONE},
        {EAST: GONE, WEST: GONE, "witness": QUIET},
        {EAST: QUIET, WEST: QUIET, "witness": QUIET},
        {"witness": QUIET},
    ],
)
def test_one_place_outside_the_source_that_knows_of_none_is_enough(told: dict[str, Told]) -> None:
    """Nothing is needed of the region that is lost."""
    assert found(told) is None


@pytest.mark.parametrize(
    "told",
    [
        {},
        {EAST: QUIET},
        {EAST: QUIET, WEST: GONE, "witness": GONE},
        {EAST: GONE, WEST: GONE, "witness": Told(missing="not asked: it names no Alertmanager")},
    ],
)
def test_where_nobody_outside_the_source_answers_it_is_not_known_which_forbids(told: dict[str, Told]) -> None:
    value = found(told)

    assert value is not None
    assert value.startswith(f"not known, for no Alertmanager outside {EAST} answers: ")
    assert all(f"{place}: {known.missing}" in value for place, known in told.items() if place != EAST)


def test_what_a_place_told_last_holds_though_it_answers_no_more() -> None:
    """Taken down for maintenance, a region takes along the Alertmanager that knows of it."""
    told = {EAST: Told([a_silence()], missing="does not answer"), WEST: QUIET, "witness": QUIET}

    assert found(told) is not None
    assert found(told, NOW + HOUR) is None


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|aa)+$", ".*.*.*.*.*.*.*.*x", "|" * 100_000])
def test_a_hostile_pattern_takes_no_time(pattern: str) -> None:
    began = monotonic()

    a_silence(like("region", pattern)).may_cover({EAST, WEST, "a" * 200})

    assert monotonic() - began < PROMPT_S
