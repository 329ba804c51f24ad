"""Rows written with binary COPY, straight over libpq.

psycopg's own way sets up its waiting anew for each step of it, which for a few rows costs ten
times as much as writing them.
"""

from collections.abc import Iterable, Sequence
from select import POLLIN, POLLOUT, poll
from typing import Any

import psycopg
from psycopg import Connection, Copy
from psycopg.abc import Buffer
from psycopg.copy import Writer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGresult

_LARGEST = 1 << 17
"""As psycopg cuts what it hands to libpq."""


def copy_rows(
    conn: Connection[Any], statement: bytes, types: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> int:
    """Carry out ``COPY … FROM STDIN (FORMAT BINARY)``; how many rows there were."""
    count = 0
    with conn.lock:
        writer = _Wire(conn, statement)
        try:
            copy = Copy(conn.cursor(), binary=True, writer=writer)
            copy.set_types(types)
            for count, row in enumerate(rows, 1):  # noqa: B007
                copy.write_row(row)
        except BaseException as error:
            writer.finish(error)
            raise
        copy.finish(None)
    return count


class _Wire(Writer):
    """Where the rows go. Other threads go on while it waits; libpq's own waiting holds them up."""

    def __init__(self, conn: Connection[Any], statement: bytes) -> None:
        self._pgconn = conn.pgconn
        self._socket = poll()
        result = self._pgconn.exec_(statement)
        if result.status != ExecStatus.COPY_IN:
            raise self._error(result)

    def write(self, data: Buffer) -> None:
        for start in range(0, len(data), _LARGEST):
            while not self._pgconn.put_copy_data(data[start : start + _LARGEST]):
                self._flush()
            self._flush()

    def finish(self, exc: BaseException | None = None) -> None:
        """Raises psycopg's errors, unless *exc* is what went wrong."""
        failed: psycopg.Error | None = None
        try:
            while not self._pgconn.put_copy_end(b"the rows can't be made" if exc else None):
                self._flush()
            self._flush()
            while (result := self._result()) is not None:
                if result.status != ExecStatus.COMMAND_OK:
                    failed = self._error(result)
        except psycopg.OperationalError as lost:
            failed = lost
        if failed and not exc:
            raise failed

    def _flush(self) -> None:
        while self._pgconn.flush():
            self._wait(POLLIN | POLLOUT)

    def _result(self) -> PGresult | None:
        while self._pgconn.is_busy():
            self._wait(POLLIN)
        return self._pgconn.get_result()

    def _wait(self, events: int) -> None:
        self._socket.register(self._pgconn.socket, events)
        self._socket.poll()
        self._pgconn.consume_input()

    def _error(self, result: PGresult) -> psycopg.Error:
        if self._pgconn.status != ConnStatus.OK:
            return psycopg.OperationalError(self._pgconn.get_error_message())
        return error_from_result(result)
