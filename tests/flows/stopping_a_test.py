"""How a disaster recovery test in memory is stopped in the middle: used by the tests of what becomes of the estate."""

from collections.abc import Callable
from typing import Any

import pytest
from tested import Drill

from recovery.drill.faults import Fault
from recovery.fakes.estate import FakeEstate


class Stopped(BaseException):
    """In place of SIGTERM, or of a cancellation."""


def kill_once_broken(
    drill: Drill, estate: FakeEstate, monkeypatch: pytest.MonkeyPatch, *scenarios: str
) -> None:
    """Have the test's process killed right after the fault: it puts nothing back."""
    estate.faults.then = killed
    with monkeypatch.context() as patched:
        patched.setattr("tasks.stopping.LeftAsItWas.__exit__", lambda *_: None)
        with pytest.raises(Stopped):
            drill(estate, *scenarios)
    estate.faults.then = lambda _fault, _region: None


def stopped(_run: object) -> None:
    raise Stopped


def killed(_fault: Fault, _region: str) -> None:
    raise Stopped


def stop_at(monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """Have the test stopped, once, at that moment of a scenario."""
    from tasks import expectations  # noqa: PLC0415 - Prefect takes seconds

    stopped: list[str] = []

    def once(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def replaced(*args: Any, **fields: Any) -> Any:
            found = real(*args, **fields)
            if not stopped:
                stopped.append(name)
                raise Stopped
            return found

        return replaced

    match when:
        case "injected":
            monkeypatch.setattr(expectations.Scene, "break_it", once("break_it", expectations.Scene.break_it))
            monkeypatch.setattr(expectations.readiness, "rests_until", once("rest", lambda *_, **__: None))
        case "failed over":
            monkeypatch.setattr(
                expectations.Scene, "see_failover", once("see", expectations.Scene.see_failover)
            )
        case _:
            monkeypatch.setattr(expectations.Scene, "mend", once("mend", expectations.Scene.mend))
