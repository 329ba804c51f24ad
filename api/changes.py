"""What changed between two times the register knew of: in one case, and among all of them."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.di import Provide
from litestar.params import QueryParameter
from msgspec import Struct
from msgspec.structs import asdict

from api.access_records import Action, filters, record
from api.as_of import AsOf, BusinessDay, Since, as_of, as_of_now
from api.cases import head, opened_case
from api.instants import WRITTEN
from api.language import language_of
from api.lists import Cursor, Limit, common_filter, require_personal
from api.past_lists import MODELS
from api.problem_responses import answers
from api.problems import SpanBackwards
from api.register_state import AppRequest, Register, caller_of, register_of
from api.waiting import wait
from application.access import list_sight_sql, sight_sql
from projections.case_changes import Difference, differences
from projections.cases import CaseFilter
from projections.changes import Change, Changed, Span, balance, list_changed
from projections.history import Entry, tell_all
from projections.seen_cases import numbers_of

Until = Annotated[
    str | None,
    QueryParameter(
        max_length=40, description=f"Recorded time: a position, or {WRITTEN}; now, if left out"
    ),
]
SinceDay = Annotated[
    date | None,
    QueryParameter(
        description="Business time: the day for which the beginning is told, or else that of since"
    ),
]


class CaseChanges(Struct, kw_only=True):
    """``differences`` are what is other at the end than at the beginning; ``events`` all between.

    Before it was registered everything in a case is null.
    """

    id: UUID
    since: AsOf
    until: AsOf
    differences: list[Difference]
    events: list[Entry]


class Changes(Struct, kw_only=True):
    """How many cases were open at ``since`` and ``until``, and how the one became the other.

    opening + registered + reopened + entered - closed - left = closing. ``entered`` and ``left``
    are open cases that came to be among those asked for, or in your sight, or ceased to be.
    The other counts are of what happened besides. The cases behind each count:
    /api/v1/changes/{change}.
    """

    since: AsOf
    until: AsOf
    opening: int
    registered: int
    reopened: int
    entered: int
    closed: int
    left: int
    closing: int
    newly_overdue: int
    due_moved: int
    state_changed: int
    unit_changed: int


class ChangedCases(Struct, kw_only=True):
    """The cases behind one count of the changes, those begun first first."""

    since: AsOf
    until: AsOf
    rows: list[Changed]
    cursor: str | None


@get(
    "/cases/{case_id:uuid}/changes",
    operation_id="cases.changes",
    tags=["cases"],
    summary="What changed in a case since it was last looked at",
    responses=answers(CaseChanges, 400, 401, 403, 404, 422, 503),
)
async def case_changes(
    request: AppRequest, case_id: UUID, since: Since, until: Until = None
) -> CaseChanges:
    register, caller = register_of(request), caller_of(request)
    first, last = await _span(register, since, until, None, None)
    position, events, _ = await opened_case(register, caller, case_id, last)
    if events[0].position <= first.position:
        await opened_case(register, caller, case_id, first)
    await record(request, Action.CHANGES_READ, cases=[case_id], position=position)
    sight = sight_sql(caller, register.organisation())
    async with register.pool.connection() as conn:
        numbers = await numbers_of(conn, events, sight)
    told = tell_all(events, language_of(request), register.names(), numbers)
    return CaseChanges(
        id=case_id,
        since=first,
        until=last,
        differences=differences(events, first.position, last.position),
        events=[entry for entry in told if entry.position > first.position],
    )


@get(
    "/changes",
    operation_id="changes.read",
    tags=["cases"],
    summary="What changed among the cases that you may see, and how many are open",
    dependencies={"wanted": Provide(common_filter)},
    responses=answers(Changes, 400, 401, 403, 422, 503),
)
async def changes(
    request: AppRequest,
    *,
    wanted: CaseFilter,
    since: Since,
    until: Until = None,
    since_on: SinceDay = None,
    on: BusinessDay = None,
) -> Changes:
    register, caller = register_of(request), caller_of(request)
    require_personal(caller)
    sight = list_sight_sql(caller, register.organisation())
    first, last = await _span(register, since, until, since_on, on)
    await wait(register, last.position, *MODELS)
    async with register.pool.connection() as conn:
        found = await balance(conn, _between(first, last), wanted, sight)
    await _record(request, wanted, first, last, [])
    counted = {change.replace("-", "_"): cases for change, cases in found.changes.items()}
    return Changes(since=first, until=last, opening=found.opening, closing=found.closing, **counted)


@get(
    "/changes/{change:str}",
    operation_id="changes.cases",
    tags=["cases"],
    summary="The cases behind one of the counts of what changed",
    dependencies={"wanted": Provide(common_filter)},
    responses=answers(ChangedCases, 400, 401, 403, 422, 503),
)
async def changed_cases(  # noqa: PLR0913
    request: AppRequest,
    *,
    change: Change,
    wanted: CaseFilter,
    since: Since,
    until: Until = None,
    since_on: SinceDay = None,
    on: BusinessDay = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ChangedCases:
    register, caller = register_of(request), caller_of(request)
    require_personal(caller)
    sight = list_sight_sql(caller, register.organisation())
    first, last = await _span(register, since, until, since_on, on)
    await wait(register, last.position, *MODELS)
    async with register.pool.connection() as conn:
        page = await list_changed(
            conn, _between(first, last), change, wanted, sight, cursor=cursor, limit=limit
        )
    await _record(request, wanted, first, last, [row.case_id for row in page.rows])
    return ChangedCases(since=first, until=last, rows=page.rows, cursor=page.cursor)


ROUTES: list[Any] = [case_changes, changes, changed_cases]


async def _span(
    register: Register,
    since: str,
    until: str | None,
    since_on: date | None,
    until_on: date | None,
) -> tuple[AsOf, AsOf]:
    first = await as_of(register, since, since_on)
    if until is not None:
        last = await as_of(register, until, until_on)
    else:
        async with register.pool.connection() as conn:
            last = as_of_now(register.desk.terms.time_zone, await head(conn), until_on)
    if first.position > last.position or first.on > last.on:
        raise SpanBackwards(SpanBackwards.__doc__)
    return first, last


def _between(first: AsOf, last: AsOf) -> Span:
    return Span(since=first.position, since_on=first.on, until=last.position, until_on=last.on)


async def _record(
    request: AppRequest, wanted: CaseFilter, first: AsOf, last: AsOf, cases: list[UUID]
) -> None:
    await record(
        request,
        Action.CHANGES_READ,
        cases=cases,
        query=filters(asdict(wanted) | {"since": first.position}),
        position=last.position,
    )
