-- How archiving stands: the last segment that is kept, the last failure since, and what waits.
SELECT
    last_archived_wal,
    last_archived_time,
    CASE WHEN last_failed_time > coalesce(last_archived_time, '-infinity') THEN last_failed_wal END,
    (SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready')
FROM pg_stat_archiver;
