"""What came of a cause's removal: appeals and repeats on its matters before and after."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.sql import SQL

from projections.repeat_matters import IS_REPEAT
from projections.ties import STOOD


class MattersOf(Struct, frozen=True):
    """The appeals on any of ``topics`` that any of ``units`` have, or any unit where none is."""

    topics: Sequence[str]
    units: Sequence[str]


class Window(Struct, frozen=True):
    """Days of receipt, both included, and of repeats among them."""

    since: date
    until: date
    received: int
    repeats: int


async def count_window(
    conn: AsyncConnection[Any],
    matters: MattersOf,
    since: date,
    until: date,
    *,
    at: int,
    zone: str,
    sight: tuple[str, dict[str, Any]],
) -> Window:
    """The appeals in *sight* that were received from *since* to *until*, as known at *at*."""
    query = SQL(
        "SELECT count(*)::int8, count(*) FILTER (WHERE ever_repeat AND {repeat})::int8 "
        "FROM read_models.answers WHERE nth = 1 AND topic = ANY(%(topics)s::text[]) "
        "AND (cardinality(%(units)s::text[]) = 0 OR unit = ANY(%(units)s::text[])) "
        "AND received_at >= (%(since)s::timestamp AT TIME ZONE %(zone)s) "
        "AND received_at < ((%(until)s::date + 1)::timestamp AT TIME ZONE %(zone)s) "
        "AND {stood} AND {sight}"
    ).format(repeat=SQL(IS_REPEAT.format(sight=sight[0])), stood=SQL(STOOD), sight=SQL(sight[0]))
    values = {
        "topics": list(matters.topics),
        "units": list(matters.units),
        "since": since,
        "until": until,
        "at": at,
        "zone": zone,
        **sight[1],
    }
    cursor = conn.cursor(binary=True)
    await cursor.execute(query, values, prepare=False)
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 - it counts
    return Window(since, until, *row)
