"""What a comparison and a repair ask of a Redis: its keys, in the style of `recovery.ports`."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

Key = bytes
LOGICAL_DATABASE = 0
"""The one that is compared unless another one is asked for; what the others hold is counted."""


class KeyState(NamedTuple):
    """A key as it was seen."""

    type: str
    """As TYPE tells it: string, list, set, zset, hash; or one that has no digest."""
    digest: str | None
    """Of its value: the same one for equal values, whatever order sets and hashes were filled in.

    None: values of its type have none (streams, module types), or it is too large to be read.
    """
    expires_at_ms: int | None
    """Its absolute expiry, ms since 1970; None: it has none."""


class Copy(NamedTuple):
    """A key's value as DUMP has it, for RESTORE on a server of the same release or a later one."""

    payload: bytes
    expires_at_ms: int | None


class Change(NamedTuple):
    """One key, from the state it is to have now to the value it gets; None: it is not there."""

    key: Key
    seen: KeyState | None
    wanted: Copy | None


class CacheKeys(Protocol):
    """The keys of one logical database of a Redis. All but `put` read only, and work on a replica.

    A key that has expired is not there, also on a replica, which keeps it until its master says that it is gone.
    Every verb raises `Unavailable` where the server does not answer, and `Refused` where it, or its ACL, forbids a
    command. Several threads may ask at once; they wait for each other. A server that evicts by LRU or LFU counts
    `glance`, `look` and `copies` as accesses of its clients, unless it has CLIENT NO-TOUCH (7.2).
    """

    @property
    def endpoint(self) -> str:
        """Where it is, as `redis host:port`."""

    @property
    def database(self) -> int:
        """Which logical database."""

    def databases(self) -> Mapping[int, int]:
        """Return how many keys each logical database holds, those of them that hold any; expired ones count."""

    def walk(self, at_once: int) -> Iterator[list[Key]]:
        """Yield all keys, about *at_once* at a time, none twice in one list; no list is empty.

        A key that is there all the while is yielded once or, where the server's table grew or shrank meanwhile, more
        often; one that comes or goes meanwhile, at least zero times.
        """

    def absent(self, keys: Sequence[Key]) -> list[Key]:
        """Return those of the keys that are not there, in their order."""

    def glance(self, keys: Sequence[Key], together: int = 1) -> list[str]:
        """Return a text for each *together* keys, in their order, that takes the server little.

        Where the texts of two servers are equal, and not empty, these keys are the same on both, their expiries too,
        or they are on neither. Where they differ, nothing is known: equal values in another form have other texts.
        """

    def look(self, keys: Sequence[Key]) -> list[KeyState | None]:
        """Return each key's state, in their order, seen at one instant; None: it is not there.

        What one command does is bounded: large values are read in pieces, and digested here. One that is written to
        all the while gets a digest that equals no other.
        """

    def copies(self, seen: Mapping[Key, KeyState | None]) -> dict[Key, Copy | None]:
        """Return the keys that are still as they were *seen*, each with its value at that instant.

        A key that was not there, and still is not, has None. Those that are otherwise now, or whose values have no
        digest, are left out.
        """

    def put(self, changes: Collection[Change]) -> list[bool]:
        """Give each key its wanted value and absolute expiry, or delete it, if it is still as it was seen.

        Return, in the changes' order, whether that was done. Looking and writing are one act: a write between the
        two is not possible. A value whose expiry has passed is not there afterwards. Raises `Refused` on a replica,
        where nothing was changed, and where the server does not read the payload, which is of a later release; then
        other keys may have been written.
        """
