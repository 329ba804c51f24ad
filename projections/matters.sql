CREATE TABLE {table} (
    case_id uuid NOT NULL,
    part text NOT NULL,
    card bytea NOT NULL,
    blocks int8[] NOT NULL
);
-- indexes
ALTER TABLE {table} ADD PRIMARY KEY (case_id, part);
CREATE INDEX ON {table} USING gin (blocks) WITH (fastupdate = off);
