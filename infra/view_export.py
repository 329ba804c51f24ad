"""Views read for a caller, in a process aside, streamed as they are written."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from subprocess import DEVNULL
from typing import Any

import structlog
from msgspec import Struct, json
from psycopg import AsyncConnection, OperationalError
from psycopg.rows import tuple_row

from infra.analyst_limits import LIMITS
from infra.analysts import pads
from infra.pseudonyms import Pseudonyms
from infra.row_formats import Column, Format
from infra.view_export_process import Opening, Order

AT_ONCE = 2
"""Exports that one worker carries out at the same time."""
_CHUNK = 1 << 16
_UNREAD_SECONDS = 30.0
"""How long an export may wait for the first look at its rows."""
PROGRAM = (sys.executable, "-m", "infra.view_export_process")

log = structlog.get_logger()


class ExportsUnderWay(Exception):
    """As many exports as may be are under way: ask again when one of them has ended."""


class ExportCutShort(Exception):
    """The rows ended before their time; whoever reads must not take them for all."""


class Asked(Struct, frozen=True, kw_only=True):
    """A view by name with its columns, the query for its rows and the one for their position."""

    view: str
    says: str
    columns: Sequence[Column]
    query: str
    position: str
    values: dict[str, Any]
    format: Format


class Export:
    """Rows as they are written; they are true for ``position``. It takes a place until it ends."""

    def __init__(self, process: Process, position: int) -> None:
        self.position = position
        self._process = process
        self._unread = asyncio.get_running_loop().call_later(_UNREAD_SECONDS, self.close)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Raises ExportCutShort where not all rows came."""
        assert self._process.stdout  # noqa: S101 - asked for as a pipe
        self._unread.cancel()
        try:
            while chunk := await self._process.stdout.read(_CHUNK):
                yield chunk
            if status := await self._process.wait():
                log.error("export-cut-short", status=status)
                raise ExportCutShort(ExportCutShort.__doc__)
        finally:
            self.close()

    def close(self) -> None:
        """The process goes by itself when nobody holds its standard input any longer."""
        assert self._process.stdin  # noqa: S101 - asked for as a pipe
        self._unread.cancel()
        self._process.stdin.close()


class Exports:
    """Those of one worker. *pseudonyms_of* gives those of a purpose."""

    def __init__(self, conninfo: str, pseudonyms_of: Callable[[str], Pseudonyms]) -> None:
        self._conninfo = conninfo
        self._pseudonyms_of = pseudonyms_of
        self._under_way = 0
        self._endings: set[asyncio.Task[None]] = set()

    async def begin(self, asked: Asked, purpose: str) -> Export:
        """Return when the first rows are there.

        Raises ExportsUnderWay, and psycopg.OperationalError where the database doesn't answer.
        """
        if self._under_way >= AT_ONCE:
            raise ExportsUnderWay(ExportsUnderWay.__doc__)
        self._under_way += 1
        try:
            process = await asyncio.create_subprocess_exec(
                *PROGRAM, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
            )
        except BaseException:
            self._under_way -= 1
            raise
        ending = asyncio.create_task(self._until_ended(process))
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)
        try:
            opening = await _opened(process, self.order(asked, purpose))
        except BaseException:
            Export(process, 0).close()
            raise
        return Export(process, opening.position)

    def order(self, asked: Asked, purpose: str) -> Order:
        """What the process is given to carry out."""
        key = pads(self._pseudonyms_of(purpose))
        return Order(
            conninfo=self._conninfo,
            purpose=purpose,
            inner_pad=key["inner"],
            outer_pad=key["outer"],
            view=asked.view,
            says=asked.says,
            columns=tuple(asked.columns),
            query=asked.query,
            position=asked.position,
            values=asked.values,
            format=asked.format,
        )

    async def _until_ended(self, process: Process) -> None:
        """One that nobody reads any longer, or reads too slowly, ends when its time is over."""
        try:
            await asyncio.wait_for(process.wait(), LIMITS.export_seconds)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        finally:
            self._under_way -= 1


async def _opened(process: Process, order: Order) -> Opening:
    assert process.stdin and process.stdout  # noqa: S101, PT018 - asked for as pipes
    process.stdin.write(json.encode(order) + b"\n")
    with suppress(ConnectionError):
        await process.stdin.drain()
    line = await process.stdout.readline()
    opening = json.decode(line, type=Opening) if line else Opening(error="ProcessEnded")
    if opening.error:
        raise OperationalError(f"no rows: {opening.error}")
    return opening


async def purpose_of(conn: AsyncConnection[Any], official: str) -> str:
    """What the official's pseudonyms are for: that of their login, or else a purpose of its own."""
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute("SELECT purpose FROM karguzar.analysts WHERE official = %s", (official,))
    row = await cursor.fetchone()
    return str(row[0]) if row else f"official {official}"
