-- What analysts read: views without personal data, and who may read them for which purpose.

DO $$
BEGIN
    CREATE ROLE karguzar_analyst NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END $$;
COMMENT ON ROLE karguzar_analyst IS
    'Group of those who read the schema analytics and nothing else; see karguzar analyst';

-- The server reads the views for its callers as this role.
DO $$
BEGIN
    GRANT karguzar_analyst TO karguzar_app;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'grant karguzar_analyst to karguzar_app by hand';
END $$;

CREATE SCHEMA analytics;
COMMENT ON SCHEMA analytics IS
    'The register for analysts: cases under pseudonyms, none of them confidential, no personal data';
GRANT USAGE, CREATE ON SCHEMA analytics TO karguzar_app;
GRANT USAGE ON SCHEMA analytics TO karguzar_analyst;

CREATE TABLE karguzar.analytics_views (
    name text PRIMARY KEY,
    digest bytea NOT NULL
);
COMMENT ON TABLE karguzar.analytics_views IS
    'The views that stand in the schema analytics, and of which definition';

CREATE TABLE karguzar.time_zone (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    name text NOT NULL
);
COMMENT ON TABLE karguzar.time_zone IS 'Where the department''s days begin and end';

CREATE TABLE karguzar.analyst_purposes (
    purpose text PRIMARY KEY,
    inner_pad bytea NOT NULL CHECK (octet_length(inner_pad) = 64),
    outer_pad bytea NOT NULL CHECK (octet_length(outer_pad) = 64),
    entered_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE karguzar.analyst_purposes IS
    'The key of each purpose''s pseudonyms, as HMAC-SHA256 takes it: exclusive or with 36 and 5C';

CREATE TABLE karguzar.analysts (
    login name PRIMARY KEY,
    purpose text NOT NULL REFERENCES karguzar.analyst_purposes (purpose),
    official text UNIQUE,
    entered_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE karguzar.analysts IS
    'Logins that read the schema analytics; official is whose requests have the same pseudonyms';

-- Who logged in decides whose pseudonyms these are: SET ROLE doesn't change it. Only the
-- application, which asks for its callers, says for which purpose.
CREATE VIEW karguzar.purpose_in_force AS
    SELECT inner_pad, outer_pad FROM karguzar.analyst_purposes
    WHERE purpose = CASE
        WHEN pg_has_role(session_user, 'karguzar_app', 'MEMBER')
            THEN current_setting('karguzar.purpose', true)
        ELSE (SELECT purpose FROM karguzar.analysts WHERE login = session_user)
    END;

GRANT SELECT, INSERT, UPDATE, DELETE ON karguzar.analytics_views TO karguzar_app;
GRANT SELECT, INSERT, UPDATE ON karguzar.time_zone TO karguzar_app;
GRANT SELECT, INSERT ON karguzar.analyst_purposes TO karguzar_app;
GRANT SELECT, INSERT, DELETE ON karguzar.analysts TO karguzar_app;
GRANT SELECT ON karguzar.purpose_in_force TO karguzar_app;
