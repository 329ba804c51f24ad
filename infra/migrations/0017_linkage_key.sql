-- The key under which people and matters are compared is the register's, no person's: no destruction
-- takes it, whatever it names. Without it every card would have to be made anew.

CREATE FUNCTION karguzar.keep_linkage_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the register''s own key is not deleted'
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER keep_linkage_key BEFORE DELETE ON karguzar.person_keys
    FOR EACH ROW WHEN (old.owner = '6b617267-757a-6172-8000-6c696e6b6167')
    EXECUTE FUNCTION karguzar.keep_linkage_key();
