"""A test as the journal's stores have it: its journal, its operations' journals, and the tests before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from recovery.dr_test.compose import compose_dr_test, operations_named
from recovery.dr_test.document import DrTest
from recovery.dr_test.opening import ID_BEGINS_WITH
from recovery.errors import BadInput, RecoveryError
from recovery.journal import Event
from recovery.operation_journal import operations, read
from recovery.quorum import Quorum


@dataclass(frozen=True)
class KeptTest:
    """A test, and the journals that it was composed from: its own, and those of its operations, by id."""

    test: DrTest
    journals: Mapping[str, Sequence[Event]]


def composed(stores: Quorum, name: str) -> KeptTest:
    """Return the test of that id, composed from what the stores have now.

    `BadInput` where they have none of that name; an operation's journal that can not be read is told of in the test.
    """
    events = read(stores, name)
    if not events:
        known = ", ".join(tests_in(stores)[-3:]) or "none"
        raise BadInput(f"The journal has no test {name!r}; its newest tests are: {known}.")
    started = _started(stores, events)
    test = compose_dr_test(events, started, earlier(stores, but=name))
    return KeptTest(test, {name: events, **started})


def on_its_own(stores: Quorum, events: Sequence[Event]) -> DrTest:
    """Return the test that *events* tell of, without those before it."""
    return compose_dr_test(events, _started(stores, events))


def tests_in(stores: Quorum) -> list[str]:
    """Return the ids of all tests, oldest first."""
    return [name for name in operations(stores) if name.startswith(f"{ID_BEGINS_WITH}-")]


def earlier(stores: Quorum, *, but: str) -> list[DrTest]:
    """Return the tests that have a report, *but* one, oldest first; a report of another form is passed over."""
    found = [test for name in tests_in(stores) if name != but and (test := _published(stores, name))]
    return sorted(found, key=lambda test: test.started_at)


def _published(stores: Quorum, name: str) -> DrTest | None:
    where = f"operations/{name}/report.json"
    for store in stores.read(where):
        if where in store:
            try:
                return DrTest.model_validate_json(store[where])
            except ValidationError:
                continue
    return None


def _started(stores: Quorum, events: Sequence[Event]) -> dict[str, Sequence[Event]]:
    return {one: found for one in operations_named(events) if (found := _read(stores, one))}


def _read(stores: Quorum, name: str) -> Sequence[Event]:
    try:
        return read(stores, name)
    except RecoveryError:
        return []
