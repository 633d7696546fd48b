"""Makes the sample journals beside this file: `python tests/samples/journals.py` writes them anew.

Each function tells one operation. The samples are invented; their proportions are those of the lab.
"""

from pathlib import Path

from telling import (
    CONFIRMED,
    FENCED,
    READY,
    SOURCE,
    TAKEN_OVER,
    TARGET,
    Tale,
    interruptions,
    iso,
    measurement,
    point,
    row,
    rows,
    windows,
)
from unchanged import backed_out, refused

from recovery.journal import Event, Kind

HERE = Path(__file__).parent


def lost_then_target(at: float) -> tuple[float, float]:
    """Both regions serve; the source goes at T0; the target takes all from 5.4 s on."""
    if at < 0:
        return (0.62, 0.38)
    ramp = {3.0: 0.46, 3.5: 0.52, 4.0: 0.61, 4.5: 0.74, 5.0: 0.88, 5.5: 0.955}
    return (0.0, 0.38 if at < 3 else ramp.get(at, 1.0))


def up_to_the_shift(tale: Tale) -> None:
    """The part that a restored and an interrupted failover share."""
    tale.opened(1.62, reason="INC-2291: us-east-1 stopped answering; power event reported by the provider")
    tale.step(
        1.70,
        2.31,
        "confirm_fault",
        "Two witnesses agree: us-east-1 is gone, us-west-2 is well.",
        result=CONFIRMED,
    )
    tale.step(
        2.32, 2.84, "can_take_over", "us-west-2 can take over: 5 of 5 checks.", region=TARGET, result=READY
    )
    tale.step(
        2.86,
        3.42,
        "fence",
        "us-east-1 can not write: 2 of 4 means worked, and one of them holds without the region.",
        region=SOURCE,
        result=FENCED,
    )
    exposure = {"exposure_s": 1.46, "limit_s": 300.0, "heartbeat": "orders", "measured_in": TARGET}
    tale.step(
        3.43, 3.58, "measure_exposure", "A failover now loses about 1.5 s; the RPO is 300 s.", result=exposure
    )
    tale.tell(3.59, Kind.POINT_OF_NO_RETURN)


def restored() -> list[Event]:
    """A region is lost, the other one takes over in 6 s, two acknowledged rows are lost."""
    tale = Tale("region-failover-20260314-021743-9c1e")
    up_to_the_shift(tale)
    tale.step(
        3.60, 3.98, "promote", "Redis in us-west-2 accepts writes.", region=TARGET, result={"role": "master"}
    )
    tale.step(
        3.60, 4.37, "take_over", "Four databases are writable in us-west-2.", region=TARGET, result=TAKEN_OVER
    )
    tale.step(4.38, 5.02, "shift", "The authoritative servers answer 127.0.20.1 only.", result={"ttl_s": 1})
    tale.step(
        5.03,
        8.31,
        "await_clients",
        "Clients are served: 100 % of four windows in a row.",
        result={"windows": 4},
    )
    tale.tell(
        8.33,
        Kind.NOTED,
        text="us-west-2 now carries everything: keep deployments frozen until redundancy is back.",
    )
    tale.step(
        8.35,
        8.61,
        "reprotect",
        "us-west-2 stands alone until us-east-1 returns.",
        result={"redundant": False},
    )
    measured_at_once(tale)
    return tale.events


def measured_at_once(tale: Tale) -> None:
    """What was measured, and how it ended."""
    points = [
        point("T0", 0, "prober", error_s=0.25),
        point("T1", 1.4, "Prometheus"),
        point("T2", 2.31, "decision record"),
        point("T3", 2.86, "journal"),
        point("T4", 4.31, "prober", error_s=0.1),
        point("T5", 4.97, "DNS", error_s=0.1),
        point("T6", 6.0, "prober", error_s=0.25),
        point("T7", None, "heartbeats", reason="us-east-1 has not returned: nothing replicates to it yet"),
    ]
    lost = [row("prober-eu-1", 18_204, -0.62), row("prober-eu-2", 18_117, -0.31)]
    compared = rows(13.9, acknowledged=21_744, lost=lost, newest=-1.46, unknown=3)
    traffic = windows(lost_then_target, since=-12, until=14)
    tale.step(
        8.63,
        14.2,
        "measure",
        "RTO 6.0 s, RPO 1.5 s, 2 acknowledged rows lost.",
        result=measurement(points, traffic, compared, interruptions(8, 3.12, 4.41, 5.87, longest_s=5.96)),
    )
    tale.tell(
        14.25,
        Kind.CLOSED,
        outcome="restored",
        summary="us-west-2 serves all traffic 6.0 s after us-east-1 was lost; 2 acknowledged rows are gone.",
        next=[
            "Tell the owners of orders which 2 rows are missing: they are listed below by key.",
            "Keep deployments frozen: us-west-2 stands alone.",
            "When us-east-1 returns, start region-failback: it salvages the 2 rows before it replicates.",
        ],
    )


def interrupted() -> list[Event]:
    """The process is killed while the databases take over; nobody has resumed it."""
    tale = Tale("region-failover-20260314-021743-41aa")
    up_to_the_shift(tale)
    tale.step(
        3.60, 3.98, "promote", "Redis in us-west-2 accepts writes.", region=TARGET, result={"role": "master"}
    )
    tale.started(3.99, "take_over", region=TARGET)
    return tale.events


