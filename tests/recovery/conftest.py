"""The sample test, composed: there and back, there only, there and back."""

from collections.abc import Callable
from typing import Any

import dr_tests
import pytest

from recovery.dr_test.compose import compose_dr_test
from recovery.dr_test.document import DrTest
from recovery.dr_test.kept import KeptTest
from recovery.journal import Event, Kind, following


@pytest.fixture(scope="session")
def before() -> list[DrTest]:
    """The three tests of the year before."""
    docs: list[DrTest] = []
    for events, started in dr_tests.earlier():
        docs.append(compose_dr_test(events, started, docs))
    return docs


@pytest.fixture(scope="session")
def quarter(before: list[DrTest]) -> KeptTest:
    """The test itself, with its journals."""
    events, started = dr_tests.quarterly(), dr_tests.operations()
    return KeptTest(compose_dr_test(events, started, before), {dr_tests.TEST: events, **started})


@pytest.fixture(scope="session")
def bare() -> KeptTest:
    """A test of which next to nothing is known: its process was killed at once, and the estate names nobody."""
    first = dr_tests.quarterly()[0]
    data = {key: value for key, value in first.data.items() if key not in {"people", "parameters"}}
    fields = first.model_dump(exclude={"seq", "previous", "hash", "data"})
    events = [following([], **fields, data=data)]
    return KeptTest(compose_dr_test(events, {}), {dr_tests.TEST: events})


@pytest.fixture(scope="session")
def told_otherwise() -> Callable[..., list[Event]]:
    """Return a function that tells the sample's journal again, one scenario's outcome with other values."""

    def told(scenario: str, **changed: Any) -> list[Event]:
        events: list[Event] = []
        for event in dr_tests.quarterly():
            data = dict(event.data)
            if event.kind is Kind.DONE and event.step == f"scenario_{scenario}":
                data["result"] = {**data["result"], **changed}  # type: ignore[dict-item]
            fields = event.model_dump(exclude={"seq", "previous", "hash", "data"})
            events.append(following(events, **fields, data=data))
        return events

    return told
