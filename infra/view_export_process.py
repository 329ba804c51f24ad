"""The process that reads one view for one caller and writes its rows to its standard output.

A million rows keep a processor busy for a minute: beside a worker that would delay its requests.
It is begun by `infra/view_export.py`, which writes an `Order` to its standard input and keeps that
open for as long as it wants the rows. Before the rows stands one line: an `Opening`.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any, BinaryIO

import psycopg
from msgspec import Struct, json
from psycopg.rows import tuple_row

from infra.analyst_limits import EXPORT, GROUP, LIMITS
from infra.row_formats import Column, Format, Sheet, write

BATCH_ROWS = {Format.JSON: 2_000, Format.CSV: 2_000, Format.XLSX: 2_000, Format.PARQUET: 5_000}
"""Of Parquet each is a row group: with 20 000 rows the process takes 173 MB, with 5 000 122 MB."""
_NICENESS = 10
_AGAIN_SECONDS, _UNWIND_SECONDS = 0.05, 10
_MAIN = threading.main_thread().ident or 0
_unwinding = threading.Event()


class Order(Struct, frozen=True, kw_only=True):
    """``position`` is the query for the position that the rows are true for."""

    conninfo: str
    purpose: str
    inner_pad: bytes
    outer_pad: bytes
    view: str
    says: str
    columns: tuple[Column, ...]
    query: str
    position: str
    values: dict[str, str | int | list[str]]
    format: Format


class Opening(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Either the position, or the name of the error for which there are no rows."""

    position: int = 0
    error: str | None = None


def main() -> int:
    signal.signal(signal.SIGTERM, _unwind)
    os.nice(_NICENESS)
    order = json.decode(sys.stdin.buffer.readline(), type=Order)
    threading.Thread(target=_end_with_asker, daemon=True).start()
    out = sys.stdout.buffer
    try:
        with psycopg.connect(order.conninfo, application_name=EXPORT) as conn:
            _carry_out(conn, order, out)
    except psycopg.Error as error:
        with suppress(OSError):
            _open(out, Opening(error=type(error).__name__))
        return 1
    except BrokenPipeError:
        return 1
    return 0


def _carry_out(conn: psycopg.Connection[Any], order: Order, out: BinaryIO) -> None:
    conn.execute("SET ROLE karguzar_app")
    conn.execute(
        "INSERT INTO karguzar.analyst_purposes (purpose, inner_pad, outer_pad) "
        "VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (order.purpose, order.inner_pad, order.outer_pad),
    )
    # From here on no more can be read than an analyst may read.
    conn.execute(f"SET ROLE {GROUP}")
    conn.execute("SELECT set_config('karguzar.purpose', %s, false)", (order.purpose,))
    conn.execute(f"SET statement_timeout = {int(LIMITS.export_seconds * 1000)}")
    conn.execute("SET max_parallel_workers_per_gather = 0")
    conn.execute("SET cursor_tuple_fraction = 1")
    conn.commit()
    conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    conn.read_only = True
    (position,) = (
        conn.cursor(row_factory=tuple_row).execute(order.position, order.values).fetchone()  # type: ignore[misc]
    )
    with conn.cursor("rows", binary=True, row_factory=tuple_row) as cursor:
        cursor.execute(order.query, order.values)
        size = BATCH_ROWS[order.format]
        first = cursor.fetchmany(size)
        _open(out, Opening(position=position))
        sheet = Sheet(name=order.view, says=order.says, columns=order.columns, position=position)
        write(order.format, sheet, _batches(cursor, first, size), out)
        out.flush()


def _batches(
    cursor: psycopg.ServerCursor[Any], first: list[tuple[Any, ...]], size: int
) -> Iterator[Sequence[tuple[Any, ...]]]:
    batch = first
    while batch:
        yield batch
        batch = cursor.fetchmany(size)


def _open(out: BinaryIO, opening: Opening) -> None:
    out.write(json.encode(opening) + b"\n")
    out.flush()


def _end_with_asker() -> None:
    """When whoever asked is gone, or wants no more, the other end of this pipe is closed.

    A signal that comes just before the main thread begins to wait for the reader doesn't wake it:
    so until it has been seen it is sent again.
    """
    while os.read(sys.stdin.fileno(), 1):
        pass
    while not _unwinding.is_set():
        signal.pthread_kill(_MAIN, signal.SIGTERM)
        _unwinding.wait(_AGAIN_SECONDS)
    time.sleep(_UNWIND_SECONDS)
    os._exit(1)


def _unwind(_signum: int, _frame: FrameType | None) -> None:
    """Files beside are removed on the way out; what is still written to the reader goes nowhere."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    _unwinding.set()
    raise SystemExit(1)


if __name__ == "__main__":
    sys.exit(main())
