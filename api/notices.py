"""The notices that an official was given, whatever else carried them."""

from typing import Any

from litestar import get

from api.access_records import Action, record
from api.lists import Cursor, Limit, require_personal
from api.problem_responses import answers
from api.register_state import AppRequest, caller_of, register_of
from application.access import list_sight_sql
from projections.notices import Notice, notices_of
from projections.pages import Page


@get(
    "/notices",
    operation_id="notices.list",
    tags=["deadlines"],
    summary="The notices given to me, newest first",
    responses=answers(Page[Notice], 400, 401, 403, 422, 503),
)
async def notices(request: AppRequest, cursor: Cursor = None, limit: Limit = 50) -> Page[Notice]:
    register, caller = register_of(request), caller_of(request)
    require_personal(caller)
    own = {caller.actor.official, caller.actor.principal}
    sight = list_sight_sql(caller, register.organisation())
    async with register.pool.connection() as conn:
        page = await notices_of(conn, own, *sight, cursor=cursor, limit=limit)
    await record(
        request,
        Action.NOTICES_READ,
        cases=list({row.case_id for row in page.rows}),
        position=page.position,
    )
    return page


ROUTES: list[Any] = [notices]
