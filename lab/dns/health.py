"""Health checks as values, and the status that follows from what the checkers saw.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_UpdateHealthCheck.html
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_route53.type_defs import HealthCheckTypeDef

HTTP, HTTPS, TCP, CALCULATED = "HTTP", "HTTPS", "TCP", "CALCULATED"
MATCHING = {"HTTP_STR_MATCH": HTTP, "HTTPS_STR_MATCH": HTTPS}
HEALTHY_SHARE = 0.18
USUAL_PORTS = {HTTP: 80, HTTPS: 443}


@dataclass(frozen=True)
class Endpoint:
    """What is asked, how, and how often."""

    kind: str
    address: str
    """An IP address, or a name to resolve at each check."""
    port: int
    host: str
    """The Host header, and the server name of TLS."""
    path: str = "/"
    search: str = ""
    interval_s: int = 30
    server_name: bool = True
    """Whether TLS says whom it wants."""


@dataclass(frozen=True)
class Check:
    """One health check's definition."""

    id: str
    endpoint: Endpoint | None = None
    """None for a check of checks, and for the kinds that nothing here can see (CloudWatch, ARC)."""
    failure_threshold: int = 3
    inverted: bool = False
    disabled: bool = False
    children: tuple[str, ...] = ()
    health_threshold: int | None = None
    """How many children must be healthy; None: it is no check of checks."""


@dataclass(frozen=True)
class Seen:
    """What the checker made of an endpoint: healthy until enough is known."""

    healthy: bool = True
    against: int = 0
    """Results in a row that say otherwise."""

    def then(self, *, passed: bool, threshold: int) -> "Seen":
        """Return what is seen after one more result; *threshold* in a row change it."""
        if passed is self.healthy:
            return replace(self, against=0)
        if self.against + 1 >= threshold:
            return Seen(healthy=passed)
        return replace(self, against=self.against + 1)


def agreed(seen: Sequence[Seen]) -> Seen:
    """Return what several checkers make of an endpoint together: healthy by the word of more than `HEALTHY_SHARE`."""
    return Seen(healthy=sum(one.healthy for one in seen) > HEALTHY_SHARE * len(seen))


def check_of(described: "HealthCheckTypeDef") -> Check:
    """Return a health check as the API describes it."""
    config = described["HealthCheckConfig"]
    kind = MATCHING.get(config["Type"], config["Type"])
    endpoint = None
    if kind in {HTTP, HTTPS, TCP}:
        name = config.get("FullyQualifiedDomainName", "")
        address, port = config.get("IPAddress", name), config.get("Port", USUAL_PORTS.get(kind, 0))
        host = name or address
        endpoint = Endpoint(
            kind=kind,
            address=address,
            port=port,
            host=host if port == USUAL_PORTS.get(kind) else f"{host}:{port}",
            path=config.get("ResourcePath") or "/",
            search=config.get("SearchString", "") if config["Type"] in MATCHING else "",
            interval_s=config.get("RequestInterval", 30),
            server_name=config.get("EnableSNI", True),
        )
    return Check(
        id=described["Id"],
        endpoint=endpoint,
        failure_threshold=config.get("FailureThreshold", 3),
        inverted=config.get("Inverted", False),
        disabled=config.get("Disabled", False),
        children=tuple(config.get("ChildHealthChecks", [])),
        health_threshold=config.get("HealthThreshold", 0) if kind == CALCULATED else None,
    )


def statuses(checks: Iterable[Check], seen: Mapping[str, Seen]) -> dict[str, bool]:
    """Return each check's status: what was seen or calculated, healthy if disabled, then inverted."""
    by_id = {check.id: check for check in checks}
    return {check_id: _status(by_id, seen, check_id, ()) for check_id in by_id}


def _status(
    checks: Mapping[str, Check], seen: Mapping[str, Seen], check_id: str, above: tuple[str, ...]
) -> bool:
    """Return one status. A child that is deleted, or that has its parent as a child, counts as healthy."""
    if check_id not in checks or check_id in above:
        return True
    check = checks[check_id]
    if check.disabled:
        healthy = True
    elif check.health_threshold is not None:
        under = [_status(checks, seen, child, (*above, check_id)) for child in check.children]
        healthy = sum(under) >= check.health_threshold
    else:
        healthy = seen.get(check_id, Seen()).healthy
    return healthy is not check.inverted
