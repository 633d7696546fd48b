"""A restore's report: composed from the journal alone, written where the journal is, and shown in Prefect."""

from prefect.artifacts import create_markdown_artifact

from recovery.report.restore_compose import compose_restore
from recovery.report.restore_document import RestoreReport
from recovery.report.restore_html import render_restore
from recovery.report.restore_markdown import render_restore_markdown
from recovery.restore_operation import Scope
from tasks.achieving import measure_restore
from tasks.beside import best_effort
from tasks.damage import compare
from tasks.repairing import repair
from tasks.reporting import is_published, put
from tasks.restore_run import RestoreRun
from tasks.scratch import drop_scratch
from tasks.settling import settle


def publish(run: RestoreRun) -> RestoreReport:
    """End the operation, and publish its report. Safe to repeat."""
    outcome, summary, following = _ending(run)
    run.close(outcome, summary, following=following)
    return publish_interim(run)


def publish_missing(run: RestoreRun) -> None:
    """Publish the report of an operation that ended, if its process was killed before it could."""
    if not is_published(run, compose_restore(run.journal.events).to_json()):
        publish_interim(run)


def publish_interim(run: RestoreRun) -> RestoreReport:
    """Publish the report of what the journal holds so far, whether or not the operation has ended."""
    report = compose_restore(run.journal.events)
    pages = {"report.json": report.to_json(), "report.html": render_restore(report).encode()}
    folder = put(run, pages)
    whole = f"{render_restore_markdown(report)}\n\nThe whole report: `{folder / 'report.html'}`\n"
    best_effort(
        lambda: create_markdown_artifact(
            whole, key="report", description="What was restored, and how it is proved"
        )
    )
    return report


def _ending(run: RestoreRun) -> tuple[str, str, list[str]]:
    """Return the outcome, a sentence, and what a person does next."""
    asked = run.operation
    where = drop_scratch.result(run) or ""
    if asked.scope is Scope.BESIDE:
        looking = [f"look at it there, then run `dr restore drop {run.id}`"] if run.keeps_scratch else []
        summary = f"{asked.region} as it was at {asked.target} is beside the live cluster: {where}."
        return "restored beside", summary, looking
    if asked.replaces:
        return _replaced(run)
    damage = compare.result(run)
    kept = sum(table.kept for table in damage.tables) if damage else 0
    left = (
        [f"decide about the {kept} rows that were written again since: they are in the plan"] if kept else []
    )
    if asked.apply:
        return "repaired", f"{asked.region}: {repair.result(run)}.", left
    plan = [f"read {damage.plan if damage else 'the plan'}, then start it again with `Repair the live rows`"]
    return "planned", f"{asked.region}: {damage}; nothing was changed.", [*plan, *left]


def _replaced(run: RestoreRun) -> tuple[str, str, list[str]]:
    regions, measured = [part.region for part in run.parts], measure_restore.result(run)
    settled = settle.result(run)
    following = [
        f"the old clusters are kept: once nobody wants anything of them any more, run `dr restore drop {run.id}`",
        "take a full backup of each region now, with the flow backup",
        "empty the caches, and tell who uses the data what was given up",
    ]
    if measured and measured.rows_given_up:
        following.insert(0, f"{measured.rows_given_up} promised rows are in the old clusters only")
    if settled and settled.rules:
        following.append(f"read which rows were settled, and how: {settled.rows}")
    if len(regions) == 1:
        following.append(
            f"{run.file.other(run.region)} was left before: it is to be made anew from {run.region}"
        )
    when = str(run.operation.target)
    when = when if when.startswith("just ") else f"at {when}"
    return "replaced", f"{' and '.join(regions)} as they were {when}.", following