def resumed() -> list[Event]:
    """Killed at night, resumed 38 minutes later from another machine: restored, and far too late."""
    tale = Tale("region-failover-20260314-021743-e5b2")
    up_to_the_shift(tale)
    tale.started(3.6, "promote", region=TARGET)
    tale.tell(
        5.6,
        Kind.FAILED,
        step="promote",
        region=TARGET,
        error="127.0.20.1:6379 did not answer in 2 s",
        attempt=1,
    )
    tale.started(6.7, "promote", region=TARGET, attempt=2)
    tale.done(7.1, "promote", "Redis in us-west-2 accepts writes.", region=TARGET, result={"role": "master"})
    tale.started(7.2, "take_over", region=TARGET)
    tale.actor = "ops-laptop-7:811"
    for step, region in (
        ("confirm_fault", None),
        ("can_take_over", TARGET),
        ("fence", SOURCE),
        ("measure_exposure", None),
        ("promote", TARGET),
    ):
        tale.tell(2290.0, Kind.SKIPPED, step=step, region=region, why="done before", done_at=iso(7.1))
    tale.started(2290.4, "take_over", region=TARGET, attempt=2)
    tale.done(
        2291.3, "take_over", "Four databases are writable in us-west-2.", region=TARGET, result=TAKEN_OVER
    )
    tale.step(
        2291.4, 2292.1, "shift", "The authoritative servers answer 127.0.20.1 only.", result={"ttl_s": 1}
    )
    tale.step(2292.2, 2296.0, "await_clients", "Clients are served.", result={"windows": 4})
    measured_too_late(tale)
    return tale.events


def measured_too_late(tale: Tale) -> None:
    """What was measured after 38 minutes, and how it ended."""
    points = [
        point("T0", 0, "prober", error_s=0.25),
        point("T1", 1.4, "Prometheus"),
        point("T2", 2.31, "decision record"),
        point("T3", 2.86, "journal"),
        point("T4", 2291.2, "prober", error_s=0.1),
        point("T5", 2292.0, "DNS", error_s=0.1),
        point("T6", 2293.0, "prober", error_s=0.25),
        point("T7", None, "heartbeats", reason="us-east-1 has not returned"),
    ]
    lost = [row(f"prober-eu-{1 + i % 2}", 18_000 + i // 2, -31 + i / 8) for i in range(240)]
    traffic = windows(
        lambda at: (0.62, 0.38) if at < 0 else (0.0, 0.38 if at < 2293 else 1.0),
        since=-60,
        until=2400,
        length_s=10,
        requests=480,
    )
    tale.step(
        2296.2,
        2301.0,
        "measure",
        "RTO 38 min, RPO 31 s, 240 acknowledged rows lost.",
        result=measurement(
            points,
            traffic,
            rows(2300, acknowledged=43_108, lost=lost, newest=-31.2, unknown=57),
            interruptions(8, 2292.31, 2292.72, 2292.96, longest_s=2293.04),
        ),
    )
    tale.tell(
        2301.1,
        Kind.CLOSED,
        outcome="restored",
        summary="us-west-2 serves all traffic, 38 min after the fault: the first process was killed.",
        next=["Find out why nobody was told that the first process had ended."],
    )


def moved() -> list[Event]:
    """A planned move, in steps; nothing is lost, and the source keeps following."""
    tale = Tale("region-failover-20260401-200000-0b0b", actor="ops-witness-1:6622")
    tale.opened(-3.0, mode="planned", reason="CHG-118: network maintenance in us-east-1")
    tale.step(
        -2.9, -2.0, "can_take_over", "us-west-2 can take over: 5 of 5 checks.", region=TARGET, result=READY
    )
    tale.step(0.0, 40.0, "shift", "1, 5, 25, 50, 100 % of traffic moved; success never under 99.9 %.")
    means = [{"means": "postgres roles nologin", "worked": True, "detail": "4 of 4 databases refuse writes"}]
    tale.step(40.1, 41.0, "fence", "us-east-1 refuses writes.", region=SOURCE, result={"means": means})
    tale.tell(41.1, Kind.POINT_OF_NO_RETURN)
    tale.step(41.2, 42.0, "take_over", "Four databases are writable.", region=TARGET, result=TAKEN_OVER)

    def share(at: float) -> tuple[float, float]:
        part = next((p for until, p in ((0, 0.38), (10, 0.4), (20, 0.5), (30, 0.75)) if at < until), 1.0)
        return (1 - part, part)

    points = [
        point("T0", 0.0, "journal", error_s=0.0),
        point("T1", None, "Prometheus", reason="no alert: the move was planned"),
        point("T2", -3.0, "decision record"),
        point("T3", 0.0, "journal"),
        point("T4", 41.9, "prober"),
        point("T5", 39.0, "DNS"),
        point("T6", 0.0, "prober", error_s=1.0),
        point("T7", 55.0, "heartbeats"),
    ]
    traffic = windows(share, since=-15, until=60, length_s=1, requests=60)
    compared = rows(60, acknowledged=9_120, lost=[], newest=59.6)
    tale.step(
        43,
        60.5,
        "measure",
        "No interruption, no row lost; redundant again.",
        result=measurement(points, traffic, compared, interruptions(0, None, None, None, longest_s=0.0)),
    )
    tale.tell(
        60.6, Kind.CLOSED, outcome="moved", summary="us-west-2 serves all traffic; nothing was lost.", next=[]
    )
    return tale.events


TALES = (restored, interrupted, refused, resumed, moved, backed_out)


def path_of(name: str) -> Path:
    """Where a sample is kept."""
    return HERE / f"journal-{name.replace('_', '-')}.jsonl"


def as_lines(events: list[Event]) -> bytes:
    """A journal as its file has it."""
    return b"".join(event.to_json() + b"\n" for event in events)


if __name__ == "__main__":
    for tell in TALES:
        path_of(tell.__name__).write_bytes(as_lines(tell()))
