"""An unknown case and a hidden one are answered after the same time: at a whole number of steps."""

import asyncio
from math import ceil

from litestar.types import Message, Scope

STEP_SECONDS = 0.02
_NOT_FOUND = 404
_ASKED_AT = "asked_at"


def note_time(scope: Scope) -> None:
    """The request's time begins now."""
    scope["state"][_ASKED_AT] = asyncio.get_running_loop().time()


async def hold_until_even(message: Message, scope: Scope) -> None:
    """Hold what isn't found back: how long it was looked for tells whether there is such a case.

    Nothing else waits. What takes longer than a step, by many events or a busy server, is
    answered a step later.
    """
    if message["type"] != "http.response.start" or message["status"] != _NOT_FOUND:
        return
    asked_at = scope["state"].get(_ASKED_AT)
    if asked_at is None:
        return
    gone = asyncio.get_running_loop().time() - asked_at
    await asyncio.sleep(ceil(gone / STEP_SECONDS) * STEP_SECONDS - gone)
