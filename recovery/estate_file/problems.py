"""What is wrong with a file, as sentences: where, what it says, and what would do."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from recovery.errors import BadInput
from recovery.estate_file.marks import joined

LONGEST_SHOWN = 60
_SECRET = re.compile(
    r"pass?w|passphrase|pwd|token|secret|credential|private_?key|api_?key|access_?key", re.IGNORECASE
)

Location = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, at one place of the file."""

    location: Location
    fact: str
    remedy: str

    @property
    def path(self) -> str:
        """The key's path, as in `postgres_multi_region.regions[1].role`."""
        path = ""
        for step in self.location:
            path = joined(path, step)
        return path or "the file"

    @property
    def sentence(self) -> str:
        """The whole problem: path, fact and remedy."""
        return f"{self.path} {self.fact}; {self.remedy}{'' if self.remedy.endswith('?') else '.'}"


def looks_secret(key: str) -> bool:
    """Tell whether a key's name says that its value is a secret."""
    return bool(_SECRET.search(key))


def shown(value: object, location: Location = ()) -> str:
    """Return *value* as a message may show it: short, and never a secret."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if any(looks_secret(step) for step in location if isinstance(step, str)):
        return "a value that is not shown"
    return _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, str) and "://" in value and "@" in value:
        return "an address with credentials in it, not shown"
    words = {None: "nothing", True: "true", False: "false"}
    text = words[value] if value is None or isinstance(value, bool) else ascii(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."


def refusal(name: str, problems: Iterable[Problem], lines: Mapping[Location, int]) -> BadInput:
    """Return the error that lists every problem of the file *name*, in the file's order."""
    found = sorted(problems, key=lambda problem: line_of(problem.location, lines))
    count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
    told = [f"  {_where(problem, lines)}{problem.sentence}" for problem in found]
    return BadInput("\n".join([f"{name} does not describe an estate: {count}.", *told]))


def _where(problem: Problem, lines: Mapping[Location, int]) -> str:
    return f"line {line_of(problem.location, lines)}: " if lines else ""


def line_of(location: Location, lines: Mapping[Location, int]) -> int:
    """Return the line of a key, or of the nearest key above it that the file has."""
    while location and location not in lines:
        location = location[:-1]
    return lines.get(location, 1)
