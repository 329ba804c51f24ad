"""Single cases of any kind: as they stand, their history, their thread, their documents.

These read the log itself, so they are true for its last position, whatever the read models' lag.
"""

import re
from asyncio import to_thread
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter
from msgspec import Struct, to_builtins
from psycopg import AsyncConnection

from api.access_records import Action, record
from api.as_of import AsKnown, AsOf, CaseNotYetRegistered, as_of
from api.documents import DocumentNotStored
from api.language import language_of
from api.problem_responses import answers, problem_responses
from api.problems import HeaderNotFitting
from api.register_state import AppRequest, Register, caller_of, register_of
from api.waiting import WaitFor, wait
from application.access import CaseHidden, Forbidden, may_see, require_sight, sight_sql
from application.caller import Caller, Role
from application.orders import NoSuchCase
from application.sight_of_fields import as_shown, require_field
from domain.appeal import Appeal
from domain.case import CaseKind
from domain.envelope import Recorded
from domain.kinds import KINDS, Kind
from domain.personal_fields import Field
from domain.repeat import Verdict
from domain.reply import ReplyDrafted, ReplyRevised
from projections.corrections import Entries, take
from projections.history import Entry, case_now, case_rows, tell_all, thread_rows
from projections.repeat_groups import repeats_of
from projections.seen_cases import (
    SeenCase,
    cases_told,
    naming_seen_alone,
    numbers_of,
    seen_cases,
)

DIGEST = Annotated[str, PathParameter(pattern=r"^[0-9a-f]{64}$(?!\n)")]
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9.+-]+/[A-Za-z0-9.+-]+")
_ANY_BYTES = "application/octet-stream"
_OWNER_WRITES = frozenset(Role) - {Role.AUDITOR, Role.ANALYST, Role.LEADER, Role.ADMINISTRATOR}


class CaseView(Struct, kw_only=True):
    """``standing`` is what decisions look at; ``began`` what was entered at the start.

    ``entries`` are the same with all corrections, those of a reception's visits under their ids.
    ``reply_text`` is the present text of the reply, if there is one. ``repeat_of`` are the earlier
    appeals that it was confirmed to repeat, ``repeats`` the later ones that repeat it: of both,
    those that the reader may see. ``as_of`` is null for the case as it stands now.
    """

    id: UUID
    kind: CaseKind
    version: int
    position: int
    thread: UUID
    standing: dict[str, Any]
    began: dict[str, Any]
    entries: dict[str, Any]
    reply_text: str | None
    repeat_of: list[SeenCase]
    repeats: list[SeenCase]
    as_of: AsOf | None


class History(Struct, kw_only=True):
    """``position`` is the last place in the log that was looked at."""

    id: UUID
    position: int
    entries: list[Entry]
    as_of: AsOf | None = None


def _view(kind: Kind | None) -> HTTPRouteHandler:
    @get(
        f"/{kind.resource if kind else 'cases'}/{{case_id:uuid}}",
        operation_id=f"{kind.resource if kind else 'cases'}.get",
        tags=[kind.resource if kind else "cases"],
        summary="A case as it stands, or as it was known",
        responses=answers(CaseView, 400, 401, 403, 404, 422, 503),
    )
    async def case(
        request: AppRequest,
        case_id: UUID,
        known: AsKnown = None,
    ) -> Response[CaseView]:
        register = register_of(request)
        at = await as_of(register, known) if known is not None else None
        position, events, state = await opened_case(register, caller_of(request), case_id, at)
        last = events[-1]
        if kind and last.kind is not kind.kind:
            raise NoSuchCase(NoSuchCase.__doc__)
        await record(request, Action.CASE_OPENED, cases=[case_id], position=position)
        entries: Entries = {}
        for recorded in events:
            take(entries, recorded.event)
        repeat_of, repeats = await _repeats(request, case_id, state, at)
        if told := [each.case_id for each in (*repeat_of, *repeats)]:
            await record(request, Action.REPEATS_READ, cases=told, position=position)
        texts = [e.event.text for e in events if isinstance(e.event, ReplyDrafted | ReplyRevised)]
        view = CaseView(
            id=case_id,
            kind=last.kind,
            version=last.originator_version,
            position=position,
            thread=events[0].correlation_id,
            standing=to_builtins(state, order="sorted"),
            began=to_builtins(events[0].event),
            entries=entries,
            reply_text=texts[-1] if texts else None,
            repeat_of=repeat_of,
            repeats=repeats,
            as_of=at,
        )
        return Response(view, headers={"ETag": f'"{view.version}"'})

    return case


