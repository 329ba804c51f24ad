CREATE TABLE {table} (
    case_id uuid NOT NULL,
    person_id uuid NOT NULL,
    part text NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (case_id, person_id, part)
);
-- indexes
CREATE INDEX ON {table} (person_id);
