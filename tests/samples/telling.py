"""The words in which journals.py tells its operations, second by second from T0."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from recovery.journal import Event, Kind, following

SOURCE, TARGET = "us-east-1", "us-west-2"
T0 = datetime(2026, 3, 14, 2, 17, 41, 400_000, tzinfo=UTC)

TITLES = {
    "confirm_fault": "Confirm the fault with two witnesses",
    "can_take_over": "Check that the target can take over",
    "fence": "Fence the source",
    "measure_exposure": "Measure what a failover now would lose",
    "promote": "Promote the target",
    "take_over": "Let the target's databases take over",
    "shift": "Shift traffic to the target",
    "await_clients": "Wait until clients are served",
    "reprotect": "Say what is missing for redundancy",
    "measure": "Measure what was achieved",
}
MUTATING = {"fence", "promote", "take_over", "shift"}
TOUCHES = {
    "fence": ["postgres us-east-1 127.0.10.1:5432", "haproxy us-east-1 127.0.10.1:9000"],
    "promote": ["redis us-west-2 127.0.20.1:6379"],
    "take_over": ["postgres us-west-2 127.0.20.1:5432"],
    "shift": ["route53 zone eden.test", "api.eden.test A"],
}


def after(seconds: float) -> datetime:
    """The instant *seconds* after T0."""
    return T0 + timedelta(seconds=seconds)


def iso(seconds: float) -> str:
    """The same, as a journal writes it."""
    return after(seconds).isoformat().replace("+00:00", "Z")


@dataclass
class Tale:
    """A journal being told."""

    operation: str
    actor: str = "ops-witness-1:3107"
    events: list[Event] = field(default_factory=list)

    def tell(
        self, at: float, kind: Kind, *, step: str | None = None, region: str | None = None, **data: Any
    ) -> None:
        """Append one event."""
        self.events.append(
            following(
                self.events,
                time=after(at),
                operation=self.operation,
                step=step,
                region=region,
                kind=kind,
                actor=self.actor,
                data=data,
            )
        )

    def opened(self, at: float, *, mode: str = "unplanned", reason: str = "", dry_run: bool = False) -> None:
        """Open the operation."""
        parameters = {
            "source": SOURCE,
            "mode": mode,
            "reason": reason,
            "dry_run": dry_run,
            "estate": "estate.yaml",
            "id": None,
            "injected_at": None,
        }
        self.tell(
            at,
            Kind.OPENED,
            procedure="region-failover",
            parameters=parameters,
            source=SOURCE,
            target=TARGET,
            estate="eden",
            estate_digest="5f0c1d8e2b7a49c3" * 4,
            objectives={"rto_s": 900.0, "rpo_s": 300.0},
            forecast_s=7.5,
            code_version="0.1.0",
            started_by="alert RegionDown (intake)" if mode == "unplanned" else "a.meyer (Prefect UI)",
        )

    def started(self, at: float, step: str, *, region: str | None = None, attempt: int = 1) -> None:
        """A step starts, or starts again."""
        self.tell(
            at,
            Kind.STARTED,
            step=step,
            region=region,
            attempt=attempt,
            title=TITLES[step],
            mutating=step in MUTATING,
            touches=TOUCHES.get(step, []),
        )

    def done(
        self, at: float, step: str, summary: str, *, region: str | None = None, result: Any = None
    ) -> None:
        """A step ends well."""
        self.tell(at, Kind.DONE, step=step, region=region, result=result, summary=summary)

    def step(  # noqa: PLR0913 - a step has that many sides
        self,
        start: float,
        end: float,
        step: str,
        summary: str,
        *,
        region: str | None = None,
        result: Any = None,
    ) -> None:
        """A step, from start to end."""
        self.started(start, step, region=region)
        self.done(end, step, summary, region=region, result=result)


def point(
    name: str, at: float | None, by: str, *, error_s: float | None = None, reason: str | None = None
) -> Any:
    """One clock point."""
    return {
        "name": name,
        "at": None if at is None else iso(at),
        "measured_by": by,
        "error_s": error_s,
        "reason": reason,
    }


def windows(
    share: Any, *, since: float, until: float, length_s: float = 0.5, requests: int = 24
) -> list[Any]:
    """Traffic: `share(t)` returns the shares of requests answered by source and target."""
    made = []
    for i in range(round((until - since) / length_s)):
        at = since + i * length_s
        asked = requests + i % 3
        source, target = share(at)
        whole = round((source + target) * asked)
        moved = round(target * asked)
        answered = {region: n for region, n in ((SOURCE, whole - moved), (TARGET, moved)) if n}
        made.append(
            {
                "start": iso(at),
                "length_s": length_s,
                "requests": asked,
                "succeeded": sum(answered.values()),
                "by_region": answered,
            }
        )
    return made


def row(client: str, seq: int, at: float, *, service: str = "orders") -> Any:
    """One row of the ledger, by its key."""
    return {
        "service": service,
        "client": client,
        "seq": seq,
        "region": SOURCE,
        "acknowledged_at": iso(at),
        "committed_at": iso(at - 0.004),
    }


def rows(at: float, *, acknowledged: int, lost: list[Any], newest: float | None, unknown: int = 0) -> Any:
    """The comparison of the ledger with the target."""
    return {
        "compared_since": iso(-900),
        "compared_at": iso(at),
        "acknowledged": acknowledged,
        "present": acknowledged - len(lost),
        "lost": lost,
        "unknown_present": 1 if unknown else 0,
        "unknown_absent": max(unknown - 1, 0),
        "newest_of_prefix": None if newest is None else iso(newest),
    }


def interruptions(
    clients: int, first: float | None, median: float | None, last: float | None, *, longest_s: float
) -> Any:
    """How many clients were interrupted, when they were served again, and for how long the worst was not."""
    told = {"first": first, "median": median, "last": last}
    again = {name: None if at is None else iso(at) for name, at in told.items()}
    return {"clients": clients, "still_failing": 0, **again, "longest_s": longest_s}


def measurement(points: list[Any], traffic: list[Any], compared: Any, interrupted: Any) -> Any:
    """The result of the step `measure`."""
    return {
        "points": points,
        "windows": traffic,
        "rows": compared,
        "rows_reason": None,
        "interruptions": interrupted,
        "interruptions_reason": None,
        "success_target": 0.99,
        "windows_needed": 4,
    }


def finding(check: str, value: str, limit: str, **more: Any) -> Any:
    """One check's finding; well unless it says otherwise."""
    known: dict[str, Any] = {
        "check": check,
        "ok": True,
        "value": value,
        "limit": limit,
        "witness": None,
        "remedy": None,
    }
    return known | more


