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

COUNT_NEW = """
SELECT count(*) FROM (
    SELECT DISTINCT value->>'fingerprint' AS fingerprint, value->>'starts_at' AS starts_at FROM json_each(:alerts)
) AS told LEFT JOIN alerts USING (fingerprint, starts_at)
WHERE coalesce(iif(:firing, times_firing, times_resolved), 0) = 0
"""
"""An alert is new where it is told with this status for the first time; only then it changes anything."""

RECORD = """
INSERT INTO alerts (
    fingerprint, starts_at, labels, annotations, observer, monitoring, times_firing, times_resolved,
    first_seen_at, received_at, changed_at, ended_at
)
SELECT value->>'fingerprint', value->>'starts_at', value->>'labels', value->>'annotations', value->>'observer',
       value->>'monitoring', :firing, NOT :firing, :received_at, :received_at, :received_at, value->>'ended_at'
FROM json_each(:alerts) WHERE true
ON CONFLICT (fingerprint, starts_at) DO UPDATE SET
    times_firing = times_firing + excluded.times_firing,
    times_resolved = times_resolved + excluded.times_resolved,
    received_at = max(received_at, excluded.received_at),
    changed_at = CASE WHEN iif(:firing, times_firing, times_resolved) THEN changed_at
                 ELSE excluded.changed_at END,
    ended_at = CASE WHEN :firing OR times_resolved THEN ended_at ELSE excluded.ended_at END
"""
"""All alerts of one status of a delivery at once.

With a statement for each, the writer would wait for its turn among the other threads 1,000 times for 1,000 alerts.
"""

HEARD = """
INSERT INTO watchdogs (observer, heard_at) VALUES (:observer, :received_at)
ON CONFLICT (observer) DO UPDATE SET heard_at = max(heard_at, excluded.heard_at)
"""

OPEN = """
SELECT fingerprint, labels, annotations, observer, monitoring, starts_at, first_seen_at, received_at,
       ended_at, active_at, confirmed_at
FROM alerts WHERE (ended_at IS NULL OR ended_at >= :since OR received_at >= :since)
  AND (:monitoring IS NULL OR monitoring = :monitoring)
ORDER BY starts_at, fingerprint
"""

WATCHDOGS = "SELECT observer, heard_at FROM watchdogs"

OLDEST_UNPROCESSED = "SELECT min(changed_at) FROM alerts WHERE changed_at > ?"

CONFIRM = """
UPDATE alerts SET confirmed_at = :asked_at, active_at = told.active_at, ended_at = NULL
FROM (SELECT key AS fingerprint, value AS active_at FROM json_each(:active)) AS told
WHERE alerts.fingerprint = told.fingerprint AND alerts.monitoring = :monitoring AND alerts.starts_at = (
    SELECT max(newest.starts_at) FROM alerts AS newest
    WHERE newest.fingerprint = told.fingerprint AND newest.starts_at >= told.active_at - :rounding
)
"""
"""Of several episodes it is the newest, if that began after the condition that is active now.

One statement for all, as in `RECORD`.
"""

END_UNCONFIRMED = """
UPDATE alerts SET ended_at = :asked_at
WHERE ended_at IS NULL AND monitoring = :monitoring AND first_seen_at < :asked_at
  AND coalesce(confirmed_at, 0) < :asked_at
  AND (:among IS NULL OR fingerprint IN (SELECT value FROM json_each(:among)))
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
