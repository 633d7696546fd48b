"""The check of an estate file: what is acted upon, what is not and why, and what its timings promise."""

from pathlib import Path
from typing import assert_never

from recovery.estate import EstateFile
from recovery.estate_file.concerns import missed_objective, warnings_about
from recovery.estate_file.marks import Acts, Idle, entries
from recovery.estate_file.rendering import render
from recovery.estate_file.report import Acted, EstateReport, NotActedUpon, told
from recovery.forecast import forecast
from recovery.operation import Mode

__all__ = ["EstateReport", "check", "render", "report_on"]


def check(path: Path) -> EstateReport:
    """Read the file and return its report; `BadInput` lists every problem of a bad file."""
    return report_on(EstateFile.read(path))


def report_on(estate: EstateFile) -> EstateReport:
    """Return what comes of every key of *estate*.

    An RTO that an unplanned failover's timings cannot meet is a refusal, because that is the
    night it was set for; one that only a planned move misses is a warning: nothing is down.
    """
    unplanned, planned = forecast(estate, Mode.UNPLANNED), forecast(estate, Mode.PLANNED)
    refusal, slow = missed_objective(estate, unplanned), missed_objective(estate, planned)
    acted, idle = _sorted(estate)
    return EstateReport(
        name=estate.name,
        digest=estate.digest(),
        regions=estate.regions,
        node_groups=estate.node_groups,
        services=estate.services,
        rto=estate.rto,
        rpo=estate.rpo,
        acted=acted,
        idle=idle,
        refusals=(refusal,) if refusal else (),
        warnings=(*((slow,) if slow else ()), *warnings_about(estate)),
        forecasts=(unplanned, planned),
    )


def _sorted(estate: EstateFile) -> tuple[tuple[Acted, ...], tuple[NotActedUpon, ...]]:
    """Every key of the estate, in one of two lists."""
    acted: list[Acted] = []
    idle: list[NotActedUpon] = []
    for entry in entries(estate):
        match entry.mark:
            case Acts(what):
                acted.append(Acted(entry.path, told(entry.value), what, entry.given))
            case Idle(why):
                idle.append(NotActedUpon(entry.path, told(entry.value), why))
            case _:
                assert_never(entry.mark)
    return tuple(acted), tuple(idle)
