CREATE TABLE {table} (
    case_id uuid NOT NULL,
    clock text NOT NULL,
    kind text NOT NULL,
    due_on date NOT NULL,
    due_at timestamptz,
    rule text,
    rule_version text,
    calendar_version text,
    since date,
    plain boolean NOT NULL,
    unit text,
    official text,
    running boolean NOT NULL,
    met_on date,
    home text NOT NULL,
    since_position bigint NOT NULL,
    until_position bigint
);
-- indexes
ALTER TABLE {table} ADD PRIMARY KEY (case_id, clock, since_position);
CREATE INDEX ON {table} (due_on, case_id, clock) WHERE until_position IS NULL;
CREATE INDEX ON {table} (due_on, case_id, clock) WHERE running AND until_position IS NULL;
CREATE INDEX ON {table} (unit, due_on, case_id, clock) WHERE running AND until_position IS NULL;
CREATE INDEX ON {table} (official, due_on, case_id, clock)
    WHERE running AND until_position IS NULL AND official IS NOT NULL;
-- What stood at a position and is so no more.
CREATE INDEX ON {table} USING gist (int8range(since_position, until_position))
    WHERE until_position IS NOT NULL;
