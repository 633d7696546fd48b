"""What a step left in the journal, as the value that it was."""

import json
from collections.abc import Sequence
from typing import TypeVar

from pydantic import ValidationError

from recovery.journal import Event, Kind
from recovery.measurement import Frozen

ModelT = TypeVar("ModelT", bound=Frozen)


def left_by_step(
    events: Sequence[Event], step: str, model: type[ModelT], *, kind: Kind = Kind.DONE
) -> ModelT | None:
    """Return the newest result of a step; None where there is none, or it is no *model*."""
    value = next((e.data.get("result") for e in reversed(events) if (e.kind, e.step) == (kind, step)), None)
    try:
        json.dumps(value, allow_nan=False)  # not every JSON reader refuses NaN, and it compares with nothing
        return model.model_validate(value)
    except (ValidationError, ValueError):
        return None
