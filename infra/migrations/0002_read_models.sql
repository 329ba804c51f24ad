-- Where read models are built: each build has its own table, a view shows the live one.

CREATE SCHEMA read_models;

CREATE TABLE karguzar.read_model_builds (
    name text NOT NULL,
    build integer NOT NULL,
    version integer NOT NULL,
    stage text NOT NULL CHECK (stage IN ('building', 'live', 'retired')),
    started_at timestamptz NOT NULL DEFAULT now(),
    live_since timestamptz,
    PRIMARY KEY (name, build)
);
CREATE UNIQUE INDEX one_live_build ON karguzar.read_model_builds (name) WHERE stage = 'live';

CREATE TABLE karguzar.stopped_consumers (
    name text PRIMARY KEY,
    position bigint NOT NULL,
    error text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    tries integer NOT NULL DEFAULT 1
);
COMMENT ON TABLE karguzar.stopped_consumers IS
    'Read models and policies that could not take the event after this position';

CREATE TABLE karguzar.refused_orders (
    event_id uuid NOT NULL,
    policy text NOT NULL,
    position bigint NOT NULL,
    refusal text NOT NULL,
    refused_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (event_id, policy)
);
COMMENT ON TABLE karguzar.refused_orders IS
    'Orders of policies that the domain refused: somebody has to look at them';
