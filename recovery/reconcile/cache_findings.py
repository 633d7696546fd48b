"""What a comparison of the two regions' Redis found."""

from pydantic import Field

from recovery.measurement import Frozen


class KeySample(Frozen):
    """One key of Redis that has drifted; its value is not shown."""

    key: str = Field(description="As Python writes bytes: what is no ASCII is escaped")
    kind: str


class CacheFindings(Frozen):
    """The two regions' Redis, compared."""

    keys_left: int = Field(description="Keys that were compared, as the first region has them")
    keys_right: int
    kinds: dict[str, int] = Field(description="How many keys have drifted, by how they differ")
    in_flight: int = Field(description="Keys that differed at first, and were under way")
    restless: int = Field(description="Keys that were written between all looks: nothing is known of them")
    not_comparable: dict[str, int] = Field(description="Keys whose values have no digest, by type")
    elsewhere: int = Field(description="Keys in other logical databases, which were not compared")
    length_s: float
    samples: list[KeySample]
    winner: str | None = Field(default=None, description="The region whose copies a repair would take")
    planned: int | None = Field(default=None, description="How many keys a repair would write; null: no plan")
    why: str | None = Field(
        default=None, description="Why no plan was made of them, though one was asked for"
    )

    @property
    def drifted(self) -> int:
        """How many keys have drifted."""
        return sum(self.kinds.values())

    @property
    def whole(self) -> bool:
        """Whether every key was compared."""
        return not (self.restless or self.not_comparable or self.elsewhere)

    @property
    def told(self) -> list[str]:
        """What a verdict says of them."""
        said = [f"{self.keys_left:,} keys of Redis were compared, and {self.drifted:,} differ"]
        if self.why:
            said.append("these are too many for a plan")
        if not self.whole:
            said.append("not all of them could be compared")
        return said

    def __str__(self) -> str:
        """The keys in a sentence."""
        under_way = f", {self.in_flight} were under way" if self.in_flight else ""
        restless = f", {self.restless} never rested" if self.restless else ""
        return f"Redis: {self.drifted} of {self.keys_left} keys have drifted{under_way}{restless}"
