CREATE TABLE {table} (
    case_id uuid NOT NULL,
    duty text NOT NULL,
    kind text NOT NULL,
    unit text,
    official text,
    due_on date,
    since timestamptz NOT NULL,
    memory text
);
COMMENT ON COLUMN {table}.memory IS
    'Only on the row ''standing'', which is no duty: what the duties of the case follow from';
-- indexes
ALTER TABLE {table} ADD PRIMARY KEY (case_id, duty);
CREATE INDEX ON {table} (official, (coalesce(due_on, 'infinity'::date)), case_id, duty)
    WHERE duty <> 'standing';
CREATE INDEX ON {table} (unit, (coalesce(due_on, 'infinity'::date)), case_id, duty)
    WHERE duty <> 'standing';
