"""Lists of cases as they were known at a position: the filters, orders and cursors of lists now.

The register's history is walked in the order of the list. A case is met once for each stretch in
which its row stood, and all but the one that was known then are passed over.
"""

from datetime import datetime
from typing import Any

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.sql import SQL

from projections.cases import SORTS, CaseFilter, CaseOrder, mark_of, place_behind
from projections.known_cases import asked_at
from projections.pages import checked, columns, encode, page
from projections.register_history import Row

_ENTERED = "(since_at AT TIME ZONE 'UTC')::date"
_KNOWN_ON = "(%(known_at)s::timestamptz AT TIME ZONE 'UTC')::date"
_AHEAD = "(SELECT max({date} - {entered}) FROM read_models.register_history)"
_NOT_AFTER = {
    CaseOrder.NEWEST: f"registered_on <= {_KNOWN_ON} + 1 + "
    + _AHEAD.format(date="registered_on", entered=_ENTERED),
    CaseOrder.LAST_RECEIVED: f"received_at < ({_KNOWN_ON} + 2 + "
    + _AHEAD.format(date="(received_at AT TIME ZONE 'UTC')::date", entered=_ENTERED)
    + ")::timestamp AT TIME ZONE 'UTC'",
}
"""Where a list that begins with the newest begins: nothing known then had a later date."""


class PastRows(Struct, frozen=True):
    """``seen`` is the position that the read model has come to: it has to be that asked for."""

    rows: list[Row]
    cursor: str | None
    seen: int


async def list_past_cases(
    conn: AsyncConnection[Any],
    position: int,
    known_at: datetime,
    wanted: CaseFilter,
    sight: tuple[str, dict[str, Any]],
    *,
    order: CaseOrder = CaseOrder.NEWEST,
    cursor: str | None = None,
    limit: int = 50,
) -> PastRows:
    """One page of the cases *wanted* as they were known at *position*, recorded at *known_at*.

    Raises CursorInvalid, LimitInvalid.
    """
    sort = SORTS[order]
    asked = asked_at(position, wanted, *sight)
    conditions = list(asked.conditions)
    values = asked.values | {"limit": checked(limit) + 1, "known_at": known_at}
    # One of both: of two bounds at one end PostgreSQL may begin at the wrong one. A cursor's case
    # was known then, so what is beyond it is not after.
    if cursor is None and order in _NOT_AFTER:
        conditions.append(_NOT_AFTER[order])
    if cursor is not None:
        values["after"], values["after_case"] = place_behind(order, cursor)
        conditions.append(
            f"({sort.key}, case_id) {sort.beyond} (%(after)s::{sort.type}, %(after_case)s)"
        )
    query = SQL(
        "SELECT {columns} FROM {source} WHERE {where} ORDER BY {order_by} LIMIT %(limit)s"
    ).format(
        columns=columns(Row, "known"),
        source=SQL(asked.source),
        where=SQL(" AND ".join(conditions)),
        order_by=sort.order_by,
    )
    found, seen = await page(conn, query, sort.order_by, values, "register_history")
    rows = [Row(*row) for row in found[:limit]]
    more = encode(mark_of(order, rows[-1])) if len(found) > limit else None
    return PastRows(rows, more, seen)
