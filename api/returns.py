"""Returns: which answers people came back after, how soon, and on what matters."""

from datetime import date, timedelta
from typing import Annotated, Any

from litestar import get
from litestar.di import Provide
from litestar.params import QueryParameter
from msgspec import Struct
from msgspec.structs import asdict

from api.access_records import Action, filters, record
from api.as_of import AsKnown, AsOf, BusinessDay, as_of, as_of_now
from api.lists import Cursor, Limit, require_personal
from api.problem_responses import answers
from api.register_state import AppRequest, caller_of, register_of
from api.return_figures import Curve, Figures, curves, figures
from api.waiting import WaitFor, wait
from application.access import Forbidden, list_sight_sql, sees_personal
from application.caller import Caller
from domain.appeal import AppealKind, DispatchWay, Ground, Result
from domain.case import Code, NotFitting, OfficialId, UnitId
from projections.answers import Answer
from projections.returns import (
    LONGEST_WITHIN,
    MODELS,
    AnswerFilter,
    Asked,
    By,
    Figure,
    Returned,
    count_returns,
    latest,
    list_returns,
)
from projections.time_to_return import watched_answers

YEAR = 365
COARSE_WITHIN = (30, 90, 180, 365)
"""What analysts may ask for: the returns of a single day would be the difference of two others."""
Since = Annotated[
    date | None,
    QueryParameter(name="from", description="Business time: answers of this day and later"),
]
Until = Annotated[
    date | None, QueryParameter(name="to", description="Business time: answers up to this day")
]
Within = Annotated[
    int,
    QueryParameter(
        ge=1, le=LONGEST_WITHIN, description="How many days after its answer a return counts"
    ),
]
Grouping = Annotated[
    list[By] | None,
    QueryParameter(max_items=2, description="One, or given twice: two. All together if left out"),
]


class PeriodInverted(NotFitting):
    """The period ends before it begins: its last day may not be before its first."""


class Returns(Struct, frozen=True, kw_only=True):
    """``without_answer`` counts the repeats of the period that came after no answer at all.

    It is null for analysts. The first row of each line is the one with most returns.
    """

    by: list[By]
    since: date
    until: date
    within: int
    rows: list[Figures]
    total: Figures
    without_answer: int | None
    position: int
    as_of: AsOf


class ReturnedAnswers(Struct, frozen=True, kw_only=True):
    rows: list[Returned]
    cursor: str | None
    position: int
    as_of: AsOf


class TimeToReturn(Struct, frozen=True, kw_only=True):
    """A curve for each group, those with most answers first; at most 20."""

    by: By | None
    since: date
    until: date
    curves: list[Curve]
    position: int
    as_of: AsOf


async def answer_filter(  # noqa: PLR0913 - each is a filter
    *,
    unit: UnitId | None = None,
    signatory: OfficialId | None = None,
    author: OfficialId | None = None,
    topic: Code | None = None,
    region: Code | None = None,
    kind: AppealKind | None = None,
    answer: Answer | None = None,
    way: DispatchWay | None = None,
    result: Result | None = None,
    ground: Ground | None = None,
    on_time: bool | None = None,
    imported: bool | None = None,
) -> AnswerFilter:
    """``unit`` is the one that had the case when it was answered."""
    return AnswerFilter(
        unit=unit,
        signatory=signatory,
        author=author,
        topic=topic,
        region=region,
        kind=kind,
        answer=answer,
        way=way,
        result=result,
        ground=ground,
        on_time=on_time,
        imported=imported,
    )


async def asked_of(
    request: AppRequest,
    *,
    wanted: AnswerFilter,
    since: Since = None,
    until: Until = None,
    within: Within = 90,
    known: AsKnown = None,
    on: BusinessDay = None,
    wait_for: WaitFor = None,
) -> tuple[Asked, AsOf]:
    """What is asked, at which position; waits until the read models have come to it."""
    _require_coarse(caller_of(request), wanted, within)
    at = await known_at(request, known, on, wait_for)
    register = register_of(request)
    first, last = period_of(since, until, at.on, days=YEAR)
    asked = Asked(
        at=at.position,
        on=at.on,
        since=first,
        until=last,
        within=within,
        zone=register.settings.time_zone,
        sight=list_sight_sql(caller_of(request), register.organisation()),
        wanted=wanted,
    )
    return asked, at


def period_of(since: date | None, until: date | None, on: date, *, days: int) -> tuple[date, date]:
    """The first and the last day asked about: by default the *days* that end *on* the day.

    Raises PeriodInverted.
    """
    last = until or on
    first = since or last - timedelta(days=days - 1)
    if last < first:
        raise PeriodInverted
    return first, last


