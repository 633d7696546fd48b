"""Which rule decides a table's rows: the estate file's, read once before anything is compared."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from recovery.estate import EstateFile
from recovery.estate_file.reconciliation import TableRule
from recovery.reconcile.resolving import imported
from recovery.reconcile.rules import Absent, Rule, Strategy
from recovery.reconcile.shapes import TableName


@dataclass(frozen=True)
class RuleBook:
    """The rules in their order, and what holds where none names a table."""

    rules: tuple[tuple[tuple[str, ...], Rule], ...]
    otherwise: Rule

    @classmethod
    def of(cls, file: EstateFile) -> "RuleBook":
        """Return the estate's rules; `BadInput` where a resolver can not be loaded.

        Without a strategy in `postgres_multi_region.replication.conflict_resolution`, a person decides.
        """
        conflicts = file.postgres_multi_region.replication.conflict_resolution
        strategy = Strategy(conflicts.strategy) if conflicts and conflicts.strategy else Strategy.MANUAL
        rules = tuple((rule.tables, _rule(rule)) for rule in file.settings.reconciliation.rules)
        return cls(rules, Rule(strategy))

    def rule(self, table: TableName) -> Rule:
        """Return the first rule that names the table."""
        found = (rule for patterns, rule in self.rules if any(names(pattern, table) for pattern in patterns))
        return next(found, self.otherwise)


def names(pattern: str, table: TableName) -> bool:
    """Whether a pattern names a table, part by part: a star does not reach over a dot."""
    parts = zip((table.database, table.schema, table.name), pattern.split("."), strict=True)
    return all(fnmatchcase(name, part.replace("[", "[[]").replace("?", "[?]")) for name, part in parts)


def _rule(rule: TableRule) -> Rule:
    resolver = imported(rule.resolver) if rule.resolver else None
    return Rule(Strategy(rule.strategy), Absent(rule.absent), rule.region, resolver)
