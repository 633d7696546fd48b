-- A transaction that has a number commits with a record of its own, though it changes nothing.
SELECT CASE WHEN pg_current_xact_id() IS NOT NULL THEN clock_timestamp() END;
