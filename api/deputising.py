"""Deputies: who acts for whom, from when until when, as entered beforehand."""

from asyncio import to_thread
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import Body, QueryParameter
from msgspec import Struct
from msgspec.structs import replace

from api.bodies import CommandRequest, decoder_of
from api.commands import IdempotencyKey, command_id
from api.examples import example_answer, example_of
from api.instants import WRITTEN
from api.lists import Limit, Word, asked_instant
from api.problem_responses import answers, problem_responses
from api.problems import NoSuchDeputising
from api.register_state import AppRequest, Register, caller_of, register_of
from application.deputising import (
    may_look,
    require_entering,
    require_officials,
    sight_of,
)
from application.orders import KeyUsedBefore
from domain.deputising import (
    Deputising,
    DeputisingHasEnded,
    DeputisingOverlaps,
    EndDeputising,
    EnterDeputy,
    entered,
    require_running,
)
from projections.pages import CursorInvalid

Cursor = Annotated[UUID | None, QueryParameter(description="Leads to the page after its own")]
At = Annotated[
    str | None, QueryParameter(max_length=40, description=f"Those that held then: {WRITTEN}")
]


class Deputisings(Struct, kw_only=True):
    """The newest first. ``cursor`` leads to the next page, null on the last."""

    rows: list[Deputising]
    cursor: UUID | None


def _answer(status: int, description: str) -> dict[int, ResponseSpec]:
    example = Example(summary="answer", value=example_answer(Deputising))
    return {
        status: ResponseSpec(
            data_container=Deputising,
            description=description,
            generate_examples=False,
            examples=[example],
        )
    }


@post(
    "/deputies",
    operation_id="deputies.enter",
    tags=["deputies"],
    summary="Let one official act for another, from an instant until another",
    request_class=CommandRequest,
    opt={"decode": decoder_of(EnterDeputy)},
    responses={
        **_answer(201, "Entered"),
        **problem_responses(400, 401, 403, 409, 413, 415, 422, 503),
    },
)
async def enter_deputy(
    request: AppRequest,
    data: Annotated[
        EnterDeputy, Body(examples=[Example(summary="deputy", value=example_of(EnterDeputy))])
    ],
    idempotency_key: IdempotencyKey = None,
) -> Response[Deputising]:
    register, caller = register_of(request), caller_of(request)
    organisation = register.organisation()
    require_entering(caller, data.principal, organisation)
    require_officials(data.deputy, data.principal, organisation)
    identity = command_id(caller.actor, idempotency_key)
    new = entered(data, caller.actor, identity, datetime.now(UTC))
    await to_thread(register.deputies.enter, new)
    kept = await _one(register, identity)
    if kept is None:
        raise DeputisingOverlaps
    if _asked(kept) != _asked(new):
        raise KeyUsedBefore(KeyUsedBefore.__doc__)
    return Response(kept, status_code=201)


@post(
    "/deputies/{deputising_id:uuid}/end",
    operation_id="deputies.end",
    tags=["deputies"],
    summary="Take a deputising away; it ends at once",
    status_code=200,
    request_class=CommandRequest,
    opt={"decode": decoder_of(EndDeputising)},
    responses={
        **_answer(200, "Ended"),
        **problem_responses(400, 401, 403, 404, 409, 413, 415, 422, 503),
    },
)
async def end_deputising(
    request: AppRequest,
    deputising_id: UUID,
    data: Annotated[
        EndDeputising, Body(examples=[Example(summary="end", value=example_of(EndDeputising))])
    ],
) -> Deputising:
    register, caller = register_of(request), caller_of(request)
    organisation = register.organisation()
    found = await _one(register, deputising_id)
    if found is None or not may_look(caller, found, organisation):
        raise NoSuchDeputising(NoSuchDeputising.__doc__)
    require_entering(caller, found.principal, organisation)
    now, by = datetime.now(UTC), caller.actor.official
    require_running(found, now)
    if not await to_thread(register.deputies.end, deputising_id, by, now, data.reason):
        raise DeputisingHasEnded
    return replace(found, ended_by=by, ended_at=now, end_reason=data.reason)


@get(
    "/deputies",
    operation_id="deputies.list",
    tags=["deputies"],
    summary="Who acts for whom: mine, my unit's, or all for administrators and auditors",
    responses=answers(Deputisings, 400, 401, 403, 422, 503),
)
async def list_deputies(
    request: AppRequest,
    official: Word = None,
    at: At = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Deputisings:
    register, caller = register_of(request), caller_of(request)
    organisation = register.organisation()
    own = caller.actor.official
    before = await _one(register, cursor) if cursor else None
    if cursor and (before is None or not may_look(caller, before, organisation)):
        raise CursorInvalid(CursorInvalid.__doc__)
    async with register.pool.connection() as conn:
        rows = await register.deputies.listed(
            conn,
            own,
            sight_of(caller, organisation),
            official=official,
            at=asked_instant(request, "at", at),
            before=before,
            limit=limit + 1,
        )
    more = len(rows) > limit
    return Deputisings(rows=rows[:limit], cursor=rows[limit - 1].id if more else None)


BODY_ROUTES: list[Any] = [enter_deputy, end_deputising]
ROUTES: list[Any] = [list_deputies]


async def _one(register: Register, identity: UUID) -> Deputising | None:
    async with register.pool.connection() as conn:
        return await register.deputies.one(conn, identity)


def _asked(one: Deputising) -> tuple[str, str, datetime, datetime, str]:
    return one.deputy, one.principal, one.starts_at, one.ends_at, one.reason