def _require_coarse(caller: Caller, wanted: AnswerFilter, within: int) -> None:
    """Raise Forbidden where the question itself would tell analysts what isn't told them."""
    if sees_personal(caller):
        return
    if wanted.on_time is not None:
        raise Forbidden("Analysts are not told what was on time: leave the filter out")
    if within not in COARSE_WITHIN:
        raise Forbidden("Analysts ask for returns within 30, 90, 180 or 365 days")


async def known_at(
    request: AppRequest, known: str | None, on: date | None, wait_for: int | None
) -> AsOf:
    """For which position and day it is told; the read models have come to it."""
    register = register_of(request)
    await wait(register, wait_for, *MODELS)
    if known is not None:
        at = await as_of(register, known, on)
        await wait(register, at.position, *MODELS)
        return at
    async with register.pool.connection() as conn:
        position = await latest(conn)
    return as_of_now(register.desk.terms.time_zone, position, on)


QUESTION = {"wanted": Provide(answer_filter), "question": Provide(asked_of)}


@get(
    "/repeats/returns",
    operation_id="repeats.returns",
    tags=["repeats"],
    summary="How many answers people came back after, by who gave them, on what and how",
    dependencies=QUESTION,
    responses=answers(Returns, 400, 401, 403, 422, 503),
)
async def returns(
    request: AppRequest, *, question: tuple[Asked, AsOf], by: Grouping = None
) -> Returns:
    asked, at = question
    columns = list(dict.fromkeys(by or ()))
    async with register_of(request).pool.connection() as conn:
        found = await count_returns(conn, asked, columns)
    await _recorded(request, asked, at, by=columns)
    small_told = sees_personal(caller_of(request))
    rows, total = figures(columns, found.groups, small_told=small_told)
    return Returns(
        by=columns,
        since=asked.since,
        until=asked.until,
        within=asked.within,
        rows=rows,
        total=total,
        without_answer=found.without_answer if small_told else None,
        position=at.position,
        as_of=at,
    )


@get(
    "/repeats/returns/answers",
    operation_id="repeats.returned-answers",
    tags=["repeats"],
    summary="The answers behind a figure of the returns, with the appeal that came back",
    dependencies=QUESTION,
    responses=answers(ReturnedAnswers, 400, 401, 403, 422, 503),
)
async def returned_answers(
    request: AppRequest,
    *,
    question: tuple[Asked, AsOf],
    figure: Figure = Figure.RETURNED,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ReturnedAnswers:
    require_personal(caller_of(request))
    asked, at = question
    async with register_of(request).pool.connection() as conn:
        page = await list_returns(conn, asked, figure, cursor=cursor, limit=limit)
    cases = [each for row in page.rows for each in (row.case_id, row.back) if each]
    await _recorded(request, asked, at, cases=list(dict.fromkeys(cases)), figure=figure)
    return ReturnedAnswers(rows=page.rows, cursor=page.cursor, position=at.position, as_of=at)


@get(
    "/repeats/time-to-return",
    operation_id="repeats.time-to-return",
    tags=["repeats"],
    summary="For how long nobody came back after an answer: Kaplan-Meier curves",
    dependencies=QUESTION,
    responses=answers(TimeToReturn, 400, 401, 403, 422, 503),
)
async def time_to_return(
    request: AppRequest, *, question: tuple[Asked, AsOf], by: By | None = None
) -> TimeToReturn:
    asked, at = question
    small_told = sees_personal(caller_of(request))
    async with register_of(request).pool.connection() as conn:
        watched = await watched_answers(conn, asked, by, aside=small_told)
    await _recorded(request, asked, at, by=by)
    return TimeToReturn(
        by=by,
        since=asked.since,
        until=asked.until,
        curves=curves(by, watched, small_told=small_told),
        position=at.position,
        as_of=at,
    )


async def _recorded(
    request: AppRequest, asked: Asked, at: AsOf, *, cases: Any = None, **more: Any
) -> None:
    query = filters(asdict(asked.wanted) | {"from": asked.since, "to": asked.until})
    query |= {"within": asked.within, "on": at.on.isoformat()}
    query |= {name: value for name, value in more.items() if value is not None}
    action = Action.COUNTS_READ if cases is None else Action.LIST_READ
    await record(request, action, cases=cases or (), query=query, position=at.position)


ROUTES: list[Any] = [returns, returned_answers, time_to_return]
