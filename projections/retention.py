"""What of the register may have come to the end of its time, and what still hangs on it."""

import time
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import Connection
from psycopg.rows import class_row, tuple_row

Mark = tuple[date, UUID]
"""Where the last candidate stands in their order."""

_BEHIND = (
    "SELECT coalesce(min(coalesce(t.notification_id, 0)), 0) < %s "
    "FROM karguzar.read_model_builds b "
    "LEFT JOIN karguzar.register_tracking t ON t.application_name = b.name || '_' || b.build "
    "WHERE b.stage = 'live' AND b.name = ANY(ARRAY['register', 'threads'])"
)
_CANDIDATES = (
    "SELECT case_id, kind, number, unit, registered_on FROM read_models.register r "
    "WHERE NOT open AND NOT under_control AND registered_on < %(before)s "
    "AND kind = ANY(%(kinds)s) AND state = ANY(%(states)s) "
    "AND (registered_on, case_id) > (%(day)s, %(case)s) "
    "AND NOT EXISTS (SELECT FROM karguzar.register_events e "
    "WHERE e.originator_id = r.case_id AND e.topic = 'content-destroyed') "
    "ORDER BY registered_on, case_id LIMIT %(limit)s"
)
_HUNG_ON = (
    "SELECT DISTINCT own.case_id FROM read_models.threads own "
    "JOIN read_models.threads other USING (correlation_id) "
    "JOIN read_models.register o ON o.case_id = other.case_id "
    "WHERE own.case_id = ANY(%s) AND other.case_id <> own.case_id AND o.open"
)


class Candidate(Struct, frozen=True):
    """An ended case that is old enough for some rule; nothing personal."""

    case_id: UUID
    kind: str
    number: str
    unit: str
    registered_on: date


def candidates(
    conn: Connection[Any],
    kinds: Collection[str],
    states: Collection[str],
    before: date,
    after: Mark | None,
    limit: int,
) -> list[Candidate]:
    """The oldest first, from behind *after* on."""
    day, case = after or (date.min, UUID(int=0))
    values = {
        "kinds": list(kinds),
        "states": list(states),
        "before": before,
        "day": day,
        "case": case,
        "limit": limit,
    }
    return conn.cursor(row_factory=class_row(Candidate)).execute(_CANDIDATES, values).fetchall()


def hung_on(conn: Connection[Any], cases: Sequence[UUID]) -> set[UUID]:
    """Those of the cases in whose threads another case is open."""
    rows = conn.cursor(row_factory=tuple_row).execute(_HUNG_ON, (list(cases),))
    return {case for (case,) in rows}


def has_seen_all(conn: Connection[Any], seconds: float = 5.0) -> bool:
    """Whether both tables come, within so many seconds, to where the log is now.

    *conn* commits each statement.
    """
    cursor = conn.cursor(row_factory=tuple_row)
    (head,) = cursor.execute("SELECT position FROM karguzar.log_head").fetchone() or (0,)
    until = time.monotonic() + seconds
    while cursor.execute(_BEHIND, (head,)).fetchone() != (False,):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
