-- The conflicts that this region's PostgreSQL has logged about this database: each region has its own, not replicated.
CREATE TABLE IF NOT EXISTS {table} (
    log_file text NOT NULL,
    log_offset bigint NOT NULL,
    logged_at timestamptz NOT NULL,
    table_schema text NOT NULL,
    table_name text NOT NULL,
    kind text NOT NULL,
    resolution text NOT NULL,
    is_real boolean NOT NULL,
    row_key text[],
    local_key text[],
    remote_at timestamptz,
    remote_origin text,
    remote_lsn pg_lsn NOT NULL,
    local_row boolean NOT NULL,
    local_at timestamptz,
    local_origin text,
    collected_at timestamptz NOT NULL DEFAULT now(),
    -- A file's name may be used again after a week: the time tells two records at one place apart.
    PRIMARY KEY (log_file, log_offset, logged_at)
);
