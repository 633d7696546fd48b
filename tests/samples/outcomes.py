"""What became of the three scenarios of dr_tests.py: one there and back, one there only, one there and back."""

from typing import Any

from telling import SOURCE, after, finding

from recovery.dr_test.outcome import (
    Alarm,
    Deviation,
    Injection,
    Leg,
    Losses,
    Measured,
    Observation,
    Proof,
    ProofState,
    ScenarioOutcome,
    StartedOperation,
)
from recovery.dr_test.people import Severity
from recovery.dr_test.scenarios import ScenarioName

WELL = Proof(state=ProofState.PROVED, sentence="100 % of requests answered for 30 s, lag under 1 s both ways")


def region_loss() -> ScenarioOutcome:
    """A region is lost; the other one takes over; two rows are lost, and brought home by the salvage."""
    back = "region-failback-20260314-022741-1f1f"
    return ScenarioOutcome(
        scenario=ScenarioName.REGION_LOSS,
        started_at=after(-60),
        ended_at=after(1020),
        injection=Injection(what="SIGKILL to every process of us-east-1", at=after(0), healed_at=after(590)),
        happened="us-west-2 served all traffic 6.0 s after the loss; both regions served again 15 min later.",
        operations=started("region-failover-20260314-021743-9c1e", back),
        rto=Measured(seconds=6.0, error_s=0.5),
        rpo=Measured(seconds=1.4, error_s=0.25),
        losses=Losses(acknowledged=21_744, lost=2, salvaged=2, final=0),
        integrity=[finding_of("every promised row is in both regions", "21,744 of 21,744")],
        steady_before=WELL,
        steady_after=WELL,
        reconciliation=proved("4 databases compared: 0 of 1,204,118 rows differ", at=960, length_s=38.2),
        failback=proved(
            "Both regions serve, replication runs both ways", operation=back, at=890, length_s=290
        ),
        there=True,
        back=True,
        deviations=[
            Deviation(
                at=after(595), what="The failback began 4 min late", why="its operator was on the phone"
            )
        ],
        alarms=[
            Alarm(name="RegionDown", region=SOURCE, at=after(1.4), source="Prometheus in us-west-2"),
            Alarm(name="RegionDown", region=SOURCE, at=after(1.6), source="the witness"),
        ],
    )


def planned_move() -> ScenarioOutcome:
    """A region is emptied without a failed request; on the way back three rows differ."""
    back = "region-failback-20260314-024541-2f2f"
    return ScenarioOutcome(
        scenario=ScenarioName.PLANNED_MOVE,
        started_at=after(1200),
        ended_at=after(2280),
        injection=Injection(
            what="nothing: a planned move", at=None, reason="nothing is broken in a planned move"
        ),
        happened="us-east-1 was emptied in five steps without a failed request; three rows differ since the return.",
        operations=started("region-failover-20260314-024001-2b2b", back),
        rto=Measured(seconds=0.0, error_s=1.0),
        rpo=Measured(seconds=0.0),
        losses=Losses(acknowledged=9_120, lost=0, salvaged=0, final=0),
        integrity=[finding_of("every promised row is in both regions", "9,120 of 9,120")],
        steady_before=WELL,
        steady_after=WELL,
        reconciliation=Proof(
            state=ProofState.FAILED,
            sentence="3 of 1,204,301 rows differ, all in inventory.public.stock",
            at=after(2240),
            length_s=39.0,
        ),
        failback=proved(
            "Both regions serve, replication runs both ways", operation=back, at=1970, length_s=290
        ),
        there=True,
        back=False,
        observations=[
            Observation(
                severity=Severity.HIGH,
                what="inventory.public.stock takes writes in both regions while traffic moves",
                remedy="Let one region own each warehouse, then repair the three rows with `dr reconcile repair`.",
                owner="Chloé Durand",
            )
        ],
    )


def data_corruption() -> ScenarioOutcome:
    """Rows are damaged and brought back; an alarm that should have told of it did not."""
    none = Proof(state=ProofState.NOT_APPLICABLE, sentence="the cluster served throughout; no traffic moved")
    return ScenarioOutcome(
        scenario=ScenarioName.DATA_CORRUPTION,
        started_at=after(2390),
        ended_at=after(3120),
        injection=Injection(what="DELETE of 213 rows in eden_task", at=after(2400), healed_at=None),
        happened="213 rows were brought back in 42.5 s of work; 2 that were written again since are left to a person.",
        operations=started("restore-20260314-030741-3c3c"),
        rto=Measured(seconds=42.5),
        rpo=Measured(seconds=0.38),
        losses=Losses(acknowledged=4_870, lost=0, salvaged=0, final=0),
        integrity=[
            finding_of("every page's checksum is right", "nothing is wrong"),
            finding_of("heaps and indexes are sound", "nothing is wrong"),
            finding_of("the repaired rows read back as planned", "213 of 213"),
        ],
        steady_before=WELL,
        steady_after=WELL,
        reconciliation=proved("4 databases compared: 0 of 1,204,302 rows differ", at=3110, length_s=38.4),
        failback=none,
        there=True,
        back=True,
        alarms=[
            Alarm(
                name="RowsDeleted",
                region=SOURCE,
                source="Prometheus in us-east-1",
                reason="the rule counts over 10 min, and the test was shorter",
            )
        ],
    )


def started(*ids: str) -> list[StartedOperation]:
    """The operations there, then those back."""
    legs = (Leg.THERE, Leg.BACK)
    return [StartedOperation(id=name, leg=leg) for name, leg in zip(ids, legs, strict=False)]


def proved(sentence: str, *, at: float, length_s: float, operation: str | None = None) -> Proof:
    """A proof that holds."""
    return Proof(
        state=ProofState.PROVED, sentence=sentence, operation=operation, at=after(at), length_s=length_s
    )


def finding_of(check: str, value: str) -> Any:
    """A check that is well."""
    return finding(check, value, "")
