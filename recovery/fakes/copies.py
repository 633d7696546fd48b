"""One region's cluster in memory, as far as it can be restored: its history, its backups, and a copy beside it."""

from recovery.estate import EstateFile
from recovery.estate_in_hand import Restorable
from recovery.fakes.history import FakeArchiving, FakeBackups, FakeLedgers, History
from recovery.fakes.restored import FakeReplacement, FakeScratch
from recovery.fakes.tables import FakeTables
from recovery.fakes.world import World
from recovery.reconcile.shapes import Column, TableName, TableShape


class FakeCopies:
    """One region's history, with its backups and its scratch cluster; each node group has a table of orders."""

    def __init__(self, world: World, file: EstateFile, name: str) -> None:
        shapes = [orders(group) for group in file.node_groups]
        self.live = FakeTables(world, f"live-{name}", shapes)
        self.beside = FakeTables(world, f"beside-{name}", shapes)
        self.history = History(world, self.live)
        self.archiving = FakeArchiving(self.history)
        self.backups = FakeBackups(self.history, (name, file.other(name)))
        self.scratch = FakeScratch(self.history, self.beside)
        self.replacement = FakeReplacement(self.history, self.scratch, self.beside)

    def restorable(self) -> Restorable:
        """Return what a restore holds of them."""
        return Restorable(
            backups=self.backups,
            archiving=self.archiving,
            ledgers=FakeLedgers(self.history),
            scratch=lambda _operation: self.scratch,
            live=self.live,
            beside=self.beside,
            replacement=lambda _operation: self.replacement,
        )


def orders(group: str) -> TableShape:
    """Return the shape of a node group's table of orders: a number, and a text."""
    return TableShape(
        name=TableName(group, "public", "orders"),
        columns=(Column(name="id", type="bigint"), Column(name="text", type="text")),
        key=("id",),
    )
