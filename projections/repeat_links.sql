CREATE TABLE {table} (
    case_id uuid NOT NULL,
    earlier uuid NOT NULL,
    verdict text NOT NULL,
    since_position bigint NOT NULL,
    since_at timestamptz NOT NULL,
    until_position bigint,
    until_at timestamptz,
    decided_by text NOT NULL,
    merge_advised boolean NOT NULL
);
-- indexes
ALTER TABLE {table} ADD PRIMARY KEY (case_id, earlier, since_position);
CREATE INDEX ON {table} (earlier);
