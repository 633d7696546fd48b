"""From a repair's journal to its report. Nothing else is asked: no clock, no server, no file."""

from collections.abc import Iterator, Sequence

from recovery.journal import Event
from recovery.regions_repair import ComparedAgain, KeysRepaired, PlanStands, Repaired
from recovery.report import records
from recovery.report.document import NotMeasured, StepRecord
from recovery.report.ending import ending
from recovery.report.opening import environment, opening
from recovery.report.reading import mapping, strings, text
from recovery.report.repair_document import RepairAsked, RepairReport
from recovery.report.restore_results import why_nothing
from recovery.report.results import left_by_step
from recovery.report.steps import step_records

CHECK, REPAIR, KEYS, COMPARE = "check_plan", "repair_rows", "repair_keys", "compare_again"


def compose_repair(events: Sequence[Event]) -> RepairReport:
    """Return the report of the repair that *events* tell of: a whole journal, or one that stops anywhere.

    Raises `BadInput` for what is not the beginning of a journal.
    """
    opened, steps = opening(events), step_records(events)
    asked = _asked(opened)
    of_region = {region: [e for e in events if e.region == region] for region in asked.regions}
    repaired = {region: left_by_step(own, REPAIR, Repaired) for region, own in of_region.items()}
    compared = left_by_step(events, COMPARE, ComparedAgain)
    return RepairReport(
        operation=asked,
        ending=ending(events, steps),
        plan=left_by_step(events, CHECK, PlanStands),
        repaired={region: one for region, one in repaired.items() if one},
        redis=left_by_step(events, KEYS, KeysRepaired),
        compared=compared,
        findings=[
            one.model_copy(update={"remedy": None}) if one.ok else one for one in records.findings(events)
        ],
        steps=steps,
        notes=records.notes(events),
        not_measured=list(_not_measured(steps, compared)),
        environment=environment(events),
    )


def _asked(opened: Event) -> RepairAsked:
    fields = opened.data
    parameters = mapping(fields, "parameters")
    return RepairAsked(
        id=opened.operation,
        what=text(fields, "what", "an unknown plan"),
        regions=strings(fields, "regions"),
        reason=text(parameters, "reason"),
        started_by=text(fields, "started_by", opened.actor),
        opened_at=opened.time,
        prefect_run=text(fields, "prefect_run") or None,
        parameters=parameters,
    )


def _not_measured(steps: Sequence[StepRecord], compared: ComparedAgain | None) -> Iterator[NotMeasured]:
    if compared is None:
        yield NotMeasured(what="Whether the plan's rows are alike", why=why_nothing(steps, COMPARE))
    elif compared.restless:
        why = "They were written between all looks; compare the tables again."
        yield NotMeasured(what=f"Whether {compared.restless} of the plan's rows are alike", why=why)
