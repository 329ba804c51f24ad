"""The notices given to an official, as the outbox holds them, and what of it isn't sent."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.rows import tuple_row
from psycopg.sql import SQL

from projections.pages import Mark, Page, checked, decode, encode, position_of

_ORDER = "-position"


class Notice(Struct, frozen=True, kw_only=True):
    """``working_days_left`` is as of ``given_at``, negative when overdue.

    ``role`` is why it was given to this official: executor, unit-head, controller, leader or
    asked-unit.
    """

    id: UUID
    case_id: UUID
    number: str
    kind: str
    clock: str
    stage: str
    step: str
    due_on: date
    working_days_left: int
    official: str
    role: str
    given_at: datetime
    position: int


class NotSent(Struct, frozen=True):
    """How many notices of a channel are waiting to be sent, or have failed for good.

    ``not_needed`` were not sent because what they tell was no longer so.
    """

    channel: str
    waiting: int
    failed: int
    not_needed: int


async def notices_of(
    conn: AsyncConnection[Any],
    officials: Collection[str],
    sight: str,
    sight_values: dict[str, Any],
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Notice]:
    """The notices given to *officials* on cases still in *sight*, the newest first.

    Raises CursorInvalid.
    """
    values: dict[str, Any] = {
        **sight_values,
        "officials": list(officials),
        "limit": checked(limit) + 1,
    }
    after = "true"
    if cursor is not None:
        mark = decode(cursor, _ORDER)
        values |= {"after": mark.value, "after_id": mark.case_id}
        after = "(n.position, n.notice_id) < (%(after)s::bigint, %(after_id)s)"
    query = SQL(
        "WITH page AS (SELECT n.notice_id, n.case_id, register.number, n.kind, n.clock, n.stage, "
        "n.step, n.due_on, n.working_days_left, n.official, n.role, n.given_at, n.position "
        "FROM karguzar.notices n JOIN read_models.register register USING (case_id) "
        "WHERE n.channel = 'register' AND n.official = ANY(%(officials)s::text[]) "
        "AND {after} AND {sight} ORDER BY n.position DESC, n.notice_id DESC LIMIT %(limit)s) "
        "SELECT least({register}, coalesce((SELECT notification_id FROM karguzar.register_tracking "
        "WHERE application_name = 'outbox'), 0)), page.* FROM (SELECT) AS one "
        "LEFT JOIN page ON true ORDER BY page.position DESC, page.notice_id DESC"
    ).format(after=SQL(after), sight=SQL(sight), register=position_of("register"))
    reading = conn.cursor(binary=True, row_factory=tuple_row)
    await reading.execute(query, values, prepare=False)
    found = await reading.fetchall()
    names = Notice.__struct_fields__
    rows = [Notice(**dict(zip(names, row[1:], strict=True))) for row in found if row[1] is not None]
    following = None
    if len(rows) > limit:
        rows = rows[:limit]
        following = encode(Mark(_ORDER, str(rows[-1].position), rows[-1].id))
    return Page(rows=rows, cursor=following, position=found[0][0])


async def not_sent(conn: AsyncConnection[Any]) -> list[NotSent]:
    """Of both channels that leave the register."""
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute(
        "SELECT channel, count(*) FILTER (WHERE state = 'waiting'), "
        "count(*) FILTER (WHERE state = 'failed'), "
        "count(*) FILTER (WHERE state = 'no-longer-needed') FROM karguzar.notices "
        "WHERE state <> 'sent' GROUP BY channel"
    )
    found = {channel: NotSent(channel, *counts) async for channel, *counts in cursor}
    return [found.get(channel, NotSent(channel, 0, 0, 0)) for channel in ("mail", "webhook")]
