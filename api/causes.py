"""What came of the removal of a cause: its matters before and after, in windows of one length."""

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter
from msgspec import Struct

from api.access_records import Action, record
from api.as_of import AsKnown, AsOf, BusinessDay
from api.cases import opened_case
from api.problem_responses import answers
from api.register_state import AppRequest, caller_of, register_of
from api.returns import known_at
from api.waiting import WaitFor
from application.access import list_sight_sql
from application.orders import NoSuchCase
from domain.case import Refusal
from domain.cause import Cause
from domain.rates import Ratio, ratio_of_counts
from projections.cause_effect import MattersOf, Window, count_window

WindowDays = Annotated[
    int, QueryParameter(ge=7, le=730, description="How many days before and after are compared")
]


class NotRemovedYet(Refusal):
    """Not all that was adopted was reported carried out: no day parts before from after."""


class Effect(Struct, frozen=True, kw_only=True):
    """``removed_on``, when the last was carried out, belongs to neither window.

    ``too_early``: the window after it ends on ``over_on`` only, and nothing is compared yet.
    ``received`` and ``repeats`` are the ratios of after to before, with bounds of 95 %.
    """

    id: UUID
    removed_on: date
    topics: list[str]
    units: list[str]
    before: Window
    after: Window
    over_on: date
    too_early: bool
    received: Ratio | None
    repeats: Ratio | None
    position: int
    as_of: AsOf


@get(
    "/causes/{case_id:uuid}/effect",
    operation_id="causes.effect",
    tags=["causes"],
    summary="Appeals and repeats on its matters before and after the cause was removed",
    responses=answers(Effect, 400, 401, 403, 404, 409, 422, 503),
)
async def effect(
    request: AppRequest,
    case_id: UUID,
    *,
    window: WindowDays = 90,
    known: AsKnown = None,
    on: BusinessDay = None,
    wait_for: WaitFor = None,
) -> Effect:
    register, caller = register_of(request), caller_of(request)
    at = await known_at(request, known, on, wait_for)
    _, _, cause = await opened_case(register, caller, case_id, at if known else None)
    if not isinstance(cause, Cause):
        raise NoSuchCase(NoSuchCase.__doc__)
    if cause.removed_on is None:
        raise NotRemovedYet
    removed_on, matters = cause.removed_on, MattersOf(cause.topics, cause.of_units)
    over_on = removed_on + timedelta(days=window)
    spans = (
        (removed_on - timedelta(days=window), removed_on - timedelta(days=1)),
        (removed_on + timedelta(days=1), min(over_on, at.on)),
    )
    sight = list_sight_sql(caller, register.organisation())
    async with register.pool.connection() as conn:
        before, after = [
            await count_window(
                conn,
                matters,
                *span,
                at=at.position,
                zone=register.settings.time_zone,
                sight=sight,
            )
            for span in spans
        ]
    await record(
        request,
        Action.COUNTS_READ,
        cases=[case_id],
        query={"window": window, "on": at.on.isoformat()},
        position=at.position,
    )
    too_early = at.on < over_on
    compared = None if too_early else (before, after)
    return Effect(
        id=case_id,
        removed_on=removed_on,
        topics=list(cause.topics),
        units=list(cause.of_units),
        before=before,
        after=after,
        over_on=over_on,
        too_early=too_early,
        received=compared and ratio_of_counts(before.received, after.received),
        repeats=compared and ratio_of_counts(before.repeats, after.repeats),
        position=at.position,
        as_of=at,
    )


ROUTES: list[Any] = [effect]
