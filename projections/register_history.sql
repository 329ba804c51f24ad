CREATE TABLE {table} (
    case_id uuid NOT NULL,
    since_position bigint NOT NULL,
    until_position bigint,
    since_at timestamptz NOT NULL,
    until_at timestamptz,
    kind text NOT NULL,
    number text NOT NULL,
    state text NOT NULL,
    open boolean NOT NULL,
    subkind text NOT NULL,
    channel text,
    unit text NOT NULL,
    executors text[] NOT NULL,
    units text[] NOT NULL,
    workers text[] NOT NULL,
    confidential boolean NOT NULL,
    region text,
    topic text,
    social_category text,
    received_at timestamptz NOT NULL,
    registered_on date NOT NULL,
    due_on date,
    rule text,
    under_control boolean NOT NULL,
    controller text,
    extended boolean NOT NULL,
    repeat boolean NOT NULL,
    confirmed_repeat boolean NOT NULL,
    result text,
    closed_at timestamptz,
    correlation_id uuid NOT NULL,
    legacy_number text
);
-- indexes
ALTER TABLE {table} ADD PRIMARY KEY (case_id, since_position);
CREATE INDEX ON {table} (since_position);
CREATE INDEX ON {table} (registered_on, case_id);
CREATE INDEX ON {table} (received_at, case_id);
CREATE INDEX ON {table} ((coalesce(due_on, 'infinity'::date)), case_id);
-- What was open at a position, however much has been closed before and since.
CREATE INDEX ON {table} USING gist (int8range(since_position, until_position)) WHERE open;
-- The longest times by which a date lies ahead of its entry: a list of long ago doesn't begin
-- with the cases of today. projections/past_lists.py reads their ends.
CREATE INDEX ON {table} ((registered_on - (since_at AT TIME ZONE 'UTC')::date));
CREATE INDEX ON {table} (((received_at AT TIME ZONE 'UTC')::date - (since_at AT TIME ZONE 'UTC')::date));
