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
-- A list of a figure's cases reads what stands of it, in its order and, where it is narrowed, of the
-- value alone: however many rows have ended, and however few the list finds.
CREATE INDEX ON {table} (occurrence, on_day, case_id) WHERE until_position IS NULL AND memory IS NULL;
CREATE INDEX ON {table} (unit, occurrence, on_day, case_id) WHERE until_position IS NULL AND memory IS NULL;
CREATE INDEX ON {table} (topic, occurrence, on_day, case_id)
    WHERE until_position IS NULL AND memory IS NULL AND topic IS NOT NULL;
CREATE INDEX ON {table} (region, occurrence, on_day, case_id)
    WHERE until_position IS NULL AND memory IS NULL AND region IS NOT NULL;
CREATE INDEX ON {table} (official, occurrence, on_day, case_id)
    WHERE until_position IS NULL AND memory IS NULL AND official IS NOT NULL;
CREATE INDEX ON {table} (outcome, occurrence, on_day, case_id)
    WHERE until_position IS NULL AND memory IS NULL AND outcome IS NOT NULL;
-- A report of an earlier position reads what has ended since; its restatement what began and ended.
CREATE INDEX ON {table} (until_position) WHERE until_position IS NOT NULL;
CREATE INDEX ON {table} (since_position);
