CREATE TABLE {table} (
    case_id uuid NOT NULL,
    person_id uuid NOT NULL,
    other_id uuid NOT NULL,
    verdict text NOT NULL,
    since_position bigint NOT NULL,
    since_at timestamptz NOT NULL,
    until_position bigint,
    until_at timestamptz,
    decided_by text NOT NULL
);
-- indexes
ALTER TABLE {table} ADD PRIMARY KEY (case_id, since_position);
CREATE INDEX ON {table} (person_id);
CREATE INDEX ON {table} (other_id);
