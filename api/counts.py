"""Counts of cases, now and as they were known."""

from typing import Annotated, Any

from litestar import get
from litestar.params import QueryParameter
from msgspec import Struct
from msgspec.structs import asdict

from api.access_records import Action, filters, record
from api.as_of import AsKnown, AsOf, BusinessDay, as_of, as_of_now, on_day
from api.lists import FILTERS
from api.past_lists import MODELS
from api.problem_responses import answers
from api.register_state import AppRequest, caller_of, register_of
from api.waiting import WaitFor, wait
from application.access import Forbidden, list_sight_sql, sees_personal
from domain.small_counts import hidden, total_told
from projections.cases import CaseFilter
from projections.counts import By, Counted, count_cases


class Count(Struct, frozen=True, kw_only=True):
    """``cases`` is null for analysts where so few are counted, or to keep such a count hidden."""

    group: dict[str, str | None]
    cases: int | None


class Counts(Struct, frozen=True, kw_only=True):
    """The largest first; a group without cases isn't named. ``total`` may be null as a count is."""

    by: list[By]
    rows: list[Count]
    total: int | None
    position: int
    as_of: AsOf


@get(
    "/counts",
    operation_id="counts.read",
    tags=["cases"],
    summary="How many cases there are, by one or two of their columns",
    dependencies=FILTERS,
    responses=answers(Counts, 400, 401, 403, 422, 503),
)
async def counts(
    request: AppRequest,
    *,
    wanted: CaseFilter,
    by: Annotated[
        list[By], QueryParameter(min_items=1, max_items=2, description="One, or given twice: two")
    ],
    known: AsKnown = None,
    on: BusinessDay = None,
    wait_for: WaitFor = None,
) -> Counts:
    register, caller = register_of(request), caller_of(request)
    small_told = sees_personal(caller)
    if wanted.text is not None and not small_told:
        raise Forbidden("Subjects are personal: analysts don't search them")
    sight = list_sight_sql(caller, register.organisation())
    at = await as_of(register, known, on) if known is not None else None
    if day := at.on if at else on:
        wanted = on_day(wanted, day, asked=on is not None)
    await wait(register, wait_for, "register")
    if at:
        await wait(register, at.position, *MODELS)
    columns = list(dict.fromkeys(by))
    async with register.pool.connection() as conn:
        found = await count_cases(conn, columns, wanted, sight, at.position if at else None)
    at = at or as_of_now(register.desk.terms.time_zone, found.position, on)
    await record(
        request,
        Action.COUNTS_READ,
        query=filters(asdict(wanted) | {"text": wanted.text and True, "on": at.on})
        | {"by": [*columns]},
        position=at.position,
    )
    return _told(columns, found, at, small_told=small_told)


ROUTES: list[Any] = [counts]


def _told(columns: list[By], found: Counted, at: AsOf, *, small_told: bool) -> Counts:
    groups = found.groups
    unseen = frozenset() if small_told else hidden(groups)
    rows = [
        Count(
            group=dict(zip(columns, group, strict=True)),
            cases=None if group in unseen else count,
        )
        for group, count in groups.items()
    ]
    if unseen:
        # The order must not tell what the counts don't.
        rows.sort(key=lambda row: (-(row.cases or 0), str(row.group)))
    told = small_told or total_told(groups)
    return Counts(
        by=columns,
        rows=rows,
        total=sum(groups.values()) if told else None,
        position=at.position,
        as_of=at,
    )
