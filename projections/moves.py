"""Due dates that moved with the calendar: from which day to which, and by which decision."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.rows import tuple_row
from psycopg.sql import SQL

from domain.envelope import Recorded
from domain.kinds import EVENTS
from domain.recalculation import DueDatesMoved
from projections.pages import Mark, Page, checked, columns, day_of, decode, encode, page
from projections.readmodel import Rows

VERSION = 1
KEY = ("case_id", "clock", "position")
TAKES = frozenset({DueDatesMoved})
IGNORED = frozenset(str(event.__struct_config__.tag) for event in EVENTS if event not in TAKES)
"""Only the calendar moves due dates; whatever else changes one sets a new term."""


class Row(Struct):
    """A clock that moved. ``cause`` is the event that announced or withdrew the decision.

    ``was_at`` and ``due_at`` are for terms that end at an instant.
    """

    case_id: UUID
    clock: str
    position: int
    kind: str
    decision: UUID
    cause: UUID | None
    was: date
    due: date
    was_at: datetime | None
    due_at: datetime | None


class MovedCase(Struct, frozen=True):
    """A clock that moved, with what a list shows of its case."""

    move: Row
    number: str
    state: str
    topic: str | None
    subject: str | None


class Counts(Struct, frozen=True, kw_only=True):
    """Clocks, not cases. Overdue are those that are still running."""

    moved: int
    earlier: int
    later: int
    newly_overdue: int
    no_longer_overdue: int


def fold(rows: Rows, recorded: Recorded) -> None:
    event = recorded.event
    if not isinstance(event, DueDatesMoved):
        return
    for each in event.moved:
        row = Row(
            recorded.originator_id,
            each.clock,
            recorded.position,
            recorded.kind.value,
            event.decision,
            recorded.cause_id,
            each.was,
            each.due.on,
            each.was_at,
            each.due.at,
        )
        rows[row.case_id, row.clock, row.position] = row


async def list_moves(
    conn: AsyncConnection[Any],
    cause: UUID,
    sight: str,
    sight_values: dict[str, Any],
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[MovedCase]:
    """What moved in the cases in *sight*, the earliest new date first. Raises CursorInvalid."""
    values: dict[str, Any] = {**sight_values, "cause": cause, "limit": checked(limit) + 1}
    conditions = ["moves.cause = %(cause)s", sight]
    if cursor is not None:
        mark = decode(cursor, "moves")
        values |= {"after": day_of(mark), "after_case": mark.case_id, "after_clock": mark.part}
        conditions.append(
            "(moves.due, moves.case_id, moves.clock) "
            "> (%(after)s::date, %(after_case)s, %(after_clock)s)"
        )
    query = SQL(
        "SELECT {columns}, register.number, register.state, register.topic, register.subject "
        "FROM read_models.moves JOIN read_models.register USING (case_id) WHERE {where} "
        "ORDER BY moves.due, moves.case_id, moves.clock LIMIT %(limit)s"
    ).format(columns=columns(Row, "moves"), where=SQL(" AND ").join(map(SQL, conditions)))
    found, position = await page(
        conn, query, SQL("due, case_id, clock"), values, "moves", "register"
    )
    rows = [MovedCase(Row(*row[:-4]), *row[-4:]) for row in found[:limit]]
    following = None
    if len(found) > limit:
        last = rows[-1].move
        following = encode(Mark("moves", last.due.isoformat(), last.case_id, last.clock))
    return Page(rows=rows, cursor=following, position=position)


async def count_moves(
    conn: AsyncConnection[Any],
    cause: UUID,
    today: date,
    sight: str,
    sight_values: dict[str, Any],
) -> Counts:
    """How many clocks of the cases in *sight* moved, and what that means *today*."""
    query = SQL(
        "SELECT count(*), "
        "count(*) FILTER (WHERE (moves.due, moves.due_at) < (moves.was, moves.was_at)), "
        "count(*) FILTER (WHERE (moves.due, moves.due_at) > (moves.was, moves.was_at)), "
        "count(*) FILTER (WHERE due_dates.running "
        "AND moves.was >= %(today)s AND moves.due < %(today)s), count(*) FILTER "
        "(WHERE due_dates.running AND moves.was < %(today)s AND moves.due >= %(today)s) "
        "FROM read_models.moves JOIN read_models.register USING (case_id) "
        "LEFT JOIN read_models.due_dates "
        "ON due_dates.case_id = moves.case_id AND due_dates.clock = moves.clock "
        "WHERE moves.cause = %(cause)s AND {}"
    ).format(SQL(sight))
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    await cursor.execute(query, {**sight_values, "cause": cause, "today": today}, prepare=False)
    moved, earlier, later, newly, no_longer = await cursor.fetchone() or (0, 0, 0, 0, 0)
    return Counts(
        moved=moved,
        earlier=earlier,
        later=later,
        newly_overdue=newly,
        no_longer_overdue=no_longer,
    )
