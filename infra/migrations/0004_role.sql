-- What the running application may do. It logs in as whoever owns the database or a member of
-- this role, and takes this role on every connection.

DO $$
BEGIN
    CREATE ROLE karguzar_app NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END $$;

DO $$
BEGIN
    EXECUTE format('GRANT karguzar_app TO %I', current_user);
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'grant karguzar_app to the login role by hand';
END $$;

GRANT USAGE ON SCHEMA karguzar TO karguzar_app;
GRANT SELECT, INSERT ON
    karguzar.register_events, karguzar.commands, karguzar.person_keys, karguzar.documents,
    karguzar.refused_orders
    TO karguzar_app;
GRANT SELECT, UPDATE ON karguzar.log_head TO karguzar_app;
GRANT SELECT, INSERT, UPDATE ON karguzar.register_books TO karguzar_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    karguzar.register_tracking, karguzar.read_model_builds, karguzar.stopped_consumers,
    karguzar.units, karguzar.officials
    TO karguzar_app;
GRANT USAGE, CREATE ON SCHEMA read_models TO karguzar_app;
