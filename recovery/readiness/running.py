"""One run: the estate is asked, then judged, and what the next run has to know is put together. Changes nothing."""

from datetime import datetime

from recovery.estate_in_hand import EstateInHand
from recovery.readiness.judging import judge
from recovery.readiness.kept import Kept, Memory
from recovery.readiness.looking import Facts, look
from recovery.readiness.pace import Reading, busiest, pace
from recovery.readiness.proofs import History
from recovery.readiness.proving import Now, seen
from recovery.readiness.result import Readiness, sorted_checks
from recovery.readiness.schema import fingerprint
from recovery.readiness.told import Silent


def facts(estate: EstateInHand, before: Kept | None, *, now: datetime, code_version: str) -> Facts:
    """Return what every part says *now*; *before* is what was kept last."""
    return look(estate, _known(before, code_version), now)


def judged(estate: EstateInHand, before: Kept | None, facts: Facts, *, code_version: str) -> Kept:
    """Return how ready the estate is by these facts, and what is to be kept of them."""
    memory = remembered(_known(before, code_version), facts)
    against = Now(facts.at, estate.file.digest(), code_version, memory.schemas)
    checks = judge(estate.file, facts, memory.paces, against)
    readiness = Readiness(
        estate=estate.name, at=facts.at, took_s=round(facts.took_s, 3), checks=sorted_checks(checks)
    )
    return Kept(readiness=readiness, memory=memory)


def remembered(known: Memory, facts: Facts) -> Memory:
    """Return what is known after a run; of a region that did not answer, what was known before."""
    schemas, readings, paces = dict(known.schemas), dict(known.readings), dict(known.paces)
    for name, region in facts.regions.items():
        if not isinstance(region.cluster.schema, Silent):
            schemas[name] = seen(schemas.get(name), fingerprint(region.cluster.schema), facts.at)
        if isinstance(region.cluster.progress, Silent):
            continue
        looks = [Reading.of(look) for look in region.cluster.progress]
        found = pace(readings.get(name) or looks[0], looks[-1])
        readings[name] = looks[-1]
        if fastest := busiest(paces.pop(name, None), found, now=facts.at):
            paces[name] = fastest
    history = known.history if isinstance(facts.history, Silent) else facts.history
    return known.model_copy(
        update={"history": history, "schemas": schemas, "readings": readings, "paces": paces}
    )


def _known(before: Kept | None, code_version: str) -> Memory:
    """Return what was kept; another version may read the journals in another way, and reads them anew."""
    known = before.memory if before else Memory()
    if known.code_version == code_version:
        return known
    return known.model_copy(update={"code_version": code_version, "history": History()})
