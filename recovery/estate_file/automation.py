"""What may happen by itself, and whose word it is decided on: part of the block `recovery`."""

from typing import Annotated

from pydantic import Field

from recovery.estate_file.kinds import Count, HttpUrl, Seconds, Text
from recovery.estate_file.marks import Acts, Part


class Observer(Part):
    """One place's monitoring: its own APIs are asked before its alerts are believed."""

    prometheus: Annotated[HttpUrl, Acts("asked whether an alert is active there, and since when (T1)")]
    alertmanager: Annotated[
        HttpUrl | None,
        Acts(
            "asked for alerts whose delivery was lost, and for silences: without it its place tells of none"
        ),
    ] = None


class Automation(Part):
    """How alerts become a failover, where `global_load_balancing.failover.automatic` allows it."""

    observers: Annotated[
        dict[Text, Observer],
        Field(min_length=1),
        Acts("the monitoring of each region, and the witness's: nobody else's word counts"),
    ]
    hold_seconds: Annotated[Seconds, Acts("how long a verdict must stand before it is acted upon")] = 120
    evaluations: Annotated[Count, Acts("in how many evaluations in a row")] = 4
    evaluate_seconds: Annotated[Seconds, Acts("time from one evaluation to the next")] = 15
    hysteresis_seconds: Annotated[Seconds, Acts("how long an alert that has ended still counts")] = 30
    watchdog_silence_seconds: Annotated[
        Seconds, Acts("not heard for so long, a region's monitoring counts as lost")
    ] = 180
    failovers_per_hour: Annotated[Count, Acts("more than so many are not started by themselves")] = 1
    failovers_per_day: Annotated[Count, Acts("nor more than so many in a day")] = 2
