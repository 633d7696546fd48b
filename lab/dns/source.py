"""The zone and its health checks, read from Route 53's API again and again.

Answers go on from the last good copy while the API is away: Route 53's data plane does not
need its control plane.
"""

import asyncio
import logging
from time import monotonic

import boto3

from lab.dns.answering import Answered, Chance, Reply, answer
from lab.dns.checking import Checkers
from lab.dns.health import Check, check_of
from lab.dns.records import Zone, zone_of
from lab.dns.wire import USUAL_SOA
from recovery.adapters import aws
from recovery.errors import DeadlinePassed, RecoveryError, Unavailable

READ_EVERY_S = 0.25
CHECKS_EVERY = 4
"""Health checks are read with every fourth reading of the records: they cost as much."""
START_DEADLINE_S = 15.0

log = logging.getLogger(__name__)


class HostedZone:
    """Reads one hosted zone; each call takes a few milliseconds, and blocks."""

    def __init__(self, zone_id: str, endpoint: aws.Endpoint) -> None:
        self._zone_id, self._name = zone_id, ""
        self._client = boto3.session.Session().client("route53", **endpoint.arguments())

    def zone(self) -> Zone:
        """Return the zone with all its records."""
        with aws.told(f"Reading zone {self._zone_id}"):
            if not self._name:
                self._name = self._client.get_hosted_zone(Id=self._zone_id)["HostedZone"]["Name"]
            pages = self._client.get_paginator("list_resource_record_sets").paginate(
                HostedZoneId=self._zone_id
            )
            return zone_of(
                self._zone_id, self._name, (each for page in pages for each in page["ResourceRecordSets"])
            )

    def checks(self) -> list[Check]:
        """Return the account's health checks."""
        with aws.told("Reading the health checks"):
            pages = self._client.get_paginator("list_health_checks").paginate()
            return [check_of(each) for page in pages for each in page["HealthChecks"]]


class Answers:
    """The newest good copy of the zone, and answers from it."""

    def __init__(self, hosted: HostedZone, checkers: Checkers, chance: Chance) -> None:
        self._hosted, self._checkers, self._chance = hosted, checkers, chance
        self._zone: Zone | None = None
        self._lost = False
        self._told: set[str] = set()

    def ask(self, name: str, kind: str) -> Reply:
        """Answer from the newest copy; what can not be answered is logged once."""
        reply = answer(self._known(), self._checkers.health(), self._chance, name, kind)
        if reply.problem and reply.problem not in self._told:
            self._told.add(reply.problem)
            log.error("action=servfail problem=%r", reply.problem)
        return reply

    @property
    def soa(self) -> Answered:
        """The zone's start of authority, for answers of nothing."""
        zone = self._known()
        records = zone.records.get((zone.name, "SOA"))
        ttl_s, values = (
            (records[0].ttl_s, records[0].values) if records else (USUAL_SOA.ttl_s, USUAL_SOA.values)
        )
        return Answered(zone.name, "SOA", ttl_s, values)

    async def first(self, stop: asyncio.Event) -> None:
        """Have a first copy, or raise `DeadlinePassed`."""
        deadline, last = monotonic() + START_DEADLINE_S, ""
        while not stop.is_set():
            try:
                self._zone = await asyncio.to_thread(self._hosted.zone)
                self._checkers.set(await asyncio.to_thread(self._hosted.checks))
            except Unavailable as error:
                last = str(error)
            else:
                return
            if monotonic() > deadline:
                raise DeadlinePassed(
                    f"Route 53's API did not answer within {START_DEADLINE_S:.0f} s; last: {last}"
                )
            await _pause(stop, READ_EVERY_S)

    async def keep_reading(self, stop: asyncio.Event) -> None:
        """Take over what changed, until *stop*."""
        turn = 0
        while not stop.is_set():
            turn += 1
            try:
                self._zone = await asyncio.to_thread(self._hosted.zone)
                if turn % CHECKS_EVERY == 0:
                    self._checkers.set(await asyncio.to_thread(self._hosted.checks))
            except RecoveryError as error:
                if not self._lost:
                    log.warning("action=lost_api answers='from the last copy' error=%r", str(error))
                self._lost = True
            else:
                if self._lost:
                    log.info("action=regained_api")
                self._lost = False
            await _pause(stop, READ_EVERY_S)

    def _known(self) -> Zone:
        if self._zone is None:
            raise Unavailable("The zone was not read yet; call `first` before answering.")
        return self._zone


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait for *stop*, for *seconds* at most."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
