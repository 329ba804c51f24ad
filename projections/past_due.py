"""What was due as it was known at a position: the clocks one by one, and counted by day."""

from datetime import date
from typing import Any

from msgspec.structs import replace
from psycopg import AsyncConnection
from psycopg.sql import SQL

from projections.due_dates import DueCase, DueFilter, Row, conditions_of, cursor_behind
from projections.due_days import DueCount
from projections.pages import Page, checked, columns
from projections.past_pages import all_that_stood, past_page, stood

_IN_ORDER = SQL("due_dates.due_on, due_dates.case_id, clock")


async def list_past_due(
    conn: AsyncConnection[Any],
    position: int,
    wanted: DueFilter,
    sight: tuple[str, dict[str, Any]],
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[DueCase]:
    """The clocks as they were known at *position*, of cases in *sight* then and now.

    The earliest due first, without subjects: these are kept as they are. The page's position is
    what the read models have seen. Raises CursorInvalid, LimitInvalid, ReadModelBehind.
    """
    conditions, values = conditions_of(wanted, cursor)
    values |= sight[1] | {"at": position, "limit": checked(limit) + 1}
    shown = SQL("{}, known.number, known.state, known.topic").format(columns(Row, "due_dates"))
    order_by = SQL("due_on, case_id, clock")
    query = SQL("SELECT * FROM ({}) AS stood ORDER BY {} LIMIT %(limit)s").format(
        stood("due_dates", shown, conditions, sight[0], _IN_ORDER), order_by
    )
    found, seen = await past_page(conn, "due_dates", query, order_by, values)
    rows = [
        DueCase(Row(*row), number, state, topic, subject=None)
        for *row, number, state, topic in found[:limit]
    ]
    return Page(rows, cursor_behind(rows[-1]) if len(found) > limit else None, seen)


async def count_past_due(
    conn: AsyncConnection[Any],
    position: int,
    first: date,
    last: date,
    wanted: DueFilter,
    sight: tuple[str, dict[str, Any]],
) -> tuple[list[DueCount], int]:
    """How many of them were due on each day from *first* to *last*, and what has been seen."""
    conditions, values = conditions_of(replace(wanted, due_from=first, due_to=last))
    values |= sight[1] | {"at": position}
    query = SQL(
        "SELECT due_on, split_part(clock, ':', 1) AS clock, count(*) AS due "
        "FROM ({}) AS stood GROUP BY 1, 2"
    ).format(all_that_stood("due_dates", SQL("due_dates.due_on, clock"), conditions, sight[0]))
    found, seen = await past_page(conn, "due_dates", query, SQL("due_on, clock"), values)
    return [DueCount(*row) for row in found], seen
