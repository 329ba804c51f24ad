"""Connections cut at the worst moment, and servers that die while writers write."""

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import OperationalError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from application.desk import Desk
from application.orders import DatabaseGone, KeyUsedBefore, Order, Receipt
from infra.embedded import SOCKET_NAME, embedded_postgres
from infra.group_commit import GroupCommit
from infra.migrate import migrate
from tests.desks import new_desk, recorded_by
from tests.orders import add_note, register_appeal

COMMIT = b"COMMIT\x00"


class Line:
    """A line to PostgreSQL that can be cut at the next COMMIT, on either side of it."""

    def __init__(self, database: str) -> None:
        self._server = f"{conninfo_to_dict(database)['host']}/{SOCKET_NAME}"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.conninfo = make_conninfo(
            database,
            host="127.0.0.1",
            port=self._listener.getsockname()[1],
            sslmode="disable",
            gssencmode="disable",
        )
        self.cut_before = False
        self.cut_behind = False
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                threading.Thread(target=self._to_server, args=(client, server), daemon=True).start()
                threading.Thread(target=self._to_client, args=(server, client), daemon=True).start()

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while sent := client.recv(65536):
                if COMMIT in sent and (self.cut_before or self.cut_behind):
                    client.shutdown(socket.SHUT_RDWR)
                    self.cuts += 1
                    if self.cut_behind:
                        server.sendall(sent)
                    self.cut_before = self.cut_behind = False
                    break
                server.sendall(sent)
        # What is waiting to be read by another thread is not closed by closing it here alone.
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def _to_client(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while answer := server.recv(65536):
                client.sendall(answer)
        client.close()
        server.close()


@pytest.fixture
def line(database: str) -> Iterator[Line]:
    with closing(Line(database)) as line:
        yield line


@pytest.fixture
def far_desk(line: Line) -> Iterator[Desk]:
    with closing(new_desk(line.conninfo)) as desk:
        yield desk


def wait_for_events(database: str, count: int) -> None:
    """The server commits on its own after the line is cut: give it the moment it takes."""
    until = time.monotonic() + 5
    row = None
    with psycopg.connect(database, autocommit=True) as conn:
        while time.monotonic() < until:
            row = conn.execute("SELECT count(*) FROM karguzar.register_events").fetchone()
            if row == (count,):
                return
            time.sleep(0.01)
    raise AssertionError(f"{row} events, not {count}")


def test_when_the_answer_to_a_commit_is_lost_a_repeat_gets_the_stored_receipt(
    far_desk: Desk, line: Line, database: str
) -> None:
    case, order = uuid4(), register_appeal()
    far_desk.execute(register_appeal(case))
    line.cut_behind = True
    with pytest.raises(OperationalError):
        far_desk.execute(order)
    wait_for_events(database, 2)

    receipt = far_desk.execute(order)

    assert line.cuts == 1
    assert receipt == Receipt(
        id=order.case_id, version=1, position=2, events=("appeal-registered",)
    )
    assert [r.command_id for r in recorded_by(far_desk)][1:] == [order.command_id]
    with pytest.raises(KeyUsedBefore):
        far_desk.execute(register_appeal(command_id=order.command_id, topic="labour"))
    assert far_desk.execute(add_note(case)).version == 2


def test_when_a_commit_never_arrived_a_repeat_carries_it_out(far_desk: Desk, line: Line) -> None:
    order = register_appeal()
    line.cut_before = True
    with pytest.raises(OperationalError):
        far_desk.execute(order)
    assert recorded_by(far_desk) == []
    assert far_desk.execute(order).position == 1
    assert line.cuts == 1


@pytest.mark.parametrize("side", ["cut_before", "cut_behind"])
def test_group_commit_repeats_a_batch_by_itself_when_its_line_is_cut(
    far_desk: Desk, line: Line, side: str
) -> None:
    orders = [register_appeal() for _ in range(10)]

    async def rush() -> list[Receipt]:
        commits = GroupCommit[Order, Receipt](far_desk.execute_batch, DatabaseGone)
        commits.start()
        setattr(line, side, True)
        receipts = await asyncio.gather(*(commits.submit(order) for order in orders))
        await commits.stop()
        return receipts

    receipts = asyncio.run(rush())
    assert line.cuts == 1
    assert [receipt.position for receipt in receipts] == list(range(1, 11))
    assert [r.command_id for r in recorded_by(far_desk)] == [o.command_id for o in orders]


@contextmanager
def postgres_of_its_own(folder: Path) -> Iterator[str]:
    with embedded_postgres(folder) as conninfo:
        migrate(conninfo)
        yield conninfo


def crash(conninfo: str) -> None:
    """End the server as a power cut would, without a checkpoint."""
    with psycopg.connect(conninfo) as conn:
        row = conn.execute("SELECT pg_read_file('postmaster.pid')").fetchone()
    assert row
    postmaster = int(row[0].split("\n")[0])
    os.kill(postmaster, signal.SIGQUIT)
    until = time.monotonic() + 10
    while Path(f"/proc/{postmaster}").exists() and time.monotonic() < until:
        time.sleep(0.01)


def test_writers_live_through_a_crash_of_postgresql(server_dir: Path) -> None:
    folder = server_dir / "crashing"
    orders = [[register_appeal() for _ in range(60)] for _ in range(8)]
    done: list[Receipt] = []

    async def write(commits: GroupCommit[Order, Receipt], mine: list[Order]) -> None:
        for order in mine:
            while True:
                with suppress(DatabaseGone):
                    done.append(await commits.submit(order))
                    break

    async def rush(desk: Desk, conninfo: str) -> None:
        commits = GroupCommit[Order, Receipt](desk.execute_batch, DatabaseGone)
        commits.start()
        writing = [asyncio.ensure_future(write(commits, mine)) for mine in orders]
        while len(done) < 100:  # noqa: ASYNC110 - it is watched, not told
            await asyncio.sleep(0.001)
        await asyncio.to_thread(crash, conninfo)
        acknowledged = len(done)
        assert acknowledged < len(orders) * len(orders[0]), "it crashed while writers wrote"
        again = embedded_postgres(folder)
        await asyncio.to_thread(again.__enter__)
        await asyncio.gather(*writing)
        await commits.stop()
        await asyncio.to_thread(again.__exit__, None, None, None)

    with postgres_of_its_own(folder) as conninfo, closing(new_desk(conninfo)) as desk:
        asyncio.run(rush(desk, conninfo))
        events = recorded_by(desk)
    assert [event.position for event in events] == list(range(1, 481))
    assert {event.command_id for event in events} == {
        order.command_id for mine in orders for order in mine
    }
    at = {event.position: event for event in events}
    assert all(at[receipt.position].originator_id == receipt.id for receipt in done)
