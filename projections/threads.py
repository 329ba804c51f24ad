"""Threads: which cases belong together, such as a visit, its assignments and its appeal."""

from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from domain.envelope import Recorded
from domain.kinds import EVENTS
from projections import register
from projections.pages import columns, page
from projections.readmodel import Rows

VERSION = 1
KEY = ("case_id", "correlation_id")
TAKES = frozenset(EVENTS)
IGNORED: frozenset[str] = frozenset()


class Row(Struct):
    """A case's part in a thread; ``first_position`` is that of its first event in it."""

    case_id: UUID
    correlation_id: UUID
    kind: str
    first_position: int


def fold(rows: Rows, recorded: Recorded) -> None:
    key = (recorded.originator_id, recorded.correlation_id)
    if key not in rows:
        rows[key] = Row(*key, recorded.kind.value, recorded.position)


async def cases_of_thread(
    conn: AsyncConnection[Any], correlation_id: UUID
) -> tuple[list[register.Row], int]:
    """The cases of a thread in the order they joined it, and the position they are true for.

    In sight or not: the caller checks each by its units, workers and confidentiality.
    """
    query = SQL(
        "SELECT {columns}, threads.first_position FROM read_models.threads "
        "JOIN read_models.register USING (case_id) "
        "WHERE threads.correlation_id = %(correlation_id)s"
    ).format(columns=columns(register.Row, "register"))
    found, position = await page(
        conn,
        query,
        Identifier("first_position"),
        {"correlation_id": correlation_id},
        "threads",
        "register",
    )
    return [register.Row(*row[:-1]) for row in found], position
