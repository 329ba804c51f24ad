CREATE TABLE {table} (
    case_id uuid NOT NULL,
    occurrence text NOT NULL,
    part text NOT NULL,
    nth bigint NOT NULL,
    on_day date,
    kind text NOT NULL,
    subkind text NOT NULL,
    unit text NOT NULL,
    official text,
    channel text,
    region text,
    topic text,
    applicant text,
    repeat boolean NOT NULL,
    confidential boolean NOT NULL,
    outcome text,
    on_time boolean,
    amount bigint NOT NULL,
    correlation_id uuid NOT NULL,
    memory text,
    since_position bigint NOT NULL,
    until_position bigint
);
-- indexes
ALTER TABLE {table} ADD PRIMARY KEY (case_id, occurrence, part, nth, since_position);
-- A report reads its period as it was known; a list of a figure's cases what stands of it.
CREATE INDEX ON {table} (occurrence, on_day, case_id);
CREATE INDEX ON {table} (unit, occurrence, on_day, case_id) WHERE until_position IS NULL AND memory IS NULL;
