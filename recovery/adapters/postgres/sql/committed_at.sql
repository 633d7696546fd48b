-- WAL shows 32 bits of a transaction's number. One that has not begun yet, or is too old to be known, has no time.
SELECT CASE
    WHEN age(%(transaction)s::text::xid) BETWEEN 1 AND 2000000000
    THEN pg_xact_commit_timestamp(%(transaction)s::text::xid)
END;
