"""The evidence of a test: composed from the journals, packed, signed, put where reports are, and shown in Prefect."""

from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from recovery.dr_test.document import DrTest
from recovery.dr_test.kept import composed
from recovery.errors import RecoveryError
from recovery.evidence_pack.preparing import ZIP, Prepared, prepared
from recovery.report.dr_test_markdown import render_dr_test_markdown
from tasks.beside import best_effort
from tasks.reporting import put
from tasks.run import Run


@task(name="Publish the evidence", cache_policy=NO_CACHE, persist_result=False)
def publish_evidence(run: Run[Any]) -> DrTest:
    """Publish report and pack of what the test's journal holds now, and return the document. Safe to repeat.

    They are in the folder of reports, and beside the journal in its stores, in both regions. Evidence that can not be
    signed, or printed, is published all the same, and says so.
    """
    kept = composed(run.outside.journal, run.id)
    made = prepared(kept, run.outside.signing_key)
    for warning in made.warnings:
        get_run_logger().warning(warning)
    folder = put(run, made.files)
    get_run_logger().info("The evidence is in %s and in %s", folder, _places(run, made))
    whole = f"{render_dr_test_markdown(kept.test)}\n\nThe evidence: `{folder / ZIP}`\n"
    best_effort(lambda: create_markdown_artifact(whole, key="report", description="What was tested"))
    return kept.test


def _places(run: Run[Any], made: Prepared) -> str:
    """Return at how many of the journal's stores the pack is; one that lacks it is worth a warning."""
    where, all_of_them = f"operations/{run.id}/{ZIP}", len(run.outside.journal.places)
    try:
        stores = run.outside.journal.read(where, hear_all=True)
    except RecoveryError:
        stores = []
    there = sum(store.get(where) == made.pack.as_zip for store in stores)
    if there < all_of_them:
        get_run_logger().warning("The pack is at %d of the journal's %d stores.", there, all_of_them)
    return f"{there} of {all_of_them} stores"
