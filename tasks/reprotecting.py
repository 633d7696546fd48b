"""Making the estate redundant again: the returned region catches up, and each applies what the other one writes."""

from datetime import datetime
from time import monotonic

from recovery import operation_journal
from recovery.errors import NotReady
from recovery.estate_in_hand import Region
from recovery.failback import CacheFollows, CaughtUp, Reprotected
from recovery.findings import SequenceMoved, oldest
from recovery.ports import CacheState
from recovery.waiting import wait_until
from tasks import subscribing_anew
from tasks.failback_run import FailbackRun
from tasks.marks import crossed
from tasks.returning import parts_of_both
from tasks.run import now
from tasks.salvaging import listed
from tasks.step import step

KICK_S, MADE_S = 3.0, 60.0
"""pglogical retries a failed subscription after 5 s, then 180 s: one that is not at work is enabled anew. Less often
where its slot is to be made: that waits for the transactions under way, and begins again with each."""
STREAM = "what its slot kept"
RESYNC = (
    "a slot made anew, as the other one was lost: what is missing is found by comparing, and repaired; a table of "
    "which most rows differ is copied whole, which costs less then"
)
CACHE_S = 60.0


@step(
    title="Catch up with what was committed meanwhile",
    side="target",
    mutates=True,
    touches=parts_of_both,
    timeout_s=None,
)
def catch_up(run: FailbackRun) -> CaughtUp:
    """Have what the other region has committed and kept, and see its newest mark here. Safe to repeat.

    What it has not kept, since more WAL was written than max_slot_wal_keep_size, is missing then: it is found by the
    comparison, once what never left is home.
    """
    began = monotonic()
    filled = operation_journal.fill(run.outside.journal)
    run.note(f"{filled} events of journals were missing in a store, and are there now.", step="catch_up")
    slots = run.source.sending.slots(run.target.database.subscriptions())
    subscribing_anew.subscribe_anew(run, run.target, subscribing_anew.lost_of(slots))
    deadline_s = 60 * float(run.file.settings.failback.catch_up_minutes)
    what = f"{run.source.name}'s mark in {run.target.name}"
    wait_until(_Arrival(run).seen, what=what, deadline_s=deadline_s)
    gaps = subscribing_anew.anew(run).of(run.target.name)
    groups = [slot.subscription.node_group for slot in slots]
    return CaughtUp(
        how={group: RESYNC if group in gaps else STREAM for group in groups}, length_s=monotonic() - began
    )


class _Hearing:
    """One region's subscriptions, which are enabled anew until all are at work."""

    def __init__(self, run: FailbackRun, subscriber: Region) -> None:
        self._database, self._prove = subscriber.database, run.epoch.prove
        self._pause_s = MADE_S if subscribing_anew.anew(run).of(subscriber.name) else KICK_S
        self._kicked = monotonic() - self._pause_s

    def all_at_work(self) -> tuple[bool | None, str]:
        """Whether they are: one with much to apply is not disturbed."""
        silent = [
            one.node_group for one in self._database.subscriptions() if not (one.enabled and one.replicating)
        ]
        if silent and monotonic() - self._kicked > self._pause_s:
            self._prove()
            self._database.start_applying()
            self._kicked = monotonic()
        return (None if silent else True), f"{', '.join(silent) or 'none'} not at work"


class _Arrival:
    """A mark that is written once every subscription is at work: a slot keeps nothing from before it was made."""

    def __init__(self, run: FailbackRun) -> None:
        self._run, self._hearing = run, _Hearing(run, run.target)
        self._mark: datetime | None = None

    def seen(self) -> tuple[bool | None, str]:
        """Whether it is there."""
        at_work, told = self._hearing.all_at_work()
        if not at_work:
            self._mark = None
            return None, told
        run = self._run
        self._mark = self._mark or run.source.database.beat(run.source.name)
        newest = oldest(list(run.target.database.heartbeats(run.source.name).values()))
        arrived = newest is not None and newest >= self._mark
        return (arrived or None), f"newest mark {newest}, awaited {self._mark}"


@step(
    title="Replicate both ways",
    side="target",
    mutates=True,
    touches=parts_of_both,
    timeout_s=None,
    looks_again=lambda run: run.has_no_customers,
)
def replicate_both_ways(run: FailbackRun) -> Reprotected:
    """Have the other region apply what is written here from now on, and see a mark of each in the other one, in time.

    What was listed is not sent again: it was brought home. What could not be listed, since it was not kept, is not
    sent either: the comparison finds it. Sequences of both are moved past both. Safe to repeat.
    """
    _pass_over_listed(run)
    deadline_s = 60 * float(run.file.settings.failback.catch_up_minutes)
    hearing = _Hearing(run, run.source)
    wait_until(hearing.all_at_work, what=f"{run.source.name}'s subscriptions", deadline_s=deadline_s)
    sequences = {
        run.target.name: _moved(run, here_is_target=True),
        run.source.name: _moved(run, here_is_target=False),
    }
    limit_s = float(run.file.postgres_multi_region.monitoring.lag_threshold_seconds)

    def redundant() -> tuple[dict[str, float] | None, str]:
        """A mark that is late is `Unavailable`: not seen yet."""
        lags = {
            name: crossed(run.estate, name, deadline_s=limit_s, kicks=run.epoch.prove)
            for name in run.file.regions
        }
        return lags, f"marks took {lags} s"

    lags = wait_until(redundant, what="marks of both regions in time", deadline_s=deadline_s)
    at = now()
    return Reprotected(
        redundant_at=at,
        error_s=max(lags.values()),
        lag_s=lags,
        limit_s=limit_s,
        sequences=sequences,
        anew=sorted(subscribing_anew.anew(run).of(run.source.name)),
    )


def _pass_over_listed(run: FailbackRun) -> None:
    """Have the other region's subscriptions go on after what was listed, each up to where its node group was."""
    until = listed(run).until
    slots = run.target.sending.slots(run.source.database.subscriptions())
    lost = subscribing_anew.lost_of(slots)
    for slot in slots:
        group = slot.subscription.node_group
        if not slot.active and slot not in lost and group in until:
            run.epoch.prove()
            run.target.sending.skip(slot.subscription, until=until[group])
    subscribing_anew.subscribe_anew(run, run.source, lost)


def _moved(run: FailbackRun, *, here_is_target: bool) -> list[SequenceMoved]:
    here, there = (run.target, run.source) if here_is_target else (run.source, run.target)
    margin = int(run.file.settings.postgres.sequence_margin)
    moves = here.database.advance_sequences(
        there.database.sequences(), margin=margin if here_is_target else 0
    )
    return [SequenceMoved(**vars(move)) for move in moves]


@step(
    title="Have its Redis follow",
    side="target",
    mutates=True,
    touches=parts_of_both,
    timeout_s=None,
    looks_again=lambda run: run.is_kept_out,
)
def follow_cache(run: FailbackRun) -> CacheFollows:
    """Make it a replica of the other region's, whose keys replace its own: they have been the newer ones since.

    Safe to repeat: one that follows already goes on.
    """
    began, before = monotonic(), run.target.cache.look()
    awaited = run.source.cache.look()
    if awaited.role != "master":
        raise NotReady(f"{run.source.name}'s Redis is a replica, and takes no writes: see who its master is.")
    run.epoch.prove()
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
