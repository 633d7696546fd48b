-- What the tool needs in each node group's database, on both sides and replicated both ways:
-- the prober's rows, and each region's heartbeat. Run it as the owner of the application's tables.
CREATE TABLE dr_probe (
    id bigserial PRIMARY KEY,
    service text NOT NULL,
    client text NOT NULL,
    seq bigint NOT NULL,
    region text NOT NULL,
    written_at timestamptz NOT NULL
);
CREATE INDEX dr_probe_key ON dr_probe (client, seq);

CREATE TABLE dr_heartbeat (
    region text PRIMARY KEY,
    beat bigint NOT NULL,
    at timestamptz NOT NULL
);
