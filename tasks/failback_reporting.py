"""The report of a failback: composed from the journal alone, written where the journal is, and shown in Prefect."""

from prefect.artifacts import create_markdown_artifact

from recovery.operation_journal import RETURNED
from recovery.report.failback_compose import compose_failback
from recovery.report.failback_document import FailbackReport
from recovery.report.failback_html import render_failback
from recovery.report.failback_markdown import render_failback_markdown
from tasks.beside import best_effort
from tasks.failback_run import FailbackRun
from tasks.reporting import is_published, put


def publish(run: FailbackRun) -> FailbackReport:
    """End the operation, and publish its report. Safe to repeat."""
    report, following = compose_failback(run.journal.events), list[str]()
    home = report.brought_home
    if home and home.queued:
        following.append(f"{home.queued} rows are a person's to decide: `dr conflicts list`")
    if home and home.superseded:
        following.append(
            f"look at {len(home.superseded)} rows that replication decided before the estate's rules could: "
            f"{home.superseded[0]}"
        )
    if report.lost_now:
        following.append(
            f"find out what became of {report.lost_now} rows that were promised, and are in neither region"
        )
    run.close(RETURNED, report.verdict, following=following)
    return publish_interim(run)


def publish_missing(run: FailbackRun) -> None:
    """Publish the report of an operation that ended, if its process was killed before it could."""
    if not is_published(run, compose_failback(run.journal.events).to_json()):
        publish_interim(run)


def publish_interim(run: FailbackRun) -> FailbackReport:
    """Publish the report of what the journal holds so far, whether or not the operation has ended."""
    report = compose_failback(run.journal.events)
    folder = put(run, {"report.json": report.to_json(), "report.html": render_failback(report).encode()})
    whole = f"{render_failback_markdown(report)}\n\nThe whole report: `{folder / 'report.html'}`\n"
    best_effort(
        lambda: create_markdown_artifact(
            whole, key="report", description="What was brought home, and how it was proved"
        )
    )
    return report
