"""The spool's tables, and what is asked of them. Times are microseconds since 1970, UTC."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS alerts (
    fingerprint TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    labels TEXT NOT NULL,
    annotations TEXT NOT NULL,
    observer TEXT,
    monitoring TEXT,                 -- whose Prometheus sent it: whose API confirms it
    times_firing INTEGER NOT NULL,
    times_resolved INTEGER NOT NULL,
    first_seen_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,    -- the newest delivery
    changed_at INTEGER NOT NULL,     -- the newest delivery that said something new
    ended_at INTEGER,
    active_at INTEGER,
    confirmed_at INTEGER,
    PRIMARY KEY (fingerprint, starts_at)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS alerts_ended_at ON alerts (ended_at);
CREATE INDEX IF NOT EXISTS alerts_received_at ON alerts (received_at);
CREATE INDEX IF NOT EXISTS alerts_changed_at ON alerts (changed_at);
CREATE TABLE IF NOT EXISTS watchdogs (observer TEXT PRIMARY KEY, heard_at INTEGER NOT NULL) WITHOUT ROWID;
"""

RECORD = """
INSERT INTO alerts (
    fingerprint, starts_at, labels, annotations, observer, monitoring, times_firing, times_resolved,
    first_seen_at, received_at, changed_at, ended_at
) VALUES (
    :fingerprint, :starts_at, :labels, :annotations, :observer, :monitoring, :firing, NOT :firing,
    :received_at, :received_at, :received_at, :ended_at
)
ON CONFLICT (fingerprint, starts_at) DO UPDATE SET
    times_firing = times_firing + excluded.times_firing,
    times_resolved = times_resolved + excluded.times_resolved,
    received_at = max(received_at, excluded.received_at),
    changed_at = CASE WHEN iif(:firing, times_firing, times_resolved) THEN changed_at
                 ELSE excluded.changed_at END,
    ended_at = CASE WHEN :firing OR times_resolved THEN ended_at ELSE excluded.ended_at END
RETURNING iif(:firing, times_firing, times_resolved) = 1
"""
"""An alert is new where it is told with this status for the first time; only then it changes anything."""

HEARD = """
INSERT INTO watchdogs (observer, heard_at) VALUES (:observer, :received_at)
ON CONFLICT (observer) DO UPDATE SET heard_at = max(heard_at, excluded.heard_at)
"""

OPEN = """
SELECT fingerprint, starts_at, labels, annotations, observer, monitoring, first_seen_at, received_at,
       ended_at, active_at, confirmed_at
FROM alerts WHERE ended_at IS NULL OR ended_at >= :since OR received_at >= :since
ORDER BY starts_at, fingerprint
"""

WATCHDOGS = "SELECT observer, heard_at FROM watchdogs"

OLDEST_UNPROCESSED = "SELECT min(changed_at) FROM alerts WHERE changed_at > ?"

CONFIRM = """
UPDATE alerts SET confirmed_at = :asked_at, active_at = :active_at, ended_at = NULL
WHERE fingerprint = :fingerprint AND monitoring = :monitoring AND starts_at = (
    SELECT max(newest.starts_at) FROM alerts AS newest
    WHERE newest.fingerprint = :fingerprint AND newest.starts_at >= :active_at - :rounding
)
"""
"""Of several episodes it is the newest, if that began after the condition that is active now."""

END_UNCONFIRMED = """
UPDATE alerts SET ended_at = :asked_at
WHERE ended_at IS NULL AND monitoring = :monitoring AND first_seen_at < :asked_at
  AND coalesce(confirmed_at, 0) < :asked_at
"""

EXPIRE = """
UPDATE alerts SET ended_at = :now
WHERE ended_at IS NULL AND max(received_at, coalesce(confirmed_at, 0)) < :unheard_since
"""

FORGET_ALERTS = """
DELETE FROM alerts WHERE (fingerprint, starts_at) IN (
    SELECT fingerprint, starts_at FROM alerts WHERE ended_at < :before AND received_at < :before LIMIT :most
)
"""

FORGET_WATCHDOGS = "DELETE FROM watchdogs WHERE heard_at < :before"
