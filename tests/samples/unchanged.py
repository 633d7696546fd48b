"""Operations that left everything as it was: one refused, one backed out."""

from telling import CONFIRMED, FENCED, READY, SOURCE, TARGET, Tale, finding

from recovery.journal import Event, Kind


def refused() -> list[Event]:
    """The target can not take over: nothing is changed, a person decides."""
    tale = Tale("region-failover-20260314-021743-77d0")
    tale.opened(1.62, reason="INC-2291")
    tale.step(1.70, 2.31, "confirm_fault", "Two witnesses agree: us-east-1 is gone.", result=CONFIRMED)
    tale.started(2.32, "can_take_over", region=TARGET)
    error = "us-west-2 can not take over: heartbeats are 1,260 s old, and the limit is 300 s."
    late = finding(
        "heartbeats reach the target",
        "1,260 s old",
        "under 300 s",
        ok=False,
        remedy="Start replication of orders again: runbooks/replication.md, part 2; or accept the loss.",
    )
    tale.tell(
        2.9,
        Kind.FAILED,
        step="can_take_over",
        region=TARGET,
        error=error,
        attempt=1,
        result={"findings": [late, *READY["findings"][1:]]},
    )
    tale.tell(
        3.0,
        Kind.CLOSED,
        outcome="refused",
        summary="Nothing was changed: us-west-2 can not take over without losing 21 min of orders.",
        next=[
            "Decide whether 21 min of orders may be lost.",
            "Start replication again, then start the failover again.",
        ],
    )
    return tale.events


def backed_out() -> list[Event]:
    """The loss was beyond the RPO: the source is as it was found."""
    tale = Tale("region-failover-20260314-021743-b0b0")
    tale.opened(1.62, reason="INC-2291")
    tale.step(1.70, 2.31, "confirm_fault", "Two witnesses agree.", result=CONFIRMED)
    tale.step(2.86, 3.42, "fence", "us-east-1 can not write.", region=SOURCE, result=FENCED)
    tale.started(3.43, "measure_exposure")
    why = "A failover now would lose 640 s; the RPO is 300 s: accept the loss by name, or repair replication."
    tale.tell(3.58, Kind.FAILED, step="measure_exposure", error=why, attempt=1)
    tale.tell(3.6, Kind.BACKING_OUT, why=why)
    tale.tell(
        3.61,
        Kind.STARTED,
        step="unfence",
        region=SOURCE,
        attempt=1,
        title="Unfence the source",
        mutating=True,
    )
    tale.tell(
        4.1, Kind.DONE, step="unfence", region=SOURCE, result=None, summary="us-east-1 accepts writes again."
    )
    tale.tell(4.2, Kind.BACKED_OUT)
    return tale.events
