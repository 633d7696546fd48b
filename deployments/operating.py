"""Carrying out an operation that was typed: shown line by line, as a run of its deployment or without a server."""

from pathlib import Path
from typing import TypeVar, assert_never

from pydantic import BaseModel, ValidationError

from deployments import progress
from recovery.drill.order import DrTestOrder
from recovery.errors import BadInput
from recovery.estate import EstateFile
from recovery.failback import Failback
from recovery.multi_region_recovery import MultiRegionRecovery
from recovery.operation import Failover
from recovery.procedures import AnyOperation
from recovery.regions_repair import RegionsRepair
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


def operate(operation: AnyOperation, *, break_glass: bool) -> str:
    """Run the operation's flow here, and return what it says; *break_glass*: the Prefect server is gone."""
    file = EstateFile.read(Path(operation.estate))
    if region := _region(operation):
        file.other(region)  # refuses one that the estate does not have

    shown(file, break_glass=break_glass)
    from deployments import running  # noqa: PLC0415 - Prefect reads its settings when it is imported

    return running.without_server(operation) if break_glass else running.run(operation)


def shown(file: EstateFile, *, break_glass: bool) -> None:
    """Have what is run here shown line by line, and by the estate's Prefect server unless that is gone."""
    from deployments import server  # noqa: PLC0415 - Prefect reads its settings when it is imported

    progress.show()
    if break_glass:
        server.use_none()
    else:
        server.use_server_of(file)


def _region(operation: AnyOperation) -> str | None:
    """Return the region that the operation names, None where it names none."""
    match operation:
        case Failover():
            return operation.source
        case Restore() | Failback() | DrTestOrder():
            return operation.region
        case MultiRegionRecovery():
            return operation.repository
        case RegionsRepair():
            return None
        case never:
            assert_never(never)


def _told(where: tuple[int | str, ...], value: object, why: str) -> str:
    return f"{where[0]} is {value!r}: {why}" if where else why.removeprefix("Value error, ")
