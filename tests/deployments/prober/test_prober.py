"""The prober, whole, against a real small service in two regions and a real small DNS server."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recovery.evidence import Evidence
from recovery.measurement import Outcome

Scenario = Callable[[Callable[[Any], Awaitable[None]]], None]


def test_a_healthy_estate_is_seen_as_healthy(scenario: Scenario) -> None:
    def well(seen: Evidence) -> bool:
        there = seen.regions.values()
        return seen.global_name.success == 1 and all(r.writable and not r.consecutive_failures for r in there)

    async def healthy(estate: Any) -> None:
        seen = await estate.until("all is well, and both regions are writable", well)

        assert seen.regions["west"].error_rate == 0
        assert seen.regions["east"].requests == 0
        assert seen.regions["east"].probes > 0
        assert set(estate.west.hosts) == {estate.config.global_name}

    scenario(healthy)


def test_every_write_has_a_number_of_its_own_and_is_read_back(scenario: Scenario) -> None:
    async def numbered(estate: Any) -> None:
        writes, reads = await estate.requests("write"), await estate.requests("read")

        keys = [(write.client, write.seq) for write in writes]
        assert len(keys) == len(set(keys))
        assert {client for client, _ in keys} == {read.client for read in reads}
        assert {write.service for write in writes} == {"orders", "users"}
        promised = [write for write in writes if write.succeeded]
        assert promised
        assert all(write.committed_at for write in promised)
        assert len(promised) - len(reads) <= estate.config.clients

    scenario(numbered)


def test_a_service_that_is_gone_rejects_and_one_that_hangs_leaves_it_unknown(scenario: Scenario) -> None:
    """Only the second can have left a row behind."""

    async def gone_then_hanging(estate: Any) -> None:
        estate.west.hangs = True
        hung = await estate.until("west hangs", lambda s: s.regions["west"].consecutive_failures > 3)
        estate.west.hangs = False
        await estate.until("west is back", lambda s: s.global_name.success == 1)
        gone_at = datetime.now(UTC)
        await estate.ends.aclose()
        await estate.until(
            "west is gone", lambda s: s.global_name.by_region == {} and s.global_name.requests > 5
        )

        assert hung.regions["west"].last_error is not None
        assert "timeout" in hung.regions["west"].last_error
        writes = await estate.requests("write")
        failed = [write for write in writes if not write.succeeded]
        assert {(w.outcome, w.error) for w in failed if w.ended_at < gone_at} == {
            (Outcome.UNKNOWN, "timeout")
        }
        refused = [w for w in failed if w.error == "connection refused"]
        assert refused
        assert {(w.outcome, w.region) for w in refused} == {(Outcome.REJECTED, "west")}

    scenario(gone_then_hanging)


def test_a_gateway_without_a_server_rejects(scenario: Scenario) -> None:
    """HAProxy's own 503 never reached a service; a service's 503 did."""

    async def unreached(estate: Any) -> None:
        estate.west.unreached = True
        await estate.until("west is unreached", lambda s: s.regions["west"].error_rate == 1)

        failed = [write for write in await estate.requests("write") if not write.succeeded]
        assert {(w.outcome, w.status, w.error) for w in failed} == {
            (Outcome.REJECTED, 503, "gateway without a server")
        }

    scenario(unreached)


def test_without_an_address_requests_are_rejected_and_no_regions_failure(scenario: Scenario) -> None:
    async def unnamed(estate: Any) -> None:
        estate.dns.region, gone_at = None, datetime.now(UTC)
        await estate.until(
            "no client is served, and west is well",
            lambda s: s.global_name.success == 0 and s.regions["west"].consecutive_failures == 0,
        )

        writes = await estate.started_after(gone_at + timedelta(seconds=estate.dns.ttl_s), "write")
        assert {(w.outcome, w.region, w.error) for w in writes} == {(Outcome.REJECTED, None, "no address")}

    scenario(unnamed)


def test_clients_follow_the_answer_within_its_ttl_and_not_all_at_once(scenario: Scenario) -> None:
    async def follow(estate: Any) -> None:
        estate.dns.region, moved_at = "east", datetime.now(UTC)
        await estate.until("clients are at east", lambda s: set(s.global_name.by_region) == {"east"})

        late = await estate.started_after(moved_at + timedelta(seconds=estate.dns.ttl_s), "write")
        assert "west" not in {write.region for write in late}
        writes = await estate.requests("write", since=moved_at)
        at_west, at_east = ([w.started_at for w in writes if w.region == r] for r in ("west", "east"))
        assert max(at_west) > min(at_east), "while one client asked east, another still asked west"

    scenario(follow)


def test_a_row_that_is_not_yet_there_was_read_all_the_same(scenario: Scenario) -> None:
    """Just after a move it is replication's lag, and no failure; a canary's own row must be there."""

    async def forgets(estate: Any) -> None:
        estate.west.forgets = True
        await estate.until(
            "canaries fail, and no client's request does",
            lambda s: s.regions["west"].consecutive_failures > 2 and s.regions["west"].error_rate == 0,
        )

        unseen = [read for read in await estate.requests("read") if read.status == 404]
        assert {(read.succeeded, read.error) for read in unseen} == {(True, "not yet visible")}

    scenario(forgets)


@pytest.mark.parametrize(("cache", "good"), [("read-only", True), ("down", False)])
def test_a_cache_that_was_not_written_leaves_the_region_not_writable(
    scenario: Scenario,
    cache: str,
    good: bool,  # noqa: FBT001 (a case)
) -> None:
    async def cached(estate: Any) -> None:
        estate.east.cache = cache
        await estate.until(
            f"east is not writable, and {'good' if good else 'failing'}",
            lambda s: (
                s.regions["east"].writable is False and (s.regions["east"].consecutive_failures == 0) is good
            ),
        )

        canaries = {(c.succeeded, c.error) for c in await estate.requests("canary") if c.region == "east"}
        assert (good, f"cache {cache}") in canaries
        assert (not good, f"cache {cache}") not in canaries

    scenario(cached)
