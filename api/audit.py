"""The audit: all that happened around a case, a person or an official, reads and refusals too.

For auditors alone, and itself on record.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter
from msgspec import Struct

from api.access_records import Action, filters, record
from api.cases import require_on_record
from api.instants import WRITTEN
from api.language import language_of
from api.lists import Cursor, Limit, asked_instant
from api.problem_responses import answers
from api.problems import NotOneSubject
from api.register_state import AppRequest, caller_of, register_of
from api.waiting import WaitFor, wait
from application.access import Forbidden, sight_sql
from application.caller import Role
from application.sight_of_fields import as_shown
from domain.case import OfficialId, UnitId
from domain.envelope import Recorded
from projections.audit import Happening, Reader, Subject, What, rows_of_cases, seen_by, trail
from projections.history import Named, acting, tell_all
from projections.seen_cases import numbers_of
from projections.telling import Names

Official = Annotated[OfficialId | None, QueryParameter(description="Who did it, or for whom")]
OfUnit = Annotated[UnitId | None, QueryParameter(description="From which unit it was done")]
From = Annotated[
    str | None,
    QueryParameter(name="from", max_length=40, description=f"Included: {WRITTEN}"),
]
To = Annotated[str | None, QueryParameter(max_length=40, description=f"Not included: {WRITTEN}")]
Before = Annotated[
    str | None,
    QueryParameter(max_length=40, description=f"Not included; now if left out: {WRITTEN}"),
]


class TrailEntry(Struct, kw_only=True):
    """An ``event``, a ``read`` or a ``refusal``, as ``what`` says.

    ``name`` is the event's stored name, or what was done; an event's ``sentence`` tells it, and
    its ``reason`` is that of its command.
    ``operation`` is what was called, ``problem`` what it was refused with, ``query`` the filters of
    a list. ``position`` is an event's own, and of a read the place in the log it was true for.
    """

    what: str
    at: datetime
    name: str
    who: Named
    on_behalf_of: Named | None
    unit: Named
    client: str
    roles: list[str]
    cases: list[UUID]
    version: int | None
    position: int | None
    sentence: str | None
    operation: str | None
    problem: str | None
    reason: str | None
    query: dict[str, Any] | None
    person: UUID | None
    thread: UUID | None


class AuditTrail(Struct, kw_only=True):
    """Oldest first. ``position`` is what the events are true for; records are never behind."""

    entries: list[TrailEntry]
    cursor: str | None
    position: int


class SeenBy(Struct, kw_only=True):
    """``times`` counts answers that held the case, ``events_recorded`` what they did in it."""

    who: Named
    first_at: datetime
    last_at: datetime
    times: int
    events_recorded: int
    actions: list[str]
    clients: list[str]
    units: list[str]
    on_behalf_of: list[Named]


class CaseSeenBy(Struct, kw_only=True):
    """Everyone who saw the case before ``before``, in the order in which they first did."""

    id: UUID
    before: datetime | None
    officials: list[SeenBy]


@get(
    "/audit/trail",
    operation_id="audit.trail",
    tags=["audit"],
    summary="Every event, read and refusal of a case, a thread, a person, an official or a unit",
    responses=answers(AuditTrail, 400, 401, 403, 422, 503),
)
async def audit_trail(  # noqa: PLR0913
    request: AppRequest,
    *,
    case: UUID | None = None,
    thread: UUID | None = None,
    person: UUID | None = None,
    official: Official = None,
    unit: OfUnit = None,
    from_: From = None,
    to: To = None,
    what: What = What.ALL,
    cursor: Cursor = None,
    limit: Limit = 50,
    wait_for: WaitFor = None,
) -> AuditTrail:
    _require_auditor(request)
    given: dict[Subject, UUID | str | None] = {
        Subject.CASE: case,
        Subject.THREAD: thread,
        Subject.PERSON: person,
        Subject.OFFICIAL: official,
        Subject.UNIT: unit,
    }
    asked = [(subject, value) for subject, value in given.items() if value is not None]
    if len(asked) != 1:
        raise NotOneSubject(NotOneSubject.__doc__)
    ((subject, of),) = asked
    register = register_of(request)
    since, until = asked_instant(request, "from", from_), asked_instant(request, "to", to)
    await wait(register, wait_for, "trail", "threads", "parties")
    async with register.pool.connection() as conn:
        page = await trail(
            conn, subject, of, since=since, until=until, what=what, cursor=cursor, limit=limit
        )
        told = {each.cases[0] for each in page.happenings if each.what == "event"}
        rows = await rows_of_cases(conn, list(told))
    caller = caller_of(request)
    events = await register.desk.event_mapper.read_all_async(rows, register.keys_of)
    events = as_shown(caller, events, {})
    async with register.pool.connection() as conn:
        numbers = await numbers_of(conn, events, sight_sql(caller, register.organisation()))
    await record(
        request,
        Action.AUDIT_READ,
        cases=list(told | ({case} if case else set())),
        person=person,
        thread=thread,
        query=filters(
            {"official": official, "unit": unit, "from": since, "to": until, "what": what.value}
        ),
        position=page.position,
    )
    names = register.names()
    return AuditTrail(
        entries=told_trail(page.happenings, events, language_of(request), names, numbers),
        cursor=page.cursor,
        position=page.position,
    )


@get(
    "/audit/cases/{case_id:uuid}/seen-by",
    operation_id="audit.seen-by",
    tags=["audit"],
    summary="Everyone who saw the case",
    responses=answers(CaseSeenBy, 400, 401, 403, 404, 422, 503),
)
async def audit_seen_by(
    request: AppRequest, case_id: UUID, before: Before = None, wait_for: WaitFor = None
) -> CaseSeenBy:
    _require_auditor(request)
    register = register_of(request)
    instant = asked_instant(request, "before", before)
    await require_on_record(register, case_id)
    await wait(register, wait_for, "trail")
    async with register.pool.connection() as conn:
        readers = await seen_by(conn, case_id, instant)
    await record(request, Action.AUDIT_READ, cases=[case_id], query=filters({"before": instant}))
    names = register.names()
    return CaseSeenBy(
        id=case_id, before=instant, officials=[told_reader(each, names) for each in readers]
    )


def told_trail(
    happenings: list[Happening],
    events: list[Recorded],
    language: str,
    names: Names,
    numbers: Mapping[UUID, str],
) -> list[TrailEntry]:
    """The happenings with their people's names, and the events of them told, with their reasons.

    *events* are all those of the cases told, for what they say of each other; *numbers* those of
    other cases.
    """
    entries = {
        (entry.case_id, entry.version): entry
        for entry in tell_all(events, language, names, numbers)
    }

    def told(each: Happening) -> TrailEntry:
        event = each.what == "event"
        entry = entries.get((each.cases[0], each.version or 0)) if event else None
        return TrailEntry(
            what=each.what,
            at=each.at,
            name=each.name,
            **acting(names, each.official, each.on_behalf_of, each.unit),
            client=each.client,
            roles=each.roles,
            cases=each.cases,
            version=each.version,
            position=each.position,
            sentence=entry.sentence if entry else None,
            operation=each.operation,
            problem=each.problem,
            reason=entry.reason if entry else each.reason,
            query=each.query,
            person=each.person,
            thread=each.thread,
        )

    return [told(each) for each in happenings]


def told_reader(reader: Reader, names: Names) -> SeenBy:
    """The reader with the names of officials."""
    return SeenBy(
        who=Named(reader.official, names.official(reader.official)),
        first_at=reader.first_at,
        last_at=reader.last_at,
        times=reader.times,
        events_recorded=reader.events_recorded,
        actions=reader.actions,
        clients=reader.clients,
        units=reader.units,
        on_behalf_of=[Named(each, names.official(each)) for each in reader.on_behalf_of],
    )


def _require_auditor(request: AppRequest) -> None:
    if Role.AUDITOR not in caller_of(request).roles:
        raise Forbidden("The audit needs the role auditor")


ROUTES: list[Any] = [audit_trail, audit_seen_by]
