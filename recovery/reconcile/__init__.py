"""Two copies of the same tables: which rows differ, and how one is made like the other.

`compare` is general. `candidates`, `damaged` and `settled` are the three-way merge of a surgical
restore, `repair` applies what they decided, and `undo` takes it back.
"""

from recovery.reconcile.comparison import Compared, compare
from recovery.reconcile.merge import Candidates, DamagedRows, candidates, damaged, seen_again, settled
from recovery.reconcile.plan import RepairPlan, leave, undo
from recovery.reconcile.ports import Outcome, Tables
from recovery.reconcile.repairs import Repaired, Standing, look, repair
from recovery.reconcile.shapes import Key, TableName, TableShape

__all__ = [
    "Candidates",
    "Compared",
    "DamagedRows",
    "Key",
    "Outcome",
    "RepairPlan",
    "Repaired",
    "Standing",
    "TableName",
    "TableShape",
    "Tables",
    "candidates",
    "compare",
    "damaged",
    "leave",
    "look",
    "repair",
    "seen_again",
    "settled",
    "undo",
]
