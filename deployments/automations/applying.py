"""Making the server's automations the declared ones: ours are created, changed and removed, others' left alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from prefect.client.orchestration import SyncPrefectClient
from prefect.events.filters import AutomationFilter, AutomationFilterTags
from prefect.events.schemas.automations import Automation, AutomationCore

from deployments.automations.declared import PREFIX, TAG


@dataclass(frozen=True)
class Applied:
    """What was done, in lines for people."""

    lines: tuple[str, ...]
    renewed: frozenset[str]
    """Names of those that were created or changed: what their triggers had seen is forgotten."""


def apply(client: SyncPrefectClient, wanted: Sequence[AutomationCore]) -> Applied:
    """Make our automations the *wanted* ones, by name. Safe to repeat: what is so is not touched.

    One that a person paused stays paused. A change forgets what the trigger was waiting for.
    """
    names = {automation.name for automation in wanted}
    ours = dict[str, Automation]()
    lines, renewed = list[str](), set[str]()
    for found in _ours(client):
        if found.name in names and found.name not in ours:
            ours[found.name] = found
        else:
            client.delete_automation(found.id)
            lines.append(f"{found.name}: removed")
    for automation in wanted:
        done, new = _applied(client, automation, ours.get(automation.name))
        lines.append(f"{automation.name}: {done}")
        renewed |= {automation.name} if new else set()
    return Applied(tuple(lines), frozenset(renewed))


def _ours(client: SyncPrefectClient) -> list[Automation]:
    tagged = client.read_automations(automations=AutomationFilter(tags=AutomationFilterTags(all_=[TAG])))
    return [found for found in tagged if found.name.startswith(PREFIX)]


def _applied(client: SyncPrefectClient, wanted: AutomationCore, found: Automation | None) -> tuple[str, bool]:
    if found is None:
        client.create_automation(wanted)
        return "created", True
    paused = "" if found.enabled else "; it is paused, and stays so"
    as_found = AutomationCore.model_validate(found.model_dump())
    # Prefect's client sends what was set: all that an update takes has to be, or an action lacks its type.
    said = wanted.model_dump(exclude={"owner_resource"}) | {"enabled": found.enabled}
    as_wanted = AutomationCore.model_validate(said)
    if as_found == as_wanted:
        return f"as it was{paused}", False
    client.update_automation(found.id, as_wanted)
    return f"changed{paused}", True
