-- Whose key was deleted: asked under the log's lock whenever an owner without a key is named.

CREATE TABLE karguzar.erased_owners (owner uuid PRIMARY KEY);
COMMENT ON TABLE karguzar.erased_owners IS
    'Owners whose key a destruction deleted; who was entered anew since has another key';
GRANT SELECT ON karguzar.erased_owners TO karguzar_app;

INSERT INTO karguzar.erased_owners
SELECT DISTINCT named.owner::uuid
FROM karguzar.register_events e
JOIN karguzar.destructions d ON d.destruction = e.originator_id,
    json_array_elements_text(convert_from(e.state, 'UTF8')::json -> 'data' -> 'owners')
        AS named (owner)
WHERE e.topic LIKE 'destruction-%' AND e.topic = 'destruction-carried-out'
AND NOT EXISTS (SELECT FROM karguzar.person_keys k WHERE k.owner = named.owner::uuid);

CREATE FUNCTION karguzar.keep_erased_owners() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO karguzar.erased_owners SELECT owner FROM deleted ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_erased_owners AFTER DELETE ON karguzar.person_keys
    REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT
    EXECUTE FUNCTION karguzar.keep_erased_owners();
