"""Several stores as one: a write counts when a majority has it, a read asks a majority.

With three stores, one may be down, slow or cut off, and nothing is lost or delayed.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from time import monotonic
from typing import TypeVar

from recovery.errors import BadInput, RecoveryError, Refused, Unavailable
from recovery.ports import JournalStore

T = TypeVar("T")


class Taken(Refused):
    """A key that was to be new has another content at a majority, or may have."""


class Quorum:
    """A fixed set of stores. Every call ends within `deadline_s`."""

    def __init__(self, stores: Sequence[JournalStore], *, deadline_s: float = 5.0) -> None:
        """Take the stores, one a place."""
        if len({store.place for store in stores}) != len(stores) or not stores:
            raise BadInput("The journal's stores must be in different places, and at least one.")
        self._stores, self.deadline_s = tuple(stores), deadline_s
        self.majority = len(stores) // 2 + 1
        # Threads of its own for each store: one that hangs holds up no call to the others.
        self._pools = [ThreadPoolExecutor(4, thread_name_prefix=f"journal {s.place}") for s in stores]

    @property
    def places(self) -> tuple[str, ...]:
        """Where the stores are."""
        return tuple(store.place for store in self._stores)

    def put_new(self, key: str, body: bytes) -> None:
        """Have *body* under a new key at a majority.

        A store that has just this body already counts: a lost answer may be repeated.
        Raises `Taken` where too many stores have something else, `Unavailable` where too
        few answered.
        """

        def put(store: JournalStore) -> bool:
            found = store.put_new(key, body)
            return found is None or found == body

        answers, silent = self._ask(put, enough=lambda said: said.count(True) >= self.majority)
        if answers.count(True) >= self.majority:
            return
        if False in answers:
            raise Taken(f"{key} was written by somebody else.")
        raise self._too_few(f"write {key}", silent)

    def put(self, key: str, body: bytes) -> None:
        """Have *body* under *key* at a majority, whatever was there."""
        answers, silent = self._ask(
            lambda store: store.put(key, body), enough=lambda said: len(said) >= self.majority
        )
        if len(answers) < self.majority:
            raise self._too_few(f"write {key}", silent)

    def read(self, prefix: str, *, hear_all: bool = False) -> list[dict[str, bytes]]:
        """Return what each answering store has under *prefix*; a majority answered.

        With *hear_all* the others are waited for too, until the deadline.
        """
        heard = len(self._stores) if hear_all else self.majority
        return self._read(lambda store: store.read(prefix), f"read {prefix}", heard=heard)

    def keys(self, prefix: str) -> set[str]:
        """Return the keys under *prefix* that any answering store has; a majority answered."""
        found = self._read(lambda store: store.keys(prefix), f"list {prefix}", heard=self.majority)
        return {key for keys in found for key in keys}

    def lacking(self, prefix: str) -> dict[str, set[str]]:
        """Return, by place, the keys under *prefix* that others have and a store lacks; only of those that answer.

        All are waited for, and a majority answered.
        """
        asked = self._read(
            lambda store: (store.place, set(store.keys(prefix))), f"list {prefix}", heard=len(self._stores)
        )
        every = {key for _, keys in asked for key in keys}
        return {place: every - keys for place, keys in asked}

    def give(self, place: str, bodies: Mapping[str, bytes]) -> None:
        """Write keys that the store at *place* lacks; what it has meanwhile stays. `Unavailable` where it is silent."""
        number = self.places.index(place)
        store, pool = self._stores[number], self._pools[number]
        for written in [pool.submit(store.put_new, key, body) for key, body in bodies.items()]:
            try:
                written.result(timeout=self.deadline_s)
            except TimeoutError as error:
                raise Unavailable(
                    f"The journal's store {place} took nothing for {self.deadline_s:g} s."
                ) from error

    def silent(self) -> list[str]:
        """Return the stores that do not answer, each with why; all of them are waited for."""
        _, silent = self._ask(
            lambda store: store.keys("estates/"), enough=lambda said: len(said) == len(self._stores)
        )
        return sorted(silent)

    def _read(self, ask: Callable[[JournalStore], T], what: str, *, heard: int) -> list[T]:
        answers, silent = self._ask(ask, enough=lambda said: len(said) >= heard)
        if len(answers) < self.majority:
            raise self._too_few(what, silent)
        return answers

    def _ask(
        self, ask: Callable[[JournalStore], T], *, enough: Callable[[list[T]], bool]
    ) -> tuple[list[T], list[str]]:
        """Ask all stores at once; return when *enough* is true of the answers, or all have spoken, or time is up.

        A call that was begun goes on: its write may still arrive after this has returned.
        """
        futures: dict[Future[T], str] = {
            pool.submit(ask, store): store.place
            for pool, store in zip(self._pools, self._stores, strict=True)
        }
        waiting, answers, silent = set(futures), list[T](), list[str]()
        until = monotonic() + self.deadline_s
        while waiting and not enough(answers) and (left := until - monotonic()) > 0:
            done, waiting = wait(waiting, timeout=left, return_when=FIRST_COMPLETED)
            for future in done:
                try:
                    answers.append(future.result())
                except RecoveryError as error:
                    silent.append(f"{futures[future]}: {error}")
        for future in waiting:
            future.cancel()  # what a store that hangs has not begun is not piled up
        silent += [f"{futures[future]}: no answer in {self.deadline_s:g} s" for future in waiting]
        return answers, silent

    def _too_few(self, what: str, silent: list[str]) -> Unavailable:
        return Unavailable(
            f"Too few of the journal's {len(self._stores)} stores answered to {what} "
            f"({self.majority} must): {'; '.join(sorted(silent))}. Nothing may be done without the journal."
        )
