-- Calendars as they were, and how far the due dates have followed each decision on the calendar.

CREATE INDEX register_events_calendar_decisions ON karguzar.register_events (notification_id)
    WHERE topic LIKE 'calendar-decision-%';

CREATE TABLE karguzar.calendar_versions (
    version text PRIMARY KEY,
    jurisdiction text NOT NULL,
    organisation text,
    content jsonb NOT NULL,
    known_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE karguzar.calendar_versions IS
    'Every calendar that a due date in the log was computed with, whole';

CREATE TABLE karguzar.recalculations (
    position bigint PRIMARY KEY,
    decision uuid NOT NULL,
    event_id uuid NOT NULL,
    total bigint NOT NULL,
    done bigint NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);
CREATE INDEX recalculations_of_decision ON karguzar.recalculations (decision, position);
COMMENT ON TABLE karguzar.recalculations IS
    'One row for each calendar decision announced or withdrawn; counts cases, not clocks';

GRANT SELECT, INSERT ON karguzar.calendar_versions TO karguzar_app;
GRANT SELECT, INSERT, UPDATE ON karguzar.recalculations TO karguzar_app;
