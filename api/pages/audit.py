"""Where auditors begin: a case by its number, and who saw or tried what around it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.response import Redirect, Template
from msgspec import Struct

from api.access_records import Action, record
from api.audit import told_reader, told_trail
from api.cases import require_on_record
from api.lists import Cursor
from api.pages.places import PLACE
from api.pages.shell import page, reader_language
from api.register_state import AppRequest, caller_of, register_of
from application.access import list_sight_sql, sight_sql
from application.sight_of_fields import as_shown, text_shown
from domain.case import CaseKind
from projections.audit import Subject, What, rows_of_cases, seen_by, trail
from projections.cases import CaseFilter, list_cases
from projections.register import Row
from projections.seen_cases import numbers_of, seen_cases

_AUDIT = {PLACE: "audit"}
_ROWS, _HAPPENINGS = 50, 50
_LONGEST = 200


class Found(Struct, frozen=True, kw_only=True):
    """A row of the list that was found, in words."""

    case_id: UUID
    number: str
    kind: str
    subject: str | None
    state: str
    unit: str
    registered_on: Any
    due_on: Any
    overdue: bool


@get("/pages/audit", operation_id="pages.audit", opt=_AUDIT, include_in_schema=False)
async def audit(request: AppRequest) -> Template:
    await record(request, Action.AUDIT_READ)
    return page(request, "audit.html", found=None, asked="")


@post("/pages/audit", operation_id="pages.audit-search", opt=_AUDIT, include_in_schema=False)
async def audit_search(request: AppRequest) -> Redirect | Template:
    """By form, for whoever types a name has it in no address."""
    register, caller = register_of(request), caller_of(request)
    asked = str((await request.form()).get("number", "")).replace("\x00", "").strip()[:_LONGEST]
    if not asked:
        return page(request, "audit.html", status_code=200, found=None, asked="")
    async with register.pool.connection() as conn:
        found = await list_cases(
            conn,
            CaseFilter(text=asked),
            *list_sight_sql(caller, register.organisation()),
            limit=_ROWS,
        )
    await record(
        request,
        Action.SEARCH_MADE,
        cases=[row.case_id for row in found.rows],
        query={"text": True},
        position=found.position,
    )
    if len(found.rows) == 1:
        return Redirect(f"/pages/cases/{found.rows[0].case_id}", status_code=303)
    names, today = register.names(), datetime.now(register.desk.terms.time_zone).date()

    def told(row: Row) -> Found:
        return Found(
            case_id=row.case_id,
            number=row.number,
            kind=row.kind,
            subject=text_shown(caller, CaseKind(row.kind), row.workers, row.subject),
            state=row.state,
            unit=names.unit(row.unit),
            registered_on=row.registered_on,
            due_on=row.due_on,
            overdue=bool(row.open and row.due_on and row.due_on < today),
        )

    rows = [told(row) for row in found.rows]
    return page(
        request,
        "audit.html",
        status_code=200,
        found=rows,
        asked=asked,
        cursor=found.cursor,
        position=found.position,
        at=datetime.now(UTC),
    )


@get(
    "/pages/audit/cases/{case_id:uuid}",
    operation_id="pages.audit-case",
    opt=_AUDIT,
    include_in_schema=False,
)
async def audit_case(request: AppRequest, case_id: UUID, cursor: Cursor = None) -> Template:
    register, caller = register_of(request), caller_of(request)
    await require_on_record(register, case_id)
    sight = sight_sql(caller, register.organisation())
    async with register.pool.connection() as conn:
        readers = await seen_by(conn, case_id, None)
        part = await trail(
            conn,
            Subject.CASE,
            case_id,
            since=None,
            until=None,
            what=What.ALL,
            cursor=cursor,
            limit=_HAPPENINGS,
        )
        rows = await rows_of_cases(conn, [case_id])
    events = as_shown(
        caller, await register.desk.event_mapper.read_all_async(rows, register.keys_of), {}
    )
    async with register.pool.connection() as conn:
        numbers = await numbers_of(conn, events, sight)
        cases = await seen_cases(conn, [case_id], sight)
    await record(request, Action.AUDIT_READ, cases=[case_id], position=part.position)
    names, language = register.names(), reader_language(request)
    return page(
        request,
        "audit_case.html",
        case_id=case_id,
        number=cases[0].number if cases else str(case_id),
        readers=[told_reader(each, names) for each in readers],
        entries=told_trail(part.happenings, events, language, names, numbers),
        cursor=part.cursor,
        position=part.position,
        at=datetime.now(UTC),
    )


ROUTES: list[Any] = [audit, audit_search, audit_case]
