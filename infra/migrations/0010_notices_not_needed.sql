-- A notice that had to wait may tell what isn't so any more: then it is not sent.

ALTER TABLE karguzar.notices
    DROP CONSTRAINT notices_state_check,
    ADD CONSTRAINT notices_state_check
        CHECK (state IN ('waiting', 'sent', 'failed', 'no-longer-needed'));
