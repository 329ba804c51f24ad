"""Time to return: for how many days after an answer nobody had come back yet."""

from collections import defaultdict
from typing import Any

from psycopg import AsyncConnection
from psycopg.sql import SQL

from domain.survival import Watched
from projections.returns import (
    CONDITIONS,
    TIED,
    Asked,
    By,
    Figure,
    Group,
    column,
    tied_values,
    where,
)
from projections.ties import ties_at

_DAYS = "CASE WHEN tied.days >= 0 THEN tied.days ELSE {until} - answered_on END"
_UNTIL = (
    "CASE WHEN set_aside_position <= %(at)s THEN least(%(on)s::date, set_aside_on) "
    "ELSE %(on)s::date END"
)


async def watched_answers(
    conn: AsyncConnection[Any], asked: Asked, by: By | None, *, aside: bool = True
) -> dict[Group, dict[int, Watched]]:
    """Of each group, how many came back and how many were last seen away, by days.

    Whoever has not come back is watched up to the business day, or until the answer was set aside.
    Without *aside* only those answers are watched that the figures call ``answers``.
    """
    ties = await ties_at(conn, asked.at, asked.on, asked.zone, asked.sight)
    columns = [SQL(column(by))] if by else []
    columns += [SQL(_DAYS.format(until=_UNTIL)), SQL("coalesce(tied.days, -1) >= 0")]
    query = SQL(
        "SELECT {columns}, count(*)::int8 FROM {source} WHERE {where} AND ({seen}) "
        "GROUP BY {columns}"
    ).format(
        columns=SQL(", ").join(columns),
        source=TIED,
        where=where(asked),
        seen=SQL("true" if aside else CONDITIONS[Figure.ANSWERS]),
    )
    cursor = conn.cursor(binary=True)
    await cursor.execute(query, asked.values | tied_values(ties, asked), prepare=False)
    found: dict[Group, dict[int, tuple[int, int]]] = defaultdict(dict)
    for *of_group, away, back, count in await cursor.fetchall():
        came, gone = found[tuple(of_group)].get(away, (0, 0))
        found[tuple(of_group)][away] = (came + count, gone) if back else (came, gone + count)
    return {
        of_group: {day: Watched(*counts) for day, counts in by_day.items()}
        for of_group, by_day in found.items()
    }
