"""Where monitoring stands: in each region, and outside both."""

import re

from recovery.errors import BadInput
from recovery.estate import EstateFile

OUTSIDE = "witness"
"""What the place outside is called where `recovery.automation.observers` does not say."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


def places(estate: EstateFile) -> tuple[str, ...]:
    """Return every place that has a Prometheus and an Alertmanager: the regions first."""
    return *estate.regions, *outside(estate)


def outside(estate: EstateFile) -> tuple[str, ...]:
    """Return the places that are no region; `BadInput` for a name that would make no folder."""
    automation = estate.recovery.automation if estate.recovery else None
    named = [name for name in (automation.observers if automation else ()) if name not in estate.regions]
    for name in named:
        if not _NAME.fullmatch(name):
            raise BadInput(
                f"recovery.automation.observers has {name!r}, which is also the name of a folder and a label; "
                "use letters, digits, dots and hyphens."
            )
    return tuple(named) or (OUTSIDE,)
