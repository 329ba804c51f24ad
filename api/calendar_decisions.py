"""Decisions on the calendar: what one would move, and what it has moved."""

from asyncio import to_thread
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import get, post
from litestar.openapi.spec import Example
from litestar.params import Body, QueryParameter
from msgspec import Struct
from msgspec.structs import replace
from psycopg.rows import class_row

from api.access_records import Action, filters, record
from api.bodies import CommandRequest, decoder_of
from api.cases import opened_case
from api.examples import example_of
from api.lists import Cursor, Limit, require_personal, today_at
from api.problem_responses import answers
from api.register_state import AppRequest, Register, caller_of, register_of
from api.waiting import WaitFor, wait
from application.access import list_sight_sql, require_right
from application.calendar_preview import Preview, preview, terms_after
from application.orders import NoSuchCase
from application.sight_of_fields import text_shown
from domain.calendar_decision import (
    KIND,
    AnnounceCalendarDecision,
    CalendarDecisionAnnounced,
    CalendarDecisionWithdrawn,
)
from domain.case import CaseKind
from projections.moves import Counts, MovedCase, count_moves, list_moves
from projections.running_terms import seen_terms

_EXAMPLE = Example(summary="preview", value=example_of(AnnounceCalendarDecision))
Of = Annotated[
    str,
    QueryParameter(
        pattern="^(last|announced|withdrawn)$",
        description="What moved when it was announced or when it was withdrawn; last: the later",
    ),
]


class Progress(Struct, kw_only=True):
    """How many cases had to be looked at, and how many have been."""

    total: int
    done: int
    started_at: datetime
    finished_at: datetime | None


class Moves(Struct, kw_only=True):
    """What moved in the cases that you may see, the earliest new date first.

    ``progress`` is of all cases, and null until the due dates begin to follow. ``counts`` stand
    on the first page only; ``position`` is what the read models have seen.
    """

    id: UUID
    event: str
    progress: Progress | None
    counts: Counts | None
    rows: list[MovedCase]
    cursor: str | None
    position: int


@get(
    "/calendar-decisions/{case_id:uuid}/moves",
    operation_id="calendar-decisions.moves",
    tags=["calendar-decisions"],
    summary="Every due date that the decision moved",
    responses=answers(Moves, 400, 401, 403, 404, 422, 503),
)
async def moves(
    request: AppRequest,
    case_id: UUID,
    *,
    of: Of = "last",
    cursor: Cursor = None,
    limit: Limit = 50,
    wait_for: WaitFor = None,
) -> Moves:
    register, caller = register_of(request), caller_of(request)
    require_personal(caller)
    await wait(register, wait_for, "moves", "register", "due_dates")
    _, events, _ = await opened_case(register, caller, case_id)
    wanted = {"announced": CalendarDecisionAnnounced, "withdrawn": CalendarDecisionWithdrawn}
    causes = [e for e in events if of == "last" or isinstance(e.event, wanted[of])]
    if events[0].kind is not KIND or not causes:
        raise NoSuchCase(NoSuchCase.__doc__)
    cause = causes[-1]
    sight = list_sight_sql(caller, register.organisation())
    counts = None
    async with register.pool.connection() as conn:
        rows = conn.cursor(row_factory=class_row(Progress))
        await rows.execute(
            "SELECT total, done, started_at, finished_at FROM karguzar.recalculations "
            "WHERE position = %s",
            (cause.position,),
        )
        progress = await rows.fetchone()
        if cursor is None:
            counts = await count_moves(conn, cause.event_id, today_at(register), *sight)
        page = await list_moves(conn, cause.event_id, *sight, cursor=cursor, limit=limit)
    await record(
        request,
        Action.DEADLINES_READ,
        cases=list({case_id, *(row.move.case_id for row in page.rows)}),
        query=filters({"of": of}),
        position=page.position,
    )
    return Moves(
        id=case_id,
        event=str(cause.event.__struct_config__.tag),
        progress=progress,
        counts=counts,
        rows=[
            replace(row, subject=text_shown(caller, CaseKind(row.move.kind), (), row.subject))
            for row in page.rows
        ],
        cursor=page.cursor,
        position=page.position,
    )


@post(
    "/calendar-decisions/preview",
    operation_id="calendar-decisions.preview",
    tags=["calendar-decisions"],
    summary="What a decision would move; nothing is recorded",
    status_code=200,
    request_class=CommandRequest,
    opt={"decode": decoder_of(AnnounceCalendarDecision)},
    responses=answers(Preview, 400, 401, 403, 409, 413, 415, 422, 503),
)
async def preview_decision(
    request: AppRequest,
    data: Annotated[AnnounceCalendarDecision, Body(examples=[_EXAMPLE])],
    wait_for: WaitFor = None,
) -> Preview:
    register, caller = register_of(request), caller_of(request)
    require_right(caller, KIND, AnnounceCalendarDecision)
    await wait(register, wait_for, "due_dates", "register")
    sight = list_sight_sql(caller, register.organisation())
    async with register.previewing:
        found = await to_thread(_previewed, register, data, sight)
    await record(
        request,
        Action.DEADLINES_READ,
        cases=list({move.case_id for move in found.moves}),
        position=found.position,
    )
    return found


def _previewed(
    register: Register, command: AnnounceCalendarDecision, sight: tuple[str, dict[str, Any]]
) -> Preview:
    register.desk.follow_calendar()
    today = today_at(register)
    terms = terms_after(command, register.desk.terms, today)
    days = [day.on for day in command.days]
    with (
        register.connect() as conn,
        seen_terms(conn, min(days), max(days), *sight) as running,
    ):
        return preview(register.desk, running, terms, today)


ROUTES: list[Any] = [moves]
BODY_ROUTES: list[Any] = [preview_decision]
