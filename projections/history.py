"""The history of a case: its events as they stand in the log, told in sentences."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct, to_builtins
from psycopg import AsyncConnection, Connection
from psycopg.rows import tuple_row

from domain.appeal import AppealRegistered
from domain.assignment import AssignmentGiven
from domain.calendar_decision import CalendarDecisionAnnounced
from domain.case import CaseKind
from domain.destruction import DestructionProposed
from domain.envelope import Recorded
from domain.finding import FindingOpened
from domain.media_inquiry import MediaInquiryReceived
from domain.reception import VisitRegistered
from domain.record import EntryCorrected
from infra.rows import StreamRow
from projections.corrections import Before, Entries, shown, take
from projections.telling import Names, Reader, language

_OF_CASE = (
    "SELECT originator_id, originator_version, topic, state, notification_id "
    "FROM karguzar.register_events "
    "WHERE originator_id = %b AND (%b::int8 IS NULL OR notification_id <= %b) "
    "ORDER BY originator_version"
)
_OF_THREAD = (
    "SELECT originator_id, originator_version, topic, state, notification_id "
    "FROM karguzar.register_events "
    "WHERE originator_id IN "
    "(SELECT case_id FROM read_models.threads WHERE correlation_id = %b) "
    "AND (convert_from(state, 'UTF8')::json ->> 'thread')::uuid = %b "
    "ORDER BY notification_id"
)
_NO_NUMBERS: Mapping[UUID, str] = MappingProxyType({})


class Named(Struct, frozen=True):
    id: str
    name: str


class Entry(Struct, frozen=True, kw_only=True):
    """One event, told. ``event`` is its stored name, ``at`` when it was recorded, in UTC.

    ``details`` are the event's own fields in plain form; what stays sealed reads "[sealed]".
    """

    case_id: UUID
    kind: CaseKind
    version: int
    position: int
    event: str
    event_id: UUID
    at: datetime
    who: Named
    on_behalf_of: Named | None
    unit: Named
    client: str
    reason: str | None
    command_id: UUID
    cause_id: UUID | None
    correlation_id: UUID
    sentence: str
    details: dict[str, Any]


def tell(
    recorded: Recorded,
    language_code: str,
    names: Names,
    numbers: Mapping[UUID, str] = _NO_NUMBERS,
    before: Before | None = None,
) -> Entry:
    """The event alone: visits and other cases are named by *numbers*, or else by their ids.

    *before* is what a correction replaced.
    """
    spoken = language(language_code)
    reader = Reader(spoken, names, numbers)
    details = to_builtins(recorded.event)
    name = details.pop("event")
    deputised = recorded.on_behalf_of
    event = recorded.event
    sentence = reader.told(
        spoken.sentences[name], shown(event) if isinstance(event, EntryCorrected) else event
    )
    if before:
        sentence += reader.told(spoken.values["Before"], before)
    return Entry(
        case_id=recorded.originator_id,
        kind=recorded.kind,
        version=recorded.originator_version,
        position=recorded.position,
        event=name,
        event_id=recorded.event_id,
        at=recorded.recorded_at,
        who=Named(recorded.actor, names.official(recorded.actor)),
        on_behalf_of=Named(deputised, names.official(deputised)) if deputised else None,
        unit=Named(recorded.unit, names.unit(recorded.unit)),
        client=recorded.client,
        reason=recorded.reason,
        command_id=recorded.command_id,
        cause_id=recorded.cause_id,
        correlation_id=recorded.correlation_id,
        sentence=sentence,
        details=details,
    )


def tell_all(history: Sequence[Recorded], language_code: str, names: Names) -> list[Entry]:
    """The events of a case or thread, with the numbers they gave to visits and cases.

    A correction tells what it replaced.
    """
    numbers: dict[UUID, str] = {}
    entries: dict[UUID, Entries] = {}
    replaced: dict[UUID, Before] = {}
    for recorded in history:
        if before := take(entries.setdefault(recorded.originator_id, {}), recorded.event):
            replaced[recorded.event_id] = before
        match recorded.event:
            case VisitRegistered(visit_id=visit_id, number=number):
                numbers[visit_id] = str(number)
            case (
                AppealRegistered(number=number)
                | AssignmentGiven(number=number)
                | MediaInquiryReceived(number=number)
                | CalendarDecisionAnnounced(number=number)
                | FindingOpened(number=number)
                | DestructionProposed(number=number)
            ):
                numbers[recorded.originator_id] = str(number)
    return [
        tell(recorded, language_code, names, numbers, replaced.get(recorded.event_id))
        for recorded in history
    ]


async def case_rows(
    conn: AsyncConnection[Any], case_id: UUID, upto: int | None = None
) -> list[StreamRow]:
    """The stored events of the case in order, up to and with position *upto*."""
    return await _rows(conn, _OF_CASE, (case_id, upto, upto))


async def thread_rows(conn: AsyncConnection[Any], correlation_id: UUID) -> list[StreamRow]:
    """The stored events of a thread across its cases, in the order of the log."""
    return await _rows(conn, _OF_THREAD, (correlation_id, correlation_id))


def names_in(conn: Connection[Any], time_zone: ZoneInfo) -> Names:
    """The names of all units and officials in the database, told in the department's time."""
    cursor = conn.cursor(row_factory=tuple_row)
    officials: dict[str, str] = dict(
        cursor.execute("SELECT official, name FROM karguzar.officials")
    )
    units: dict[str, str] = dict(cursor.execute("SELECT unit, name FROM karguzar.units"))
    return Names(officials, units, time_zone)


async def _rows(conn: AsyncConnection[Any], query: str, values: tuple[Any, ...]) -> list[StreamRow]:
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    await cursor.execute(query, values, prepare=True)
    return [StreamRow(*row) for row in await cursor.fetchall()]
