-- Who read what, and what was refused to whom: beside the log, and as append-only as it is.

CREATE TABLE karguzar.accesses (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    official text NOT NULL,
    on_behalf_of text,
    unit text NOT NULL,
    client text NOT NULL,
    roles text[] NOT NULL,
    action text NOT NULL,
    operation text NOT NULL,
    cases uuid[] NOT NULL DEFAULT '{}',
    thread uuid,
    person uuid,
    problem text,
    reason text,
    query jsonb,
    position bigint
);
COMMENT ON TABLE karguzar.accesses IS
    'One row an answer that showed a case, and one a refusal; id and at grow together, in the '
    'order of the commits. cases are those that the answer held, or the one that was refused';

-- Whatever order rows are asked for in, id gives it: it is drawn under this lock, which lasts until
-- the row is committed. So no row can appear behind one that was seen, and the tree can follow.
CREATE FUNCTION karguzar.order_accesses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7_522_011);
    RETURN NULL;
END $$;
CREATE TRIGGER in_order BEFORE INSERT ON karguzar.accesses
    FOR EACH STATEMENT EXECUTE FUNCTION karguzar.order_accesses();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON karguzar.accesses
    FOR EACH STATEMENT EXECUTE FUNCTION karguzar.refuse_change();

CREATE INDEX accesses_at ON karguzar.accesses (at, id);
CREATE INDEX accesses_of_official ON karguzar.accesses (official, at, id);
CREATE INDEX accesses_of_principal ON karguzar.accesses (on_behalf_of, at, id)
    WHERE on_behalf_of IS NOT NULL;
CREATE INDEX accesses_of_unit ON karguzar.accesses (unit, at, id);
CREATE INDEX accesses_of_person ON karguzar.accesses (person, at, id) WHERE person IS NOT NULL;
CREATE INDEX accesses_of_thread ON karguzar.accesses (thread, at, id) WHERE thread IS NOT NULL;
-- New entries wait in a list, so that a reader pays nothing for them; see tidy_accesses.
CREATE INDEX accesses_of_case ON karguzar.accesses USING gin (cases)
    WITH (fastupdate = on, gin_pending_list_limit = 65536);
-- A list's two hundred ids stay in their row, and are not compressed: both would cost the reader.
ALTER TABLE karguzar.accesses ALTER COLUMN cases SET STORAGE EXTERNAL;
ALTER TABLE karguzar.accesses SET (toast_tuple_target = 8160);
ALTER TABLE karguzar.accesses
    SET (autovacuum_vacuum_insert_threshold = 50000, autovacuum_analyze_scale_factor = 0.05);

CREATE FUNCTION karguzar.tidy_accesses() RETURNS bigint LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog
    AS $$ SELECT gin_clean_pending_list('karguzar.accesses_of_case') $$;
COMMENT ON FUNCTION karguzar.tidy_accesses() IS
    'Sort in what waits for the index on cases; called aside, so that no reader has to';

-- The Merkle tree over these rows; the columns are those of karguzar.tree_tiles.
CREATE TABLE karguzar.access_tiles (
    level smallint NOT NULL CHECK (level >= 0),
    tile bigint NOT NULL CHECK (tile >= 0),
    start smallint NOT NULL CHECK (start >= 0),
    hashes bytea NOT NULL CHECK (
        octet_length(hashes) > 0 AND octet_length(hashes) % 32 = 0
        AND start + octet_length(hashes) / 32 <= 256
    ),
    PRIMARY KEY (level, tile, start)
);
ALTER TABLE karguzar.access_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;
COMMENT ON TABLE karguzar.access_tiles IS
    'As tree_tiles, over karguzar.accesses in the order of their ids; ids may have gaps';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON karguzar.access_tiles
    FOR EACH STATEMENT EXECUTE FUNCTION karguzar.refuse_change();

GRANT SELECT ON karguzar.accesses TO karguzar_app;
GRANT INSERT (
    official, on_behalf_of, unit, client, roles, action, operation, cases, thread, person,
    problem, reason, query, position
) ON karguzar.accesses TO karguzar_app;
GRANT SELECT, INSERT ON karguzar.access_tiles TO karguzar_app;
REVOKE EXECUTE ON FUNCTION karguzar.tidy_accesses() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION karguzar.tidy_accesses() TO karguzar_app;
