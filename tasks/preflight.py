"""The readiness check: asked, judged, kept and told. It changes nothing of the estate, and holds no epoch."""

from datetime import UTC, datetime
from importlib.metadata import version

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event
from prefect.logging import get_run_logger

from recovery.errors import RecoveryError
from recovery.estate_in_hand import EstateInHand
from recovery.readiness import running
from recovery.readiness.check import Check, State
from recovery.readiness.happening import happening
from recovery.readiness.kept import Kept
from recovery.readiness.looking import Facts
from recovery.readiness.telling import markdown
from recovery.readiness.told import Silent, Told, asked
from tasks.beside import best_effort


class Before:
    """What was kept by the run before."""

    def __init__(self, found: Told[Kept | None]) -> None:
        """Know whether it could be read at all."""
        self.readable = not isinstance(found, Silent)
        self.kept = None if isinstance(found, Silent) else found


class Asked:
    """What every part said, and what was kept before. It is no collection: Prefect takes it as it is."""

    def __init__(self, before: Before, facts: Facts) -> None:
        """Hold both."""
        self.before, self.facts = before, facts


class Result:
    """What a run has come to, likewise, and what was kept before it."""

    def __init__(self, before: Before, kept: Kept) -> None:
        """Hold both."""
        self.before, self.kept = before, kept


@task(name="Ask every part of both regions", cache_policy=NO_CACHE, persist_result=False)
def ask(estate: EstateInHand) -> Asked:
    """Return what every part says; one that does not answer is told as silent. Raises nothing for it."""
    before = Before(asked(lambda: Kept.newest(estate.outside.journal, estate.name)))
    return Asked(before, running.facts(estate, before.kept, now=datetime.now(UTC), code_version=_version()))


def looked_at(estate: EstateInHand) -> tuple[Check, ...]:
    """Return every check as it is now, for a test that keeps nothing and tells nobody."""
    found = asked(lambda: Kept.newest(estate.outside.journal, estate.name))
    before = None if isinstance(found, Silent) else found
    facts = running.facts(estate, before, now=datetime.now(UTC), code_version=_version())
    return running.judged(estate, before, facts, code_version=_version()).readiness.checks


@task(name="Hold it against the limits", cache_policy=NO_CACHE, persist_result=False)
def judge(estate: EstateInHand, found: Asked) -> Result:
    """Return every check, the worst first, with what the next run has to know."""
    kept = running.judged(estate, found.before.kept, found.facts, code_version=_version())
    return Result(found.before, kept)


@task(name="Keep the result", cache_policy=NO_CACHE, persist_result=False)
def keep(estate: EstateInHand, result: Result) -> None:
    """Keep it in the journal's stores; where too few answer it is told all the same, since the result says so.

    Nothing is put in the place of what could not be read: since when a schema is the same would be forgotten.
    """
    if not result.before.readable:
        get_run_logger().warning("The result is not kept: the one before can not be read.")
        return
    try:
        result.kept.keep(estate.outside.journal)
    except RecoveryError as error:
        get_run_logger().warning("The result is not kept: %s", error, extra={"action": "keep_readiness"})


@task(name="Tell it", cache_policy=NO_CACHE, persist_result=False)
def tell(result: Result) -> str:
    """Show the checks beside the run, send the event, and return the headline.

    The event comes with every run, so that its silence can be noticed; `dr.changed` says what is news.
    """
    readiness = result.kept.readiness
    shown = markdown(readiness)
    best_effort(lambda: create_markdown_artifact(shown, key="readiness", description=readiness.headline))
    before = result.before.kept
    told = happening(readiness, before.readiness if before else None)
    emit_event(told.event, told.resource, payload=told.payload)
    for check in readiness.checks:
        if check.state is not State.OK:
            get_run_logger().warning("%s: %s", check.state, check, extra={"action": "check_readiness"})
    return readiness.headline


def _version() -> str:
    return version("eden-dr")
