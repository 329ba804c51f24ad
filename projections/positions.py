"""How far each live read model has come, and waiting for it."""

import asyncio
from collections.abc import Collection
from datetime import datetime
from typing import Any

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.rows import tuple_row
from psycopg.sql import SQL
from psycopg_pool import AsyncConnectionPool

from projections.pages import position_of

_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.025
FAR_BEHIND = 1_000
"""Further behind the log than these events, figures are too small to be taken for today's."""


class Stopped(Struct, frozen=True):
    """A read model that could not take the event behind its position; it is tried again."""

    error: str
    since: datetime
    tries: int


class ReadModelPosition(Struct, frozen=True, kw_only=True):
    """``behind`` counts the events up to ``head`` that are still to be taken."""

    name: str
    version: int
    build: int
    position: int
    head: int
    behind: int
    stopped: Stopped | None
    rebuilding: bool


class StoppedRound(Struct, frozen=True, kw_only=True):
    """Work at intervals, such as the growth of the tree over the log, that failed at last."""

    name: str
    error: str
    since: datetime
    tries: int


class ReadModelBehind(Exception):
    """The lists have not come as far as asked yet: ask again in a moment."""


class FiguresBehind(ReadModelBehind):
    """The figures are still being counted from the log: ask again once they have caught up."""


async def positions(conn: AsyncConnection[Any]) -> list[ReadModelPosition]:
    """Of every live read model, by name, and of policies and outbox, which follow the log too."""
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute(
        "SELECT live.name, live.version, live.build, coalesce(t.notification_id, 0), "
        "head.position, s.error, s.since, s.tries, EXISTS ("
        "SELECT FROM karguzar.read_model_builds b "
        "WHERE b.name = live.name AND b.stage = 'building') "
        "FROM karguzar.log_head head CROSS JOIN ("
        "SELECT name, version, build, name || '_' || build AS consumer "
        "FROM karguzar.read_model_builds WHERE stage = 'live' "
        "UNION ALL SELECT 'policies', 1, 1, 'policies' "
        "UNION ALL SELECT 'outbox', 1, 1, 'outbox') live "
        "LEFT JOIN karguzar.register_tracking t ON t.application_name = live.consumer "
        "LEFT JOIN karguzar.stopped_consumers s ON s.name = live.consumer "
        "ORDER BY live.name"
    )
    return [
        ReadModelPosition(
            name=name,
            version=version,
            build=build,
            position=position,
            head=head,
            behind=max(0, head - position),
            stopped=Stopped(error, since, tries) if error else None,
            rebuilding=rebuilding,
        )
        async for (
            name,
            version,
            build,
            position,
            head,
            error,
            since,
            tries,
            rebuilding,
        ) in cursor
    ]


async def stopped_rounds(conn: AsyncConnection[Any]) -> list[StoppedRound]:
    """What goes round beside the runner and doesn't get on; each is tried again by itself.

    Save what stopped with LogDiffers: that waits for a person (docs/adr/0025).
    """
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute(
        "SELECT s.name, s.error, s.since, s.tries FROM karguzar.stopped_consumers s "
        "WHERE s.name NOT IN ('policies', 'outbox') AND NOT EXISTS ("
        "SELECT FROM karguzar.read_model_builds b WHERE b.name || '_' || b.build = s.name) "
        "ORDER BY s.name"
    )
    return [
        StoppedRound(name=name, error=error, since=since, tries=tries)
        async for name, error, since, tries in cursor
    ]


async def wait_for(
    pool: AsyncConnectionPool[Any],
    position: int,
    names: Collection[str],
    timeout: float,  # noqa: ASYNC109
) -> None:
    """Return once the named live read models have taken the event at *position*.

    Raises ReadModelBehind after *timeout* seconds. No connection is held between two looks.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + timeout
    pause = _FIRST_PAUSE
    while True:
        async with pool.connection() as conn:
            reached = await _all_reached(conn, position, names)
        if reached:
            return
        left = end - clock()
        if left <= 0:
            raise ReadModelBehind(ReadModelBehind.__doc__)
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_PAUSE)


async def reached(conn: AsyncConnection[Any], names: Collection[str]) -> int:
    """The position that all the named live read models have taken."""
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute(SQL("SELECT {}").format(position_of(*names)))
    (position,) = await cursor.fetchone() or (0,)
    return int(position)


async def keeps_up(conn: AsyncConnection[Any], names: Collection[str]) -> int:
    """The position that all the named live read models have taken. Raises FiguresBehind."""
    position = await reached(conn, names)
    short = await behind(conn, position)
    if short > FAR_BEHIND or (short and not position):
        raise FiguresBehind(FiguresBehind.__doc__)
    return position


async def behind(conn: AsyncConnection[Any], position: int) -> int:
    """How many events the log has behind the *position*."""
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute("SELECT position FROM karguzar.log_head")
    (head,) = await cursor.fetchone() or (0,)
    return max(0, int(head) - position)


async def _all_reached(conn: AsyncConnection[Any], position: int, names: Collection[str]) -> bool:
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute(
        "SELECT count(*) FROM karguzar.read_model_builds b "
        "JOIN karguzar.register_tracking t ON t.application_name = b.name || '_' || b.build "
        "WHERE b.stage = 'live' AND b.name = ANY(%s) AND t.notification_id >= %s",
        (list(names), position),
    )
    row = await cursor.fetchone()
    return position <= 0 or (row is not None and row[0] == len(set(names)))
