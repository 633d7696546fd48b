"""Documents as lines of ASCII JSON: a head, one line an item, and a digest that proves they are whole."""

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import ClassVar, Self

from pydantic import JsonValue, TypeAdapter, ValidationError

from recovery.errors import BadInput
from recovery.measurement import Frozen

FORMAT = 1
DIGEST = "sha256"
LINE: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


class Lined(Frozen):
    """A value that is kept in a file between two steps. The same value always makes the same lines."""

    what: ClassVar[str]
    """What it is, for people."""
    listed: ClassVar[frozenset[str]]
    """The fields whose items have a line each."""

    @property
    def digest(self) -> str:
        """The digest of its lines."""
        return _digest(self._body())

    def to_lines(self) -> Iterator[str]:
        """Return its lines, without line ends; the last one has the digest of all before."""
        yield from self._body()
        yield json.dumps({DIGEST: self.digest})

    @classmethod
    def from_lines(cls, lines: Iterable[str]) -> Self:
        """Return the value that these lines were made of; `BadInput` if a line is missing or was changed."""
        *body, end = [line.rstrip("\n") for line in lines] or [""]
        try:
            if LINE.validate_json(end) != {DIGEST: _digest(body)}:
                raise BadInput(
                    f"The {cls.what} was changed or cut short: its digest is not that of its lines; make it again."
                )
            head, *items = (LINE.validate_json(line) for line in body)
            if (head.pop("what", None), head.pop("format", None)) != (cls.what, FORMAT):
                raise BadInput(f"This is no {cls.what} of format {FORMAT}; its first line is {body[0][:80]}")
            fields: dict[str, list[JsonValue]] = {field: [] for field in sorted(cls.listed)}
            for item in items:
                for field, value in item.items():
                    fields[field].append(value)
            return cls.model_validate({**head, **fields})
        except (ValidationError, KeyError, ValueError) as error:
            raise BadInput(f"This is no {cls.what}: {str(error).splitlines()[0]}; make it again.") from error

    def _body(self) -> Iterator[str]:
        head = self.model_dump(mode="json", exclude=set(self.listed))
        yield json.dumps({"what": self.what, "format": FORMAT, **head})
        for field in sorted(self.listed):
            for item in getattr(self, field):
                yield json.dumps({field: item.model_dump(mode="json")})


def _digest(lines: Iterable[str]) -> str:
    digest = sha256()
    for line in lines:
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()
