"""The report: composed from the journal alone, written where the journal is, and shown in Prefect."""

from collections.abc import Callable
from contextvars import copy_context
from pathlib import Path
from threading import Thread

from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.logging import get_run_logger

from recovery.errors import RecoveryError
from recovery.operation import Mode
from recovery.report.compose import compose
from recovery.report.document import Report
from recovery.report.html import render_html
from recovery.report.markdown import render_markdown, timeline_table
from tasks.fencing import fence
from tasks.measuring import measure
from tasks.run import Run

ARTIFACTS_DEADLINE_S = 5.0
"""A server that is gone must not hold up the end of a failover; the report is on disk by then."""


def publish(run: Run) -> Report:
    """Measure, end the operation, and publish its report. Safe to repeat."""
    measure(run)
    outcome = "moved" if run.operation.mode is Mode.PLANNED else "restored"
    summary = f"{run.target.name} serves what {run.source.name} served."
    following = [
        _of_source(run),
        f"{run.estate.name} is not redundant: a loss of {run.target.name} now has no target",
    ]
    run.close(outcome, summary, following=following)
    return publish_interim(run)


def _of_source(run: Run) -> str:
    """Say what the source is: a lost one can not be fenced, and comes back as it was."""
    fences, source = fence.result(run), run.source.name
    if fences and any(means.worked for means in fences.means):
        return f"{source} is fenced and no longer followed: leave it so until a failback"
    return (
        f"{source} was lost before it could be fenced, and is no longer followed: when it returns, close its "
        "gateway before anything else, and keep it closed until a failback"
    )


def publish_missing(run: Run) -> None:
    """Publish the report of an operation that ended, if its process was killed before it could."""
    where, whole = f"operations/{run.id}/report.json", compose(run.journal.events).to_json()
    if not any(store.get(where) == whole for store in run.outside.journal.read(where)):
        publish_interim(run)


def publish_interim(run: Run) -> Report:
    """Publish the report of what the journal holds so far, whether or not the operation has ended."""
    report = compose(run.journal.events)
    pages = {"report.json": report.to_json(), "report.html": render_html(report).encode()}
    folder = run.outside.reports / run.id
    try:
        _write(folder, pages)
    except OSError as error:
        get_run_logger().warning("The report is in the journal's stores only: %s", error)
    for name, body in pages.items():
        try:
            run.outside.journal.put(f"operations/{run.id}/{name}", body)
        except RecoveryError as error:
            get_run_logger().warning("The report is in %s only: %s", folder, error)
    _show(report, folder)
    return report


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


def best_effort(show: Callable[[], object], *, deadline_s: float = ARTIFACTS_DEADLINE_S) -> None:
    """Do what only shows something, for a bounded time; a failure is logged, and changes nothing."""
    logger = get_run_logger()

    def bounded() -> None:
        try:
            show()
        except Exception as error:  # noqa: BLE001 - whatever Prefect's client raises without its server
            logger.warning("Prefect shows nothing of this: %s", type(error).__name__)

    # A thread begins without the context that tells Prefect which run this is.
    thread = Thread(target=copy_context().run, args=(bounded,), daemon=True)
    thread.start()
    thread.join(deadline_s)
