CREATE TABLE {table} (
    case_id uuid NOT NULL,
    rule text NOT NULL,
    kind text NOT NULL,
    unit text NOT NULL,
    imported boolean NOT NULL,
    since timestamptz NOT NULL,
    versions bigint[] NOT NULL,
    positions bigint[] NOT NULL,
    memory text
);
-- indexes
ALTER TABLE {table} ADD PRIMARY KEY (case_id, rule, unit);
CREATE INDEX ON {table} (since DESC, case_id DESC, rule DESC, unit DESC) WHERE rule <> 'standing';
CREATE INDEX ON {table} (rule, unit, since) WHERE rule <> 'standing';
CREATE INDEX ON {table} (unit, since) WHERE rule <> 'standing';
