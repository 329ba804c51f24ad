"""Access records on their way into the database: an answer waits until its own is committed."""

import asyncio
from collections.abc import Sequence
from typing import Any

import psycopg
from msgspec import json
from psycopg import Connection
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus

from domain.access_record import AccessRecord
from infra.eventstore import ROLE

_COLUMNS = (
    "official, on_behalf_of, unit, client, roles, action, operation, cases, thread, person, "
    "problem, reason, query, position"
)
_INSERT = (
    f"INSERT INTO karguzar.accesses ({_COLUMNS}) SELECT {_COLUMNS} "  # noqa: S608 - fixed names
    "FROM json_populate_recordset(NULL::karguzar.accesses, %s::json)"
)
_LARGEST = 500
_STATEMENT = b"record"


class AccessLog:
    """Writes what waits at the same time in one statement, over one connection.

    ``write`` returns when the row is committed. The commit doesn't wait for the disk: the end of
    this process loses nothing, that of the database's machine the last half second.
    """

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._wire: _Wire | None = None
        self._waiting: list[tuple[AccessRecord, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, record: AccessRecord) -> None:
        """Raises psycopg.OperationalError when it could not be written."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((record, future))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        await future

    async def close(self) -> None:
        if self._writing is not None:
            await self._writing
        if self._wire is not None:
            self._wire.close()

    async def _write_all(self) -> None:
        try:
            while batch := self._waiting[:_LARGEST]:
                del self._waiting[:_LARGEST]
                await self._write_batch(batch)
        finally:
            self._writing = None

    async def _write_batch(
        self, batch: Sequence[tuple[AccessRecord, asyncio.Future[None]]]
    ) -> None:
        failed: BaseException | None = None
        try:
            await self._insert(_as_json([record for record, _ in batch]))
        except Exception as error:  # noqa: BLE001 - each that waits is told
            failed = error
        for _, future in batch:
            if future.done():
                continue
            if failed is None:
                future.set_result(None)
            else:
                future.set_exception(failed)

    async def _insert(self, rows: bytes) -> None:
        """Once more over a fresh connection where the one at hand has gone.

        Then a row may stand there twice, which misleads nobody.
        """
        if self._wire is not None:
            try:
                await self._wire.execute(rows)
            except psycopg.OperationalError:
                self._wire.close()
                self._wire = None
            else:
                return
        conn = await asyncio.to_thread(_connected, self._conninfo)
        self._wire = _Wire(conn)
        await self._wire.execute(rows)


class _Wire:
    """One prepared statement over one connection, straight on the event loop.

    psycopg's own way costs a reader twice as much: it sets up its waiting anew for each statement.
    """

    def __init__(self, conn: Connection[Any]) -> None:
        self._conn = conn
        self._pgconn = conn.pgconn
        self._pgconn.nonblocking = 1
        self._loop = asyncio.get_running_loop()
        self._answered: asyncio.Future[None] | None = None
        self._error: psycopg.Error | None = None
        self._socket: int | None = self._pgconn.socket
        self._loop.add_reader(self._pgconn.socket, self._read)

    async def execute(self, rows: bytes) -> None:
        """Raises psycopg's errors; of them OperationalError when the connection has gone."""
        self._answered, self._error = self._loop.create_future(), None
        self._pgconn.send_query_prepared(_STATEMENT, [rows])
        while self._pgconn.flush():
            await self._writable()
        await self._answered

    def close(self) -> None:
        self._listen_no_more()
        self._conn.close()

    def _listen_no_more(self) -> None:
        """Once: the socket's number may be another's by the time of the second."""
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._socket = None

    async def _writable(self) -> None:
        writable = asyncio.Event()
        self._loop.add_writer(self._pgconn.socket, writable.set)
        try:
            await writable.wait()
        finally:
            self._loop.remove_writer(self._pgconn.socket)

    def _read(self) -> None:
        try:
            self._pgconn.consume_input()
            while not self._pgconn.is_busy():
                result = self._pgconn.get_result()
                if result is None:
                    self._settle(self._error)
                    return
                if result.status != ExecStatus.COMMAND_OK:
                    self._error = error_from_result(result)
        except psycopg.OperationalError as lost:
            self._listen_no_more()
            self._settle(lost)

    def _settle(self, error: psycopg.Error | None) -> None:
        if self._answered is None or self._answered.done():
            return
        if error is None:
            self._answered.set_result(None)
        else:
            self._answered.set_exception(error)


def _connected(conninfo: str) -> Connection[Any]:
    conn = psycopg.connect(conninfo, autocommit=True)
    conn.execute(f"SET ROLE {ROLE}")
    conn.execute("SET synchronous_commit = off")
    conn.pgconn.prepare(_STATEMENT, _INSERT.replace("%s", "$1").encode())
    return conn


def write_access(conn: Connection[Any], record: AccessRecord) -> None:
    """Write one record, for a command of the command line."""
    conn.execute(_INSERT, (_as_json([record]).decode(),))


def _as_json(records: Sequence[AccessRecord]) -> bytes:
    return json.encode([_row(record) for record in records])


def _row(record: AccessRecord) -> dict[str, Any]:
    by = record.by
    return {
        "official": by.official,
        "on_behalf_of": by.on_behalf_of,
        "unit": by.unit,
        "client": by.client,
        "roles": sorted(record.roles),
        "action": record.action,
        "operation": record.operation,
        "cases": record.cases,
        "thread": record.thread,
        "person": record.person,
        "problem": record.problem,
        "reason": record.reason,
        "query": record.query,
        "position": record.position,
    }
