"""What the recovery of an estate whose regions are both lost is asked for with: the form, as people fill it in."""

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from recovery.operation import (
    DEFAULT_ESTATE,
    DryRun,
    EstatePath,
    Reason,
    RegionName,
    RequestedBy,
    ResumedId,
)
from recovery.restore_operation import Restore, Scope


class MultiRegionRecovery(BaseModel):
    """Rebuild both regions on their stand-ins, from backups alone, and send all traffic there."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    repository: RegionName | None = Field(
        default=None,
        title="Repository",
        description="The region whose repository survives; by default whichever answers.",
    )
    time: AwareDatetime | None = Field(
        default=None,
        title="Time",
        description="Commits up to this instant are kept. Leave empty for all that is archived.",
    )
    fault_at: AwareDatetime | None = Field(
        default=None,
        title="Fault at",
        description="When the last region was lost; by default the prober's last good probe.",
    )
    verify_repository: bool = Field(
        default=False,
        title="Read the whole repository again",
        description="Every file of it, also of other backups. What is fetched is verified in any case.",
    )
    reason: Reason = ""
    dry_run: DryRun = False
    requested_by: RequestedBy = None
    estate: EstatePath = DEFAULT_ESTATE
    id: ResumedId = None

    def of_clusters(self, first: str, *, both: bool) -> Restore:
        """Return the restore that it is of its clusters: of *first* alone, where the other region was left before."""
        fields = self.model_dump(exclude={"time"})
        scope = Scope.TWO_REGION if both else Scope.IN_PLACE
        return Restore(region=first, scope=scope, time=self.time, latest=self.time is None, **fields)
