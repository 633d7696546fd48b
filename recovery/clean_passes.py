"""When each table was last seen to be alike in both regions: from then on, what was written since is all that differs.

Kept in the journal's stores. An older mark than the newest is as right, and costs more: a write that was lost, or two
comparisons at once, do no harm.
"""

from hashlib import sha256

from pydantic import AwareDatetime, Field, ValidationError

from recovery.measurement import Frozen
from recovery.quorum import Quorum
from recovery.reconcile.blocks import Watermark
from recovery.reconcile.changed import Since
from recovery.reconcile.shapes import TableShape

HASHED_AS = 3
"""How rows are hashed, counted up where a way is found to have called alike what is not: then all is read once more.

1 called 5 and -5 equal (docs/decisions/0011-comparison.md); 2, rows without a key that swapped values, where those
were hashed as a record.
"""


def shape_digest(shape: TableShape) -> str:
    """Return what tells a table's shape, and a way of hashing that can be trusted, from others."""
    return sha256(f"{HASHED_AS} {shape.model_dump_json()}".encode()).hexdigest()


class CleanPass(Frozen):
    """A comparison of one table that found nothing, and left nothing unknown."""

    left: Watermark
    right: Watermark
    shape: str = Field(
        description="The table's columns and key, and how rows were hashed, SHA-256: a default changes rows, too"
    )
    began_at: AwareDatetime
    exact: bool = Field(description="Whether values that are equal and written in two ways would have shown")
    since_whole: int = Field(description="How many passes ago the whole table was read, clean ones or not")

    def serves(self, now: "CleanPass", *, whole_every: int) -> bool:
        """Whether a pass that begins *now* may look at what was written since alone."""
        told_apart = self.left.is_before(now.left) and self.right.is_before(now.right)
        same = self.shape == now.shape and (self.exact or not now.exact)
        return told_apart and same and self.since_whole + 1 < whole_every

    @property
    def since(self) -> Since:
        """The two moments."""
        return self.left, self.right


class CleanPasses(Frozen):
    """The last clean pass of each table, by its path."""

    tables: dict[str, CleanPass] = Field(default_factory=dict)

    @classmethod
    def of(cls, stores: Quorum, estate: str) -> "CleanPasses":
        """Return what is kept of the estate; of tables of which nothing can be read, nothing is known."""
        key, known = _key(estate), dict[str, CleanPass]()
        for store in stores.read(key):
            try:
                found = cls.model_validate_json(store.get(key, b"{}"))
            except ValidationError:
                continue
            newer = {
                table: one
                for table, one in found.tables.items()
                if table not in known or known[table].began_at < one.began_at
            }
            known |= newer
        return cls(tables=known)

    def keep(self, stores: Quorum, estate: str) -> None:
        """Keep them at a majority of the stores, in place of those before."""
        stores.put(_key(estate), self.model_dump_json().encode())


def _key(estate: str) -> str:
    return f"estates/{estate}/clean-passes.json"
