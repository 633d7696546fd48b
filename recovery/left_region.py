"""A region that a failover has left: when, by which operation, and what it had until then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue, TypeAdapter

from recovery.errors import BadInput
from recovery.findings import Findings
from recovery.journal import Event, Kind
from recovery.operation_journal import left_by, read
from recovery.quorum import Quorum
from recovery.report.compose import compose
from recovery.report.document import Report

INSTANT: TypeAdapter[datetime] = TypeAdapter(datetime)


@dataclass(frozen=True)
class LeftRegion:
    """How a region was left, by the journal of the operation that left it."""

    operation: str
    events: Sequence[Event]

    @property
    def at(self) -> datetime:
        """When: the fault, as far as it was measured; what the other region wrote later, it wrote alone."""
        fault = self._result("measure_exposure").get("fault_at")
        return INSTANT.validate_python(fault) if fault else self.events[0].time

    @property
    def weights(self) -> dict[str, int] | None:
        """The weights before it; None where the control plane could not tell."""
        noted = [event.data.get("original") for event in self.events if event.kind is Kind.NOTED]
        found = next((one for one in noted if isinstance(one, dict)), None)
        return {region: int(str(weight)) for region, weight in found.items()} if found else None

    @property
    def moved_cache(self) -> bool:
        """Whether the other region's Redis became the one that takes writes.

        One whose process was killed in the middle of the take-over found it promoted: what was seen before it tells.
        """
        if self._result("take_over").get("cache_promoted") is True:
            return True
        begun = [event for event in self.events if (event.kind, event.step) == (Kind.STARTED, "take_over")]
        return len(begun) > 1 and self._found_replica()

    @property
    def report(self) -> Report:
        """What the failover achieved, composed from its journal."""
        return compose(self.events)

    def _found_replica(self) -> bool:
        found = Findings.model_validate(self._result("can_take_over") or {"findings": []}).findings
        return any(
            one.check.endswith("'s Redis answers") and one.value.startswith("replica") for one in found
        )

    def _result(self, step: str) -> dict[str, JsonValue]:
        done = [event for event in self.events if (event.kind, event.step) == (Kind.DONE, step)]
        result = done[-1].data.get("result") if done else None
        return result if isinstance(result, dict) else {}


def left_region(quorum: Quorum, region: str, *, but: str) -> LeftRegion:
    """Return how *region* was left; `BadInput` where no failover has left it, or it was brought back since."""
    operation = left_by(quorum, region, but=but)
    if operation is None:
        raise BadInput(
            f"No failover has left {region}, or it was brought back since: there is nothing to bring back. "
            "`dr operations` lists what ran."
        )
    return LeftRegion(operation, read(quorum, operation))
