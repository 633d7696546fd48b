"""Each step of the longer procedures, too, calls only what it has declared."""

from collections.abc import Callable

import pytest
from declared import TellingStore
from returning import with_unsent

from recovery.backups import BackupKind
from recovery.fakes.estate import FakeEstate
from recovery.reconcile.shapes import TableName

EAST = "us-east-1"
TABLE = TableName("eden_task", "public", "orders")
MakeEstate = Callable[..., FakeEstate]
Flow = Callable[..., str]


@pytest.fixture
def store() -> TellingStore:
    return TellingStore()


@pytest.fixture
def watched(store: TellingStore, make_estate: MakeEstate) -> FakeEstate:
    return store.watches(make_estate([store]))


def test_of_a_failback(store: TellingStore, watched: FakeEstate, leave: Flow, bring_back: Flow) -> None:
    with_unsent(watched, leave)

    bring_back(watched)

    assert store.undeclared() == {}


@pytest.mark.parametrize("scope", ["beside", "surgical"])
def test_of_a_restore(store: TellingStore, watched: FakeEstate, restore: Flow, scope: str) -> None:
    for copies in watched.copies.values():
        copies.history.commit({(TABLE, ("1",)): "(1,good)"})
        for repository in (1, 2):
            copies.backups.back_up(BackupKind.FULL, repository=repository)
    bad = watched.copies[EAST].history.commit({(TABLE, ("1",)): "(1,bad)"})
    more = {"tables": ["eden_task.public.orders"], "apply": True} if scope == "surgical" else {}

    restore(watched, scope=scope, before_transaction=bad.transaction, **more)

    assert store.undeclared() == {}
