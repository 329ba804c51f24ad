-- Which reports of units wait to be compared with the log is read from the log.

CREATE INDEX register_events_unit_reports ON karguzar.register_events (notification_id)
    WHERE topic LIKE 'unit-report-%';
