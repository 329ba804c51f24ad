-- What makes and ends links between appeals and between persons: read by whoever decides on one
-- under the log's lock, from where the read models of links stand.
CREATE INDEX register_events_links ON karguzar.register_events (notification_id)
WHERE topic IN ('appeal-merged', 'appeal-reopened', 'appeal-taken-up-again',
    'identity-decision-withdrawn', 'persons-joined', 'persons-told-apart',
    'repeat-confirmed', 'repeat-decision-withdrawn', 'repeat-rejected');
