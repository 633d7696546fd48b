"""The report: composed from the journal alone, written where the journal is, and shown in Prefect."""

from pathlib import Path
from typing import Any

from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.logging import get_run_logger

from recovery.errors import RecoveryError
from recovery.estate_in_hand import Outside
from recovery.known_drift import known_drift
from recovery.operation import Mode
from recovery.report.compose import compose
from recovery.report.document import Report
from recovery.report.html import render_html
from recovery.report.markdown import render_markdown, timeline_table
from recovery.reports_index.folder import write_index
from tasks.beside import best_effort
from tasks.fencing import fence
from tasks.measuring import measure
from tasks.run import FailoverRun, Run, now


def publish(run: FailoverRun) -> Report:
    """Measure, end the operation, and publish its report. Safe to repeat."""
    measure(run)
    _note_drift(run)
    outcome = "moved" if run.operation.mode is Mode.PLANNED else "restored"
    summary = f"{run.target.name} serves what {run.source.name} served."
    following = [
        _of_source(run),
        f"{run.estate.name} is not redundant: a loss of {run.target.name} now has no target",
    ]
    run.close(outcome, summary, following=following)
    return publish_interim(run)


def _note_drift(run: FailoverRun) -> None:
    """Say how far the regions were alike before: rows that differed then are no loss of this operation."""
    try:
        run.note(known_drift(run.outside.journal, run.estate.name, now()))
    except RecoveryError as error:
        get_run_logger().warning("What the regions differed by before is not told: %s", error)


def _of_source(run: FailoverRun) -> str:
    """Say what the source is: a lost one can not be fenced, and comes back as it was."""
    fences, source = fence.result(run), run.source.name
    if fences and any(means.worked for means in fences.means):
        return f"{source} is fenced and no longer followed: leave it so until a failback"
    return (
        f"{source} was lost before it could be fenced, and is no longer followed: when it returns, close its "
        "gateway before anything else, and keep it closed until a failback"
    )


def publish_missing(run: FailoverRun) -> None:
    """Publish the report of an operation that ended, if its process was killed before it could."""
    if not is_published(run, compose(run.journal.events).to_json()):
        publish_interim(run)


def publish_interim(run: FailoverRun) -> Report:
    """Publish the report of what the journal holds so far, whether or not the operation has ended."""
    report = compose(run.journal.events)
    folder = put(run, {"report.json": report.to_json(), "report.html": render_html(report).encode()})
    _show(report, folder)
    return report


def is_published(run: Run[Any], whole: bytes) -> bool:
    """Whether a store of the journal has the report, as it is now."""
    where = f"operations/{run.id}/report.json"
    return any(store.get(where) == whole for store in run.outside.journal.read(where))


def put(run: Run[Any], pages: dict[str, bytes]) -> Path:
    """Write a report's pages beside the journal and into the folder of reports, and return that folder."""
    return put_pages(run.outside, "operations", run.id, pages)


def put_pages(outside: Outside, kept_in: str, name: str, pages: dict[str, bytes]) -> Path:
    """Write pages into the folder of reports, which is returned, and below *kept_in* in the journal's stores.

    The folder's index is made anew.
    """
    folder = outside.reports / name
    try:
        _write(folder, pages)
        write_index(outside.reports)
    except OSError as error:
        get_run_logger().warning("The report is in the journal's stores only: %s", error)
    for page, body in pages.items():
        try:
            outside.journal.put(f"{kept_in}/{name}/{page}", body)
        except RecoveryError as error:
            get_run_logger().warning("The report is in %s only: %s", folder, error)
    return folder


def _write(folder: Path, pages: dict[str, bytes]) -> None:
    """Write the pages, and point `latest` at them; the pointer is replaced in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in pages.items():
        (folder / name).write_bytes(body)
    pointer = folder.parent / f".latest-{folder.name}"
    pointer.unlink(missing_ok=True)
    pointer.symlink_to(folder.name)
    pointer.replace(folder.parent / "latest")


def _show(report: Report, folder: Path) -> None:
    """Put the report and the timeline beside the Prefect run, if its server answers in time."""
    whole = f"{render_markdown(report)}\n\nThe whole report: `{folder / 'report.html'}`\n"

    def show() -> None:
        create_markdown_artifact(whole, key="report", description="What was achieved")
        create_table_artifact(timeline_table(report), key="timeline", description="T0 to T7, by whom")

    best_effort(show)
