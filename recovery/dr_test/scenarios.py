"""What a test of disaster recovery may try, how deeply, and whether people knew of it before."""

from enum import StrEnum


class ScenarioName(StrEnum):
    """One disaster, as tests and readiness call it."""

    REGION_LOSS = "region-loss"
    PLANNED_MOVE = "planned-move"
    DATABASE_LOSS = "database-loss"
    CACHE_LOSS = "cache-loss"
    LINK_PARTITION = "link-partition"
    GRAY_FAILURE = "gray-failure"
    DATA_CORRUPTION = "data-corruption"
    BOTH_REGIONS_LOST = "both-regions-lost"
    ORCHESTRATOR_LOST = "orchestrator-lost"
    ALERT_PATH_LOST = "alert-path-lost"
    RESTORE_BESIDE = "restore-beside"

    @property
    def heading(self) -> str:
        """The name as a heading has it."""
        return self.replace("-", " ").capitalize()


class DrTestKind(StrEnum):
    """How close to the real thing it was."""

    TABLETOP = "tabletop"
    """People talked it through; nothing was run."""
    SIMULATED = "simulated"
    """The procedures were run against stand-ins for the estate's parts."""
    ISOLATED = "isolated"
    """Real parts, apart from those that serve customers."""
    LIVE = "live"
    """The parts that serve customers."""


class Announced(StrEnum):
    """Whether those who had to act knew of it before."""

    PLANNED = "planned"
    SURPRISE = "surprise"
