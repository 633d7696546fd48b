"""The report of a repair: composed from the journal alone, written where the journal is, and shown in Prefect."""

from prefect.artifacts import create_markdown_artifact

from recovery.objectives import Judgement
from recovery.report.repair_compose import compose_repair
from recovery.report.repair_document import RepairReport
from recovery.report.repair_html import render_repair
from recovery.report.repair_markdown import render_repair_markdown
from tasks.beside import best_effort
from tasks.reporting import is_published, put
from tasks.run import RepairRun


def publish(run: RepairRun) -> RepairReport:
    """End the operation, and publish its report. Safe to repeat."""
    report, following = compose_repair(run.journal.events), []
    if report.left or (report.compared and report.compared.different):
        following.append("compare and plan again: rows were written meanwhile, or differ again")
    if report.keys_left:
        following.append(
            "compare Redis again: keys were left that were changed meanwhile, can not be compared, or that one "
            "region alone has (a repair deletes those only where told so)"
        )
    following += [f"see what refused, and mend it: {why}" for why in report.refused]
    if report.rows:
        following.append(f"if it was wrong, `dr reconcile undo {run.id}` takes it back")
    outcome = "repaired in part" if report.judgement is Judgement.MISSED else "repaired"
    run.close(outcome, report.verdict, following=following)
    return publish_interim(run)


def publish_missing(run: RepairRun) -> None:
    """Publish the report of an operation that ended, if its process was killed before it could."""
    if not is_published(run, compose_repair(run.journal.events).to_json()):
        publish_interim(run)


def publish_interim(run: RepairRun) -> RepairReport:
    """Publish the report of what the journal holds so far, whether or not the operation has ended."""
    report = compose_repair(run.journal.events)
    folder = put(run, {"report.json": report.to_json(), "report.html": render_repair(report).encode()})
    whole = f"{render_repair_markdown(report)}\n\nThe whole report: `{folder / 'report.html'}`\n"
    best_effort(
        lambda: create_markdown_artifact(
            whole, key="report", description="What was repaired, and what differs"
        )
    )
    return report
