-- Who is told that a clock runs out, how, and whether it reached them.

ALTER TABLE karguzar.officials
    ADD COLUMN email text,
    ADD COLUMN language text NOT NULL DEFAULT 'az'
        CHECK (language IN ('az', 'tr', 'ka', 'en', 'ru'));
ALTER TABLE karguzar.units ADD COLUMN head text;

CREATE TABLE karguzar.notices (
    notice_id uuid PRIMARY KEY,
    event_id uuid NOT NULL,
    position bigint NOT NULL,
    case_id uuid NOT NULL,
    kind text NOT NULL,
    clock text NOT NULL,
    stage text NOT NULL,
    step text NOT NULL,
    due_on date NOT NULL,
    working_days_left integer NOT NULL,
    official text NOT NULL,
    role text NOT NULL,
    given_at timestamptz NOT NULL,
    channel text NOT NULL CHECK (channel IN ('register', 'mail', 'webhook')),
    state text NOT NULL CHECK (state IN ('waiting', 'sent', 'failed')),
    tries integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL,
    sent_at timestamptz,
    error text,
    UNIQUE (event_id, official, channel)
);
CREATE INDEX notices_to_send ON karguzar.notices (channel, next_try_at) WHERE state = 'waiting';
CREATE INDEX notices_not_sent ON karguzar.notices (channel, state) WHERE state <> 'sent';
CREATE INDEX notices_of_official ON karguzar.notices (official, position, notice_id)
    WHERE channel = 'register';
COMMENT ON TABLE karguzar.notices IS
    'The outbox: one row for each notice, official and channel; register is the list in here';

-- No event before this migration has a notice in it.
INSERT INTO karguzar.register_tracking (application_name, notification_id)
SELECT 'outbox', position FROM karguzar.log_head;

CREATE TABLE karguzar.calendar_feeds (
    official text PRIMARY KEY,
    unit text NOT NULL,
    token_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
    made_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE karguzar.calendar_feeds IS
    'One feed an official; its token is kept by nobody but them';

GRANT SELECT, INSERT, UPDATE ON karguzar.notices TO karguzar_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON karguzar.calendar_feeds TO karguzar_app;
