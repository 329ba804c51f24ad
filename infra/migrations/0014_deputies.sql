-- Who acts for whom from when until when, and which officials are client programs.

ALTER TABLE karguzar.officials
    ADD COLUMN kind text NOT NULL DEFAULT 'person' CHECK (kind IN ('person', 'client'));
COMMENT ON COLUMN karguzar.officials.kind IS
    'A client is a program that acts as itself; its id is that of its tokens';

CREATE TABLE karguzar.deputies (
    id uuid PRIMARY KEY,
    deputy text NOT NULL,
    principal text NOT NULL CHECK (principal <> deputy),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    reason text NOT NULL,
    entered_by text NOT NULL CHECK (entered_by <> deputy),
    entered_at timestamptz NOT NULL
);
CREATE INDEX deputies_of ON karguzar.deputies (deputy, principal, ends_at);
CREATE INDEX deputies_for ON karguzar.deputies (principal);
COMMENT ON TABLE karguzar.deputies IS 'One row for each deputising that was entered; append-only';

CREATE TABLE karguzar.deputies_ended (
    id uuid PRIMARY KEY REFERENCES karguzar.deputies (id),
    ended_by text NOT NULL,
    ended_at timestamptz NOT NULL,
    reason text NOT NULL
);
COMMENT ON TABLE karguzar.deputies_ended IS 'Those that were taken away before their time; append-only';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON karguzar.deputies
    FOR EACH STATEMENT EXECUTE FUNCTION karguzar.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON karguzar.deputies_ended
    FOR EACH STATEMENT EXECUTE FUNCTION karguzar.refuse_change();

GRANT SELECT, INSERT ON karguzar.deputies, karguzar.deputies_ended TO karguzar_app;
