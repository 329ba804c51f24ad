"""Which ended cases may be destroyed: for whoever proposes it."""

from asyncio import to_thread
from typing import Annotated, Any

from litestar import get
from litestar.params import QueryParameter
from msgspec import Struct

from api.access_records import Action, record
from api.problem_responses import answers
from api.register_state import AppRequest, Register, caller_of, register_of
from api.retention_composition import make_destruction_desk, make_retention
from api.waiting import WaitFor, wait
from application.access import require_right
from application.retention import MayGo
from domain.destruction import KIND, MOST_CASES, ProposeDestruction
from projections.positions import positions

_READ = ("register", "threads")


class Due(Struct, kw_only=True):
    """``more``: there are further ones; they come once these are proposed."""

    rows: list[MayGo]
    more: bool
    position: int


Most = Annotated[int, QueryParameter(ge=1, le=MOST_CASES, description="How many at most")]


@get(
    "/retention/due",
    operation_id="retention.due",
    tags=["destructions"],
    summary="Cases whose retention is over, with the rule that says so",
    description=(
        "Nothing personal, and so whoever may propose a destruction sees all of them. Left out "
        "are cases that are held, under control or proposed already, and those on which an open "
        "case hangs."
    ),
    responses=answers(Due, 400, 401, 403, 422, 503),
)
async def due(request: AppRequest, limit: Most = MOST_CASES, wait_for: WaitFor = None) -> Due:
    register, caller = register_of(request), caller_of(request)
    require_right(caller, KIND, ProposeDestruction)
    await wait(register, wait_for, *_READ)
    async with register.pool.connection() as conn:
        position = min(each.position for each in await positions(conn) if each.name in _READ)
    found = await to_thread(_due, register, limit)
    answer = Due(rows=found[:limit], more=len(found) > limit, position=position)
    await record(
        request,
        Action.LIST_READ,
        cases=[row.case_id for row in answer.rows],
        position=answer.position,
    )
    return answer


def _due(register: Register, limit: int) -> list[MayGo]:
    proposed = make_destruction_desk("", register.desk).proposed()
    return make_retention(register.desk).due(proposed, limit + 1)


ROUTES: list[Any] = [due]
