"""Which position of the log the register had come to at an instant."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import tuple_row

_DISORDER = 1_500
"""How many positions an event may have come late to the log, after it was stamped.

Commands are stamped under the log's lock, in the order of the log. What a calendar decision moves
is stamped while it is prepared, a thousand cases at a time: `application/calendar_desk.py`.
"""
_STAMP = "(convert_from({}state, 'UTF8')::json ->> 'at')::timestamptz"
_OF = f"SELECT {_STAMP.format('')} FROM karguzar.register_events WHERE notification_id = %b"  # noqa: S608
# From the highest bit down: the steps, and so the answer, are the same however long the log.
_CROSSING = (
    "WITH RECURSIVE search (bit, position) AS (SELECT 62, 0::int8 UNION ALL "  # noqa: S608
    "SELECT bit - 1, position + CASE WHEN coalesce((SELECT "
    f"{_STAMP.format('e.')} <= %(instant)s FROM karguzar.register_events e "
    "WHERE e.notification_id = search.position + (1::int8 << bit)), false) "
    "THEN 1::int8 << bit ELSE 0 END FROM search WHERE bit >= 0) "
    "SELECT position FROM search WHERE bit = -1"
)
_EARLIER = (
    "SELECT min(notification_id) FROM karguzar.register_events "  # noqa: S608
    "WHERE notification_id > %(position)s::int8 - %(disorder)s AND notification_id <= %(position)s "
    f"AND {_STAMP.format('')} > %(instant)s"
)


async def position_at(conn: AsyncConnection[Any], instant: datetime) -> int:
    """The last position before the first event that was recorded after *instant*; 0 at first."""
    cursor = conn.cursor(row_factory=tuple_row)
    values: dict[str, Any] = {"instant": instant, "disorder": _DISORDER}
    await cursor.execute(_CROSSING, values)
    position = _one(await cursor.fetchone())
    while position:
        await cursor.execute(_EARLIER, {**values, "position": position})
        row = await cursor.fetchone()
        if row is None or row[0] is None:
            break
        position = int(row[0]) - 1
    return position


async def recorded_at(conn: AsyncConnection[Any], position: int) -> datetime | None:
    """When the event at *position* was recorded; None where there is none."""
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    await cursor.execute(_OF, (position,), prepare=True)
    row = await cursor.fetchone()
    return row[0] if row else None


def _one(row: Any) -> int:
    return int(row[0])
