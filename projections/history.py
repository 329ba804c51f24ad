"""The history of a case: its events as they stand in the log, told in sentences."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct, to_builtins
from msgspec.structs import replace
from psycopg import AsyncConnection, Connection
from psycopg.rows import tuple_row

from domain.appeal import AppealRegistered
from domain.assignment import AssignmentGiven
from domain.calendar_decision import CalendarDecisionAnnounced
from domain.case import CaseKind
from domain.cause import CauseNamed
from domain.destruction import DestructionProposed
from domain.envelope import Recorded
from domain.finding import FindingOpened
from domain.identity import IdentityConsidered
from domain.media_inquiry import MediaInquiryReceived
from domain.reception import VisitRegistered
from domain.record import EntryCorrected
from infra.code_names import CodeNames
from infra.rows import COLUMNS, StreamRow
from projections.corrections import Before, Entries, shown, take
from projections.telling import Names, Reader, language

_OF_CASE = (
    f"SELECT {COLUMNS} FROM karguzar.register_events e "  # noqa: S608 - a constant
    "WHERE originator_id = %b AND (%b::int8 IS NULL OR notification_id <= %b) "
    "ORDER BY originator_version"
)
_OF_CASE_NOW = (
    f"SELECT {COLUMNS}, (SELECT position FROM karguzar.log_head) "  # noqa: S608 - a constant
    "FROM karguzar.register_events e WHERE originator_id = %b ORDER BY originator_version"
)
_OF_THREAD = (
    f"SELECT {COLUMNS} FROM karguzar.register_events e "  # noqa: S608 - a constant
    "WHERE originator_id IN "
    "(SELECT case_id FROM read_models.threads WHERE correlation_id = %b) "
    "AND notification_id <= %b ORDER BY notification_id"
)
NO_NUMBERS: Mapping[UUID, str] = MappingProxyType({})


class Named(Struct, frozen=True):
    id: str
    name: str


class Acting(TypedDict):
    """Who did something, for whom, and from which unit, as an answer tells it."""

    who: Named
    on_behalf_of: Named | None
    unit: Named


def acting(names: Names, official: str, on_behalf_of: str | None, unit: str) -> Acting:
    return {
        "who": Named(official, names.official(official)),
        "on_behalf_of": Named(on_behalf_of, names.official(on_behalf_of)) if on_behalf_of else None,
        "unit": Named(unit, names.unit(unit)),
    }


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
    numbers: Mapping[UUID, str] = NO_NUMBERS,
    before: Before | None = None,
) -> Entry:
    """The event alone: visits and other cases are named by *numbers*, or else by their ids.

    *before* is what a correction replaced.
    """
    return _tell(
        recorded, Reader(language(language_code), names, numbers, recorded.lacking), before
    )


def _tell(recorded: Recorded, reader: Reader, before: Before | None) -> Entry:
    spoken, names, event = reader.language, reader.names, recorded.event
    details = to_builtins(event)
    name = details.pop("event")
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
        **acting(names, recorded.actor, recorded.on_behalf_of, recorded.unit),
        client=recorded.client,
        reason=recorded.reason,
        command_id=recorded.command_id,
        cause_id=recorded.cause_id,
        correlation_id=recorded.correlation_id,
        sentence=sentence,
        details=details,
    )


def tell_all(
    history: Sequence[Recorded],
    language_code: str,
    names: Names,
    known: Mapping[UUID, str] = NO_NUMBERS,
) -> list[Entry]:
    """The events of a case or thread, with the numbers they gave to visits and cases.

    *known* are the numbers of other cases that the reader may see. A correction tells what it
    replaced.
    """
    numbers = dict(known)
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
                | IdentityConsidered(number=number)
                | CauseNamed(number=number)
            ):
                numbers[recorded.originator_id] = str(number)
    whole = Reader(language(language_code), names, numbers)
    lacking = replace(whole, lacking=True)
    return [
        _tell(
            recorded,
            lacking if recorded.lacking else whole,
            replaced.get(recorded.event_id) if replaced else None,
        )
        for recorded in history
    ]


async def case_rows(
    conn: AsyncConnection[Any], case_id: UUID, upto: int | None = None
) -> list[StreamRow]:
    """The stored events of the case in order, up to and with position *upto*."""
    return await _rows(conn, _OF_CASE, (case_id, upto, upto))


async def case_now(conn: AsyncConnection[Any], case_id: UUID) -> tuple[int, list[StreamRow]]:
    """All stored events of the case in order, and the log's position; 0 where there are none."""
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    await cursor.execute(_OF_CASE_NOW, (case_id,), prepare=True)
    found = await cursor.fetchall()
    return found[-1][-1] if found else 0, [StreamRow(case_id, *row) for _, *row, _ in found]


async def thread_rows(
    conn: AsyncConnection[Any], correlation_id: UUID, upto: int
) -> list[StreamRow]:
    """All stored events of a thread's cases in the order of the log, up to and with *upto*.

    Those of other threads in the same cases too, for who may see a case is told by all of them.
    """
    return await _rows(conn, _OF_THREAD, (correlation_id, upto))


def names_in(conn: Connection[Any], time_zone: ZoneInfo, codes: CodeNames | None = None) -> Names:
    """The names of all units and officials in the database, told in the department's time."""
    cursor = conn.cursor(row_factory=tuple_row)
    officials: dict[str, str] = dict(
        cursor.execute("SELECT official, name FROM karguzar.officials")
    )
    units: dict[str, str] = dict(cursor.execute("SELECT unit, name FROM karguzar.units"))
    return Names(officials, units, time_zone, codes or CodeNames())


async def _rows(conn: AsyncConnection[Any], query: str, values: tuple[Any, ...]) -> list[StreamRow]:
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    await cursor.execute(query, values, prepare=True)
    return [StreamRow(*row) for row in await cursor.fetchall()]
