"""The report of a comparison: written into the reports' folder, kept beside the journal, and shown in Prefect."""

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from recovery.errors import RecoveryError
from recovery.estate_in_hand import EstateInHand
from recovery.known_drift import remember
from recovery.reconcile.findings import Findings
from recovery.report.reconciliation_html import render_reconciliation
from recovery.report.reconciliation_markdown import render_reconciliation_markdown
from tasks.beside import best_effort
from tasks.drifting import merge
from tasks.reporting import put_pages


@task(name="Publish the report", cache_policy=NO_CACHE, persist_result=False)
def publish(findings: Findings, estate: EstateInHand) -> Findings:
    """Write the report where the operations' reports are, and show its short form beside the run. Safe to repeat."""
    pages = {
        "report.json": findings.to_json(),
        "report.html": render_reconciliation(findings).encode(),
    }
    merge(estate.outside.reports / findings.id)
    folder = put_pages(estate.outside, f"comparisons/{findings.id}", findings.id, pages)
    try:
        remember(estate.outside.journal, findings)
    except RecoveryError as error:
        get_run_logger().warning("A failover will not tell of this comparison: %s", error)
    whole = f"{render_reconciliation_markdown(findings)}\n\nThe whole report: `{folder / 'report.html'}`\n"
    best_effort(
        lambda: create_markdown_artifact(whole, key="report", description="What differs between the regions")
    )
    return findings
