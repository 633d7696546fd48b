"""A restore in sentences: its moment, its scope, and what became of the data."""

from datetime import datetime

from recovery.procedures import ProcedureName
from recovery.report import words
from recovery.report.document import Ending
from recovery.report.restore_document import RestoreAsked
from recovery.report.restore_results import Results

BESIDE, REPAIRED, REPLACED, PLANNED = "restored beside", "repaired", "replaced", "planned"
RECOVERED = "recovered"
SURGICAL, IN_PLACE, TWO_REGION = "surgical", "in place", "two region"
REPLACING = frozenset({IN_PLACE, TWO_REGION})

SCOPE = {
    "beside": "a scratch cluster beside the live one, for looking",
    SURGICAL: "the damaged rows alone are repaired in the live cluster; later good writes stay",
    IN_PLACE: "the cluster is replaced, and the other region's is brought to the same moment",
    TWO_REGION: "both regions' clusters are replaced, with what either had committed by the moment",
}


def title(asked: RestoreAsked) -> tuple[str, str]:
    """Return what the operation is, and of whose data."""
    if asked.procedure == ProcedureName.MULTI_REGION_RECOVERY:
        return "Recovery in a third place", " and ".join(asked.stand_ins) or asked.region
    return "Restore to a point in time", asked.region


def moment(told: str) -> str:
    """Return the moment as the journal words it; one that is a time is told in UTC."""
    at = instant(told)
    return words.exact(at) if at else told


def instant(told: str) -> datetime | None:
    """Return the time that a text is, None where it is none or lacks its zone."""
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        return None
    return at if at.tzinfo else None


def when(asked: RestoreAsked) -> str:
    """Return the moment to follow the words `as it was`: `at restore point x`, `just before transaction 7`."""
    told = moment(asked.moment)
    return told if told.startswith("just ") else f"at {told}"


def brought_back(asked: RestoreAsked, ending: Ending, found: Results) -> str:
    """Return what was brought back, to which moment; what was asked for where that is nothing."""
    region, was = asked.region, f"as it was {when(asked)}"
    wanted = f"Asked for: the data of {region} {was}."
    if asked.dry_run:
        return f"Nothing was changed, as asked. {wanted}"
    if not ending.closed:
        changed = (
            "Live data may be changed in part"
            if ending.point_of_no_return_at
            else "Nothing is brought back yet"
        )
        return f"{changed}: the operation has not ended. {wanted}"
    match ending.outcome:
        case "restored beside":
            return f"A scratch cluster beside the live one has the data of {region} {was}{_unproved(found)}."
        case "repaired":
            return _repaired(asked, found)
        case "replaced" | "recovered":
            return f"{_exchanged(asked, ending, found)}{_unproved(found)}."
        case _:
            return f"Nothing was brought back. {wanted}"


def predicted(predicted_s: float | None, took_s: float | None, *, waited_s: float) -> str:
    """Return the prediction beside what it took: `9.8 s; it took 11.2 s, 14 % more`.

    Nobody predicts waits for an approval or a resumption: they are told, and not held against the prediction.
    """
    if predicted_s is None:
        return "not predicted"
    if took_s is None:
        return f"{words.span(predicted_s)}; what it took was not measured"
    told = f"{words.span(predicted_s)}; it took {words.span(took_s - waited_s)}"
    if predicted_s > 0:
        more = (took_s - waited_s) / predicted_s - 1
        told = f"{told}, {words.share(abs(more))} {'more' if more > 0 else 'less'}"
    return f"{told}, beside {words.span(waited_s)} of waiting" if waited_s else told


def _exchanged(asked: RestoreAsked, ending: Ending, found: Results) -> str:
    both = found.opened is not None and len(found.opened.regions) > 1
    again = f"{'as they were' if both else 'as it was'} {when(asked)}"
    if ending.outcome == RECOVERED:
        whose = "both regions" if both else f"region {asked.region}"
        return f"Stand-ins serve in place of {whose}, {again}{_lost(found)}"
    whose = "The clusters of both regions are" if both else f"The cluster of {asked.region} is"
    return f"{whose} again {again}{_given_up(found)}"


def _given_up(found: Results) -> str:
    count = found.achieved.rows_given_up if found.achieved else None
    return f"; {words.things(count, 'row')} promised since then given up" if count else ""


def _lost(found: Results) -> str:
    count = found.achieved.rows_given_up if found.achieved else None
    return f"; {words.things(count, 'promised row')} lost" if count else ""


def _unproved(found: Results) -> str:
    return "; it is not proved" if found.proved is None or found.proved.failed else ""


def _repaired(asked: RestoreAsked, found: Results) -> str:
    rows = words.things(found.repaired.rows, "damaged row") if found.repaired else "Damaged rows"
    tables = sum(bool(table.changes) for table in found.damage.tables) if found.damage else 0
    where = f" in {words.things(tables, 'table')}" if tables else ""
    kept = sum(table.kept for table in found.damage.tables) if found.damage else 0
    left = f"; {words.things(kept, 'row')} changed again since, and left to a person" if kept else ""
    one = found.repaired is not None and found.repaired.rows == 1
    again = "is again as it was" if one else "are again as they were"
    return f"{rows}{where} of {asked.region} {again} {when(asked)}{left}."
