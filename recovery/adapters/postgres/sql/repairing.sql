-- A statement sees what was committed before it, so that a row which had to be waited for is seen as it is.
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
-- No trigger runs: one that stamps updated_at would change what is restored.
SET LOCAL session_replication_role = replica;
SET LOCAL lock_timeout = '5s';
