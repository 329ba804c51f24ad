"""Which of some cases a reader may see, and by which numbers these go."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from psycopg import AsyncConnection, Connection
from psycopg.rows import tuple_row
from psycopg.sql import SQL

from domain.case import CaseKind, Event
from domain.envelope import Recorded

Sight = tuple[str, dict[str, Any]]
"""What a reader may see, as a condition on the register with its values."""

_NAMING = ("earlier", "into", "appeal_id", "destruction", "source_case")
_NAMING_SEVERAL = ("answered_repeats", "cases")
_NAMING_EACH = ("evidence", "spared")


class SeenCase(Struct, frozen=True):
    """A case as the register has it now."""

    case_id: UUID
    kind: str
    number: str
    received_at: datetime
    registered_on: date


_COLUMNS = SQL("case_id, kind, number, received_at, registered_on")


async def seen_cases(
    conn: AsyncConnection[Any], cases: Collection[UUID], sight: Sight
) -> list[SeenCase]:
    """Those of the cases that may be seen, in the order in which they came."""
    condition, values = sight
    query = SQL(
        "SELECT {} FROM read_models.register WHERE case_id = ANY(%(cases)s) AND {} "
        "ORDER BY received_at, registered_on, case_id"
    ).format(_COLUMNS, SQL(condition))
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    await cursor.execute(query, {"cases": list(cases), **values})
    return [SeenCase(*row) for row in await cursor.fetchall()]


async def cases_of_persons(
    conn: AsyncConnection[Any],
    persons: Collection[UUID],
    sight: Sight,
    *,
    at: int,
    known_at: datetime,
) -> dict[UUID, list[SeenCase]]:
    """The cases of each person that may be seen; a person without any is left out.

    Those that had begun by position *at*, where the person had a part by *known_at*.
    """
    condition, values = sight
    query = SQL(
        "SELECT DISTINCT person_id, {} FROM read_models.parties "
        "JOIN read_models.register USING (case_id) WHERE person_id = ANY(%(persons)s) AND {} "
        "AND parties.since <= %(known_at)s AND EXISTS (SELECT FROM karguzar.register_events "
        "WHERE originator_id = case_id AND originator_version = 1 AND notification_id <= %(at)s) "
        "ORDER BY person_id, received_at, registered_on, case_id"
    ).format(_COLUMNS, SQL(condition))
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    values = {"persons": list(persons), "at": at, "known_at": known_at, **values}
    await cursor.execute(query, values)
    found: dict[UUID, list[SeenCase]] = {}
    for person, *case in await cursor.fetchall():
        found.setdefault(person, []).append(SeenCase(*case))
    return found


def cases_told(events: Iterable[Recorded]) -> set[UUID]:
    """The other cases that events name."""
    found: set[UUID] = set()
    for recorded in events:
        event = recorded.event
        for name in _naming_fields(type(event)):
            held = getattr(event, name)
            if name in _NAMING:
                found |= {held} if isinstance(held, UUID) else set()
            elif name in _NAMING_SEVERAL:
                found |= {each for each in held if isinstance(each, UUID)}
            else:
                found |= {each.case_id for each in held if hasattr(each, "case_id")}
    return found


@cache
def _naming_fields(type_: type[Event]) -> tuple[str, ...]:
    """Most events name no case, and cost no look at each name then."""
    naming = {*_NAMING, *_NAMING_SEVERAL, *_NAMING_EACH}
    return tuple(name for name in type_.__struct_fields__ if name in naming)


async def numbers_of(
    conn: AsyncConnection[Any], events: Iterable[Recorded], sight: Sight
) -> dict[UUID, str]:
    """The numbers of the other cases that events name, of those that may be seen."""
    named = cases_told(events)
    if not named:
        return {}
    return {each.case_id: each.number for each in await seen_cases(conn, named, sight)}


async def naming_seen_alone(
    conn: AsyncConnection[Any], events: list[Recorded], sight: Sight
) -> list[Recorded]:
    """The events; those of causes without the appeals that may not be seen, not even by their ids.

    An appeal may become confidential after all who read the cause were told that it shows it.
    """
    of_causes = [each for each in events if each.kind is CaseKind.CAUSE]
    if not (named := cases_told(of_causes)):
        return events
    seen = {each.case_id for each in await seen_cases(conn, named, sight)}
    return [_without(recorded, named - seen) for recorded in events]


def _without(recorded: Recorded, unseen: set[UUID]) -> Recorded:
    event: Any = recorded.event
    if recorded.kind is not CaseKind.CAUSE or unseen.isdisjoint(getattr(event, "cases", ())):
        return recorded
    told = tuple(each for each in event.cases if each not in unseen)
    return replace(recorded, event=replace(event, cases=told))


def all_numbers_of(conn: Connection[Any], events: Iterable[Recorded]) -> dict[UUID, str]:
    """The same for whoever runs the server, who sees all cases."""
    rows = conn.cursor(row_factory=tuple_row).execute(
        "SELECT case_id, number FROM read_models.register WHERE case_id = ANY(%s)",
        (list(cases_told(events)),),
    )
    return dict(rows.fetchall())
