"""The clock points that the prober measures."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery import timeline
from recovery.measurement import Outcome, Point, Request, Window
from recovery.timeline import Serving

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SERVING = Serving(window=SECOND, success_target=0.99, windows_needed=3)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def a_request(ended_s: float, **fields: object) -> Request:
    started_s = fields.pop("started_s", ended_s - 0.01)
    told = {"client": "c1", "seq": 1, "kind": "write", "service": "orders", "region": "west"}
    outcome = Outcome.ACKNOWLEDGED if fields.pop("good", True) else Outcome.UNKNOWN
    return Request(started_at=at(started_s), ended_at=at(ended_s), **(told | {"outcome": outcome} | fields))


def traffic(pattern: str, per_second: int = 10, **fields: object) -> list[Request]:
    """One second of requests a letter: `+` all good, `-` all failed, `~` one in ten failed, ` ` none."""
    return [
        a_request(
            second + (i + 1) / (per_second + 1), good=letter == "+" or (letter == "~" and i > 0), **fields
        )
        for second, letter in enumerate(pattern)
        if letter != " "
        for i in range(per_second)
    ]


def windows(pattern: str, origin: datetime = NOON) -> list[Window]:
    return timeline.windows(traffic(pattern), origin=origin, length=SECOND, until=at(len(pattern)))


def seconds(point: Point) -> float | None:
    return None if point.at is None else (point.at - NOON).total_seconds()


class TestWindows:
    def test_a_request_belongs_to_the_window_it_ended_in(self) -> None:
        seen = timeline.windows([a_request(1.5, started_s=0.1)], origin=NOON, length=SECOND)

        assert [window.requests for window in seen] == [0, 1]

    def test_a_window_without_requests_is_there_all_the_same(self) -> None:
        assert [window.requests for window in windows("+ -")] == [10, 0, 10]

    def test_only_requests_through_the_global_name_count(self) -> None:
        requests = [a_request(0.5, kind=kind) for kind in ("write", "read", "canary", "health")]

        assert [w.requests for w in timeline.windows(requests, origin=NOON, length=SECOND)] == [2]

    def test_a_window_that_is_not_over_is_left_out(self) -> None:
        seen = timeline.windows(traffic("++"), origin=NOON, length=SECOND, until=at(1.9))

        assert len(seen) == 1

    def test_successes_are_counted_by_region(self) -> None:
        requests = [a_request(0.2), a_request(0.3, region="east"), a_request(0.4, good=False)]

        [window] = timeline.windows(requests, origin=NOON, length=SECOND)

        assert (window.succeeded, window.by_region) == (2, {"west": 1, "east": 1})

    def test_a_window_in_which_requests_were_under_way_was_measured(self) -> None:
        """Clients that all wait are an outage; clients that do not ask are a prober that was off."""
        requests = [a_request(0.5), a_request(2.5, started_s=0.6), a_request(5.5)]
        seen = timeline.windows(requests, origin=NOON, length=SECOND)

        off = timeline.unmeasured(requests, seen)

        assert [window.start for window in off] == [at(3), at(4)]


class TestUnavailability:
    def test_it_adds_up_the_share_of_failures_over_time(self) -> None:
        lost = timeline.unavailability(windows("+-~+"), since=NOON, until=at(4))

        assert lost == timedelta(seconds=1.1)

    def test_a_window_in_which_nothing_ended_failed_in_full(self) -> None:
        assert timeline.unavailability(windows("+  +"), since=NOON, until=at(4)) == 2 * SECOND

    def test_windows_count_only_for_their_part_within_the_bounds(self) -> None:
        lost = timeline.unavailability(windows("----"), since=at(0.5), until=at(2.25))

        assert lost == timedelta(seconds=1.75)


class TestFault:
    def fault(self, requests: list[Request], noticed_s: float, **drill: datetime) -> Point:
        return timeline.fault(requests, source="west", noticed_at=at(noticed_s), serving=SERVING, **drill)

    def test_it_is_the_last_good_probe_before_the_failures(self) -> None:
        point = self.fault(traffic("+++++--------"), 13)

        assert seconds(point) == pytest.approx(4 + 10 / 11)
        assert point.error_s == pytest.approx(1 / 11, abs=0.01)

    def test_in_a_drill_it_is_the_instant_of_injection(self) -> None:
        point = self.fault(traffic("+++++-----"), 10, injected_at=at(4.2))

        assert (seconds(point), point.measured_by) == (4.2, "drill")

    def test_a_source_that_answers_now_and_then_has_still_failed_since_the_beginning(self) -> None:
        """The last success before the operation would flatter: it is seconds old at any time."""
        point = self.fault(traffic("+++++~~-~~-~~~"), 14)

        assert seconds(point) == pytest.approx(4 + 10 / 11)

    def test_an_earlier_failure_that_passed_is_not_this_fault(self) -> None:
        point = self.fault(traffic("++-+++++++++-----"), 17)

        assert seconds(point) == pytest.approx(11 + 10 / 11)

    def test_requests_that_hang_failed_when_they_were_sent_not_when_they_gave_up(self) -> None:
        hung = [a_request(6.0 + i / 10, started_s=5.0 + i / 10, good=False) for i in range(30)]

        point = self.fault(traffic("+++++") + hung, 9)

        assert seconds(point) == pytest.approx(4 + 10 / 11)

    def test_the_regions_own_probes_count_and_the_other_regions_do_not(self) -> None:
        requests = (
            traffic("+++++++", kind="health")
            + traffic("+++++--", kind="canary")
            + traffic("+++++++", region="east")
        )

        assert seconds(self.fault(requests, 7)) == pytest.approx(4 + 10 / 11)

    def test_requests_that_got_no_address_are_failures_on_the_way_to_the_source(self) -> None:
        requests = traffic("+++++++", kind="health") + traffic("+++++") + traffic("     --", region=None)

        assert seconds(self.fault(requests, 7)) == pytest.approx(4 + 10 / 11)

    def test_a_source_that_served_to_the_end_did_not_fail(self) -> None:
        """A planned move: nothing but the operation can have interrupted the service."""
        point = self.fault(traffic("++++++++"), 8)

        assert (seconds(point), point.measured_by) == (8, "journal")

    @pytest.mark.parametrize("requests", [[], traffic("-----")])
    def test_without_a_good_probe_it_was_not_measured(self, requests: list[Request]) -> None:
        point = self.fault(requests, 5)

        assert point.at is None
        assert "west" in (point.reason or "")


class TestWritable:
    def canary(self, started_s: float, **fields: object) -> Request:
        return a_request(started_s + 0.2, started_s=started_s, kind="canary", **({"region": "east"} | fields))

    def writable(self, *canaries: Request) -> Point:
        return timeline.writable(canaries, target="east", mutating_at=at(10))

    def test_it_is_the_end_of_the_first_good_canary_after_the_first_mutating_step(self) -> None:
        point = self.writable(self.canary(10.5, good=False), self.canary(10.75), self.canary(11))

        assert seconds(point) == 10.95
        assert point.error_s == pytest.approx(0.225)

    def test_a_canary_that_was_under_way_before_does_not_count(self) -> None:
        assert seconds(self.writable(self.canary(9.9), self.canary(10.1))) == 10.3

    def test_a_canary_whose_cache_is_read_only_does_not_count(self) -> None:
        assert seconds(self.writable(self.canary(10.1, error="cache read-only"), self.canary(12))) == 12.2

    def test_a_canary_at_the_source_does_not_count(self) -> None:
        point = self.writable(self.canary(10.1, region="west"))

        assert point.at is None
        assert "east" in (point.reason or "")


class TestRestored:
    def restored(self, pattern: str, fault_s: float = 0, settles_s: float | None = None) -> Point:
        settles_at = None if settles_s is None else at(settles_s)
        return timeline.restored(
            windows(pattern), fault_at=at(fault_s), serving=SERVING, settles_at=settles_at
        )

    def test_it_is_the_start_of_the_first_good_windows_in_a_row(self) -> None:
        assert seconds(self.restored("++---++-++++++", 2)) == 8

    def test_good_windows_before_clients_noticed_are_no_restoration(self) -> None:
        """A fault takes effect after it was injected."""
        assert seconds(self.restored("+++++++---+++", 2)) == 10

    def test_too_few_good_windows_are_no_restoration(self) -> None:
        point = self.restored("++---++", 2)

        assert point.at is None
        assert "3 windows in a row" in (point.reason or "")

    @pytest.mark.parametrize("pattern", ["--~~~~~~", "--      ", "--+ + + "])
    def test_a_window_below_the_target_or_without_requests_is_not_good(self, pattern: str) -> None:
        assert self.restored(pattern).at is None

    def test_clients_that_were_never_disturbed_were_restored_at_the_fault(self) -> None:
        assert seconds(self.restored("+++++", 1.5)) == 1.5

    def test_a_service_that_came_and_went_is_restored_only_after_the_move(self) -> None:
        assert seconds(self.restored("---++++---+++++", 0, settles_s=9)) == 10
        assert seconds(self.restored("---++++---+++++", 0)) == 3

    def test_a_disturbance_long_after_the_move_is_another_one(self) -> None:
        assert seconds(self.restored("---++++++++-++++", 0, settles_s=5)) == 3

    def test_it_is_never_before_the_fault(self) -> None:
        late = windows("-+++++")

        point = timeline.restored(late, fault_at=at(0.5), serving=SERVING)

        assert seconds(point) == 1

    @given(st.text("+-~ ", min_size=1, max_size=60), st.floats(0, 20), st.none() | st.floats(0, 60))
    def test_what_is_called_restored_is_followed_by_good_windows(
        self, pattern: str, fault_s: float, settles_s: float | None
    ) -> None:
        point = self.restored(pattern, fault_s, settles_s)

        if point.at is None:
            return
        assert point.at >= at(fault_s)
        following = [w for w in windows(pattern) if w.start + SECOND > point.at][: SERVING.windows_needed]
        assert len(following) == SERVING.windows_needed
        assert all(SERVING.good(window) for window in following)
        lost = timeline.unavailability(windows(pattern), since=at(fault_s), until=point.at)
        assert timedelta(0) <= lost <= point.at - at(fault_s)