class CasesController(Controller):
    path = "/cases/{case_id:uuid}"
    tags = ("cases",)

    @get(
        "/history",
        operation_id="cases.history",
        summary="Everything that happened, told",
        responses=answers(History, 400, 401, 403, 404, 422, 503),
    )
    async def history(self, request: AppRequest, case_id: UUID, known: AsKnown = None) -> History:
        register = register_of(request)
        at = await as_of(register, known) if known is not None else None
        position, events, _ = await opened_case(register, caller_of(request), case_id, at)
        await record(request, Action.HISTORY_READ, cases=[case_id], position=position)
        return await _told(request, case_id, position, events, at)

    @get(
        "/thread",
        operation_id="cases.thread",
        summary="The case's thread over all its cases",
        responses=answers(History, 400, 401, 403, 404, 422, 503),
    )
    async def thread(self, request: AppRequest, case_id: UUID, wait_for: WaitFor = None) -> History:
        register = register_of(request)
        caller = caller_of(request)
        await wait(register, wait_for, "threads")
        position, events, _ = await opened_case(register, caller, case_id)
        thread_id = events[0].correlation_id
        try:
            return await _thread(request, register, caller, thread_id)
        except CaseHidden:
            # The read model has not come to the case yet: it is all of its thread so far.
            await record(
                request,
                Action.THREAD_READ,
                cases=[case_id],
                thread=thread_id,
                position=position,
            )
            return await _told(request, thread_id, position, events)


@put(
    "/cases/{case_id:uuid}/documents/{digest:str}",
    operation_id="cases.store-document",
    tags=["cases"],
    summary="Keep a document's bytes, to be attached by attach-document",
    status_code=204,
    responses=problem_responses(400, 401, 403, 404, 409, 413, 422, 503),
)
async def store_document(request: AppRequest, case_id: UUID, digest: DIGEST) -> None:
    register = register_of(request)
    caller = caller_of(request)
    if not caller.roles & _OWNER_WRITES:
        raise Forbidden("Documents are added by those who work on cases")
    _, _, state = await opened_case(register, caller, case_id)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip()
    if not _MEDIA_TYPE.fullmatch(media_type or _ANY_BYTES):
        raise HeaderNotFitting("Content-Type takes a media type, such as application/pdf")
    await to_thread(
        register.documents.store,
        case_id,
        state.owner or case_id,
        digest,
        media_type or _ANY_BYTES,
        await request.body(),
    )


@get(
    "/cases/{case_id:uuid}/documents/{digest:str}",
    operation_id="cases.read-document",
    tags=["cases"],
    summary="A document's bytes",
    media_type="application/octet-stream",
    responses=problem_responses(400, 401, 403, 404, 409, 422, 503),
)
async def read_document(request: AppRequest, case_id: UUID, digest: DIGEST) -> Response[bytes]:
    register = register_of(request)
    caller = caller_of(request)
    position, events, state = await opened_case(register, caller, case_id)
    require_field(caller, events[0].kind, state.workers, Field.DOCUMENT)
    media_type, content = await to_thread(register.documents.read, case_id, digest)
    await record(
        request,
        Action.DOCUMENT_READ,
        cases=[case_id],
        query={"document": digest},
        position=position,
    )
    headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=media_type, headers=headers)


@get(
    "/threads/{thread_id:uuid}",
    operation_id="threads.history",
    tags=["cases"],
    summary="A thread: a visit, its assignments and its appeal, told as one",
    responses=answers(History, 400, 401, 403, 404, 422, 503),
)
async def thread_history(request: AppRequest, thread_id: UUID, wait_for: WaitFor = None) -> History:
    register = register_of(request)
    await wait(register, wait_for, "threads")
    return await _thread(request, register, caller_of(request), thread_id)


ROUTES: list[Any] = [
    _view(None),
    *(_view(kind) for kind in KINDS.values()),
    CasesController,
    thread_history,
]
DOCUMENT_ROUTES = [store_document, read_document]


async def require_document(register: Register, caller: Caller, case_id: UUID, digest: str) -> None:
    """Raise DocumentNotStored unless the case's document is here; to those who may see the case."""
    try:
        await to_thread(register.documents.require_stored, case_id, digest)
    except DocumentNotStored:
        await opened_case(register, caller, case_id)
        raise


async def require_on_record(register: Register, case_id: UUID) -> None:
    """Raise NoSuchCase where the log has nothing of such a case."""
    async with register.pool.connection() as conn:
        if not await case_rows(conn, case_id, await head(conn)):
            raise NoSuchCase(NoSuchCase.__doc__)


