"""The matters that bring most people back, with the change against the period before."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any

from litestar import get
from litestar.di import Provide
from litestar.params import QueryParameter
from msgspec import Struct

from api.access_records import Action, filters, record
from api.as_of import AsKnown, AsOf, BusinessDay
from api.lists import Cursor, Limit, require_personal
from api.problem_responses import answers
from api.register_state import AppRequest, caller_of, register_of
from api.returns import Until, known_at, period_of
from api.waiting import WaitFor
from application.access import list_sight_sql, sees_personal
from domain.appeal import AppealKind
from domain.case import Code, UnitId
from domain.rates import Ratio, ratio_of_counts
from domain.small_counts import hidden
from projections.repeat_matters import (
    GroupRepeats,
    MatterBy,
    MattersAsked,
    Repeat,
    Repeats,
    Span,
    count_matters,
    largest_groups,
    list_repeats,
)

QUARTER = 91
Since = Annotated[
    date | None,
    QueryParameter(name="from", description="Business time: repeats received from this day on"),
]


class Against(StrEnum):
    """With what a period is compared: the one of equal length before it, or a year earlier."""

    PREVIOUS = "previous"
    YEAR_BEFORE = "year-before"


class Matter(Struct, frozen=True, kw_only=True):
    """``change`` is the ratio of the two counts. Null is kept from analysts, being small."""

    group: str | None
    repeats: int | None
    before: int | None
    change: Ratio | None


class GroupMatter(Struct, frozen=True, kw_only=True):
    group: GroupRepeats
    change: Ratio


class Matters(Struct, frozen=True, kw_only=True):
    """Those with most repeats in the period first."""

    by: MatterBy
    period: Span
    before: Span
    rows: list[Matter]
    position: int
    as_of: AsOf


class Groups(Struct, frozen=True, kw_only=True):
    """Groups of appeals: those with most repeats in the period first."""

    period: Span
    before: Span
    rows: list[GroupMatter]
    position: int
    as_of: AsOf


class RepeatAppeals(Struct, frozen=True, kw_only=True):
    rows: list[Repeat]
    cursor: str | None
    position: int
    as_of: AsOf


async def asked_of(  # noqa: PLR0913 - what a question has
    request: AppRequest,
    *,
    since: Since = None,
    until: Until = None,
    against: Against = Against.PREVIOUS,
    topic: Code | None = None,
    region: Code | None = None,
    unit: UnitId | None = None,
    kind: AppealKind | None = None,
    known: AsKnown = None,
    on: BusinessDay = None,
    wait_for: WaitFor = None,
) -> tuple[MattersAsked, AsOf]:
    """What is asked, at which position; waits until the read models have come to it."""
    register = register_of(request)
    at = await known_at(request, known, on, wait_for)
    period = Span(*period_of(since, until, at.on, days=QUARTER))
    asked = MattersAsked(
        at=at.position,
        on=at.on,
        period=period,
        before=before(period, against),
        zone=register.settings.time_zone,
        sight=list_sight_sql(caller_of(request), register.organisation()),
        topic=topic,
        region=region,
        unit=unit,
        kind=kind,
    )
    return asked, at


def before(period: Span, against: Against) -> Span:
    if against is Against.YEAR_BEFORE:
        return Span(_year_before(period.since), _year_before(period.until))
    length = period.until - period.since
    last = period.since - timedelta(days=1)
    return Span(last - length, last)


def _year_before(day: date) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year - 1, 2, 28)
    return day.replace(year=day.year - 1)


QUESTION = {"question": Provide(asked_of)}


@get(
    "/repeats/matters",
    operation_id="repeats.matters",
    tags=["repeats"],
    summary="On what most people come back, with the change against the period before",
    dependencies=QUESTION,
    responses=answers(Matters, 400, 401, 403, 422, 503),
)
async def matters(
    request: AppRequest, *, question: tuple[MattersAsked, AsOf], by: MatterBy = MatterBy.TOPIC
) -> Matters:
    asked, at = question
    async with register_of(request).pool.connection() as conn:
        found = await count_matters(conn, asked, by)
    await _recorded(request, asked, Action.COUNTS_READ, by=by)
    return Matters(
        by=by,
        period=asked.period,
        before=asked.before,
        rows=_rows(found, small_told=sees_personal(caller_of(request))),
        position=at.position,
        as_of=at,
    )


@get(
    "/repeats/matters/groups",
    operation_id="repeats.matter-groups",
    tags=["repeats"],
    summary="Which persons' matters came back most, with the change against the period before",
    dependencies=QUESTION,
    responses=answers(Groups, 400, 401, 403, 422, 503),
)
async def matter_groups(
    request: AppRequest, *, question: tuple[MattersAsked, AsOf], limit: Limit = 50
) -> Groups:
    require_personal(caller_of(request))
    asked, at = question
    async with register_of(request).pool.connection() as conn:
        found = await largest_groups(conn, asked, limit)
    await _recorded(request, asked, Action.LIST_READ, cases=[each.appeal for each in found])
    rows = [
        GroupMatter(group=each, change=ratio_of_counts(each.before, each.repeats)) for each in found
    ]
    return Groups(
        period=asked.period, before=asked.before, rows=rows, position=at.position, as_of=at
    )


@get(
    "/repeats/matters/appeals",
    operation_id="repeats.matter-appeals",
    tags=["repeats"],
    summary="The repeats received in the period, the latest first",
    dependencies=QUESTION,
    responses=answers(RepeatAppeals, 400, 401, 403, 422, 503),
)
async def matter_appeals(
    request: AppRequest,
    *,
    question: tuple[MattersAsked, AsOf],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> RepeatAppeals:
    require_personal(caller_of(request))
    asked, at = question
    async with register_of(request).pool.connection() as conn:
        page = await list_repeats(conn, asked, cursor=cursor, limit=limit)
    await _recorded(request, asked, Action.LIST_READ, cases=[row.case_id for row in page.rows])
    return RepeatAppeals(rows=page.rows, cursor=page.cursor, position=at.position, as_of=at)


def _rows(found: dict[tuple[str | None, ...], Repeats], *, small_told: bool) -> list[Matter]:
    unseen: frozenset[tuple[str | None, ...]] = frozenset()
    if not small_told:
        unseen = hidden({group: counts.repeats for group, counts in found.items()})
        unseen |= hidden({group: counts.before for group, counts in found.items()})
    rows = [
        Matter(
            group=group[0],
            repeats=None if group in unseen else counts.repeats,
            before=None if group in unseen else counts.before,
            change=None if group in unseen else ratio_of_counts(counts.before, counts.repeats),
        )
        for group, counts in found.items()
    ]
    return sorted(rows, key=lambda row: (-(row.repeats or 0), str(row.group)))


async def _recorded(
    request: AppRequest, asked: MattersAsked, action: Action, *, cases: Any = (), by: Any = None
) -> None:
    query = filters(
        {"from": asked.period.since, "to": asked.period.until, "topic": asked.topic}
        | {"region": asked.region, "unit": asked.unit, "kind": asked.kind, "by": by}
    )
    await record(request, action, cases=cases, query=query, position=asked.at)


ROUTES: list[Any] = [matters, matter_groups, matter_appeals]
