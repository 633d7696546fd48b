"""Making the estate redundant again: the returned region catches up, and each applies what the other one writes."""

from time import monotonic

from recovery import operation_journal
from recovery.errors import NotReady
from recovery.failback import CacheFollows, CaughtUp, Reprotected
from recovery.findings import SequenceMoved, oldest
from recovery.ports import CacheState
from recovery.salvage.ports import SlotState
from recovery.waiting import wait_until
from tasks.marks import crossed
from tasks.returning import parts_of_both
from tasks.run import FailbackRun, now
from tasks.salvaging import listed
from tasks.step import step

KICK_S = 3.0
"""pglogical retries a failed subscription after 5 s, then 180 s: one that is not heard is enabled anew."""
STREAM, RESYNC = "what its slot kept", "a resync: its slot was gone"
CACHE_S = 60.0


@step(
    title="Catch up with what was committed meanwhile",
    side="target",
    mutates=True,
    touches=parts_of_both,
    timeout_s=None,
)
def catch_up(run: FailbackRun) -> CaughtUp:
    """Have all that the other region has committed, and see its newest mark here. Safe to repeat."""
    filled = operation_journal.fill(run.outside.journal)
    run.note(f"{filled} events of journals were missing in a store, and are there now.", step="catch_up")
    began, subscriptions = monotonic(), run.target.database.subscriptions()
    slots = run.source.sending.slots(subscriptions)
    if gone := [slot.subscription.node_group for slot in slots if slot.state is not SlotState.KEPT]:
        raise NotReady(
            f"{run.source.name} has not kept what {run.target.name} lacks of {', '.join(gone)}: more WAL was written "
            "than max_slot_wal_keep_size. Make the region anew, as runbooks/region_failback.md tells, then start again."
        )
    mark = run.source.database.beat(run.source.name)
    kicked = began - KICK_S

    def arrived() -> tuple[bool | None, str]:
        nonlocal kicked
        seen = oldest(list(run.target.database.heartbeats(run.source.name).values()))
        if seen and seen >= mark:
            return True, "it arrived"
        if monotonic() - kicked > KICK_S and not _hears(run):
            run.target.database.start_applying()
            kicked = monotonic()
        return None, f"newest mark {seen}, awaited {mark}"

    deadline_s = 60 * float(run.file.settings.failback.catch_up_minutes)
    wait_until(arrived, what=f"{run.source.name}'s mark in {run.target.name}", deadline_s=deadline_s)
    how = {slot.subscription.node_group: STREAM for slot in slots}
    return CaughtUp(how=how, length_s=monotonic() - began)


def _hears(run: FailbackRun) -> bool:
    """Whether every subscription of the returned region is at work: one with much to apply is not disturbed."""
    return all(one.enabled and one.replicating for one in run.target.database.subscriptions())


@step(title="Replicate both ways", side="target", mutates=True, touches=parts_of_both, timeout_s=None)
def replicate_both_ways(run: FailbackRun) -> Reprotected:
    """Have the other region apply what is written here from now on, and see a mark of each in the other one, in time.

    What was listed is not sent again: it was brought home. Sequences of both are moved past both. Safe to repeat.
    """
    until = listed(run).until
    for slot in run.target.sending.slots(run.source.database.subscriptions()):
        group = slot.subscription.node_group
        if not slot.active and group in until:
            run.target.sending.skip(slot.subscription, until=until[group])
    if not all(one.enabled and one.replicating for one in run.source.database.subscriptions()):
        run.source.database.start_applying()
    sequences = {
        run.target.name: _moved(run, here_is_target=True),
        run.source.name: _moved(run, here_is_target=False),
    }
    limit_s = float(run.file.postgres_multi_region.monitoring.lag_threshold_seconds)

    def redundant() -> tuple[dict[str, float] | None, str]:
        """A mark that is late is `Unavailable`: not seen yet."""
        lags = {name: crossed(run.estate, name, deadline_s=limit_s, kicks=True) for name in run.file.regions}
        return lags, f"marks took {lags} s"

    deadline_s = 60 * float(run.file.settings.failback.catch_up_minutes)
    lags = wait_until(redundant, what="marks of both regions in time", deadline_s=deadline_s)
    at = now()
    return Reprotected(
        redundant_at=at, error_s=max(lags.values()), lag_s=lags, limit_s=limit_s, sequences=sequences
    )


def _moved(run: FailbackRun, *, here_is_target: bool) -> list[SequenceMoved]:
    here, there = (run.target, run.source) if here_is_target else (run.source, run.target)
    margin = int(run.file.settings.postgres.sequence_margin)
    moves = here.database.advance_sequences(
        there.database.sequences(), margin=margin if here_is_target else 0
    )
    return [SequenceMoved(**vars(move)) for move in moves]


@step(title="Have its Redis follow", side="target", mutates=True, touches=parts_of_both, timeout_s=None)
def follow_cache(run: FailbackRun) -> CacheFollows:
    """Make it a replica of the other region's, whose keys replace its own: they have been the newer ones since.

    Safe to repeat: one that follows already goes on.
    """
    began, before = monotonic(), run.target.cache.look()
    awaited = run.source.cache.look()
    if awaited.role != "master":
        raise NotReady(f"{run.source.name}'s Redis is a replica, and takes no writes: see who its master is.")
    run.target.cache.follow(run.file.redis_reached(run.source.name))

    def followed() -> tuple[CacheState | None, str]:
        state = run.target.cache.look()
        good = state.role == "replica" and state.link_up and state.offset >= awaited.offset
        return (state if good else None), f"{state.role} at {state.offset} of {awaited.offset}"

    state = wait_until(followed, what=f"{run.target.name}'s Redis", deadline_s=CACHE_S)
    return CacheFollows(
        before=f"{before.role} at offset {before.offset}",
        master=run.source.name,
        offset=state.offset,
        length_s=monotonic() - began,
    )
