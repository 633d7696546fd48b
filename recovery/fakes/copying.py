"""Tables that are copied whole from the other region, in memory: with the start of the subscriptions."""

from collections.abc import Sequence

from recovery.errors import Refused
from recovery.fakes.citizen import Citizen
from recovery.fakes.tables import FakeTables, Written
from recovery.fakes.world import Place, World
from recovery.ports import Subscription
from recovery.reconcile.shapes import TableName


class FakeCopying(Citizen):
    """A `Copying`. A copy takes no time once the other region is heard."""

    def __init__(self, world: World, place: Place, here: FakeTables, there: FakeTables) -> None:
        """Copy from the tables *there* into those *here*."""
        super().__init__(world, f"postgres {place.at}:5432", place)
        self._here, self._tables, self._there = place, here, there
        self._asked: set[TableName] = set()

    def copy_anew(self, subscription: Subscription, tables: Sequence[TableName]) -> None:
        """Delete the rows, and remember the tables."""
        self._called("copy_anew")
        if self._here.stopped_at is None:
            raise Refused(f"{self.endpoint}: {subscription.name} is enabled; disable it first.")
        for table in tables:
            self._tables.put(table, dict.fromkeys(self._tables.rows[table]))
        self._asked |= set(tables)

    def under_way(self) -> list[TableName]:
        """Copy what was asked for, where the other region is heard."""
        self._called("under_way")
        if self._world.hears(self._world.other(self._here.name), self._here.name):
            for table in self._asked:
                self._copy(table)
            self._asked.clear()
        return sorted(self._asked)

    def _copy(self, table: TableName) -> None:
        self._tables.put(table, self._there.rows[table])
        for key in self._there.rows[table]:
            at = self._there.written.get((table, key), Written(foreign=False, at=None)).at
            self._tables.written[table, key] = Written(foreign=True, at=at)
