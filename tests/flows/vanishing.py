"""A Prefect server that is gone once an operation's journal comes to a step."""

from collections.abc import Callable

from prefect_api import Gone, PrefectApi

from recovery.fakes.stores import FakeStore
from recovery.journal import Event, Kind


class WatchedStore(FakeStore):
    """A store that tells of each event before it is kept."""

    def __init__(self, place: str, told: Callable[[Event], object]) -> None:
        super().__init__(place)
        self._told = told

    def put_new(self, key: str, body: bytes) -> bytes | None:
        if "/journal/" in key:
            self._told(Event.model_validate_json(body))
        return super().put_new(key, body)


def gone_at(step: str, api: PrefectApi, how: Gone) -> Callable[[Event], None]:
    def told(event: Event) -> None:
        if api.gone is None and (event.kind, event.step) == (Kind.STARTED, step):
            api.vanish(how)

    return told
