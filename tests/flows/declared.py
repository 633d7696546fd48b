"""What each step of a flow really reached out to, by the world's log, and what it had declared."""

from collections.abc import Sequence

from recovery.fakes.estate import FakeEstate
from recovery.fakes.stores import FakeStore
from recovery.journal import Event, Kind

BEGINS, ENDS = {Kind.STARTED}, {Kind.DONE, Kind.FAILED}


class TellingStore(FakeStore):
    """A journal of one store, which writes each event into the world's log too: steps run one after the other."""

    def __init__(self) -> None:
        super().__init__("witness")
        self.log: list[str] = []
        self.steps: list[tuple[int, Event]] = []
        """Each step's begin and end, with how long the world's log was then."""

    def put_new(self, key: str, body: bytes) -> bytes | None:
        found = super().put_new(key, body)
        if "/journal/" in key and found is None:
            event = Event.model_validate_json(body)
            if event.kind in BEGINS | ENDS:
                self.steps.append((len(self.log), event))
        return found

    def watches(self, estate: FakeEstate) -> FakeEstate:
        """Look at what is called in this estate."""
        self.log = estate.log
        return estate

    def called(self) -> dict[str, list[str]]:
        """Return, for each step, the endpoints that were called while it ran, in order."""
        found: dict[str, list[str]] = {}
        for (begun, event), (ended, after) in zip(self.steps, self.steps[1:], strict=False):
            if event.kind in BEGINS:
                assert (event.step, after.kind in ENDS) == (after.step, True)
                calls = found.setdefault(str(event.step), [])
                calls += [line.rsplit(": ", 1)[0] for line in self.log[begun:ended]]
        return found

    def declared(self) -> dict[str, set[str]]:
        """Return, for each step, the endpoints that it said it would touch."""
        begun = [event for _, event in self.steps if event.kind in BEGINS]
        return {str(event.step): set(touched(event)) for event in begun}

    def undeclared(self) -> dict[str, set[str]]:
        """Return the endpoints that a step called without having said so."""
        said = self.declared()
        lacking = {step: {*calls} - said[step] for step, calls in self.called().items()}
        return {step: endpoints for step, endpoints in lacking.items() if endpoints}


def touched(event: Event) -> Sequence[str]:
    listed = event.data["touches"]
    assert isinstance(listed, list)
    return [str(endpoint) for endpoint in listed]
