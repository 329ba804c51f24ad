-- The destruction of keys, and the change of the master key.

ALTER TABLE karguzar.master_key_check ADD COLUMN next bytea;
COMMENT ON COLUMN karguzar.master_key_check.next IS
    'The same text sealed with the key that takes over, while persons'' keys are wrapped anew';
GRANT UPDATE (next) ON karguzar.master_key_check TO karguzar_app;

CREATE INDEX register_events_destructions ON karguzar.register_events (topic, originator_id)
    WHERE topic LIKE 'destruction-%';
CREATE INDEX register_events_destroyed ON karguzar.register_events (originator_id)
    WHERE topic = 'content-destroyed';

CREATE TABLE karguzar.destructions (
    destruction uuid PRIMARY KEY,
    position bigint NOT NULL,
    keys bigint NOT NULL,
    kept bigint NOT NULL,
    documents bigint NOT NULL,
    destroyed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE karguzar.destructions IS
    'What was deleted for each destruction that the log says was carried out: counts only';
GRANT SELECT ON karguzar.destructions TO karguzar_app;

-- The application deletes no key but through this: of owners that a recorded destruction names which
-- two people approved. Under the log's lock, so that nothing is being sealed with a key that goes. An
-- owner keeps the key who has a document in another case, or under whom something was sealed in one
-- since the register was looked at; an erasure then has to be decided anew, and nothing is done.
CREATE FUNCTION karguzar.destroy_keys(carried_out uuid) RETURNS karguzar.destructions
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    done karguzar.destructions;
    at bigint;
    said json;
    proposal json;
    cases uuid[];
    going uuid[];
BEGIN
    PERFORM FROM karguzar.log_head FOR UPDATE;
    SELECT * INTO done FROM karguzar.destructions WHERE destruction = carried_out;
    IF FOUND THEN
        RETURN done;
    END IF;
    SELECT notification_id, convert_from(state, 'UTF8')::json -> 'data' INTO at, said
    FROM karguzar.register_events
    WHERE originator_id = carried_out AND topic = 'destruction-carried-out';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no destruction % was carried out', carried_out
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT convert_from(state, 'UTF8')::json INTO proposal
    FROM karguzar.register_events
    WHERE originator_id = carried_out AND topic = 'destruction-proposed';
    IF (
        SELECT least(count(DISTINCT approver), count(DISTINCT official)) < 2
        FROM karguzar.register_events e,
            CAST(convert_from(e.state, 'UTF8') AS json) AS approval,
            CAST(approval -> 'data' ->> 'approved_by' AS text) AS approver,
            CAST(approval ->> 'by' AS text) AS official
        WHERE e.originator_id = carried_out AND e.topic = 'destruction-approved'
        AND proposal -> 'data' ->> 'proposed_by' NOT IN (approver, official)
        AND proposal ->> 'by' NOT IN (approver, official)
    ) THEN
        RAISE EXCEPTION 'no two people approved the destruction %', carried_out
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    cases := ARRAY(SELECT value::uuid FROM json_array_elements_text(said -> 'cases'));
    going := ARRAY(SELECT value::uuid FROM json_array_elements_text(said -> 'owners'));
    done := (carried_out, at, 0, cardinality(going), 0, now());
    going := ARRAY(
        SELECT unnest(going) EXCEPT (
            SELECT owner::uuid FROM karguzar.register_events e,
                json_object_keys(convert_from(e.state, 'UTF8')::json -> 'sealed') AS owner
            WHERE e.notification_id > coalesce((said ->> 'looked_at')::bigint, at)
            AND (e.notification_id > at OR e.originator_id <> ALL (cases))
            AND e.topic NOT LIKE 'destruction-%'
            UNION ALL
            SELECT d.owner FROM karguzar.documents d
            WHERE d.owner = ANY (going) AND d.case_id <> ALL (cases)
            AND NOT EXISTS (
                SELECT FROM karguzar.register_events e
                WHERE e.originator_id = d.case_id AND e.topic LIKE 'destruction-%'
            )
        )
    );
    IF cardinality(going) < done.kept AND proposal -> 'data' ->> 'person' IS NOT NULL THEN
        RAISE EXCEPTION 'something was sealed since for whom % is to erase', carried_out
            USING ERRCODE = 'object_in_use';
    END IF;
    DELETE FROM karguzar.person_keys WHERE owner = ANY (going);
    GET DIAGNOSTICS done.keys = ROW_COUNT;
    done.kept := done.kept - cardinality(going);
    DELETE FROM karguzar.documents WHERE owner = ANY (going) OR case_id IN (
        SELECT originator_id FROM karguzar.register_events e
        WHERE e.originator_id = ANY (cases) AND e.topic = 'content-destroyed'
        AND (convert_from(e.state, 'UTF8')::json -> 'data' ->> 'destruction')::uuid = carried_out
    );
    GET DIAGNOSTICS done.documents = ROW_COUNT;
    INSERT INTO karguzar.destructions SELECT done.*;
    RETURN done;
END $$;
REVOKE ALL ON FUNCTION karguzar.destroy_keys(uuid) FROM public;
GRANT EXECUTE ON FUNCTION karguzar.destroy_keys(uuid) TO karguzar_app;
