"""Whoever speaks to a region whose packets are lost gives up within the time-out that is stated for it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from time import monotonic
from typing import Any

import pytest

from lab.dark import hold
from lab.place import PORTS
from recovery.adapters.aws import Credentials, Endpoint
from recovery.adapters.haproxy import GatewayAccess, HaProxy
from recovery.adapters.postgres.cluster import Postgres
from recovery.adapters.postgres.sessions import Access
from recovery.adapters.redis import Redis, RedisAccess
from recovery.adapters.s3_journal import S3Store
from recovery.errors import Unavailable
from recovery.estate_in_hand import Region
from tasks.fencing import AGAIN_S, fenced

ADDRESS = "127.99.8.1"
SLACK_S = 1.0
"""What a busy machine may take beside."""
POSTGRES = Postgres(
    Access(ADDRESS, PORTS.postgres, "dr_operator"),
    node_groups=["eden_vault", "eden_flow"],
    application_roles=["eden_app"],
)
REDIS = Redis(RedisAccess(ADDRESS, PORTS.redis))
GATEWAY = HaProxy(
    GatewayAccess(ADDRESS, PORTS.gateway, "http", "api.example.com", f"{ADDRESS}:{PORTS.gateway_admin}")
)


S3 = Endpoint("us-east-1", f"http://{ADDRESS}:{PORTS.aws}", Credentials("id", "key"))
JOURNAL = S3Store("dark", "bucket", S3)


@pytest.fixture(autouse=True, scope="module")
def dark() -> Iterator[None]:
    with ExitStack() as stack:
        hold(ADDRESS, stack)
        yield


@pytest.mark.parametrize(
    ("asked", "stated_s"),
    [
        (POSTGRES.look, 2.0),
        (lambda: POSTGRES.beat("us-east-1"), 2.0),
        (POSTGRES.sequences, 2.0),
        (REDIS.look, 1.0),
        (GATEWAY.look, 1.0),
        (lambda: JOURNAL.keys("estates/"), 1.0),
    ],
    ids=["PostgreSQL", "a mark in each of its databases", "its sequences", "Redis", "gateway", "S3"],
)
def test_it_gives_up_in_time(asked: Callable[[], object], stated_s: float) -> None:
    began = monotonic()

    with pytest.raises(Unavailable):
        asked()

    assert stated_s * 0.9 < monotonic() - began < stated_s + SLACK_S


def test_its_services_are_asked_all_at_once() -> None:
    began = monotonic()

    failed = GATEWAY.answers(["vault-service", "hub-service", "flow-service"])

    assert len(failed) == len({"vault-service", "hub-service", "flow-service"})
    assert monotonic() - began < 1.0 + SLACK_S


def test_a_fence_waits_only_briefly_for_what_took_no_connection_before() -> None:
    """Without that, customers would wait for the longest of the three time-outs."""
    unused: dict[str, Any] = dict.fromkeys(["tables", "sending", "copying", "conflicts", "keys"])
    region = Region("dark", database=POSTGRES, cache=REDIS, gateway=GATEWAY, **unused)
    silent = {POSTGRES.endpoint, REDIS.endpoint, GATEWAY.endpoint}
    began = monotonic()

    fences = fenced(region, silent=silent, prove=lambda: None)

    assert not any(one.worked for one in fences.means)
    assert AGAIN_S * 0.9 < monotonic() - began < AGAIN_S + SLACK_S
