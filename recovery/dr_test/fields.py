"""What auditors want in the report of a test: each field, where the document has it, and who asks for it.

docs/evidence.md has the same table with its sources; a test compares the two.
"""

from dataclasses import dataclass
from enum import StrEnum

from recovery.dr_test.document import DrTest


class Framework(StrEnum):
    """Whoever asks."""

    SOC2 = "SOC 2"
    ISO = "ISO 22301"
    DORA = "DORA"
    NIST = "NIST"
    FFIEC = "FFIEC"


@dataclass(frozen=True)
class EvidenceField:
    """One field, the keys of report.json that fill it, the section of the page, and who asks for it."""

    name: str
    keys: tuple[str, ...]
    section: str
    asked_by: tuple[Framework, ...]


_ALL = tuple(Framework)
_SOC2, _ISO, _DORA, _NIST, _FFIEC = Framework

FIELDS = (
    EvidenceField("Test id", ("id",), "first page", (_DORA,)),
    EvidenceField("Plan version and hash", ("plan", "plan_digest"), "1", (_ISO, _FFIEC)),
    EvidenceField("Type; planned or surprise", ("plan",), "1", (_DORA,)),
    EvidenceField("Scenario and why", ("scenarios",), "2", (_SOC2, _ISO, _DORA)),
    EvidenceField("Scope, in and out", ("plan",), "1", (_DORA, _NIST)),
    EvidenceField("Assumptions and expected outcome", ("plan",), "1", (_DORA,)),
    EvidenceField("Dates, duration, T0 to T7", ("started_at", "ended_at", "scenarios"), "2", (_DORA,)),
    EvidenceField("Objectives", ("plan",), "1", (_SOC2, _DORA, _NIST)),
    EvidenceField("Achieved RTO and RPO", ("scenarios",), "first page, 2, 3", (_SOC2, _DORA)),
    EvidenceField("Integrity checks", ("scenarios",), "2", (_SOC2,)),
    EvidenceField("Participants and roles", ("participants",), "4", (_NIST,)),
    EvidenceField("Absentees", ("absentees",), "4", (_SOC2,)),
    EvidenceField("Third parties", ("third_parties",), "4", (_DORA,)),
    EvidenceField("Approvals, with time and reason", ("approvals",), "4", (_FFIEC,)),
    EvidenceField("Alarms and graphs", ("alarms",), "2, 5", (_FFIEC,)),
    EvidenceField("Deviations", ("deviations",), "5", (_DORA, _NIST)),
    EvidenceField("Data-loss list and reconciliation", ("lost_for_good", "scenarios"), "2, 6", (_SOC2,)),
    EvidenceField("Result of the failback", ("scenarios",), "2", (_FFIEC,)),
    EvidenceField("Findings, with severity, owner, due date, retest", ("findings", "retests"), "7", _ALL),
    EvidenceField("Comparison with earlier tests", ("compared", "history"), "3", (_SOC2, _FFIEC)),
    EvidenceField("Step log", ("steps", "operations"), "8", (_DORA,)),
    EvidenceField("Evidence hashes", ("journal_sha256", "operations"), "9", (_FFIEC,)),
    EvidenceField("Next test due", ("next_due",), "first page", (_SOC2, _ISO, _NIST)),
    EvidenceField("Sign-off and independent reviewer", ("sign_off", "reviewer"), "11", (_ISO, _FFIEC)),
)


def told(field: EvidenceField, test: DrTest) -> str:
    """Return `filled`, or why it is not, as far as it is not."""
    missing = [test.gaps[key] for key in field.keys if key in test.gaps]
    if field.keys == ("plan",) and test.plan:
        missing += _of_plan(field, test)
    return "; ".join(dict.fromkeys(missing)) or "filled"


def _of_plan(field: EvidenceField, test: DrTest) -> list[str]:
    """Return what a plan may lack."""
    plan = test.plan
    if plan is None:
        return []
    if field.name.startswith("Scope"):
        sides = {"recovery.testing.scope_in": plan.scope_in, "recovery.testing.scope_out": plan.scope_out}
        return [f"not recorded: {key} says nothing" for key, said in sides.items() if not said]
    if field.name.startswith("Assumptions") and not plan.assumptions:
        return ["assumptions not recorded: recovery.testing.assumptions says nothing"]
    return []
