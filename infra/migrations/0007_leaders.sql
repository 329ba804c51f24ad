-- Who leads the department: the last to whom an overdue clock is escalated.

ALTER TABLE karguzar.officials ADD COLUMN leads boolean NOT NULL DEFAULT false;
