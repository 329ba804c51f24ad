"""What is due: the clocks one by one, and how many of them on each day."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from litestar import get
from litestar.params import QueryParameter
from msgspec import Struct
from msgspec.structs import replace

from api.access_records import Action, filters, record
from api.as_of import AsKnown, AsOf, BusinessDay, as_of
from api.lists import Cursor, Limit, Word, require_personal, today_at
from api.past_lists import MODELS
from api.problem_responses import answers
from api.problems import RangeTooWide
from api.register_state import AppRequest, Register, caller_of, register_of
from api.waiting import WaitFor, wait
from application.access import Organisation, list_sight_sql
from application.caller import Caller
from application.sight_of_fields import text_shown
from domain.calendar import CalendarMissing
from domain.case import CaseKind
from projections.due_dates import DueCase, DueFilter, Row, list_due
from projections.due_days import DueCount, count_due
from projections.pages import Page
from projections.past_due import count_past_due, list_past_due

MOST_DAYS = 62
_USUAL_DAYS = 31

Whose = Annotated[
    str,
    QueryParameter(
        pattern="^(mine|unit|all)$",
        description="mine; unit: my unit's and those below it; or all that I may see",
    ),
]


class DueClock(Struct, kw_only=True):
    """A clock as of today, or as it was known.

    ``working_days_left`` doesn't count today and is negative once the due day has passed; it is
    null for a clock that doesn't run, and in years without a calendar. A clock that ends at an
    hour is ``overdue`` from that hour on, with no working days left.
    """

    due: Row
    number: str
    state: str
    topic: str | None
    subject: str | None
    working_days_left: int | None
    overdue: bool


class PastDue(Struct, frozen=True, kw_only=True):
    """The clocks as they stood at ``as_of``, without subjects.

    What is overdue, and the working days left by the calendar of now, is told for its day: at the
    instant known, or where another day was asked for at its beginning.
    """

    rows: list[DueClock]
    cursor: str | None
    position: int
    as_of: AsOf


class DueDays(Struct, kw_only=True):
    """``position`` is what the read models have seen. A day without clocks isn't named.

    ``as_of`` is null for what is known now.
    """

    first: date
    last: date
    days: list[DueCount]
    position: int
    as_of: AsOf | None = None


@get(
    "/deadlines",
    operation_id="deadlines.list",
    tags=["deadlines"],
    summary="What is due",
    responses=answers(Page[DueClock] | PastDue, 400, 401, 403, 422, 503),
)
async def deadlines(  # noqa: PLR0913
    request: AppRequest,
    *,
    whose: Whose = "all",
    due_from: date | None = None,
    due_to: date | None = None,
    running: bool = True,
    unit: Word = None,
    official: Word = None,
    kind: Word = None,
    known: AsKnown = None,
    on: BusinessDay = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    wait_for: WaitFor = None,
) -> Page[DueClock] | PastDue:
    register, caller = register_of(request), caller_of(request)
    require_personal(caller)
    organisation = register.organisation()
    units, officials = _narrowed(whose, caller, organisation)
    wanted = DueFilter(
        due_from=due_from,
        due_to=due_to,
        running=running,
        units=_both(units, organisation.subtree(unit) if unit else None),
        officials=_both(officials, {official} if official else None),
        kind=kind,
    )
    sight = list_sight_sql(caller, organisation)
    at = await as_of(register, known, on) if known is not None else None
    await wait(register, wait_for, "due_dates", "register")
    if at:
        await wait(register, at.position, "due_dates", *MODELS)
    async with register.pool.connection() as conn:
        if at:
            page = await list_past_due(conn, at.position, wanted, sight, cursor=cursor, limit=limit)
        else:
            page = await list_due(conn, wanted, *sight, cursor=cursor, limit=limit)
    position = at.position if at else page.position
    await record(
        request,
        Action.DEADLINES_READ,
        cases=list({row.due.case_id for row in page.rows}),
        query=filters(
            {
                "whose": whose,
                "due_from": due_from,
                "due_to": due_to,
                "running": running,
                "unit": unit,
                "official": official,
                "kind": kind,
                "on": at.on if at else on,
            }
        ),
        position=position,
    )
    now = _told_for(register, at, on)
    rows = [
        replace(row, subject=text_shown(caller, CaseKind(row.due.kind), (), row.subject))
        for row in (_seen_at(register, now, due) for due in page.rows)
    ]
    if at:
        return PastDue(rows=rows, cursor=page.cursor, position=position, as_of=at)
    return Page(rows=rows, cursor=page.cursor, position=position)


@get(
    "/deadlines/by-day",
    operation_id="deadlines.by-day",
    tags=["deadlines"],
    summary="How much is due on each day, by clock; 62 days at most",
    responses=answers(DueDays, 400, 401, 403, 422, 503),
)
async def deadlines_by_day(
    request: AppRequest,
    *,
    whose: Whose = "mine",
    due_from: Annotated[
        date | None, QueryParameter(description="Today if left out, or the day of as_of")
    ] = None,
    due_to: Annotated[
        date | None, QueryParameter(description="30 days after due_from if left out")
    ] = None,
    known: AsKnown = None,
    wait_for: WaitFor = None,
) -> DueDays:
    register, caller = register_of(request), caller_of(request)
    require_personal(caller)
    at = await as_of(register, known) if known is not None else None
    first = due_from or (at.on if at else today_at(register))
    last = due_to or first + timedelta(days=_USUAL_DAYS - 1)
    if not 0 <= (last - first).days < MOST_DAYS:
        raise RangeTooWide(RangeTooWide.__doc__)
    await wait(register, wait_for, "due_dates", "register")
    organisation = register.organisation()
    units, officials = _narrowed(whose, caller, organisation)
    sight = list_sight_sql(caller, organisation)
    if at:
        await wait(register, at.position, "due_dates", *MODELS)
    async with register.pool.connection() as conn:
        if at:
            wanted = DueFilter(units=units, officials=officials)
            days, _ = await count_past_due(conn, at.position, first, last, wanted, sight)
            position = at.position
        else:
            days, position = await count_due(
                conn, first, last, *sight, units=units, officials=officials
            )
    await record(
        request,
        Action.COUNTS_READ,
        query=filters({"whose": whose, "due_from": first, "due_to": last}),
        position=position,
    )
    return DueDays(first=first, last=last, days=days, position=position, as_of=at)


ROUTES: list[Any] = [deadlines, deadlines_by_day]


def _narrowed(
    whose: str, caller: Caller, organisation: Organisation
) -> tuple[Collection[str] | None, Collection[str] | None]:
    """The units and the officials that *whose* narrows a list to; None: to nobody's."""
    if whose == "mine":
        return None, {caller.actor.official, caller.actor.principal}
    if whose == "unit":
        return organisation.subtree(caller.actor.unit), None
    return None, None


def _both(one: Collection[str] | None, other: Collection[str] | None) -> Collection[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return set(one) & set(other)


def _told_for(register: Register, at: AsOf | None, on: date | None) -> datetime:
    """The instant for which it is told what is overdue: midnight of the day *on*, if asked for."""
    zone = register.desk.terms.time_zone
    if on is not None:
        return datetime.combine(on, time(), zone)
    return (at.known_at if at else datetime.now(UTC)).astimezone(zone)


def _seen_at(register: Register, now: datetime, found: DueCase) -> DueClock:
    due = found.due
    left, overdue = None, False
    if due.running:
        overdue = due.due_at < now if due.due_at else due.due_on < now.date()
        try:
            left = register.desk.terms.calendar.working_days_between(now.date(), due.due_on)
        except CalendarMissing:
            left = None
    return DueClock(
        due=due,
        number=found.number,
        state=found.state,
        topic=found.topic,
        subject=found.subject,
        working_days_left=left,
        overdue=overdue,
    )
