-- How far this region's server log was read for this database. A file is known by its name and its first bytes.
CREATE TABLE IF NOT EXISTS {table} (
    log_file text NOT NULL,
    head bytea NOT NULL,
    read_to bigint NOT NULL,
    size bigint NOT NULL,
    modified timestamptz NOT NULL,
    closed boolean NOT NULL,
    gone_at timestamptz,
    PRIMARY KEY (log_file, head)
);
