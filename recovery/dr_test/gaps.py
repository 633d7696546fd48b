"""Why a field of the document is empty: nobody wrote it down, or there was nothing to write down."""

from collections.abc import Mapping, Sequence
from typing import Any

from recovery.dr_test.document import MAY_BE_EMPTY, ScenarioResult
from recovery.dr_test.people import People
from recovery.dr_test.summary import rows

_SILENT = {
    "reason": "not recorded: whoever started it gave none (--reason)",
    "ended_at": "not recorded: the test is not closed",
    "plan": "not recorded: the journal's opening event has no plan",
    "plan_digest": "not recorded: the journal's opening event has no plan",
    "scenarios": "not recorded: without a plan nothing is known of scenarios",
    "operations": "none: no scenario started an operation",
    "participants": "not recorded: recovery.testing.participants names nobody",
    "absentees": "not recorded: recovery.testing has neither absentees nor nobody_absent",
    "third_parties": "not recorded: recovery.testing has neither third_parties nor no_third_parties",
    "approvals": "none: no operation of the test waited for an approval",
    "alarms": "not recorded: no scenario told of an alarm",
    "deviations": "none: no scenario told of a deviation from the plan",
    "findings": "none: every scenario went there and back, and none told of anything to put right",
    "retests": "none: no earlier finding of these scenarios was open",
    "compared": "none: there is no scenario to compare",
    "history": "none: there is no scenario to compare",
    "reviewer": "not recorded: recovery.testing.reviewer names nobody",
    "sign_off": "not recorded: recovery.testing.signs names nobody",
    "steps": "not recorded: the test's journal has no step",
}


_WALKED = {
    "alarms": "none: a tabletop raises none",
    "lost_for_good": "none: a tabletop touches nothing",
    "findings": "none: every precondition holds",
    "retests": "none: a tabletop tries nothing again",
    "compared": "none: a tabletop measures nothing to compare",
    "history": "none: a tabletop measures nothing to compare",
    "next_due": "not recorded: a tabletop puts no test off, and no earlier one says when one is due",
}
"""What a tabletop has none of, by what it is."""


def gaps(fields: Mapping[str, Any], people: People, results: Sequence[ScenarioResult]) -> dict[str, str]:
    """Return the reason beside each field that may be empty and is."""
    told = _SILENT | _of_people(people) | {"lost_for_good": _of_losses(results)}
    if (plan := fields["plan"]) and plan.is_tabletop:
        told |= _WALKED
    return {name: told[name] for name in MAY_BE_EMPTY if not fields[name]}


def is_independent(people: People) -> bool:
    """Whether the reviewer took no part."""
    return people.reviewer is None or people.reviewer.name not in {one.name for one in people.participants}


def _of_people(people: People) -> dict[str, str]:
    told = {"next_due": f"not recorded: {people.interval_reason or 'the journal does not tell the interval'}"}
    if people.nobody_absent:
        told["absentees"] = "none: nobody was missing, as the estate's people say"
    if people.no_third_parties:
        told["third_parties"] = "none: no other company has a part, as the estate's people say"
    if people.reviewer and not is_independent(people):
        told["reviewer"] = f"not recorded: {people.reviewer.name} took part, and can not review it"
    return told


def _of_losses(results: Sequence[ScenarioResult]) -> str:
    lost, acknowledged, why = rows(results)
    if why:
        return f"not recorded: {why}"
    if lost:
        return f"not recorded: {lost} rows are gone for good, and no outcome names their keys"
    return f"none: all {acknowledged or 0:,} promised rows are there"
