"""The intake's spool: every alert that was answered with 202, on the disk before the answer.

An episode is a fingerprint and a start. It is told as firing and as resolved, each any number of times, by
any Alertmanager, in any order: the first of each is new, and a resolved one supersedes the firing ones. What
an observer's own API says supersedes both, since Alertmanager may lose a "resolved" for ever.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from deployments.intake import statements
from deployments.intake.group_commit import GroupCommit, T
from deployments.intake.labels import is_watchdog, monitoring_of, observer_of
from deployments.intake.payload import Alert, Status
from recovery.errors import Unavailable
from recovery.measurement import Frozen

ANSWER_DEADLINE_S = 5.0
RETENTION = timedelta(days=7)
EXPIRY = timedelta(hours=1)
"""An open alert that nobody repeats (they come every 5 min) or confirms for so long is taken for ended."""
ROUNDING = timedelta(seconds=1)
"""`startsAt` comes in ms and `activeAt` in ns, so that the start may seem to be the sooner one."""
FORGET_AT_ONCE = 2_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Counts(Frozen):
    """What one delivery brought."""

    new: int = 0
    duplicate: int = 0
    heartbeats: int = 0


@dataclass(frozen=True, kw_only=True)
class StoredAlert:
    """One episode of one alert, with all that was told of it.

    It was checked when it came in: an evaluation reads all that are open, and with 10,000 of them a model's
    checks were half of what that took.
    """

    fingerprint: str
    starts_at: datetime
    labels: dict[str, str]
    annotations: dict[str, str]
    observer: str | None
    monitoring: str | None
    first_seen_at: datetime
    received_at: datetime
    ended_at: datetime | None
    active_at: datetime | None
    confirmed_at: datetime | None

    @property
    def key(self) -> str:
        """Name the episode."""
        return f"{self.fingerprint}@{self.starts_at.isoformat()}"


class Store:
    """The spool at *path*; everything may be called from any thread, and raises `Unavailable` when it fails."""

    def __init__(self, path: Path, *, retention: timedelta = RETENTION, expiry: timedelta = EXPIRY) -> None:
        self._retention = retention
        self._expiry = expiry
        self._processed_through = _EPOCH
        self._file = GroupCommit(path, statements.SCHEMA)

    @property
    def fault(self) -> str | None:
        """Why the last commit failed, None where it did not."""
        return self._file.fault

    def submit(self, alerts: Sequence[Alert], received_at: datetime) -> Future[Counts]:
        """Have the alerts recorded; the future has the counts once they are on the disk."""

        def work(file: sqlite3.Connection) -> Counts:
            told = [alert for alert in alerts if not is_watchdog(alert.labels)]
            new = sum(_recorded(file, status, told, received_at) for status in Status)
            file.executemany(statements.HEARD, _heard(alerts, received_at))
            return Counts(new=new, duplicate=len(told) - new, heartbeats=len(alerts) - len(told))

        return self._file.submit(work)

    def record(self, alerts: Sequence[Alert], received_at: datetime) -> Counts:
        """Return the counts once the alerts are on the disk. Safe to repeat: they are duplicates then."""
        return _answer(self.submit(alerts, received_at))

    def open_alerts(
        self, *, ended_since: datetime | None = None, monitoring: str | None = None
    ) -> tuple[StoredAlert, ...]:
        """Return the alerts that did not end, and those that ended, or were told again, since *ended_since*.

        Of all places, or of those that the *monitoring* of one place sent.
        Alertmanager resolves what Prometheus could not repeat in time, and later fires it with the same
        start: to us that is a repeat of what ended, and only `confirm` opens it again.
        """
        since = _us(ended_since) if ended_since else _us(datetime.max.replace(tzinfo=UTC))
        with self._file.reading() as file:
            rows = file.execute(statements.OPEN, {"since": since, "monitoring": monitoring})
            return tuple(map(_stored, rows))

    def watchdogs(self) -> dict[str, datetime]:
        """Return when each observer was last heard, by the intake's clock."""
        with self._file.reading() as file:
            return {observer: _at(heard) for observer, heard in file.execute(statements.WATCHDOGS)}

    def confirm(
        self,
        monitoring: str,
        active: Mapping[str, datetime],
        *,
        asked_at: datetime,
        among: Iterable[str] | None = None,
    ) -> None:
        """Apply what the API of *monitoring* said, which was asked at *asked_at*: fingerprints, and since when.

        Those alerts are confirmed then, and open again if they were called resolved; its other open alerts
        have ended, but for those that arrived after it was asked. *among* are the fingerprints that were held
        against its answer: one that arrived before, and was on the disk only after they were read, has not ended.
        Safe to repeat.
        """
        common = {"monitoring": monitoring, "asked_at": _us(asked_at)}
        ends = common | {"among": None if among is None else json.dumps(list(among))}
        told = {
            "active": json.dumps({name: _us(at) for name, at in active.items()}),
            "rounding": ROUNDING // _MICROSECOND,
        }

        def work(file: sqlite3.Connection) -> None:
            file.execute(statements.CONFIRM, common | told)
            file.execute(statements.END_UNCONFIRMED, ends)

        _answer(self._file.submit(work))

    def prune(self, now: datetime) -> None:
        """End the alerts that nobody repeats, and forget what ended, or was heard, before the retention.

        A few thousand at a time, so that no delivery waits long. Safe to repeat.
        """
        before = {"before": _us(now - self._retention)}
        unheard = {"now": _us(now), "unheard_since": _us(now - self._expiry)}

        def work(file: sqlite3.Connection) -> int:
            file.execute(statements.EXPIRE, unheard)
            file.execute(statements.FORGET_WATCHDOGS, before)
            return file.execute(statements.FORGET_ALERTS, before | {"most": FORGET_AT_ONCE}).rowcount

        while _answer(self._file.submit(work)) == FORGET_AT_ONCE:
            pass

    def processed(self, through: datetime) -> None:
        """Note that everything received up to *through* was evaluated; a start forgets it, and evaluates."""
        self._processed_through = max(self._processed_through, through)

    def oldest_unprocessed(self) -> datetime | None:
        """Return when the oldest news arrived that was not evaluated."""
        with self._file.reading() as file:
            (oldest,) = file.execute(
                statements.OLDEST_UNPROCESSED, (_us(self._processed_through),)
            ).fetchone()
        return None if oldest is None else _at(oldest)

    def close(self) -> None:
        """Commit what was submitted, and give the file back."""
        self._file.close()


