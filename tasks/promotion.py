"""Taking over the data layer: from here the only way is forward."""

from concurrent.futures import ThreadPoolExecutor

from recovery.errors import RecoveryError
from recovery.findings import Position, SequenceMoved, TakenOver
from tasks.fencing import database_answered
from tasks.run import FailoverRun
from tasks.step import step


@step(
    title="Take over the data layer",
    side="target",
    mutates=True,
    retries=3,
    deadline="take_over_seconds",
    touches=lambda run: [
        run.target.database.endpoint,
        run.target.cache.endpoint,
        run.source.database.endpoint,
    ],
    without_source="sequences are moved past the rows that arrived, by the estate's margin",
)
def take_over(run: FailoverRun) -> TakenOver:
    """Make the target's PostgreSQL and Redis independent of the source, and see both take a write.

    Subscriptions to the source are disabled and their origin positions recorded: the
    proof of what arrived, and the start of a later salvage. Sequences are moved past both
    sides. A standby is promoted. Safe to repeat: each part looks before it acts.
    """
    with ThreadPoolExecutor(2) as pool:
        cache = pool.submit(run.target.cache.promote)
        database = pool.submit(_take_over_database, run)
        positions, moves, promoted = database.result()
        return TakenOver(
            positions=positions, sequences=moves, database_promoted=promoted, cache_promoted=cache.result()
        )


def _take_over_database(run: FailoverRun) -> tuple[list[Position], list[SequenceMoved], bool]:
    database = run.target.database
    promoted = database.promote()
    run.epoch.prove()
    stopped = database.stop_applying()
    known = _known_of_source(run)
    moves = database.advance_sequences(known, margin=int(run.file.settings.postgres.sequence_margin))
    database.try_write()
    positions = [
        Position(
            node_group=one.node_group,
            subscription=one.name,
            origin_lsn=one.received_lsn,
            disabled=not one.enabled,
        )
        for one in stopped
    ]
    moved = [SequenceMoved(**vars(move)) for move in moves]
    return positions, moved, promoted


def _known_of_source(run: FailoverRun) -> dict[tuple[str, str], int]:
    """Return the source's sequences where it still answers; the tables that arrived tell the rest."""
    if not database_answered(run):
        return {}
    try:
        return run.source.database.sequences()
    except RecoveryError:
        return {}
