"""The running clocks that may need a notice, with who works on their cases."""

from datetime import date
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import Connection
from psycopg.rows import tuple_row


class RunningClock(Struct, frozen=True):
    """A row of the due dates, and of its case the unit, the executors and the controller."""

    due_on: date
    case_id: UUID
    clock: str
    kind: str
    unit: str | None
    official: str | None
    home: str
    case_unit: str
    executors: list[str]
    controller: str | None


def running_clocks(
    conn: Connection[Any], until: date, after: tuple[date, UUID, str] | None, limit: int
) -> list[RunningClock]:
    """At most *limit* clocks due on *until* or earlier, in the order of their due dates.

    *after* is the due date, case and clock of the last one read before. An index over those that
    run finds them: what is due later, or has been met, costs nothing.
    """
    rows = conn.cursor(row_factory=tuple_row).execute(
        "SELECT d.due_on, d.case_id, d.clock, d.kind, d.unit, d.official, d.home, "
        "r.unit, r.executors, r.controller "
        "FROM read_models.due_dates d JOIN read_models.register r USING (case_id) "
        "WHERE d.running AND d.due_on <= %(until)s AND (d.due_on, d.case_id, d.clock) "
        "> (%(due_on)s::date, %(case_id)s::uuid, %(clock)s) "
        "ORDER BY d.due_on, d.case_id, d.clock LIMIT %(limit)s",
        {
            "until": until,
            "due_on": after[0] if after else "-infinity",
            "case_id": after[1] if after else UUID(int=0),
            "clock": after[2] if after else "",
            "limit": limit,
        },
    )
    return [RunningClock(*row) for row in rows]
