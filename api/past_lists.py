"""Lists as they were known: of cases, and of what waits."""

from msgspec import Struct
from msgspec.structs import asdict

from api.access_records import Action, filters, record
from api.as_of import AsOf
from api.register_state import AppRequest, caller_of, register_of
from api.waiting import wait
from application.access import list_sight_sql
from projections.cases import CaseFilter, CaseOrder
from projections.past_lists import list_past_cases
from projections.past_work import list_past_work
from projections.register_history import Row
from projections.work import Work

MODELS = ("register_history", "register")


class PastCases(Struct, frozen=True, kw_only=True):
    """Rows as they stood at ``as_of``: without a subject, and with the stretch they stood for.

    ``text`` looks for words in the subjects of now.
    """

    rows: list[Row]
    cursor: str | None
    position: int
    as_of: AsOf


class PastWork(Struct, frozen=True, kw_only=True):
    """What waited at ``as_of``, without subjects."""

    rows: list[Work]
    cursor: str | None
    position: int
    as_of: AsOf


async def past_work(
    request: AppRequest, at: AsOf, whose: str, *, cursor: str | None, limit: int
) -> PastWork:
    """The page, put on record. It waits until the read models have come to *at*."""
    register, caller = register_of(request), caller_of(request)
    organisation = register.organisation()
    actor = caller.actor
    sight = list_sight_sql(caller, organisation)
    await wait(register, at.position, "work", *MODELS)
    async with register.pool.connection() as conn:
        page = await list_past_work(
            conn,
            at.position,
            sight,
            officials={actor.official, actor.principal} if whose == "mine" else None,
            units=organisation.subtree(actor.unit),
            cursor=cursor,
            limit=limit,
        )
    await record(
        request,
        Action.WORK_READ,
        cases=list({row.case_id for row in page.rows}),
        query={"whose": whose},
        position=at.position,
    )
    return PastWork(rows=page.rows, cursor=page.cursor, position=at.position, as_of=at)


async def past_cases(
    request: AppRequest,
    at: AsOf,
    wanted: CaseFilter,
    *,
    order: CaseOrder,
    cursor: str | None,
    limit: int,
) -> PastCases:
    """The page, put on record. It waits until the read models have come to *at*."""
    register, caller = register_of(request), caller_of(request)
    sight = list_sight_sql(caller, register.organisation())
    await wait(register, at.position, *MODELS)
    async with register.pool.connection() as conn:
        page = await list_past_cases(
            conn,
            at.position,
            at.known_at,
            wanted,
            sight,
            order=order,
            cursor=cursor,
            limit=limit,
        )
    await record(
        request,
        Action.LIST_READ if wanted.text is None else Action.SEARCH_MADE,
        cases=[row.case_id for row in page.rows],
        query=filters(asdict(wanted) | {"text": wanted.text and True, "on": at.on}),
        position=at.position,
    )
    return PastCases(rows=page.rows, cursor=page.cursor, position=at.position, as_of=at)
