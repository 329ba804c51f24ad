CREATE TABLE {table} (
    case_id uuid NOT NULL,
    version bigint NOT NULL,
    position bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    official text NOT NULL,
    on_behalf_of text,
    unit text NOT NULL,
    client text NOT NULL,
    event text NOT NULL,
    correlation_id uuid NOT NULL
);
-- indexes
ALTER TABLE {table} ADD PRIMARY KEY (case_id, version);
CREATE INDEX ON {table} (official, recorded_at, position);
CREATE INDEX ON {table} (on_behalf_of, recorded_at, position) WHERE on_behalf_of IS NOT NULL;
CREATE INDEX ON {table} (unit, recorded_at, position);
CREATE INDEX ON {table} (correlation_id, recorded_at, position);
