"""How much is due on each day: running clocks counted by day and name."""

from collections.abc import Collection
from datetime import date
from typing import Any

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.sql import SQL

from projections.pages import page


class DueCount(Struct, frozen=True):
    """``clock`` is the name before the colon: all requests for information count as one."""

    day: date
    clock: str
    count: int


async def count_due(
    conn: AsyncConnection[Any],
    first: date,
    last: date,
    sight: str,
    sight_values: dict[str, Any],
    *,
    units: Collection[str] | None = None,
    officials: Collection[str] | None = None,
) -> tuple[list[DueCount], int]:
    """The running clocks of cases in *sight* that are due from *first* to *last*, both included.

    With the position the counts are true for.
    """
    values: dict[str, Any] = {**sight_values, "first": first, "last": last}
    conditions = [sight, "due_dates.running", "due_dates.due_on BETWEEN %(first)s AND %(last)s"]
    if units is not None:
        values["units"] = list(units)
        conditions.append("due_dates.unit = ANY(%(units)s::text[])")
    if officials is not None:
        values["officials"] = list(officials)
        conditions.append("due_dates.official = ANY(%(officials)s::text[])")
    query = SQL(
        "SELECT due_dates.due_on, split_part(due_dates.clock, ':', 1) AS clock, count(*) AS due "
        "FROM read_models.due_dates JOIN read_models.register USING (case_id) WHERE {where} "
        "GROUP BY 1, 2"
    ).format(where=SQL(" AND ").join(map(SQL, conditions)))
    found, position = await page(conn, query, SQL("due_on, clock"), values, "due_dates", "register")
    return [DueCount(*row) for row in found], position
