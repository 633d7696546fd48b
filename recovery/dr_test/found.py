"""What a test found that people must put right, each with an owner and a date."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from recovery.dr_test.document import DrTestFinding, ScenarioResult
from recovery.dr_test.outcome import Observation, ScenarioOutcome
from recovery.dr_test.people import DAYS_UNTIL_DUE, People, Severity
from recovery.dr_test.scenarios import ScenarioName
from recovery.dr_test.scoring import Score
from recovery.report import words

RANK = list(Severity)


@dataclass(frozen=True)
class Noticed:
    """An observation, and the scenario that it was made in."""

    scenario: ScenarioName
    observation: Observation


def findings(
    test: str, results: Sequence[ScenarioResult], people: People, ended_at: datetime
) -> list[DrTestFinding]:
    """Return the findings, the most severe first; due so many days after the test as the estate says."""
    noticed = [one for result in results for one in _noticed(result)]
    noticed.sort(key=lambda one: RANK.index(one.observation.severity))
    return [
        _finding(f"{test}/F{number}", one, people, ended_at) for number, one in enumerate(noticed, start=1)
    ]


def _finding(name: str, noticed: Noticed, people: People, ended_at: datetime) -> DrTestFinding:
    said = noticed.observation
    owner = said.owner or people.findings_owner
    days = people.days_until_due.get(said.severity, DAYS_UNTIL_DUE[said.severity])
    due = ended_at + timedelta(days=days)
    return DrTestFinding(
        id=name,
        scenario=noticed.scenario,
        severity=said.severity,
        what=said.what,
        remedy=said.remedy,
        owner=owner,
        owner_reason=None if owner else "not recorded: recovery.testing.findings_owner names nobody",
        due=due,
        retest=f"due by {due:%Y-%m-%d}; a later test of {noticed.scenario} names this finding",
    )


def _noticed(result: ScenarioResult) -> Iterator[Noticed]:
    name, outcome = result.plan.name, result.outcome
    if result.score in {Score.THERE_ONLY, Score.NOT_THERE}:
        yield Noticed(name, _of_score(result))
    if outcome is not None:
        yield from (Noticed(name, said) for said in _of_outcome(outcome))
        yield from (Noticed(name, said) for said in outcome.observations)


def _of_score(result: ScenarioResult) -> Observation:
    more = len(result.why) - 1
    also = f" (and {words.things(more, 'more reason')})" if more > 0 else ""
    lost = result.score is Score.NOT_THERE
    return Observation(
        severity=Severity.CRITICAL if lost else Severity.HIGH,
        what=f"{result.plan.name.heading} is “{result.score}”: {result.why[0] if result.why else ''}{also}",
        remedy="Put the cause right, then try the scenario again, there and back.",
    )


def _of_outcome(outcome: ScenarioOutcome) -> Iterator[Observation]:
    if gone := outcome.losses.final:
        yield Observation(
            severity=Severity.HIGH,
            what=f"{words.things(gone, 'promised row')} gone for good",
            remedy="Tell whoever they were promised to; the keys are in this report.",
        )
    for check in outcome.integrity:
        if not check.ok:
            yield Observation(severity=Severity.HIGH, what=str(check), remedy=check.remedy)
    for alarm in outcome.alarms:
        if alarm.at is None:
            why = alarm.reason or "nobody wrote down why"
            yield Observation(severity=Severity.MEDIUM, what=f"{alarm.name} did not fire: {why}")
