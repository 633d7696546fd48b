"""The ledger of a named restore point: what every table held at that position, taken from the live cluster."""

from recovery.fingerprints import Ledger, differences, ledger_key
from recovery.restore_operation import Scope
from recovery.restore_point import TargetKind
from tasks.restore_run import RestoreRun

MOST_TOLD = 3


def compared(run: RestoreRun) -> tuple[bool | None, str]:
    """Compare the scratch cluster, which stands at its moment, with the ledger of that restore point.

    None where there is nothing to compare: the moment is no restore point, or nobody took its ledger.
    """
    target = run.target
    if target is None or target.kind is not TargetKind.NAME:
        return None, "the moment is no named restore point"
    if run.operation.scope is Scope.SURGICAL:
        return None, "the scratch cluster was replayed on to the end of the damage"
    ledger = _taken(run, target.value)
    if ledger is None:
        return None, f"nobody took a ledger at {target.value}; `dr restore point` does"
    tables = run.clients.beside
    found = {str(table): tables.fingerprint(table) for table in tables.tables()}
    if wrong := differences(ledger, found):
        more = f" and {len(wrong) - MOST_TOLD} more" if len(wrong) > MOST_TOLD else ""
        return False, "; ".join(wrong[:MOST_TOLD]) + more
    rows = sum(one.rows for one in ledger.tables.values())
    return (
        True,
        f"{rows} rows of {len(ledger.tables)} tables are those of {ledger.taken_at:%Y-%m-%d %H:%M:%S} UTC",
    )


def _taken(run: RestoreRun, name: str) -> Ledger | None:
    where = ledger_key(run.region, name)
    for store in run.outside.journal.read(where):
        if where in store:
            return Ledger.model_validate_json(store[where])
    return None
