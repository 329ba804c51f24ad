CREATE TABLE {table} (
    case_id uuid NOT NULL,
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
    subject text,
    received_at timestamptz NOT NULL,
    registered_on date NOT NULL,
    due_on date,
    rule text,
    under_control boolean NOT NULL,
    controller text,
    extended boolean NOT NULL,
    result text,
    closed_at timestamptz,
    correlation_id uuid NOT NULL,
    legacy_number text,
    version bigint NOT NULL,
    last_position bigint NOT NULL,
    -- Numbers are found whole or by their beginning up to the year; the words of the subject by
    -- theirs. The letters İ, I and ı are one for searching, as small letters differ by language.
    search tsvector GENERATED ALWAYS AS (
        array_to_tsvector(array_remove(ARRAY[
            lower(translate(number, 'İIı', 'iii')), lower(translate(legacy_number, 'İIı', 'iii'))
        ], NULL))
        || to_tsvector('simple', translate(coalesce(subject, ''),
            'İIı-/.,:;_@''"\()[]&|!*<>', 'iii                      '))
    ) STORED
);
-- indexes
ALTER TABLE {table} ADD PRIMARY KEY (case_id);
CREATE INDEX ON {table} (registered_on, case_id);
CREATE INDEX ON {table} (received_at, case_id);
CREATE INDEX ON {table} ((coalesce(due_on, 'infinity'::date)), case_id);
-- The shortest and longest times from receipt to registration and from there to the due date
-- bound one date by another.
CREATE INDEX ON {table} ((registered_on - (received_at AT TIME ZONE 'UTC')::date));
CREATE INDEX ON {table} ((due_on - registered_on));
CREATE INDEX ON {table} (unit, registered_on, case_id);
CREATE INDEX ON {table} (topic, registered_on, case_id);
CREATE INDEX ON {table} (region, registered_on, case_id);
CREATE INDEX ON {table} (subkind, registered_on, case_id);
CREATE INDEX ON {table} (state, kind, registered_on, case_id);
CREATE INDEX ON {table} ((coalesce(due_on, 'infinity'::date)), case_id) WHERE open;
CREATE INDEX ON {table} (registered_on, case_id) WHERE open;
CREATE INDEX ON {table} (registered_on, case_id) WHERE under_control;
CREATE INDEX ON {table} (registered_on, case_id) WHERE confidential;
CREATE INDEX ON {table} (legacy_number) WHERE legacy_number IS NOT NULL;
CREATE INDEX ON {table} USING gin (units);
CREATE INDEX ON {table} USING gin (workers);
CREATE INDEX ON {table} USING gin (executors);
CREATE INDEX ON {table} USING gin (search);
