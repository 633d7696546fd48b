"""From an estate file to its automations on the Prefect server."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.exceptions import ObjectNotFound

from deployments.automations import happenings
from deployments.automations.applying import apply
from deployments.automations.declared import DRILL, Given, declared
from recovery.errors import BadInput
from recovery.estate import EstateFile

INTERVALS_DAYS = {"monthly": 31, "quarterly": 92, "yearly": 366}
DEFAULT_DAYS, MARGIN_DAYS = 90, 7


@dataclass(frozen=True)
class Blocks:
    """The notification blocks that the estate names, as the server knows them."""

    page: UUID | None
    notice: UUID | None


def blocks_of(client: SyncPrefectClient, file: EstateFile) -> Blocks:
    """Return the estate's notification blocks; `BadInput` for one that the server does not have. Changes nothing."""
    prefect = file.settings.prefect
    if prefect is None:
        return Blocks(page=None, notice=None)
    return Blocks(
        page=_block(client, "page_block", prefect.page_block),
        notice=_block(client, "notice_block", prefect.notice_block),
    )


def put_in_force(
    client: SyncPrefectClient, file: EstateFile, deployment: UUID, blocks: Blocks
) -> tuple[str, ...]:
    """Apply the estate's automations, and return in lines what was done and what is left out. Safe to repeat."""
    days, told = drill_interval(file)
    name = file.settings.estate
    given = Given(
        estate=name,
        deployment=deployment,
        rto=file.rto,
        drill_overdue=timedelta(days=days),
        page=blocks.page,
        notice=blocks.notice,
    )
    applied = apply(client, declared(given))
    if DRILL in applied.renewed:
        happenings.drill_awaited(name)
    return (*applied.lines, *_left_out(blocks), *([told] if told else []))


def drill_interval(file: EstateFile) -> tuple[int, str | None]:
    """Return after how many days a drill is overdue, with a margin, and a remark where the estate's word is unknown."""
    testing = file.disaster_recovery.testing
    frequency = testing.frequency if testing else None
    days = INTERVALS_DAYS.get(frequency or "", DEFAULT_DAYS)
    if frequency is None or frequency in INTERVALS_DAYS:
        return days + MARGIN_DAYS, None
    return days + MARGIN_DAYS, (
        f"disaster_recovery.testing.frequency is {frequency!r}, none of {', '.join(INTERVALS_DAYS)}: "
        f"a drill is taken for overdue after {days + MARGIN_DAYS} days"
    )


def _block(client: SyncPrefectClient, key: str, name: str | None) -> UUID | None:
    if name is None:
        return None
    slug, _, document = name.partition("/")
    try:
        found = client.read_block_document_by_name(document, slug, include_secrets=False)
    except ObjectNotFound as error:
        raise BadInput(
            f"recovery.prefect.{key} is {name!r}, and the Prefect server has no such block; make it in the UI "
            f"(Blocks, +, the type {slug!r}) under the name {document!r}, or take the key away."
        ) from error
    schema = found.block_schema
    if schema is None or "notify" not in schema.capabilities:
        raise BadInput(
            f"recovery.prefect.{key} is {name!r}, which sends no notifications; give a notification block, "
            "such as slack-webhook/dr-oncall."
        )
    return found.id


def _left_out(blocks: Blocks) -> list[str]:
    lines = []
    if blocks.page is None:
        lines.append("no automation pages anybody: the estate names no recovery.prefect.page_block")
    if blocks.notice is None:
        lines.append("no automation tells of verdicts: the estate names no recovery.prefect.notice_block")
    return lines
