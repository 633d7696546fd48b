"""What the opening event of a test's journal tells beside what every operation's does, and how it is read again."""

from datetime import timedelta

from pydantic import JsonValue, ValidationError

from recovery.dr_test.people import DAYS_UNTIL_DUE, People, Person
from recovery.dr_test.plan import DrTestPlan, PlannedScenario
from recovery.dr_test.scenarios import Announced, DrTestKind, ScenarioName
from recovery.estate import EstateFile
from recovery.report.reading import Fields

PROCEDURE, ID_BEGINS_WITH = "quarterly-dr-test", "dr-test"
INTERVALS_DAYS = {"monthly": 31, "quarterly": 92, "yearly": 366}


def opening_data(plan: DrTestPlan, people: People) -> dict[str, JsonValue]:
    """Return what the opening event gets: the plan, its hash, and the people."""
    return {
        "plan": plan.model_dump(mode="json"),
        "plan_digest": plan.digest(),
        "people": people.model_dump(mode="json"),
    }


def planned(
    file: EstateFile,
    scenarios: list[PlannedScenario],
    *,
    kind: DrTestKind | None = None,
    announced: Announced | None = None,
) -> DrTestPlan:
    """Return the plan of a test of this estate: scope, assumptions, objectives and version are the file's.

    *kind* and *announced* are the order's; else the file's; else it is live, and planned.
    """
    said = file.settings.testing
    return DrTestPlan(
        version=said.plan_version,
        kind=kind or DrTestKind(said.kind or DrTestKind.LIVE),
        announced=announced or Announced(said.announced or Announced.PLANNED),
        scenarios=scenarios,
        scope_in=list(said.scope_in),
        scope_out=list(said.scope_out),
        assumptions=list(said.assumptions),
        rto_s=file.rto.total_seconds(),
        rpo_s=file.rpo.total_seconds(),
    )


def risk_of(file: EstateFile, scenario: ScenarioName) -> str | None:
    """Return why a scenario is tried, as the estate's risk register has it; None where the file does not say."""
    return (file.settings.testing.risks or {}).get(scenario)


def people_of(file: EstateFile) -> People:
    """Return what the estate says of a test's people."""
    said = file.settings.testing
    days = interval_days(file)
    values = said.model_dump(
        mode="json",
        include={"participants", "absentees", "nobody_absent", "third_parties", "no_third_parties", "signs"},
    )
    return People(
        **values,
        findings_owner=said.findings_owner,
        days_until_due=DAYS_UNTIL_DUE | (said.days_until_due or {}),
        reviewer=Person(name=said.reviewer.name, role=said.reviewer.role) if said.reviewer else None,
        interval_days=days,
        interval_reason=None if days else _no_interval(file),
    )


def interval_days(file: EstateFile) -> int | None:
    """Return after how many days the next test is due; None where the file does not say, or not in days."""
    testing = file.disaster_recovery.testing
    frequency = testing.frequency if testing else None
    return file.settings.testing.interval_days or INTERVALS_DAYS.get(frequency or "")


def interval(file: EstateFile) -> timedelta | None:
    """Return the same as a span."""
    days = interval_days(file)
    return timedelta(days=days) if days else None


def plan_in(opened: Fields) -> DrTestPlan | None:
    """Return the plan that an opening event tells of; None where it tells of none."""
    try:
        return DrTestPlan.model_validate(opened.get("plan"))
    except ValidationError:
        return None


def people_in(opened: Fields) -> People:
    """Return the people that an opening event tells of; nobody where it tells of none."""
    try:
        return People.model_validate(opened.get("people"))
    except ValidationError:
        return People()


def _no_interval(file: EstateFile) -> str:
    testing = file.disaster_recovery.testing
    if testing is None or testing.frequency is None:
        return "the estate file has neither recovery.testing.interval_days nor disaster_recovery.testing.frequency"
    return (
        f"disaster_recovery.testing.frequency is {testing.frequency!r}, none of {', '.join(INTERVALS_DAYS)}; "
        "give recovery.testing.interval_days"
    )
