"""Tells open pages that their figures have moved, by an event or by a new day."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

from litestar import get
from litestar.response import ServerSentEvent, ServerSentEventMessage
from msgspec import Struct, json

from api.lists import today_at
from api.register_state import AppRequest, Pool, register_of
from projections.positions import reached

LOOK_SECONDS = 1.0
_HEARTBEAT_LOOKS = 15
_READ_MODEL = "occurrences"


class Move(Struct, frozen=True):
    """What is overdue and due this week turns with ``day``, the business day."""

    position: int
    day: date


class Moves:
    """How far the figures have come: looked at once a second at most, however many listen."""

    def __init__(self) -> None:
        self._looking = asyncio.Lock()
        self._looked_at = 0.0
        self._position = 0

    async def position(self, pool: Pool) -> int:
        async with self._looking:
            now = time.monotonic()
            if now - self._looked_at >= LOOK_SECONDS / 2:
                async with pool.connection() as conn:
                    self._position = await reached(conn, [_READ_MODEL])
                self._looked_at = now
        return self._position


@get("/pages/events", operation_id="pages.events", include_in_schema=False)
async def events(request: AppRequest) -> ServerSentEvent:
    return ServerSentEvent(_told(request), retry_duration=5_000)


async def _told(request: AppRequest) -> AsyncIterator[ServerSentEventMessage]:
    """``moved`` with the position and the day, the first time as soon as the page listens.

    It ends with the token, and when the server is about to.
    """
    state, register = request.app.state, register_of(request)
    last, quiet = None, 0
    while time.time() < request.user.claims.exp and not state.ending():
        move = Move(await state.moves.position(register.pool), today_at(register))
        if move != last:
            last, quiet = move, 0
            yield ServerSentEventMessage(
                json.encode(move).decode(), event="moved", id=move.position
            )
        elif (quiet := quiet + 1) >= _HEARTBEAT_LOOKS:
            quiet = 0
            yield ServerSentEventMessage(None, comment="here")
        await asyncio.sleep(LOOK_SECONDS)


ROUTES: list[Any] = [events]
