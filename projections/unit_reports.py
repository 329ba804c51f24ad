"""Which reports of units the register has."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.rows import class_row, tuple_row
from psycopg.sql import SQL

from projections.pages import position_of


async def registered_among(
    conn: AsyncConnection[Any], reports: Sequence[UUID]
) -> tuple[set[UUID], int]:
    """Those of these cases that the live register has, and the position it has seen."""
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute(
        SQL(
            "SELECT {position}, array(SELECT case_id FROM read_models.register "
            "WHERE case_id = ANY(%s))"
        ).format(position=position_of("register")),
        (list(reports),),
    )
    position, found = await cursor.fetchone() or (0, [])
    return set(found), int(position)


class Reported(Struct, frozen=True):
    """A report as the register shows it."""

    case_id: UUID
    number: str
    state: str
    registered_on: date


async def reports_among(conn: AsyncConnection[Any], reports: Sequence[UUID]) -> list[Reported]:
    """Those of these cases that the live register has."""
    cursor = conn.cursor(row_factory=class_row(Reported))
    await cursor.execute(
        "SELECT case_id, number, state, registered_on FROM read_models.register "
        "WHERE case_id = ANY(%s)",
        (list(reports),),
    )
    return await cursor.fetchall()
