"""The work list as it was known at a position: what had to be done then, and by whom."""

from collections.abc import Collection
from typing import Any

from psycopg import AsyncConnection
from psycopg.sql import SQL

from projections.pages import Page, checked, columns
from projections.past_pages import past_page, stood
from projections.work import IN_ORDER, OF_OFFICIALS, OF_UNITS, Work, conditions_of, cursor_behind

_IN_ORDER = SQL("coalesce(work.due_on, 'infinity'::date), work.case_id, duty")


async def list_past_work(
    conn: AsyncConnection[Any],
    position: int,
    sight: tuple[str, dict[str, Any]],
    *,
    officials: Collection[str] | None = None,
    units: Collection[str] = (),
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Work]:
    """What *officials*, or else *units*, had to do as it was known at *position*.

    Of cases in *sight* then and now, ordered as the list of now, without subjects: these are kept
    as they are. The page's position is what the read models have seen. Raises CursorInvalid,
    LimitInvalid, ReadModelBehind.
    """
    own, owners = (OF_UNITS, units) if officials is None else (OF_OFFICIALS, officials)
    conditions, values = conditions_of(own, owners, cursor)
    values |= sight[1] | {"at": position, "limit": checked(limit) + 1}
    shown = SQL("{}, known.number, known.state, known.topic, NULL::text AS subject, {}").format(
        columns(Work, "work", first=7),
        SQL("known.confidential, known.under_control"),
    )
    query = SQL("SELECT * FROM ({}) AS stood ORDER BY {} LIMIT %(limit)s").format(
        stood("work", shown, conditions, sight[0], _IN_ORDER), IN_ORDER
    )
    found, seen = await past_page(conn, "work", query, IN_ORDER, values)
    rows = [Work(*row) for row in found[:limit]]
    return Page(rows, cursor_behind(rows[-1]) if len(found) > limit else None, seen)
