"""One place's Prometheus: whom it scrapes, how often, and whom it tells.

The targets are yours: files in `targets/` beside the configuration, one a job, in file_sd's format.
"""

from datetime import timedelta

from pydantic import JsonValue

from deployments.monitoring.pace import Pace, duration
from recovery.estate import EstateFile

LONGEST_SCRAPE = timedelta(seconds=10)
OF_A_REGION = ("gateway", "services", "postgres", "redis")
"""A region's own jobs: their targets get its name as the label `region`."""
OUTSIDE_BOTH = ("prober", "intake")
ELSEWHERE = "prometheus"
"""The job of the other places' Prometheus; its targets carry the label `region` themselves."""


def prometheus(estate: EstateFile, place: str, pace: Pace) -> dict[str, JsonValue]:
    """Return the configuration of the Prometheus at *place*."""
    own = OF_A_REGION if place in estate.regions else OUTSIDE_BOTH
    region = place if place in estate.regions else None
    return {
        "global": {
            "scrape_interval": duration(pace.scrape),
            "scrape_timeout": duration(min(pace.scrape, LONGEST_SCRAPE)),
            "evaluation_interval": duration(pace.evaluate),
            "external_labels": {"prometheus": f"monitoring-{place}"},
        },
        "rule_files": ["rules.yml"],
        "alerting": {"alertmanagers": [{"file_sd_configs": _targets("alertmanager")}]},
        "scrape_configs": [*(_job(job, region) for job in own), _job(ELSEWHERE, None)],
    }


def _job(name: str, region: str | None) -> dict[str, JsonValue]:
    job: dict[str, JsonValue] = {"job_name": name, "file_sd_configs": _targets(name)}
    if region:
        job["relabel_configs"] = [{"target_label": "region", "replacement": region}]
    if name == "gateway":
        # HAProxy also tells of each server and listener: ten times as much, and no rule asks for it.
        return job | {"params": {"scope": ["frontend", "backend"]}}
    if name != ELSEWHERE:
        return job
    # A Prometheus tells hundreds of things of itself; that it answers (`up`) is all we ask.
    kept: JsonValue = [{"source_labels": ["__name__"], "regex": "prometheus_build_info", "action": "keep"}]
    return job | {"metric_relabel_configs": kept}


def _targets(job: str) -> JsonValue:
    return [{"files": [f"targets/{job}.yml"]}]
