"""What every `Gateway` promises, on a real HAProxy in front of the lab's services."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx
import pytest

from lab.parts.services import set_faults
from lab.place import GLOBAL_NAME, PORTS, SERVICES, WEST, Lab
from recovery.adapters.haproxy import GatewayAccess, HaProxy
from recovery.errors import Refused, Unavailable
from recovery.ports import Gateway

pytestmark = pytest.mark.lab

Arrives = Callable[[Callable[[], object], str], None]


def an_access(lab: Lab) -> GatewayAccess:
    address = lab.address(WEST)
    return GatewayAccess(
        address, PORTS.gateway, "http", GLOBAL_NAME, admin=f"{address}:{PORTS.gateway_admin}"
    )


@pytest.fixture(params=["real"])
def gateway(request: pytest.FixtureRequest, arrives: Arrives) -> Iterator[Gateway]:
    lab = request.getfixturevalue("lab")
    gateway = HaProxy(an_access(lab))
    arrives(lambda: not gateway.look().services_down, "every service up")
    yield gateway
    set_faults(lab, WEST)
    gateway.unfence()


def asked(lab: Lab, service: str) -> int:
    url = f"http://{lab.address(WEST)}:{PORTS.gateway}/{service}/health"
    return httpx.get(url, headers={"Host": GLOBAL_NAME}, trust_env=False, timeout=5).status_code


def test_a_gateway_in_service_answers_for_every_service(gateway: Gateway) -> None:
    assert gateway.fences
    assert gateway.answers(SERVICES) == {}
    assert gateway.answers([]) == {}


def test_a_look_tells_services_and_room(gateway: Gateway) -> None:
    state = gateway.look()

    assert set(state.services_up) == set(SERVICES)
    assert state.services_down == ()
    assert not state.fenced
    assert 0 <= state.sessions < state.sessions_limit


def test_a_fenced_gateway_answers_503_at_once_and_can_be_looked_at(lab: Lab, gateway: Gateway) -> None:
    gateway.fence()
    gateway.fence()

    assert asked(lab, SERVICES[1]) == 503
    assert gateway.answers(SERVICES) == dict.fromkeys(SERVICES, "HTTP 503")
    assert gateway.look().fenced


def test_unfence_opens_it_again(lab: Lab, gateway: Gateway) -> None:
    gateway.fence()

    gateway.unfence()
    gateway.unfence()

    assert not gateway.look().fenced
    assert asked(lab, SERVICES[1]) == 200


def test_services_that_fail_are_told_by_name(lab: Lab, gateway: Gateway) -> None:
    set_faults(lab, WEST, error_rate=1.0)

    failed = gateway.answers(SERVICES[:3])

    assert set(failed) == set(SERVICES[:3])
    assert all(told.startswith("HTTP 5") for told in failed.values())


def test_a_gateway_without_a_runtime_api_says_so(lab: Lab) -> None:
    gateway = HaProxy(replace(an_access(lab), admin=None))

    assert not gateway.fences
    for verb in (gateway.look, gateway.fence, gateway.unfence):
        with pytest.raises(Refused, match=r"has no runtime API; give `recovery\.gateways"):
            verb()


@pytest.mark.parametrize("verb", ["look", "fence", "unfence"])
def test_no_answer_is_unavailable(lab: Lab, verb: str) -> None:
    """Nothing listens on port 1."""
    gateway = HaProxy(replace(an_access(lab), admin=f"{lab.address(WEST)}:1", timeout_s=0.5))

    with pytest.raises(Unavailable, match=r"runtime API at 127\.\d+\.20\.1:1 did not answer"):
        getattr(gateway, verb)()


def test_a_gateway_that_is_gone_fails_for_every_service(lab: Lab) -> None:
    gateway = HaProxy(replace(an_access(lab), port=1))

    assert gateway.answers(SERVICES) == dict.fromkeys(SERVICES, "ConnectError")
