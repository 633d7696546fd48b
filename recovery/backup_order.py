"""What a backup is asked for with: the form, as people and schedules fill it in."""

from pydantic import BaseModel, ConfigDict, Field

from recovery.backups import BackupKind
from recovery.operation import DEFAULT_ESTATE, EstatePath, RegionName


class BackupOrder(BaseModel):
    """Take a backup of one region's cluster, into each of its repositories."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    region: RegionName = Field(title="Region", description="Whose cluster is backed up.")
    kind: BackupKind = Field(
        default=BackupKind.INCREMENTAL,
        title="Kind",
        description="full: everything. diff: what changed since the last full one. incr: since the last of any kind.",
    )
    ledger: bool = Field(
        default=True,
        title="Take a ledger",
        description="Make a restore point after it, with the ledger by which a restore to it is proved.",
    )
    verify: bool = Field(
        default=False,
        title="Read the repositories again",
        description="Every file of both, by its checksum. It takes as long as reading them does.",
    )
    estate: EstatePath = DEFAULT_ESTATE
