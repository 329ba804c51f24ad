-- The organisation as it was: what a report of a position names and adds up by.

CREATE TABLE karguzar.known_units (
    entered bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit text NOT NULL,
    parent text,
    name text NOT NULL,
    position bigint NOT NULL
);
CREATE TABLE karguzar.known_officials (
    entered bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    official text NOT NULL,
    name text NOT NULL,
    position bigint NOT NULL
);
COMMENT ON TABLE karguzar.known_units IS
    'How each unit was entered; it holds for the positions of the log after position; append-only';
COMMENT ON TABLE karguzar.known_officials IS
    'How each official was named; it holds for the positions of the log after position; append-only';

INSERT INTO karguzar.known_units (unit, parent, name, position)
    SELECT unit, parent, name, 0 FROM karguzar.units ORDER BY unit;
INSERT INTO karguzar.known_officials (official, name, position)
    SELECT official, name, 0 FROM karguzar.officials ORDER BY official;

CREATE FUNCTION karguzar.know_unit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO karguzar.known_units (unit, parent, name, position)
        SELECT NEW.unit, NEW.parent, NEW.name, position FROM karguzar.log_head;
    RETURN NULL;
END $$;
CREATE FUNCTION karguzar.know_official() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO karguzar.known_officials (official, name, position)
        SELECT NEW.official, NEW.name, position FROM karguzar.log_head;
    RETURN NULL;
END $$;

CREATE TRIGGER known_when_entered AFTER INSERT ON karguzar.units
    FOR EACH ROW EXECUTE FUNCTION karguzar.know_unit();
CREATE TRIGGER known_when_changed AFTER UPDATE ON karguzar.units
    FOR EACH ROW WHEN ((OLD.parent, OLD.name) IS DISTINCT FROM (NEW.parent, NEW.name))
    EXECUTE FUNCTION karguzar.know_unit();
CREATE TRIGGER known_when_entered AFTER INSERT ON karguzar.officials
    FOR EACH ROW EXECUTE FUNCTION karguzar.know_official();
CREATE TRIGGER known_when_changed AFTER UPDATE ON karguzar.officials
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name)
    EXECUTE FUNCTION karguzar.know_official();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON karguzar.known_units
    FOR EACH STATEMENT EXECUTE FUNCTION karguzar.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON karguzar.known_officials
    FOR EACH STATEMENT EXECUTE FUNCTION karguzar.refuse_change();

GRANT SELECT ON karguzar.known_units, karguzar.known_officials TO karguzar_app;
