CREATE TABLE {table} (
    case_id uuid NOT NULL,
    clock text NOT NULL,
    position bigint NOT NULL,
    kind text NOT NULL,
    decision uuid NOT NULL,
    cause uuid,
    was date NOT NULL,
    due date NOT NULL,
    was_at timestamptz,
    due_at timestamptz
);
-- indexes
ALTER TABLE {table} ADD PRIMARY KEY (case_id, clock, position);
CREATE INDEX ON {table} (cause, due, case_id, clock);
