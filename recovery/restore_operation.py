"""What a restore to a point in time is asked for with: the form, as people and programs fill it in."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from recovery.errors import BadInput
from recovery.operation import (
    DEFAULT_ESTATE,
    DryRun,
    EstatePath,
    Reason,
    RegionName,
    RequestedBy,
    ResumedId,
)
from recovery.restore_point import Lsn, Named, PointName, Target, TargetKind, Transaction

TablePath = Annotated[str, StringConstraints(pattern=r"^[^.\s]+\.[^.]+\.[^.]+$", max_length=200)]
"""database.schema.table, each as PostgreSQL keeps it."""


class Scope(StrEnum):
    """What becomes of the data that is brought back."""

    BESIDE = "beside"
    """A scratch cluster, for looking."""
    SURGICAL = "surgical"
    """The damaged rows alone are repaired in the live cluster."""
    IN_PLACE = "in place"
    """The region's cluster is replaced, and the other one's is brought to the same moment: as this one has it."""
    TWO_REGION = "two region"
    """Both regions' clusters are replaced, consistent at one moment: what either had committed by then is in both."""


class Restore(BaseModel):
    """Bring data back as it was at one moment."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    region: RegionName = Field(
        title="Region", description="Whose cluster is restored: the moment is one in its WAL."
    )
    scope: Scope = Field(
        default=Scope.BESIDE,
        title="Scope",
        description=(
            "beside: a scratch cluster, for looking. surgical: the damaged rows alone are repaired in the live "
            "cluster, later good writes stay. in place: the cluster goes back, the other region's with it, and all "
            "writes since are given up. two region: the same, with what either region had committed by then."
        ),
    )
    time: AwareDatetime | None = Field(
        default=None,
        title="Time",
        description="Commits up to this instant are kept. Give one of: time, LSN, restore point, transaction, newest.",
    )
    lsn: Lsn | None = Field(
        default=None, title="LSN", description="A position in the WAL, such as 0/2300770."
    )
    restore_point: PointName | None = Field(
        default=None, title="Restore point", description="The name of one made with pg_create_restore_point."
    )
    before_transaction: Transaction | None = Field(
        default=None,
        title="Just before transaction",
        description="Its number, from `dr restore find`. Its commit is the first that is left out.",
    )
    latest: bool = Field(
        default=False,
        title="Newest commit",
        description="As far as the archive goes: for a cluster that is lost, not damaged.",
    )
    tables: tuple[TablePath, ...] = Field(
        default=(),
        title="Damaged tables",
        description="surgical: database.schema.table of each; nothing else is compared or changed.",
    )
    damage_until: AwareDatetime | None = Field(
        default=None,
        title="Damage ended",
        description=(
            "surgical, unless a transaction is named: what changed between the moment and this instant is the "
            "damage; what changed after it stays."
        ),
    )
    apply: bool = Field(
        default=False,
        title="Repair the live rows",
        description="surgical: off: the plan is made and shown, and nothing is changed.",
    )
    fault_at: AwareDatetime | None = Field(
        default=None,
        title="Fault at",
        description="When the damage was done, for the achieved RPO; by default the named transaction's commit.",
    )
    repository: RegionName | None = Field(
        default=None,
        title="Repository",
        description="The region whose repository is used; by default the one that restores soonest.",
    )
    verify_repository: bool = Field(
        default=False,
        title="Read the whole repository again",
        description="Every file of it, also of other backups. What is fetched is verified in any case.",
    )
    keep: bool = Field(
        default=True,
        title="Keep the scratch cluster",
        description=(
            "beside: leave it running for looking, until `dr restore drop`. surgical removes it. Clusters that were "
            "replaced are always kept until then."
        ),
    )
    reason: Reason = ""
    dry_run: DryRun = False
    requested_by: RequestedBy = None
    estate: EstatePath = DEFAULT_ESTATE
    id: ResumedId = None

    @model_validator(mode="after")
    def _one_moment(self) -> Self:
        """Refuse what contradicts itself, in the words of the form."""
        try:
            _ = self.target
        except BadInput as error:
            raise ValueError(str(error)) from error
        if self.scope is Scope.SURGICAL:
            if self.latest:
                raise ValueError(
                    "A surgical restore goes back to before the damage; the newest commit has it."
                )
            if not self.tables:
                raise ValueError(
                    "A surgical restore needs the damaged tables, each as database.schema.table."
                )
            if self.damage_end is None:
                raise ValueError(
                    "A surgical restore needs to know when the damage ended, or which transaction did it."
                )
        elif self.tables or self.damage_until or self.apply:
            raise ValueError(
                "Damaged tables, their damage's end and their repair belong to a surgical restore."
            )
        return self

    @property
    def target(self) -> Target:
        """The moment that is gone back to."""
        return Named(
            time=self.time,
            lsn=self.lsn,
            name=self.restore_point,
            before_transaction=self.before_transaction,
            latest=self.latest,
        ).target()

    @property
    def damage_end(self) -> Target | None:
        """The moment at which a surgical restore sees the damage done; None where it is not known."""
        if self.damage_until:
            return Target.time(self.damage_until)
        if self.before_transaction:
            return Target(kind=TargetKind.AFTER_TRANSACTION, value=str(self.before_transaction))
        return None

    @property
    def replaces(self) -> bool:
        """Whether clusters that serve are replaced."""
        return self.scope in {Scope.IN_PLACE, Scope.TWO_REGION}

    @property
    def changes_live(self) -> bool:
        """Whether it changes anything that serves."""
        return self.replaces or self.apply
