"""Lists of cases as they were known."""

from msgspec import Struct
from msgspec.structs import asdict

from api.access_records import Action, filters, record
from api.as_of import AsOf
from api.register_state import AppRequest, caller_of, register_of
from api.waiting import wait
from application.access import list_sight_sql
from projections.cases import CaseFilter, CaseOrder
from projections.past_lists import list_past_cases
from projections.register_history import Row

MODELS = ("register_history", "register")


class PastCases(Struct, frozen=True, kw_only=True):
    """Rows as they stood at ``as_of``: without a subject, and with the stretch they stood for."""

    rows: list[Row]
    cursor: str | None
    position: int
    as_of: AsOf


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
        Action.LIST_READ,
        cases=[row.case_id for row in page.rows],
        query=filters(asdict(wanted) | {"on": at.on}),
        position=at.position,
    )
    return PastCases(rows=page.rows, cursor=page.cursor, position=at.position, as_of=at)
