CREATE TABLE {table} (
    case_id uuid NOT NULL,
    duty text NOT NULL,
    kind text NOT NULL,
    unit text,
    official text,
    due_on date,
    since timestamptz NOT NULL,
    memory text,
    since_position bigint NOT NULL,
    until_position bigint
);
COMMENT ON COLUMN {table}.memory IS
    'Only on the row ''standing'', which is no duty: what the duties of the case follow from';
-- indexes
ALTER TABLE {table} ADD PRIMARY KEY (case_id, duty, since_position);
CREATE INDEX ON {table} (official, (coalesce(due_on, 'infinity'::date)), case_id, duty)
    WHERE duty <> 'standing' AND until_position IS NULL AND official IS NOT NULL;
CREATE INDEX ON {table} (unit, (coalesce(due_on, 'infinity'::date)), case_id, duty)
    WHERE duty <> 'standing' AND until_position IS NULL;
-- What was to be done at a position and is so no more.
CREATE INDEX ON {table} USING gist (int8range(since_position, until_position))
    WHERE until_position IS NOT NULL;
