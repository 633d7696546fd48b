"""Logins, and what ends: roles' passwords and certificates."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recovery.estate import EstateFile
from recovery.fakes.preflight import FakePreflight
from recovery.fakes.world import World
from recovery.readiness import access
from recovery.readiness.check import State
from recovery.readiness.facts import Certificate, RoleValidity, Server, TlsPlace
from recovery.readiness.tls_places import tls_places
from recovery.readiness.told import Silent, Told

EAST, WEST = "us-east-1", "us-west-2"
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
SOON = timedelta(days=21)
PLACE = TlsPlace("192.0.2.10", 443, "api.eden.example.com")


def a_server(until: datetime | None) -> Server:
    world = World([EAST, WEST])
    facts = FakePreflight(world, world.places[EAST], ["eden_task"]).facts
    return replace(facts, roles=(RoleValidity("dr_operator", may_log_in=True, until=until), *facts.roles))


@pytest.mark.parametrize(
    ("days", "state"), [(None, State.OK), (90, State.OK), (20, State.WARNING), (-1, State.FAILED)]
)
def test_a_role_s_password_is_told_before_it_ends(days: int | None, state: State) -> None:
    until = None if days is None else NOON + timedelta(days=days)

    (found,) = access.role_checks(EAST, a_server(until), soon=SOON, now=NOON)

    assert found.state is state


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (Certificate(NOON + timedelta(days=90)), State.OK),
        (Certificate(NOON + timedelta(days=20)), State.WARNING),
        (Certificate(NOON - timedelta(days=1)), State.FAILED),
        (None, State.WARNING),
        (Silent("certificate is not valid for 'api.eden.example.com'", answered=True), State.FAILED),
    ],
)
def test_a_certificate_is_told_before_it_ends(told: Told[Certificate | None], state: State) -> None:
    found = access.certificate_check(PLACE, told, soon=SOON, now=NOON)

    assert found.state is state
    assert found.name == "the certificate of 192.0.2.10:443 is good"


def test_a_store_of_the_journal_that_is_away_fails() -> None:
    """With it away, the loss of a region takes the majority."""
    (found,) = access.journal_check(["east", "west", "witness"], ["witness: no answer"])

    assert (found.state, found.value) == (State.FAILED, "witness: no answer")


def test_a_gateway_that_can_not_be_fenced_is_a_warning() -> None:
    assert access.gateway_login(EAST, None).state is State.WARNING


def test_every_place_that_speaks_tls_is_looked_at_once(estate_values: dict[str, Any]) -> None:
    recovery = estate_values["recovery"]
    recovery["prober"]["url"] = "https://prober.eden.internal"
    recovery["prefect"] = {"api_url": "https://prefect.eden.internal:4200/api"}
    recovery["route53"]["endpoint_url"] = "http://127.0.0.1:5000"
    recovery["backups"]["repositories"][EAST] |= {"endpoint": "s3.internal:9000", "ca_file": "/etc/ca.pem"}
    recovery["gateways"][WEST]["scheme"] = "http"
    file = EstateFile.from_values(estate_values, name="estate.yaml")

    assert tls_places(file) == (
        TlsPlace("127.0.0.1", 443, "api.eden.example.com"),
        TlsPlace("s3.internal", 9000, "s3.internal", "/etc/ca.pem"),
        TlsPlace("prober.eden.internal", 443, "prober.eden.internal"),
        TlsPlace("prefect.eden.internal", 4200, "prefect.eden.internal"),
    )
