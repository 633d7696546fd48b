"""Names of WAL segments, and which timeline's segment is the one that this cluster's history went through."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

Lsn = int
_NAME_LENGTH, _WORD = 24, 2**32


def lsn_of(told: str) -> Lsn:
    """Return a position in bytes, from how PostgreSQL writes it."""
    high, _, low = told.partition("/")
    return int(high, 16) * _WORD + int(low, 16)


class Switch(NamedTuple):
    """A timeline that was left, and where."""

    timeline: int
    at: Lsn


@dataclass(frozen=True)
class WalPosition:
    """How far a cluster's WAL goes, and what it is cut into."""

    timeline: int
    end: Lsn
    segment_bytes: int

    @property
    def newest(self) -> int:
        """The number of the segment that is written to; later ones hold old WAL under a new name."""
        return (self.end - 1) // self.segment_bytes


@dataclass(frozen=True)
class WalLine:
    """The line of timelines that led to where a cluster is: WAL beside it never became part of this cluster."""

    position: WalPosition
    left: tuple[Switch, ...] = ()
    """The timelines it left, oldest first."""

    def timeline_of(self, number: int) -> int:
        """Return the timeline of a segment; one in which a timeline was left is the next one's."""
        size = self.position.segment_bytes
        return next((old.timeline for old in self.left if number < old.at // size), self.position.timeline)

    def name(self, number: int) -> str:
        """Return the segment's file name."""
        log, segment = divmod(number, _WORD // self.position.segment_bytes)
        return f"{self.timeline_of(number):08X}{log:08X}{segment:08X}"

    def numbers(self, names: Iterable[str]) -> list[int]:
        """Return the numbers of those files that are segments of this line and are written, in order."""
        segments_a_log = _WORD // self.position.segment_bytes
        found = [
            int(name[8:16], 16) * segments_a_log + int(name[16:], 16)
            for name in names
            if len(name) == _NAME_LENGTH and not set(name) - set("0123456789ABCDEF")
        ]
        own = {self.name(number) for number in found} & set(names)
        return sorted(n for n in set(found) if n <= self.position.newest and self.name(n) in own)

    def together(self, numbers: Sequence[int]) -> Iterator[range]:
        """Yield each run of numbers without a hole, within one timeline."""
        begin = 0
        for i in range(1, len(numbers) + 1):
            if i == len(numbers) or not self._follows(numbers[i - 1], numbers[i]):
                yield range(numbers[begin], numbers[i - 1] + 1)
                begin = i

    def _follows(self, number: int, other: int) -> bool:
        return other == number + 1 and self.timeline_of(number) == self.timeline_of(other)


def switches(history: str) -> tuple[Switch, ...]:
    """Return what a timeline's history file says."""
    lines = [line.split() for line in history.splitlines() if line.strip() and not line.startswith("#")]
    return tuple(Switch(int(words[0]), lsn_of(words[1])) for words in lines)


def holes(names: Iterable[str]) -> list[str]:
    """Return the segments that are missing between the first and the last one of each timeline, sorted.

    Other names are passed over. How many segments make 4 GiB is a power of two, and shows in the names.
    """
    found = {name for name in names if len(name) == _NAME_LENGTH and not set(name) - set("0123456789ABCDEF")}
    a_log = 1 << max((int(name[16:], 16) for name in found), default=0).bit_length()
    numbers: dict[str, list[int]] = {}
    for name in sorted(found):
        numbers.setdefault(name[:8], []).append(int(name[8:16], 16) * a_log + int(name[16:], 16))
    return [
        f"{timeline}{number // a_log:08X}{number % a_log:08X}"
        for timeline, own in sorted(numbers.items())
        for earlier, later in pairwise(own)
        for number in range(earlier + 1, later)
    ]
