"""What became of the rows that the prober was promised: its ledger, compared with what the regions have."""

from datetime import datetime, timedelta

from recovery import ledger
from recovery.estate_in_hand import EstateInHand
from recovery.measurement import Rows
from tasks.run import now

CLOCKS = timedelta(minutes=1)
"""A row may be dated so long before the request that wrote it: clocks differ."""


def accounted_for(estate: EstateInHand, since: datetime) -> Rows:
    """Compare what the prober was promised since *since* with what either region has: lost is what neither has."""
    writes = estate.outside.prober.requests(since, kind="write")
    first, second = (estate.region(name).database for name in estate.file.regions)
    present = first.present_rows(since - CLOCKS) | second.present_rows(since - CLOCKS)
    return ledger.compare(writes, present, since=since, compared_at=now())


def look_back(estate: EstateInHand, before: datetime) -> datetime:
    """Return from when on rows are compared, of a loss at *before*."""
    return before - timedelta(minutes=float(estate.file.settings.prober.look_back_minutes))
