-- The tree of units and the officials in them.

CREATE TABLE karguzar.units (
    unit text PRIMARY KEY,
    parent text REFERENCES karguzar.units (unit),
    name text NOT NULL
);

CREATE TABLE karguzar.officials (
    official text PRIMARY KEY,
    unit text NOT NULL REFERENCES karguzar.units (unit),
    name text NOT NULL
);
