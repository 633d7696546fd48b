"""What readiness asks beside what operations do, in the style of `recovery.ports`. Every verb reads only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from recovery.alerts import HeldAlert
from recovery.readiness.facts import CacheSettings, Certificate, Clock, Progress, Schema, Server, TlsPlace
from recovery.region_guard import Answer
from recovery.silences import Silence


class Preflight(Protocol):
    """One region's PostgreSQL, looked at before it is needed. Works on a hot standby."""

    @property
    def endpoint(self) -> str:
        """Where it is, as `postgres host:port`."""

    def server(self) -> Server:
        """Return what the cluster says of itself, of the node groups' databases, and of the roles that log in."""

    def schema(self) -> Schema:
        """Return the tables that the other region is sent, with what their columns draw from."""

    def progress(self) -> Progress:
        """Return how far it has come. Takes no transaction number."""

    def clock(self) -> Clock:
        """Return how far its clock is ahead of ours, by the quickest of a few answers."""


class CachePreflight(Protocol):
    """One region's Redis, likewise."""

    @property
    def endpoint(self) -> str:
        """Where it is, as `redis host:port`."""

    def settings(self) -> CacheSettings:
        """Return what it is."""


class Certificates(Protocol):
    """Who speaks TLS, and with which certificate."""

    def look(self, place: TlsPlace) -> Certificate | None:
        """Return the certificate that *place* shows, verified; None where this machine lacks the `ca_file` for that.

        `Refused` says why it is not trusted: expired, another name, an unknown issuer. `Unavailable` where nothing
        answers.
        """


class Watching(Protocol):
    """What one place's monitoring delivers its alerts through."""

    @property
    def endpoint(self) -> str:
        """Where it is, as `Alertmanager url`."""

    def held(self) -> list[HeldAlert]:
        """Return the alerts that it would deliver now, but for watchdogs: whoever is on call has been told of them."""

    def silences(self) -> list[Silence]:
        """Return the silences that hold, and those that will."""

    def heard(self) -> frozenset[str]:
        """Return the places whose watchdog it holds: each evaluates its rules, and reaches it."""


class Guarding(Protocol):
    """One region's guard."""

    @property
    def endpoint(self) -> str:
        """Where it is, as `region guard url`."""

    def answer(self) -> Answer:
        """Return what it says; `Unavailable` where it does not answer."""


@dataclass(frozen=True)
class Preflights:
    """The clients, by region."""

    databases: Mapping[str, Preflight]
    caches: Mapping[str, CachePreflight]
    certificates: Certificates
    watching: Mapping[str, Watching] = field(default_factory=dict)
    """By place: the regions, and the witness. Empty where alerts start nothing."""
    guards: Mapping[str, Guarding] = field(default_factory=dict)
    """By region, as far as the estate file names them."""
