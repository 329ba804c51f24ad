-- By what the register knows its master key again.

CREATE TABLE karguzar.master_key_check (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    sealed bytea NOT NULL
);
COMMENT ON TABLE karguzar.master_key_check IS
    'A fixed text sealed with the master key: another key does not open it';
GRANT SELECT, INSERT ON karguzar.master_key_check TO karguzar_app;
