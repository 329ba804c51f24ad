"""A calendar of one's due dates for programs that can't send a bearer token.

The address holds the secret, so it is told once and never logged.
"""

from asyncio import to_thread
from hashlib import sha256
from typing import Any

from litestar import Response, delete, get, post
from litestar.exceptions import NotFoundException
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Struct

from api.access_records import Action, record
from api.lists import require_personal
from api.problem_responses import problem_responses
from api.register_state import AppRequest, caller_of, register_of
from application.access import sight_sql
from application.caller import Caller, Role
from domain.case import Actor
from projections.due_dates import DueCase, DueFilter, list_due

_SUFFIX = ".ics"
_PAGE = 200
_MOST_PAGES = 5
_ROLES = frozenset({Role.EXECUTOR})
"""A calendar shows what the official works on; more than that needs a token."""
_PRIVATE = {"Cache-Control": "private, no-cache"}


class CalendarFeed(Struct, kw_only=True):
    """``path`` is on this server; ``url`` is all of it, where the public address is set."""

    path: str
    url: str | None


@post(
    "/calendar-feed",
    operation_id="calendar-feed.make",
    tags=["deadlines"],
    summary="A secret address for my calendar program, for a year; the one before ends",
    responses={
        201: ResponseSpec(
            data_container=CalendarFeed, description="Told once", generate_examples=False
        ),
        **problem_responses(400, 401, 403, 503),
    },
)
async def make_feed(request: AppRequest) -> Response[CalendarFeed]:
    register, caller = register_of(request), caller_of(request)
    require_personal(caller)
    actor = caller.actor
    token = await to_thread(register.calendar_feeds.make, actor.official, actor.unit)
    path = f"/calendar/{token}{_SUFFIX}"
    public = register.settings.public_url
    feed = CalendarFeed(path=path, url=f"{public}{path}" if public else None)
    return Response(feed, headers={"Cache-Control": "no-store"})


@delete(
    "/calendar-feed",
    operation_id="calendar-feed.end",
    tags=["deadlines"],
    summary="End my calendar's address",
    responses={204: ResponseSpec(None, description="Ended"), **problem_responses(400, 401, 503)},
)
async def end_feed(request: AppRequest) -> None:
    register, caller = register_of(request), caller_of(request)
    await to_thread(register.calendar_feeds.end, caller.actor.official)


@get(
    "/calendar/{file:str}",
    opt={"public": True},
    include_in_schema=False,
)
async def calendar(request: AppRequest, file: str) -> Response[bytes]:
    register = register_of(request)
    if not file.endswith(_SUFFIX):
        raise NotFoundException
    async with register.pool.connection() as conn:
        feed = await register.calendar_feeds.found(conn, file.removesuffix(_SUFFIX))
        if feed is None:
            raise NotFoundException
        actor = Actor(official=feed.official, unit=feed.unit, client="calendar")
        caller = Caller(actor, _ROLES)
        sight = sight_sql(caller, register.organisation())
        rows: list[DueCase] = []
        cursor, position = None, 0
        for _ in range(_MOST_PAGES):
            page = await list_due(
                conn, DueFilter(officials=[feed.official]), *sight, cursor=cursor, limit=_PAGE
            )
            rows += page.rows
            cursor, position = page.cursor, page.position
            if cursor is None:
                break
    await record(
        request,
        Action.CALENDAR_READ,
        cases=list({row.due.case_id for row in rows}),
        position=position,
        by=caller,
    )
    content = register.calendar_feeds.calendar(feed, ((row.number, row.due) for row in rows))
    tag = f'"{sha256(content).hexdigest()[:32]}"'
    headers = {**_PRIVATE, "ETag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    return Response(content, media_type="text/calendar", headers=headers)


ROUTES: list[Any] = [make_feed, end_feed]
