"""A journal store in memory, with the faults that a real one has, each switched on where it is needed."""

from collections.abc import Callable
from threading import Event, Lock

from recovery.errors import Unavailable

SLOWEST_S = 30.0


class FakeStore:
    """A `JournalStore` in memory. Its faults are attributes: set one, and take it back.

    `down`: every call raises `Unavailable`, and nothing is written. `slow`: every call
    waits until that event is set, 30 s at most. `loses_replies`: what is written is
    written, then `Unavailable` is raised. `late`: a write raises `Unavailable`, and arrives
    with `deliver`.
    """

    def __init__(self, place: str, *, before: Callable[[str], None] | None = None) -> None:
        """Have nothing yet; *before* is called with the verb's name before each call is carried out."""
        self.place = place
        self.objects: dict[str, bytes] = {}
        self.down = self.loses_replies = self.late = False
        self.slow: Event | None = None
        self._before, self._lock = before, Lock()
        self._underway: list[tuple[str, bytes]] = []

    def put_new(self, key: str, body: bytes) -> bytes | None:
        """Write *body* under a key that has none; return None, or what was there before and stays."""
        self._called("put_new")
        if self.late:
            self._underway.append((key, body))
            raise Unavailable(f"{self.place}: no answer yet (a fault that was asked for).")
        found = self._written_once(key, body)
        self._replied()
        return found

    def put(self, key: str, body: bytes) -> None:
        """Write *body* under *key*, whatever was there."""
        self._called("put")
        with self._lock:
            self.objects[key] = body
        self._replied()

    def read(self, prefix: str) -> dict[str, bytes]:
        """Return every object whose key begins with *prefix*."""
        self._called("read")
        with self._lock:
            return {key: body for key, body in self.objects.items() if key.startswith(prefix)}

    def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with *prefix*, sorted."""
        self._called("keys")
        with self._lock:
            return sorted(key for key in self.objects if key.startswith(prefix))

    def deliver(self) -> None:
        """Let the writes that were late arrive, in their order."""
        arrived, self._underway = self._underway, []
        for key, body in arrived:
            self._written_once(key, body)

    def _written_once(self, key: str, body: bytes) -> bytes | None:
        with self._lock:
            if key in self.objects:
                return self.objects[key]
            self.objects[key] = body
            return None

    def _called(self, verb: str) -> None:
        if self._before is not None:
            self._before(verb)
        if self.slow is not None and not self.slow.wait(SLOWEST_S):
            raise Unavailable(f"{self.place}: no answer in {SLOWEST_S:g} s (a fault that was asked for).")
        if self.down:
            raise Unavailable(f"{self.place} is down (a fault that was asked for).")

    def _replied(self) -> None:
        if self.loses_replies:
            raise Unavailable(f"{self.place}: the answer was lost (a fault that was asked for).")
