CREATE TABLE {table} (
    case_id uuid NOT NULL,
    correlation_id uuid NOT NULL,
    kind text NOT NULL,
    first_position bigint NOT NULL
);
-- indexes
ALTER TABLE {table} ADD PRIMARY KEY (case_id, correlation_id);
CREATE INDEX ON {table} (correlation_id, first_position);
