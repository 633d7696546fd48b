"""What every `Gateway` promises, on a fake and on a real HAProxy in front of the lab's services."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

import httpx
import pytest

from lab.parts.services import set_faults
from lab.place import GLOBAL_NAME, PORTS, REGIONS, SERVICES, WEST, Lab
from recovery.adapters.haproxy import GatewayAccess, HaProxy
from recovery.errors import Refused, Unavailable
from recovery.fakes.gateway import FakeGateway
from recovery.fakes.world import World
from recovery.ports import Gateway

Arrives = Callable[[Callable[[], object], str], None]


class Situation(Protocol):
    """A gateway in service, and what may befall one."""

    gateway: Gateway

    def asked(self, service: str) -> int:
        """Ask a service for its health as a customer does; return the status."""

    def services_fail(self) -> None:
        """Have every service answer with an error."""

    def without_api(self) -> Gateway:
        """Return a gateway that has no runtime API."""

    def with_silent_api(self) -> tuple[Gateway, str]:
        """Return a gateway whose runtime API does not answer, and where it says that was."""

    def gone(self) -> Gateway:
        """Return a gateway that is not there."""


class InMemory:
    def __init__(self) -> None:
        self._world = World(REGIONS)
        self._place = self._world.places[WEST]
        self.gateway = FakeGateway(self._world, self._place, services=SERVICES)

    def asked(self, service: str) -> int:
        assert service in SERVICES
        return 200 if self._place.serves else 503

    def services_fail(self) -> None:
        self.gateway.sick = True

    def without_api(self) -> Gateway:
        return FakeGateway(self._world, self._place, services=SERVICES, fences=False)

    def with_silent_api(self) -> tuple[Gateway, str]:
        return self.gone(), rf"gateway {WEST}:443"

    def gone(self) -> Gateway:
        self._place.lost_at = self._world.clock()
        return self.gateway


class InLab:
    def __init__(self, lab: Lab) -> None:
        self._lab, address = lab, lab.address(WEST)
        admin = f"{address}:{PORTS.gateway_admin}"
        self._access = GatewayAccess(address, PORTS.gateway, "http", GLOBAL_NAME, admin=admin)
        self.gateway = HaProxy(self._access)

    def asked(self, service: str) -> int:
        url = f"http://{self._lab.address(WEST)}:{PORTS.gateway}/{service}/health"
        return httpx.get(url, headers={"Host": GLOBAL_NAME}, trust_env=False, timeout=5).status_code

    def services_fail(self) -> None:
        set_faults(self._lab, WEST, error_rate=1.0)

    def without_api(self) -> Gateway:
        return HaProxy(replace(self._access, admin=None))

    def with_silent_api(self) -> tuple[Gateway, str]:
        """Nothing listens on port 1."""
        access = replace(self._access, admin=f"{self._lab.address(WEST)}:1", timeout_s=0.5)
        return HaProxy(access), r"runtime API at 127\.\d+\.20\.1:1"

    def gone(self) -> Gateway:
        return HaProxy(replace(self._access, port=1))


@pytest.fixture
def fake_situation() -> Situation:
    return InMemory()


@pytest.fixture
def real_situation(lab: Lab, arrives: Arrives) -> Iterator[Situation]:
    """Healed afterwards."""
    situation = InLab(lab)
    arrives(lambda: not situation.gateway.look().services_down, "every service up")
    yield situation
    set_faults(lab, WEST)
    situation.gateway.unfence()


@pytest.fixture
def situation(kind: str, request: pytest.FixtureRequest) -> Situation:
    return request.getfixturevalue(f"{kind}_situation")


@pytest.fixture
def gateway(situation: Situation) -> Gateway:
    return situation.gateway


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


def test_a_fenced_gateway_answers_503_at_once_and_can_be_looked_at(
    situation: Situation, gateway: Gateway
) -> None:
    gateway.fence()
    gateway.fence()

    assert situation.asked(SERVICES[1]) == 503
    assert gateway.answers(SERVICES) == dict.fromkeys(SERVICES, "HTTP 503")
    assert gateway.look().fenced


def test_unfence_opens_it_again(situation: Situation, gateway: Gateway) -> None:
    gateway.fence()

    gateway.unfence()
    gateway.unfence()

    assert not gateway.look().fenced
    assert situation.asked(SERVICES[1]) == 200


def test_services_that_fail_are_told_by_name(situation: Situation, gateway: Gateway) -> None:
    situation.services_fail()

    failed = gateway.answers(SERVICES[:3])

    assert set(failed) == set(SERVICES[:3])
    assert all(told.startswith("HTTP 5") for told in failed.values())


def test_a_gateway_without_a_runtime_api_says_so(situation: Situation) -> None:
    gateway = situation.without_api()

    assert not gateway.fences
    for verb in (gateway.look, gateway.fence, gateway.unfence):
        with pytest.raises(Refused, match=r"has no runtime API; give `recovery\.gateways"):
            verb()


@pytest.mark.parametrize("verb", ["look", "fence", "unfence"])
def test_no_answer_is_unavailable(situation: Situation, verb: str) -> None:
    gateway, where = situation.with_silent_api()

    with pytest.raises(Unavailable, match=f"{where} did not answer"):
        getattr(gateway, verb)()


def test_a_gateway_that_is_gone_fails_for_every_service(situation: Situation) -> None:
    gateway = situation.gone()

    assert gateway.answers(SERVICES) == dict.fromkeys(SERVICES, "ConnectError")
