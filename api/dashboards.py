"""Dashboards: the figures of a page, and the cases behind each."""

from datetime import date, timedelta
from typing import Annotated, Any

from litestar import get
from litestar.di import Provide
from litestar.params import QueryParameter
from msgspec import Struct
from msgspec.structs import asdict, replace
from psycopg import AsyncConnection

from api.access_records import Action, filters, record
from api.as_of import BusinessDay
from api.dashboard_making import PAGES, Asking
from api.dashboard_pages import About, Dashboard, DashboardPage, FigureCases
from api.dashboard_telling import Telling
from api.figure_scope import SEE_FIGURES, scope_of
from api.lists import Cursor, Limit, require_personal, today_at
from api.problem_responses import answers
from api.register_state import AppRequest, Register, caller_of, register_of
from api.returns import PeriodInverted
from api.waiting import WaitFor, wait
from application.access import ROLES_NEEDED, Forbidden, sees_personal, sight_sql
from application.caller import Caller
from application.sight_of_fields import text_shown
from domain.case import CaseKind, NotFitting, UnitId
from projections.figures import Figure, Period, quarter_of
from projections.figures_told import (
    MODEL,
    Dimension,
    Frame,
    Narrowing,
    figure_cases,
    position,
)
from projections.instants import recorded_at
from projections.positions import behind

_FIRST_YEAR, _LAST_YEAR, _MOST_YEARS = 1900, 2199, 10
Unit = Annotated[
    UnitId | None, QueryParameter(description="Of this unit and those below it, not of all")
]
Alone = Annotated[bool, QueryParameter(description="Of the unit without those below it")]
From = Annotated[
    date | None,
    QueryParameter(
        name="from", description="Business time: the first day; else that of the month of `to`"
    ),
]
To = Annotated[
    date | None,
    QueryParameter(name="to", description="Business time: the last day; else the day of `on`"),
]
Value = Annotated[str | None, QueryParameter(max_length=200, description="Of the dimension")]


class PeriodOutOfReach(NotFitting):
    """A period lies between 1900 and 2199 and is ten years long at most: choose other days."""


class ValueOfNothing(NotFitting):
    """A dimension and a value of it narrow a list together: give both or neither."""


class Asked(Struct, frozen=True, kw_only=True):
    """``since`` to ``until`` are both included: by default the month of ``on`` up to that day.

    ``on`` is the business day, today where it is None. ``alone``: without the units below.
    """

    unit: str | None = None
    alone: bool = False
    since: date | None = None
    until: date | None = None
    on: date | None = None


async def dashboard(
    register: Register, caller: Caller, page: DashboardPage, asked: Asked
) -> Dashboard:
    """The page as the caller is told it, all of one moment. What is shown has to be recorded.

    Analysts have one page of ended quarters: two periods of which one lies in the other, or two
    days of a running one, would tell by their difference what is small. Raises Forbidden,
    PeriodInverted, PeriodOutOfReach.
    """
    frame = _frame(register, caller, asked)
    personal = sees_personal(caller)
    if not personal:
        if page is not DashboardPage.ANALYST:
            raise Forbidden(ROLES_NEEDED, SEE_FIGURES)
        running, _ = quarter_of(today_at(register))
        first, last = quarter_of(min(frame.period.until, running - timedelta(days=1)))
        frame = replace(frame, period=replace(frame.period, since=first, until=last))
    telling = Telling(unit=asked.unit, alone=asked.alone, small_told=personal)
    async with register.pool.connection() as conn, conn.transaction():
        await conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        about = await _about(conn, page, frame, telling)
        return await PAGES[page](Asking(conn, frame, telling), about)


def _frame(register: Register, caller: Caller, asked: Asked) -> Frame:
    scope = scope_of(caller, register.organisation(), asked.unit, alone=asked.alone)
    on = asked.on or today_at(register)
    until = asked.until or on
    since = asked.since or until.replace(day=1)
    if until < since:
        raise PeriodInverted
    years = (since.year, until.year, on.year)
    too_long = until.year - since.year > _MOST_YEARS
    if too_long or min(years) < _FIRST_YEAR or max(years) > _LAST_YEAR:
        raise PeriodOutOfReach
    return Frame(scope=scope, period=Period(since=since, until=until, on=on))


