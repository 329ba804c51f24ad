-- The log of everything that happened, and what is committed with it.

CREATE SCHEMA karguzar;

CREATE TABLE karguzar.register_events (
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL CHECK (originator_version > 0),
    topic text NOT NULL,
    state bytea NOT NULL,
    notification_id bigint NOT NULL CHECK (notification_id > 0),
    PRIMARY KEY (originator_id, originator_version)
);
CREATE UNIQUE INDEX register_events_by_position ON karguzar.register_events (notification_id);
ALTER TABLE karguzar.register_events
    SET (autovacuum_vacuum_insert_threshold = 50000, autovacuum_analyze_scale_factor = 0.05);

COMMENT ON TABLE karguzar.register_events IS
    'One row an event, append-only; notification_id is its position: dense, in commit order';

-- The row lock on this row is the lock that gives the log its order.
CREATE TABLE karguzar.log_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position bigint NOT NULL
);
INSERT INTO karguzar.log_head (position) VALUES (0);

CREATE TABLE karguzar.commands (
    command_id uuid PRIMARY KEY,
    digest bytea NOT NULL,
    case_id uuid NOT NULL,
    version bigint NOT NULL,
    position bigint NOT NULL,
    topics text[] NOT NULL
);
COMMENT ON TABLE karguzar.commands IS
    'Every command carried out, with its answer, so that a repeat gets the same answer';

CREATE TABLE karguzar.register_books (
    book text NOT NULL,
    year integer NOT NULL,
    last_sequence bigint NOT NULL,
    PRIMARY KEY (book, year)
);

CREATE TABLE karguzar.person_keys (
    owner uuid PRIMARY KEY,
    wrapped bytea NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE karguzar.person_keys IS
    'One key per person (or case without one), wrapped by a master key kept elsewhere';

CREATE TABLE karguzar.documents (
    case_id uuid NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    media_type text NOT NULL,
    size bigint NOT NULL,
    owner uuid NOT NULL,
    sealed bytea NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (case_id, sha256)
);
ALTER TABLE karguzar.documents ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE TABLE karguzar.register_tracking (
    application_name text PRIMARY KEY,
    notification_id bigint NOT NULL
);
COMMENT ON TABLE karguzar.register_tracking IS
    'How far each read model and the policies have come in the log';

CREATE FUNCTION karguzar.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege',
              HINT = 'record a correcting event instead';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON karguzar.register_events
    FOR EACH STATEMENT EXECUTE FUNCTION karguzar.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON karguzar.commands
    FOR EACH STATEMENT EXECUTE FUNCTION karguzar.refuse_change();
