"""Does every login work that an operation needs, and for how long yet? Certificates, too. None of them is shown."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from recovery.ports import CacheState, DatabaseState, GatewayState
from recovery.readiness.amounts import span
from recovery.readiness.check import Check, Criterion, Group, Judged, State, T, checked, holds, listed
from recovery.readiness.facts import Certificate, RoleValidity, Server, TlsPlace
from recovery.readiness.told import Silent, Told
from recovery.traffic import Weights


def database_login(region: str, told: Told[DatabaseState]) -> Check:
    """Return whether PostgreSQL lets the operator's role in."""
    return _tried(
        "PostgreSQL takes the operator's login",
        told,
        lambda state: f"PostgreSQL {state.version.split()[0]}",
        "start it, let that role in by pg_hba.conf, renew its secret",
        region,
    )


def cache_login(region: str, told: Told[CacheState]) -> Check:
    """Return whether Redis takes the password."""
    return _tried(
        "Redis takes the tool's login",
        told,
        lambda state: state.role,
        "start it, or renew its secret",
        region,
    )


def gateway_login(region: str, told: Told[GatewayState] | None) -> Check:
    """Return whether the gateway's runtime API answers; without one the gateway is not fenced."""
    name = "the gateway's runtime API answers"
    if told is None:
        judged = Judged(State.WARNING, "none is configured: it is not fenced, and its room is not known")
        remedy = f"give recovery.gateways.{region}.admin"
        return Check(name=name, group=Group.ACCESS, region=region, remedy=remedy, **judged._asdict())
    remedy = f"start it, or correct recovery.gateways.{region}.admin"
    return _tried(name, told, lambda state: f"{state.sessions} sessions", remedy, region)


def keys_checks(weights: Told[Weights], stops: Mapping[str, Told[bool]]) -> list[Check]:
    """Return whether AWS takes the keys: Route 53, and S3 in the region of each stop object."""
    remedy = "renew the keys, see their rights (docs/real-estate.md, step 7), or wait for the control plane"
    return [
        _tried("Route 53 takes the tool's keys", weights, lambda _: "its records are read", remedy, None),
        *(
            _tried("its stop object can be looked for", told, lambda _: "the bucket answers", remedy, region)
            for region, told in stops.items()
        ),
    ]


def journal_check(places: Sequence[str], silent: Told[Sequence[str]]) -> list[Check]:
    """Return whether every store of the journal answers: with one away, the next loss takes the majority."""

    def judge(away: Sequence[str]) -> Judged:
        return holds("; ".join(away) or listed(places), "every one", ok=not away)

    criterion = Criterion("every store of the journal answers", judge, "mend it before a region is lost, too")
    return checked(Group.ACCESS, silent, [criterion])


def role_checks(region: str, told: Told[Server], *, soon: timedelta, now: datetime) -> list[Check]:
    """Return whether a role's password ends soon: PostgreSQL's VALID UNTIL."""

    def judge(server: Server) -> Judged:
        ending = [role for role in server.roles if role.until]
        first = min(ending, key=lambda role: role.until or now, default=None)
        if first is None:
            return Judged(State.OK, f"no end of {listed([role.name for role in server.roles])}")
        return _ends(first, soon=soon, now=now)

    criterion = Criterion(
        "no role's password ends soon", judge, "ALTER ROLE ... VALID UNTIL, with a new password"
    )
    return checked(Group.ACCESS, told, [criterion], region=region)


def certificate_check(
    place: TlsPlace, told: Told[Certificate | None], *, soon: timedelta, now: datetime
) -> Check:
    """Return whether a certificate is trusted, has the name, and lasts."""
    name, remedy = (
        f"the certificate of {place} is good",
        f"have it made out for {place.name}, and renewed in time",
    )
    if isinstance(told, Silent):
        return _tried(name, told, str, remedy, None)
    if told is None:
        judged = Judged(State.WARNING, f"not looked at: {place.ca_file} is not on this machine")
        remedy = "put the file here, too"
    else:
        judged = _lasts(told, soon, now)
    return Check(name=name, group=Group.ACCESS, remedy=remedy, **judged._asdict())


def _lasts(certificate: Certificate, soon: timedelta, now: datetime) -> Judged:
    left = certificate.until - now
    value = f"ends {certificate.until:%Y-%m-%d}, in {span(left)}"
    if left <= timedelta(0):
        return Judged(State.FAILED, f"ended {certificate.until:%Y-%m-%d}", span(soon))
    return holds(value, span(soon), ok=left > soon, otherwise=State.WARNING)


def _ends(role: RoleValidity, *, soon: timedelta, now: datetime) -> Judged:
    left = (role.until or now) - now
    if left <= timedelta(0):
        return Judged(State.FAILED, f"that of {role.name} ended {role.until:%Y-%m-%d}", span(soon))
    value = f"that of {role.name} ends {role.until:%Y-%m-%d}, in {span(left)}"
    return holds(value, span(soon), ok=left > soon, otherwise=State.WARNING)


def _tried(name: str, told: Told[T], shown: Callable[[T], str], remedy: str, region: str | None) -> Check:
    """A login that was tried and did not work has failed: that is known."""
    silent = isinstance(told, Silent)
    return Check(
        name=name,
        group=Group.ACCESS,
        region=region,
        state=State.FAILED if silent else State.OK,
        value=told.why if isinstance(told, Silent) else shown(told),
        remedy=remedy,
    )
