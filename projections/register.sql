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
    repeat boolean NOT NULL,
    confirmed_repeat boolean NOT NULL,
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
-- What lists are filtered by, as numbers: each entry once for all time and once for the stretch of
-- four weeks of registration, and the stretches of the three dates. projections/case_pages.py asks
-- in these terms.
CREATE OR REPLACE FUNCTION read_models.register_facets_3(
    registered_on date, received_at timestamptz, due_on date, kind text, state text, subkind text,
    channel text, unit text, region text, topic text, social_category text, controller text,
    result text, legacy_number text, open boolean, under_control boolean, confidential boolean,
    repeat boolean, units text[], workers text[]
) RETURNS bigint[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    stretch integer := (registered_on - '0001-01-01'::date) / 28;
    facets bigint[] := ARRAY[
        hashtextextended('', stretch),
        ((received_at AT TIME ZONE 'UTC')::date - '0001-01-01'::date) / 28 * 2,
        (due_on - '0001-01-01'::date) / 28 * 2 + 1
    ];
    entry text;
BEGIN
    FOREACH entry IN ARRAY ARRAY[
        'kind ' || kind, 'state ' || state, 'subkind ' || subkind, 'channel ' || channel,
        'unit ' || unit, 'region ' || region, 'topic ' || topic,
        'social_category ' || social_category, 'controller ' || controller, 'result ' || result,
        'legacy_number ' || legacy_number,
        'open ' || open, 'under_control ' || under_control, 'confidential ' || confidential,
        'repeat ' || repeat
    ] || units || workers LOOP
        IF entry IS NOT NULL THEN
            facets := facets || hashtextextended(entry, 0) || hashtextextended(entry, stretch);
        END IF;
    END LOOP;
    RETURN facets;
END $$;
ALTER TABLE {table} ADD PRIMARY KEY (case_id);
CREATE INDEX ON {table} (registered_on, case_id);
CREATE INDEX ON {table} (received_at, case_id);
CREATE INDEX ON {table} ((coalesce(due_on, 'infinity'::date)), case_id);
-- The shortest and longest times from receipt to registration and from there to the due date
-- bound one date by another.
CREATE INDEX ON {table} ((registered_on - (received_at AT TIME ZONE 'UTC')::date));
CREATE INDEX ON {table} ((due_on - registered_on));
-- Pending entries are read anew for every stretch of a list, so few may wait; with none waiting a
-- change of a case takes three times as long.
CREATE INDEX ON {table} USING gin (read_models.register_facets_3(
    registered_on, received_at, due_on, kind, state, subkind, channel, unit, region, topic,
    social_category, controller, result, legacy_number, open, under_control, confidential,
    repeat, units, workers
)) WITH (gin_pending_list_limit = 128);
CREATE INDEX ON {table} USING gin (search);
