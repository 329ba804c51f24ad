CREATE TABLE {table} (
    case_id uuid NOT NULL,
    position bigint NOT NULL,
    since_position bigint NOT NULL,
    until_position bigint,
    kind text NOT NULL,
    topic text NOT NULL,
    region text,
    received_at timestamptz NOT NULL,
    confidential boolean NOT NULL,
    units text[] NOT NULL,
    workers text[] NOT NULL,
    ever_repeat boolean NOT NULL,
    imported boolean NOT NULL,
    nth bigint NOT NULL,
    unit text NOT NULL,
    author text,
    signatory text,
    due_on date,
    answer text,
    answered_on date,
    on_time boolean,
    way text,
    ground text,
    result text,
    result_position bigint,
    set_aside_on date,
    set_aside_position bigint
);
-- indexes
ALTER TABLE {table} ADD PRIMARY KEY (case_id, position, since_position);
-- What is counted stands in the index itself, so that a count of all answers reads no row.
CREATE INDEX ON {table} (answered_on, case_id, position) WHERE position > 0;
CREATE INDEX ON {table} (unit, answered_on, case_id, position) WHERE position > 0;
CREATE INDEX ON {table} (topic, received_at, case_id) WHERE nth = 1;
CREATE INDEX ON {table} (received_at, case_id) WHERE ever_repeat AND nth = 1;