async def opened_case(
    register: Register,
    caller: Caller,
    case_id: UUID,
    at: AsOf | None = None,
    *,
    whole: bool = False,
) -> tuple[int, list[Recorded], Any]:
    """The log's position, the case's events up to it opened, and its state, if it may be seen.

    With *at* they are those known then, and the caller has to see the case of then and of now.
    Unless *whole*, the personal fields that the caller has no need of are withheld.
    """
    async with register.pool.connection() as conn:
        position, rows = await case_now(conn, case_id)
        if not rows:
            raise NoSuchCase(NoSuchCase.__doc__)
        keys_of = partial(register.keys_over, conn)
        events = await register.desk.event_mapper.read_all_async(rows, keys_of)
    state = _after(events)
    require_sight(caller, state, register.organisation())
    if events[0].kind is CaseKind.CAUSE:
        sight = sight_sql(caller, register.organisation())
        async with register.pool.connection() as conn:
            events = await naming_seen_alone(conn, events, sight)
        state = _after(events)
    if not whole:
        events = as_shown(caller, events, {case_id: state.workers})
    if at is None:
        return position, events, state
    known = [recorded for recorded in events if recorded.position <= at.position]
    if not known:
        raise CaseNotYetRegistered(CaseNotYetRegistered.__doc__)
    state = _after(known)
    require_sight(caller, state, register.organisation())
    return at.position, known, state


def _after(events: list[Recorded]) -> Any:
    state: Any = None
    for recorded in events:
        state = KINDS[recorded.kind].evolve(state, recorded.event)
    return state


async def _thread(
    request: AppRequest, register: Register, caller: Caller, thread_id: UUID
) -> History:
    async with register.pool.connection() as conn:
        position = await head(conn)
        rows = await thread_rows(conn, thread_id, position)
    opened = await register.desk.event_mapper.read_all_async(rows, register.keys_of)
    of_cases: dict[UUID, list[Recorded]] = {}
    for recorded in opened:
        of_cases.setdefault(recorded.originator_id, []).append(recorded)
    states = {case: _after(events) for case, events in of_cases.items()}
    organisation = register.organisation()
    workers = {
        case: state.workers
        for case, state in states.items()
        if may_see(caller, state, organisation)
    }
    events = [
        recorded
        for recorded in opened
        if recorded.originator_id in workers and recorded.correlation_id == thread_id
    ]
    if not events:
        raise CaseHidden(NoSuchCase.__doc__)
    async with register.pool.connection() as conn:
        events = await naming_seen_alone(conn, events, sight_sql(caller, organisation))
    events = as_shown(caller, events, workers)
    seen = list(dict.fromkeys(recorded.originator_id for recorded in events))
    await record(request, Action.THREAD_READ, cases=seen, thread=thread_id, position=position)
    return await _told(request, thread_id, position, events)


async def _told(
    request: AppRequest,
    identity: UUID,
    position: int,
    events: list[Recorded],
    at: AsOf | None = None,
) -> History:
    language = language_of(request)
    register = register_of(request)
    numbers: dict[UUID, str] = {}
    if cases_told(events):
        sight = sight_sql(caller_of(request), register.organisation())
        async with register.pool.connection() as conn:
            numbers = await numbers_of(conn, events, sight)
    return History(
        id=identity,
        position=position,
        entries=tell_all(events, language, register.names(), numbers),
        as_of=at,
    )


async def _repeats(
    request: AppRequest, case_id: UUID, state: Any, at: AsOf | None
) -> tuple[list[SeenCase], list[SeenCase]]:
    """The appeals that this one repeats, and those that repeat it, where they may be seen."""
    if not isinstance(state, Appeal):
        return [], []
    register = register_of(request)
    sight = sight_sql(caller_of(request), register.organisation())
    before = [each for each, verdict in state.repeats.items() if verdict is Verdict.REPEAT]
    async with register.pool.connection() as conn:
        after = await repeats_of(conn, case_id, at.position if at else None)
        if not before and not after:
            return [], []
        seen = await seen_cases(conn, [*before, *after], sight)
    return (
        [each for each in seen if each.case_id in set(before)],
        [each for each in seen if each.case_id in set(after)],
    )


async def head(conn: AsyncConnection[Any]) -> int:
    """The last position of the log."""
    cursor = await conn.execute("SELECT position FROM karguzar.log_head")
    row = await cursor.fetchone()
    return int(row[0]) if row else 0
