"""The scenarios of a disaster recovery test: what each supposes, what it breaks, and what must come of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from recovery.dr_test.scenarios import ScenarioName
from recovery.drill.faults import Fault
from recovery.drill.order import Scope


class Expected(StrEnum):
    """What has to happen after the fault, without anybody's doing where alerts may act."""

    FAILOVER = "failover"
    """The alerts have the region failed over."""
    RESUMED_FAILOVER = "resumed failover"
    """It is failed over though what runs it dies half-way: another process goes on."""
    LEFT_BY_A_PERSON = "left by a person"
    """The alerts tell a person of it, who leaves the region in a planned way: nothing acts by itself."""
    PLANNED_MOVE = "planned move"
    """It is left in a planned way; nobody breaks anything."""
    NOTHING = "nothing"
    """No operation begins, however long it lasts."""
    NOTICED = "noticed"
    """The readiness check tells of it."""
    ROWS_RESTORED = "rows restored"
    """The damaged rows come back from the backups, and nothing else is touched."""
    CLUSTERS_REBUILT = "clusters rebuilt"
    """Both clusters come back from one region's backups alone."""
    BESIDE = "beside"
    """A backup is restored beside the live cluster, proved, and given up."""


WATCHING = frozenset({Expected.NOTHING, Expected.NOTICED})
"""Where nothing is to be failed over or restored: somebody only has to know."""


@dataclass(frozen=True)
class Script:
    """One scenario as it is played."""

    scenario: ScenarioName
    title: str
    hypothesis: str
    """What is believed, before it is tried; with {region} and {other}."""
    why: str
    """The risk that it stands for."""
    fault: Fault | None
    expected: Expected
    scopes: frozenset[Scope] = frozenset({Scope.FULL})
    """Where it may be played; a tabletop walks through all."""


def step_name(script: Script) -> str:
    """Return what the step that plays a script is called in the journal."""
    return script.scenario.value.replace("-", "_")


EVERYWHERE = frozenset({Scope.FULL, Scope.LIVE})

ALL: tuple[Script, ...] = (
    Script(
        ScenarioName.LINK_PARTITION,
        "The link between the regions is cut",
        "{region} and {other} go on serving, and nothing is failed over: each alone would accuse the other.",
        "a network partition: two regions that both take writes where one should",
        Fault.LINK,
        Expected.NOTHING,
    ),
    Script(
        ScenarioName.REGION_LOSS,
        "A region is lost",
        "Alerts have {other} take over within the RTO, and what was lost comes home when {region} returns.",
        "the loss of an availability region",
        Fault.REGION,
        Expected.FAILOVER,
    ),
    Script(
        ScenarioName.PLANNED_MOVE,
        "A region is left in a planned way",
        "Traffic leaves {region} in steps and comes back, without a failed request or a lost row.",
        "maintenance of a region, and the practice of the way there and back",
        None,
        Expected.PLANNED_MOVE,
        EVERYWHERE,
    ),
    Script(
        ScenarioName.DATABASE_LOSS,
        "A region's PostgreSQL is lost",
        "Alerts have {other} take over: without its database {region} serves nobody.",
        "the loss of a database cluster",
        Fault.POSTGRES,
        Expected.FAILOVER,
    ),
    Script(
        ScenarioName.CACHE_LOSS,
        "A region's Redis is lost",
        "Alerts have {other} take over: the services of {region} call themselves ill without their cache.",
        "the loss of a cache that services depend on",
        Fault.REDIS,
        Expected.FAILOVER,
    ),
    Script(
        ScenarioName.GRAY_FAILURE,
        "A region serves, but badly",
        "A person is told, and moves the traffic of {region} to {other} within the RTO, without a lost row.",
        "a gray failure: no part is down, and customers suffer",
        Fault.GRAY,
        Expected.LEFT_BY_A_PERSON,
    ),
    Script(
        ScenarioName.ORCHESTRATOR_LOST,
        "What runs the failover dies in the middle of it",
        "Another process goes on where the first one stopped, and does no step twice.",
        "the orchestrator is lost with the region, or just before it is needed",
        Fault.REGION,
        Expected.RESUMED_FAILOVER,
    ),
    Script(
        ScenarioName.ALERT_PATH_LOST,
        "Nobody watches the estate",
        "The readiness check tells that no alert would arrive.",
        "monitoring that is silent because it is dead",
        Fault.ALERTING,
        Expected.NOTICED,
    ),
    Script(
        ScenarioName.RESTORE_BESIDE,
        "A backup is restored beside the live cluster",
        "The newest state of {region} comes back from its backups, and is proved whole.",
        "backups that nobody has ever restored",
        None,
        Expected.BESIDE,
        EVERYWHERE,
    ),
    Script(
        ScenarioName.DATA_CORRUPTION,
        "A transaction damages rows, and replication carries it",
        "The damaged rows are restored from before it, while customers go on writing.",
        "a bad release, or a mistake in a terminal",
        Fault.CORRUPTION,
        Expected.ROWS_RESTORED,
    ),
    Script(
        ScenarioName.BOTH_REGIONS_LOST,
        "Both regions' clusters are lost with their disks",
        "Both are rebuilt from {other}'s backups alone, and nothing that was archived is missing.",
        "the loss of both regions' data at one time",
        Fault.CLUSTERS,
        Expected.CLUSTERS_REBUILT,
    ),
)
"""In the order in which they are played: what replaces clusters comes last."""

BY_NAME: Mapping[ScenarioName, Script] = {script.scenario: script for script in ALL}
SHORT = (ScenarioName.LINK_PARTITION, ScenarioName.REGION_LOSS)
"""What a drill plays where nobody names scenarios: the worst thing that must be done, and the one that must not."""


def played_in(scope: Scope) -> list[ScenarioName]:
    """Return what a test of that scope plays; a tabletop plays nothing."""
    return [script.scenario for script in ALL if scope in script.scopes]