async def _about(
    conn: AsyncConnection[Any], page: DashboardPage, frame: Frame, telling: Telling
) -> About:
    at = await position(conn)
    left_out = [] if frame.scope.confidential else ["confidential"]
    if not telling.small_told:
        left_out.append("small-counts")
    return About.of(
        page,
        frame.period,
        at,
        behind=await behind(conn, at),
        known_at=await recorded_at(conn, at),
        unit=telling.unit,
        units=frame.scope.units,
        left_out=left_out,
    )


async def asked_of(
    *,
    unit: Unit = None,
    alone: Alone = False,
    since: From = None,
    until: To = None,
    on: BusinessDay = None,
) -> Asked:
    return Asked(unit=unit, alone=alone, since=since, until=until, on=on)


@get(
    "/dashboards/{page:str}",
    operation_id="dashboards.read",
    tags=["dashboards"],
    summary="The figures of a page: kept as sums, so that they are told at once",
    dependencies={"asked": Provide(asked_of)},
    responses=answers(Dashboard, 400, 401, 403, 404, 422, 503),
)
async def read_dashboard(
    request: AppRequest, page: DashboardPage, *, asked: Asked, wait_for: WaitFor = None
) -> Dashboard:
    register = register_of(request)
    await wait(register, wait_for, MODEL)
    told = await dashboard(register, caller_of(request), page, asked)
    await record(
        request,
        Action.COUNTS_READ,
        query=filters({"page": page.value, **asdict(asked)}),
        position=told.about.position,
    )
    return told


@get(
    "/dashboards/cases",
    operation_id="dashboards.cases",
    tags=["dashboards"],
    summary="The cases behind a figure, as many as it says where the reader may see them all",
    dependencies={"asked": Provide(asked_of)},
    responses=answers(FigureCases, 400, 401, 403, 422, 503),
)
async def read_figure_cases(  # noqa: PLR0913 - what a list is asked for
    request: AppRequest,
    *,
    asked: Asked,
    figure: Figure,
    kind: CaseKind | None = None,
    dimension: Dimension | None = None,
    value: Value = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    wait_for: WaitFor = None,
) -> FigureCases:
    register, caller = register_of(request), caller_of(request)
    await wait(register, wait_for, MODEL, "register")
    narrowed = Narrowing(kind=kind, dimension=dimension, value=value)
    told = await cases_behind(
        register, caller, figure, asked, narrowed=narrowed, cursor=cursor, limit=limit
    )
    await record(
        request,
        Action.LIST_READ,
        cases=list(dict.fromkeys(row.case_id for row in told.rows)),
        query=filters({"figure": figure.value, **asdict(asked), **asdict(narrowed)}),
        position=told.position,
    )
    return told


async def cases_behind(
    register: Register,
    caller: Caller,
    figure: Figure,
    asked: Asked,
    *,
    narrowed: Narrowing,
    cursor: str | None,
    limit: int,
) -> FigureCases:
    """What a figure counts, as far as the caller may see it; it has to be recorded.

    Raises Forbidden, PeriodInverted, PeriodOutOfReach, ValueOfNothing, CursorInvalid.
    """
    require_personal(caller)
    if (narrowed.dimension is None) != (narrowed.value is None):
        raise ValueOfNothing
    frame = _frame(register, caller, asked)
    sight = sight_sql(caller, register.organisation())
    async with register.pool.connection() as conn:
        page = await figure_cases(conn, frame, figure, sight, narrowed, cursor=cursor, limit=limit)
    rows = [
        replace(row, subject=text_shown(caller, CaseKind(row.kind), row.workers, row.subject))
        for row in page.rows
    ]
    return FigureCases(figure=figure, rows=rows, cursor=page.cursor, position=page.position)


ROUTES: list[Any] = [read_dashboard, read_figure_cases]
