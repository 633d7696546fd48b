"""From a restore's journal to its report. Nothing else is asked: no clock, no server, no file."""

from collections.abc import Sequence

from recovery.journal import Event
from recovery.report import records
from recovery.report.document import Finding, NotMeasured
from recovery.report.ending import ending
from recovery.report.opening import environment, opening
from recovery.report.reading import mapping, strings, text
from recovery.report.restore_document import (
    RestoreAsked,
    RestoreReport,
    RestoreVerdict,
    Spent,
)
from recovery.report.restore_results import (
    CHOOSE,
    COMPARE,
    FETCH,
    OPEN,
    PROVE,
    REPAIR,
    REPLAY,
    Results,
    Told,
    results,
    why_nothing,
)
from recovery.report.restore_time import time_spent
from recovery.report.restore_verdict import restore_verdict
from recovery.report.restore_words import REPLACING, SURGICAL, instant
from recovery.report.steps import step_records


def compose_restore(events: Sequence[Event]) -> RestoreReport:
    """Return the report of the restore that *events* tell of: a whole journal, or one that stops anywhere.

    Raises `BadInput` for what is not the beginning of a journal.
    """
    opened, steps, found = opening(events), step_records(events), results(events)
    told = Told(
        asked=_asked(opened, found),
        ending=ending(events, steps),
        environment=environment(events),
        steps=steps,
        found=found,
        goals=mapping(opened.data, "objectives"),
    )
    verdict = restore_verdict(told)
    spent = time_spent(events, found, verdict.rto.achieved_s)
    return RestoreReport(
        verdict=verdict,
        operation=told.asked,
        ending=told.ending,
        chosen=found.chosen,
        fetched=found.fetched,
        replayed=found.replayed,
        spent=spent,
        proved=found.proved,
        damage=found.damage,
        repaired=found.repaired,
        settled=found.settled,
        rejoined=found.rejoined,
        opened=found.opened,
        redirected=found.redirected,
        findings=_checks(events),
        steps=steps,
        notes=records.notes(events),
        not_measured=_not_measured(told, verdict, spent),
        environment=told.environment,
    )


def _asked(opened: Event, found: Results) -> RestoreAsked:
    fields = opened.data
    parameters = mapping(fields, "parameters")
    return RestoreAsked(
        id=opened.operation,
        procedure=text(fields, "procedure", "unknown procedure"),
        region=text(fields, "region") or text(parameters, "region", "an unknown region"),
        scope=text(fields, "scope") or text(parameters, "scope", "unknown"),
        stand_ins=sorted(mapping(fields, "stand_ins")),
        moment=text(fields, "moment", "an unknown moment"),
        tables=strings(parameters, "tables"),
        apply=parameters.get("apply") is True,
        reason=text(parameters, "reason"),
        dry_run=parameters.get("dry_run") is True,
        started_by=text(fields, "started_by", opened.actor),
        opened_at=opened.time,
        prefect_run=text(fields, "prefect_run") or None,
        fault_at=(found.chosen.fault_at if found.chosen else None) or instant(text(parameters, "fault_at")),
        parameters=parameters,
    )


def _checks(events: Sequence[Event]) -> list[Finding]:
    """Return what the checks found; what is well needs no remedy."""
    return [
        found.model_copy(update={"remedy": None}) if found.ok else found for found in records.findings(events)
    ]


def _not_measured(told: Told, verdict: RestoreVerdict, spent: Spent) -> list[NotMeasured]:
    """Return everything that the report does not know, each with its reason."""
    found, asked = told.found, told.asked
    surgical, replaces = asked.scope == SURGICAL, asked.scope in REPLACING
    rows_why = "Nobody counted them." if found.achieved else verdict.rto.reason
    proved = found.proved.rungs if found.proved else []
    left: list[tuple[str, object, str | None]] = [
        ("Achieved RTO", verdict.rto.achieved_s, verdict.rto.reason),
        ("Achieved RPO", verdict.rpo.achieved_s, verdict.rpo.reason),
        ("Rows acknowledged after the moment", verdict.rows_after, rows_why),
        ("What the tool itself took", spent.tool.length_s, spent.tool.reason),
        ("A prediction", spent.predicted.length_s, spent.predicted.reason),
        ("When the damage was done", asked.fault_at, "Nobody told, and no transaction was named."),
        ("The backup, and what could be reached", found.chosen, why_nothing(told.steps, CHOOSE)),
        ("The fetch", found.fetched, why_nothing(told.steps, FETCH)),
        ("The replay", found.replayed, why_nothing(told.steps, REPLAY)),
        ("The damage", found.damage or not surgical, why_nothing(told.steps, COMPARE)),
        ("The proofs", found.proved, why_nothing(told.steps, PROVE)),
        ("The outage", verdict.outage_s or not replaces, "The prober did not tell."),
        ("Rows given up", verdict.rows_given_up is not None or not replaces, "The prober did not tell."),
        ("The regions, opened again", found.opened or not replaces, why_nothing(told.steps, OPEN)),
        ("The repair", found.repaired or not (surgical and asked.apply), why_nothing(told.steps, REPAIR)),
    ]
    return [
        NotMeasured(what=what, why=why or "No reason was written down.")
        for what, known, why in left
        if known is None or known is False
    ] + [NotMeasured(what=f"Proof: {rung.name}", why=rung.shown) for rung in proved if rung.held is None]
