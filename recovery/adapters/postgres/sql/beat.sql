-- One heartbeat; the row is made where there is none yet.
INSERT INTO dr_heartbeat VALUES (%(region)s, 1, clock_timestamp())
ON CONFLICT (region) DO UPDATE SET beat = dr_heartbeat.beat + 1, at = excluded.at
RETURNING at;
