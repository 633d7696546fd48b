"""Operations that leave a region and bring it back, as far as a test wants them to come."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import JsonValue

from recovery.epoch import Claim, Epoch, take
from recovery.fakes.stores import FakeStore
from recovery.journal import Kind
from recovery.operation_journal import OperationJournal
from recovery.quorum import Quorum

EAST, WEST = "us-east-1", "us-west-2"
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
Happening = tuple[Kind, str | None]
BEGUN, OPENS = (Kind.STARTED, "keep_fenced"), (Kind.STARTED, "open_region")
NO_RETURN, CLOSED = (Kind.POINT_OF_NO_RETURN, None), (Kind.CLOSED, None)
BACKING_OUT, BACKED_OUT = (Kind.BACKING_OUT, None), (Kind.BACKED_OUT, None)


class Leaving:
    """An estate's operations, as their processes write them: under an epoch that each holds."""

    def __init__(self, estate: str, quorum: Quorum | None = None) -> None:
        """Write into *quorum*, or into stores in memory whose calls are noted."""
        self.reads = list[str]()
        self.stores = [FakeStore(place, before=self.reads.append) for place in (EAST, WEST, "witness")]
        self.quorum = quorum or Quorum(self.stores, deadline_s=0.2)
        self._estate, self._count = estate, 0
        self._newest: tuple[OperationJournal, Epoch] | None = None

    def runs(
        self, short: str, opening: dict[str, JsonValue], happenings: Sequence[Happening], **data: JsonValue
    ) -> str:
        """Have an operation run as far as told; one that does not end goes on holding the estate."""
        self._count += 1
        name = f"{short}-20261126-12000{self._count}-ab12"
        epoch = take(self.quorum, self._estate, Claim(operation=name, holder="ann", since=NOON))
        journal = OperationJournal(self.quorum, name, actor="ann")
        journal.go_on(epoch.number)
        self._newest = journal, epoch
        journal.record(Kind.OPENED, NOON, data=opening)
        self.ends(*happenings, **data)
        return name

    def ends(self, *happenings: Happening, **data: JsonValue) -> None:
        """Have more happen to the newest one; with its end, the estate is free."""
        assert self._newest is not None
        journal, epoch = self._newest
        for kind, step in happenings:
            journal.record(kind, NOON, step=step, data=dict(data) if kind is Kind.NOTED else {})
        if happenings and happenings[-1][0] in {Kind.CLOSED, Kind.BACKED_OUT}:
            epoch.close()

    def failover(self, *happenings: Happening, source: str = EAST) -> str:
        return self.runs("failover", {"source": source}, happenings)

    def failback(self, *happenings: Happening, of: str, region: str = EAST, **data: JsonValue) -> str:
        return self.runs("failback", {"returned": region, "failover": of}, happenings, **data)
