"""Carrying out an operation that was typed: shown line by line, as a run of its deployment or without a server."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from deployments import progress
from recovery.errors import BadInput
from recovery.estate import EstateFile
from recovery.operation import Failover
from recovery.restore_operation import Restore

FormT = TypeVar("FormT", bound=BaseModel)


def parsed(form: type[FormT], **fields: object) -> FormT:
    """Return the form filled in; `BadInput` names each field that is wrong, its value, and what would do."""
    try:
        return form.model_validate(fields)
    except ValidationError as error:
        raise BadInput(
            "; ".join(_told(one["loc"], one["input"], one["msg"]) for one in error.errors())
        ) from error


def operate(operation: Failover | Restore, *, break_glass: bool) -> str:
    """Run the operation's flow here, and return what it says; *break_glass*: the Prefect server is gone."""
    file = EstateFile.read(Path(operation.estate))
    # Refuses a region that the estate does not have.
    file.other(operation.source if isinstance(operation, Failover) else operation.region)

    from deployments import server  # noqa: PLC0415 - Prefect reads its settings when it is imported

    progress.show()
    if break_glass:
        server.use_none()
    else:
        server.use_server_of(file)
    from deployments import running  # noqa: PLC0415

    return running.without_server(operation) if break_glass else running.run(operation)


def _told(where: tuple[int | str, ...], value: object, why: str) -> str:
    return f"{where[0]} is {value!r}: {why}" if where else why.removeprefix("Value error, ")