CONFIRMED = {
    "findings": [
        finding(
            "the source does not answer",
            "0 of 6 probes",
            "under 1 of 6 for 2 s",
            witness="eu-west-1 prober",
            ok=True,
        ),
        finding(
            "the source does not answer",
            "0 of 6 probes",
            "under 1 of 6 for 2 s",
            witness="us-west-2 prober",
            ok=True,
        ),
        finding("the target answers", "12 of 12 probes", "12 of 12", witness="eu-west-1 prober"),
        finding("the alert is not alone", "3 alerts, 2 sources", "2 sources", witness="Prometheus"),
    ]
}
READY = {
    "findings": [
        finding("heartbeats reach the target", "0.9 s old", "under 300 s"),
        finding("the target's databases are up", "4 of 4", "4 of 4"),
        finding("the target's services are healthy", "6 of 6", "6 of 6"),
        finding("capacity of the target", "38 % used", "under 50 %"),
        finding("identity ranges are apart", "odd/even, no overlap", "no overlap"),
    ]
}
FENCED = {
    "means": [
        {
            "means": "gateway drained",
            "worked": False,
            "detail": "haproxy 127.0.10.1:9000 did not answer in 0.5 s",
        },
        {
            "means": "postgres roles nologin",
            "worked": False,
            "detail": "127.0.10.1:5432 did not answer in 0.5 s",
        },
        {
            "means": "epoch 42 refused to the source",
            "worked": True,
            "detail": "two of three stores hold epoch 42",
        },
        {
            "means": "address withdrawn from DNS",
            "worked": True,
            "detail": "health check rc-us-east-1 set unhealthy",
        },
    ]
}
TAKEN_OVER = {
    "databases": [
        {"database": "customers", "writable": True, "newest_row_age_s": 1.31, "sequences_moved": 4},
        {"database": "inventory", "writable": True, "newest_row_age_s": 1.12, "sequences_moved": 6},
        {"database": "orders", "writable": True, "newest_row_age_s": 1.46, "sequences_moved": 9},
        {"database": "payments", "writable": True, "newest_row_age_s": 1.08, "sequences_moved": 3},
    ]
}
