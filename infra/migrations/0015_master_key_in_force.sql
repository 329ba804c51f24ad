-- No key enters under a master key that another has taken over from: nobody could open it.
-- The share lock holds a change of the master key back until the keys that were entered before it
-- are committed, and keys that come later back until it is.

CREATE FUNCTION karguzar.require_master_key_in_force() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    mark bytea;
BEGIN
    SELECT substring(coalesce(next, sealed) FROM 1 FOR 4) INTO mark
    FROM karguzar.master_key_check FOR SHARE;
    IF EXISTS (SELECT FROM entered WHERE substring(wrapped FROM 1 FOR 4) <> mark) THEN
        RAISE EXCEPTION 'the key is wrapped with a master key that is not in force'
            USING ERRCODE = 'KG001', HINT = 'start this process again with the new master key';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER master_key_in_force AFTER INSERT ON karguzar.person_keys
    REFERENCING NEW TABLE AS entered
    FOR EACH STATEMENT EXECUTE FUNCTION karguzar.require_master_key_in_force();
