-- The Merkle tree over the log, and its signed checkpoints.

CREATE TABLE karguzar.tree_tiles (
    level smallint NOT NULL CHECK (level >= 0),
    tile bigint NOT NULL CHECK (tile >= 0),
    start smallint NOT NULL CHECK (start >= 0),
    hashes bytea NOT NULL CHECK (
        octet_length(hashes) > 0 AND octet_length(hashes) % 32 = 0
        AND start + octet_length(hashes) / 32 <= 256
    ),
    PRIMARY KEY (level, tile, start)
);
ALTER TABLE karguzar.tree_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;
COMMENT ON TABLE karguzar.tree_tiles IS
    'Tiles of 256 hashes in the pieces in which they came; level 0 are the leaves, in the order '
    'of the log. The leaf of the event at position n has the index n - 1';

CREATE TABLE karguzar.checkpoints (
    origin text NOT NULL,
    size bigint NOT NULL CHECK (size > 0),
    root bytea NOT NULL CHECK (octet_length(root) = 32),
    note text NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (origin, size)
);
COMMENT ON TABLE karguzar.checkpoints IS
    'Every signed checkpoint of the log (C2SP tlog-checkpoint), as it was sent out of the database';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON karguzar.tree_tiles
    FOR EACH STATEMENT EXECUTE FUNCTION karguzar.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON karguzar.checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION karguzar.refuse_change();

GRANT SELECT, INSERT ON karguzar.tree_tiles, karguzar.checkpoints TO karguzar_app;