def _answer(answer: Future[T]) -> T:
    try:
        return answer.result(ANSWER_DEADLINE_S)
    except TimeoutError as error:
        raise Unavailable(
            f"The spool did not answer within {ANSWER_DEADLINE_S} s; see to its disk."
        ) from error


def _recorded(
    file: sqlite3.Connection, status: Status, alerts: Iterable[Alert], received_at: datetime
) -> int:
    """Record those *alerts* that have the *status*; return how many of them are new."""
    rows = [_row(alert, received_at) for alert in alerts if alert.status is status]
    if not rows:
        return 0
    told = {
        "alerts": json.dumps(rows),
        "firing": status is Status.FIRING,
        "received_at": _us(received_at),
    }
    (new,) = file.execute(statements.COUNT_NEW, told).fetchone()
    file.execute(statements.RECORD, told)
    return int(new)


def _row(alert: Alert, received_at: datetime) -> dict[str, object]:
    """Return the row; an end is when we were told at the latest, whatever the sender's clock says."""
    ended = alert.ends_at or received_at
    return {
        "fingerprint": alert.fingerprint,
        "starts_at": _us(alert.starts_at),
        "labels": json.dumps(alert.labels),
        "annotations": json.dumps(alert.annotations),
        "observer": _whole(observer_of(alert.labels)),
        "monitoring": _whole(monitoring_of(alert.labels)),
        "ended_at": None if alert.status is Status.FIRING else _us(min(ended, received_at)),
    }


def _whole(name: str | None) -> str | None:
    """Return a name that SQLite's JSON functions leave as it is: at a NUL they would cut it to another's name."""
    return name and name.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _heard(alerts: Iterable[Alert], received_at: datetime) -> list[dict[str, object]]:
    """Return the observers that are alive: a resolved Watchdog tells of one that fell silent."""
    firing = (a for a in alerts if is_watchdog(a.labels) and a.status is Status.FIRING)
    names = {observer_of(alert.labels) for alert in firing} - {None}
    return [{"observer": name, "received_at": _us(received_at)} for name in names]


def _stored(row: tuple[Any, ...]) -> StoredAlert:
    """Return the alert of a row of `statements.OPEN`."""
    fingerprint, labels, annotations, observer, monitoring, starts, first_seen, received, *times = row
    ended, active, confirmed = (None if at is None else _at(at) for at in times)
    return StoredAlert(
        fingerprint=fingerprint,
        starts_at=_at(starts),
        labels=from_json(labels),
        annotations=from_json(annotations),
        observer=observer,
        monitoring=monitoring,
        first_seen_at=_at(first_seen),
        received_at=_at(received),
        ended_at=ended,
        active_at=active,
        confirmed_at=confirmed,
    )


_MICROSECOND = timedelta(microseconds=1)


def _us(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _at(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
