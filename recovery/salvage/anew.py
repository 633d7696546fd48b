"""Which subscriptions were begun anew, since what the other region had to keep for them was lost: they have a gap."""

from typing import ClassVar

from pydantic import Field

from recovery.reconcile.lines import Lined


class Anew(Lined):
    """Node groups whose subscriptions were begun anew since a region was left, by the subscriber's region."""

    what: ClassVar[str] = "list of subscriptions with a gap"
    listed: ClassVar[frozenset[str]] = frozenset()

    failover: str = Field(description="The operation that left the region")
    node_groups: dict[str, list[str]]

    def of(self, region: str) -> frozenset[str]:
        """Return those of a region."""
        return frozenset(self.node_groups.get(region, []))

    def with_(self, region: str, groups: list[str]) -> "Anew":
        """Return it with more of a region."""
        both = sorted({*self.of(region), *groups})
        return self.model_copy(update={"node_groups": self.node_groups | {region: both}})
