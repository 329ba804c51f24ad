"""Access records on their way into the database: an answer waits until its own is committed."""

import asyncio
from collections.abc import Sequence
from itertools import accumulate
from typing import Any
from uuid import UUID

import psycopg
from msgspec import json
from psycopg import Connection
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format

from domain.access_record import AccessRecord
from infra.arrays import UUID_ARRAY, uuids_as_array
from infra.eventstore import ROLE

_GIVEN = (
    "official text, on_behalf_of text, unit text, client text, roles text[], action text, "
    "operation text, thread uuid, person uuid, problem text, reason text, query jsonb, "
    "position bigint"
)
_NAMES = ", ".join(column.split()[0] for column in _GIVEN.split(", "))
# The ids of all rows come beside them as one array: as text, those of a long list cost its reader
# more than all else.
_INSERT = (
    f"INSERT INTO karguzar.accesses ({_NAMES}, cases) "  # noqa: S608 - fixed names
    f"SELECT {_NAMES}, ({{cases}}::uuid[])[first_case:last_case] "
    f"FROM json_to_recordset({{rows}}::json) AS given({_GIVEN}, first_case int, last_case int)"
)
_JSON = 114
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
            records = [record for record, _ in batch]
            await self._insert(_as_json(records), uuids_as_array(_cases(records)))
        except Exception as error:  # noqa: BLE001 - each that waits is told
            failed = error
        for _, future in batch:
            if future.done():
                continue
            if failed is None:
                future.set_result(None)
            else:
                future.set_exception(failed)

    async def _insert(self, rows: bytes, cases: bytes) -> None:
        """Once more over a fresh connection where the one at hand has gone.

        Then a row may stand there twice, which misleads nobody.
        """
        if self._wire is not None:
            try:
                await self._wire.execute(rows, cases)
            except psycopg.OperationalError:
                self._wire.close()
                self._wire = None
            else:
                return
        conn = await asyncio.to_thread(_connected, self._conninfo)
        self._wire = _Wire(conn)
        await self._wire.execute(rows, cases)


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

    async def execute(self, rows: bytes, cases: bytes) -> None:
        """Raises psycopg's errors; of them OperationalError when the connection has gone."""
        self._answered, self._error = self._loop.create_future(), None
        self._pgconn.send_query_prepared(
            _STATEMENT, [rows, cases], param_formats=[Format.TEXT, Format.BINARY]
        )
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
    statement = _INSERT.format(rows="$1", cases="$2").encode()
    conn.pgconn.prepare(_STATEMENT, statement, [_JSON, UUID_ARRAY])
    return conn


def write_access(conn: Connection[Any], record: AccessRecord) -> None:
    """Write one record, for a command of the command line."""
    conn.execute(
        _INSERT.format(rows="%(rows)s", cases="%(cases)s"),
        {"rows": _as_json([record]).decode(), "cases": _cases([record])},
    )


def _cases(records: Sequence[AccessRecord]) -> list[UUID]:
    return [case for record in records for case in record.cases]


def _as_json(records: Sequence[AccessRecord]) -> bytes:
    """Each says from which to which of all cases are its own."""
    lasts = accumulate(len(record.cases) for record in records)
    return json.encode([_row(*each) for each in zip(records, lasts, strict=True)])


def _row(record: AccessRecord, last_case: int) -> dict[str, Any]:
    by = record.by
    return {
        "official": by.official,
        "on_behalf_of": by.on_behalf_of,
        "unit": by.unit,
        "client": by.client,
        "roles": sorted(record.roles),
        "action": record.action,
        "operation": record.operation,
        "first_case": last_case - len(record.cases) + 1,
        "last_case": last_case,
        "thread": record.thread,
        "person": record.person,
        "problem": record.problem,
        "reason": record.reason,
        "query": record.query,
        "position": record.position,
    }
