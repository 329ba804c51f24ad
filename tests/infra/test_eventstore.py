"""The log's promises, and attempts to break them: with threads, processes and kills."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from multiprocessing import get_context
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent
from msgspec import Struct
from psycopg.errors import InsufficientPrivilege

from application.desk import Desk
from application.orders import Receipt
from infra.eventstore import ROLE
from infra.rows import StreamRow
from tests.desks import migrated_database, new_desk, recorded_by
from tests.infra.writers import (
    BATCH,
    append_and_roll_back,
    from_the_future,
    stop_in_mid_batch,
    write_batches_for_ever,
    write_from_threads,
)
from tests.orders import add_note, register_appeal

PROCESSES, THREADS, ROUNDS = 2, 8, 12
TURNS = PROCESSES * THREADS * ROUNDS
SPAWN = get_context("spawn")
NEW_YEAR = datetime(2026, 12, 31, 20, 30, tzinfo=UTC)
"""Half past midnight on 1 January 2027 in Baku."""


class Rush(Struct):
    """What was left by sixteen writers, and what a reader saw meanwhile."""

    conninfo: str
    receipts: list[Receipt]
    seen: list[StreamRow]


@pytest.fixture(scope="module")
def rush(postgres: str) -> Iterator[Rush]:
    with migrated_database(postgres) as conninfo, closing(new_desk(conninfo)) as reader:
        with ProcessPoolExecutor(PROCESSES, mp_context=SPAWN) as pool:
            writing = [
                pool.submit(write_from_threads, conninfo, THREADS, ROUNDS) for _ in range(PROCESSES)
            ]
            seen: list[StreamRow] = []
            while not all(writer.done() for writer in writing):
                seen += reader.log.tail(seen[-1].position if seen else 0, 7)
            receipts = [receipt for writer in writing for receipt in writer.result()]
        while rows := reader.log.tail(seen[-1].position, 1_000):
            seen += rows
        yield Rush(conninfo, receipts, seen)


def test_positions_have_no_gaps_though_writers_roll_back(rush: Rush) -> None:
    with psycopg.connect(rush.conninfo) as conn:
        positions = conn.execute(
            "SELECT notification_id FROM karguzar.register_events ORDER BY 1"
        ).fetchall()
        head = conn.execute("SELECT position FROM karguzar.log_head").fetchone()
    assert [position for (position,) in positions] == list(range(1, 3 * TURNS + 1))
    assert head == (3 * TURNS,)


def test_a_reader_who_follows_the_log_misses_nothing_and_sees_nothing_twice(rush: Rush) -> None:
    # Dense as it was seen: no smaller position ever appeared behind the reader's back.
    assert [row.position for row in rush.seen] == list(range(1, 3 * TURNS + 1))
    assert len({(row.case_id, row.version) for row in rush.seen}) == 3 * TURNS


def test_every_receipt_names_the_place_of_its_event(rush: Rush) -> None:
    assert len(rush.receipts) == 3 * TURNS
    by_position = {row.position: row for row in rush.seen}
    for receipt in rush.receipts:
        row = by_position[receipt.position]
        assert (row.case_id, row.version, row.topic) == (
            receipt.id,
            receipt.version,
            receipt.events[-1],
        )


def test_register_books_have_every_number_once_though_orders_were_refused(rush: Rush) -> None:
    with closing(new_desk(rush.conninfo)) as desk:
        numbers = [getattr(r.event, "number", None) for r in recorded_by(desk)]
    books = Counter(number.book for number in numbers if number)
    assert books == {"a": TURNS, "m": TURNS}
    for book in books:
        taken = [number.sequence for number in numbers if number and number.book == book]
        assert taken == list(range(1, TURNS + 1))


def test_a_refused_order_uses_no_number(desk: Desk) -> None:
    desk.execute(register_appeal())
    desk.execute_batch([from_the_future(), from_the_future(), register_appeal()])
    append_and_roll_back(desk)
    desk.execute(register_appeal())
    numbers = [str(recorded.event.number) for recorded in recorded_by(desk)]  # type: ignore[attr-defined]
    assert numbers == ["A-1/2026", "A-2/2026", "A-3/2026"]


def test_a_number_belongs_to_the_year_of_registration(desk: Desk) -> None:
    desk.execute(register_appeal())
    desk.clock = lambda: NEW_YEAR
    desk.execute(register_appeal())
    numbers = [str(recorded.event.number) for recorded in recorded_by(desk)]  # type: ignore[attr-defined]
    assert numbers == ["A-1/2026", "A-1/2027"]


def test_a_writer_killed_before_its_commit_leaves_nothing_and_blocks_nobody(
    desk: Desk, database: str
) -> None:
    written = SPAWN.Event()
    writer = SPAWN.Process(target=stop_in_mid_batch, args=(database, written))
    writer.start()
    assert written.wait(30)
    os.kill(writer.pid or 0, signal.SIGKILL)
    writer.join()
    started = time.monotonic()
    receipt = desk.execute(register_appeal())
    assert time.monotonic() - started < 10, "it didn't wait for what the dead one held"
    assert receipt.position == 1
    assert [str(r.event.number) for r in recorded_by(desk)] == ["A-1/2026"]  # type: ignore[attr-defined]


def test_batches_of_a_killed_writer_are_there_whole_or_not_at_all(
    desk: Desk, database: str
) -> None:
    for pause in (0.011, 0.037):
        started = SPAWN.Event()
        writer = SPAWN.Process(target=write_batches_for_ever, args=(database, started))
        writer.start()
        assert started.wait(30)
        time.sleep(pause)
        os.kill(writer.pid or 0, signal.SIGKILL)
        writer.join()
        desk.execute(register_appeal())
    with psycopg.connect(database) as conn:
        sizes = conn.execute(
            "SELECT count(*) FROM karguzar.register_events GROUP BY xmin::text"
        ).fetchall()
        commands = conn.execute("SELECT count(*) FROM karguzar.commands").fetchone()
    assert Counter(size for (size,) in sizes).keys() == {1, BATCH}
    rows = desk.log.tail(0, 1_000_000)
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    assert commands == (len(rows),)


@pytest.mark.parametrize("table", ["register_events", "commands"])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE karguzar.{table} SET {column} = {column}",
        "DELETE FROM karguzar.{table}",
        "TRUNCATE karguzar.{table}",
        (
            "INSERT INTO karguzar.{table} SELECT * FROM karguzar.{table} "
            "ON CONFLICT ({key}) DO UPDATE SET {column} = excluded.{column}"
        ),
    ],
)
class TestTheLogIsAppendOnly:
    @pytest.fixture
    def statement(self, desk: Desk, table: str, change: str) -> str:
        desk.execute(register_appeal())
        events = table == "register_events"
        return change.format(
            table=table,
            column="state" if events else "digest",
            key="notification_id" if events else "command_id",
        )

    def test_for_the_application(self, database: str, statement: str) -> None:
        with psycopg.connect(database) as conn:
            conn.execute(f"SET ROLE {ROLE}")
            with pytest.raises(InsufficientPrivilege, match="permission denied"):
                conn.execute(statement.encode())

    def test_and_for_the_owner_of_the_database(self, database: str, statement: str) -> None:
        with (
            psycopg.connect(database) as conn,
            pytest.raises(InsufficientPrivilege, match="the log is append-only"),
        ):
            conn.execute(statement.encode())


def test_the_application_cannot_take_the_guard_away(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute(f"SET ROLE {ROLE}")
        for attempt in (
            "ALTER TABLE karguzar.register_events DISABLE TRIGGER append_only",
            "DROP TRIGGER append_only ON karguzar.register_events",
            "DROP TABLE karguzar.register_events",
            "DELETE FROM karguzar.log_head",
            "SET session_replication_role = replica",
        ):
            with pytest.raises(InsufficientPrivilege):
                conn.execute(attempt.encode())


def test_the_librarys_way_in_takes_the_same_lock_and_the_next_positions(desk: Desk) -> None:
    desk.execute(register_appeal())
    row = desk.log.tail(0, 1)[0]
    stored = StoredEvent(uuid4(), 1, row.topic, row.state)
    assert desk.log.insert_events([stored]) == [2]
    assert desk.execute(register_appeal()).position == 3


def test_the_same_place_in_a_case_is_never_taken_twice(desk: Desk) -> None:
    receipt = desk.execute(register_appeal())
    row = desk.log.tail(0, 1)[0]
    with pytest.raises(IntegrityError):
        desk.log.insert_events([StoredEvent(row.case_id, 1, row.topic, row.state)])
    assert desk.execute(add_note(receipt.id)).position == 2
