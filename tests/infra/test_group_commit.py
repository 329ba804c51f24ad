"""Orders that wait together share a transaction, and none of them pays for another."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

import psycopg
import pytest

from application.access import Forbidden
from application.desk import Desk, Outcome
from application.orders import DatabaseGone, KeyUsedBefore, NoSuchCase, Order, Receipt, StaleVersion
from domain.information import DatedInTheFuture
from infra import group_commit
from infra.group_commit import GroupCommit, Stopped
from tests.desks import recorded_by
from tests.infra.writers import from_the_future
from tests.orders import (
    AUDITOR,
    REGISTRAR,
    add_note,
    assign_appeal,
    caller,
    receive_media_inquiry,
    register_appeal,
)

Desks = GroupCommit[Order, Receipt]


@asynccontextmanager
async def running(
    carry_out: Callable[[Sequence[Order]], Sequence[Outcome]],
    sizes: list[int] | None = None,
    largest: int = 256,
) -> AsyncIterator[Desks]:
    heard = [] if sizes is None else sizes
    commits = Desks(
        carry_out,
        DatabaseGone,
        largest=largest,
        on_batch=lambda size, _seconds: heard.append(size),
    )
    commits.start()
    try:
        yield commits
    finally:
        await commits.stop()


async def together(commits: Desks, database: str, orders: Sequence[Order]) -> list[Outcome]:
    """The answers to orders that all come while somebody else holds the log."""
    with psycopg.connect(database) as other:
        other.execute("SELECT FROM karguzar.log_head FOR UPDATE")
        first = asyncio.ensure_future(commits.submit(register_appeal()))
        await asyncio.sleep(0.05)
        waiting = [asyncio.ensure_future(commits.submit(order)) for order in orders]
        await asyncio.sleep(0.05)
    await first
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    return [o for o in outcomes if isinstance(o, Receipt | Exception)]


def transactions(database: str) -> list[int]:
    """How many events each transaction wrote, in the log's order."""
    with psycopg.connect(database) as conn:
        rows = conn.execute(
            "SELECT count(*) FROM karguzar.register_events GROUP BY xmin::text "
            "ORDER BY min(notification_id)"
        ).fetchall()
    return [count for (count,) in rows]


def test_orders_that_wait_at_once_share_one_transaction(desk: Desk, database: str) -> None:
    async def rush() -> list[int]:
        sizes: list[int] = []
        async with running(desk.execute_batch, sizes) as commits:
            outcomes = await together(commits, database, [register_appeal() for _ in range(40)])
        assert all(isinstance(outcome, Receipt) for outcome in outcomes)
        return sizes

    assert asyncio.run(rush()) == [1, 40]
    assert transactions(database) == [1, 40]


def test_no_batch_is_larger_than_it_may_be(desk: Desk, database: str) -> None:
    async def rush() -> list[int]:
        sizes: list[int] = []
        async with running(desk.execute_batch, sizes, largest=16) as commits:
            await together(commits, database, [register_appeal() for _ in range(40)])
        return sizes

    assert asyncio.run(rush()) == [1, 16, 16, 8]


def test_a_refusal_in_the_middle_of_a_batch_fails_nobody_else(desk: Desk, database: str) -> None:
    case, used = uuid4(), uuid4()
    desk.execute(register_appeal(case, command_id=used))
    orders = [
        add_note(case),
        from_the_future(),
        add_note(case, by=AUDITOR),
        add_note(uuid4()),
        add_note(case, expected_version=1),
        register_appeal(command_id=used, topic="labour"),
        assign_appeal(case),
        receive_media_inquiry(),
    ]

    async def rush() -> list[Outcome]:
        async with running(desk.execute_batch) as commits:
            return await together(commits, database, orders)

    assert [type(outcome) for outcome in asyncio.run(rush())] == [
        Receipt,
        DatedInTheFuture,
        Forbidden,
        NoSuchCase,
        StaleVersion,
        KeyUsedBefore,
        Receipt,
        Receipt,
    ]
    assert transactions(database) == [1, 1, 3]


def test_what_breaks_a_whole_batch_fails_only_its_culprit(desk: Desk, database: str) -> None:
    # A lone surrogate can't be stored as UTF-8, which shows only when all is being written.
    culprit = register_appeal(by=caller("al\ud800yev", "records", *REGISTRAR.roles))
    orders = [*(register_appeal() for _ in range(3)), culprit, register_appeal()]
    with pytest.raises(UnicodeEncodeError):
        desk.execute_batch(orders)
    assert desk.log.tail(0, 10) == []

    async def rush() -> list[Outcome]:
        async with running(desk.execute_batch) as commits:
            return await together(commits, database, orders)

    assert [type(outcome) for outcome in asyncio.run(rush())] == [
        Receipt,
        Receipt,
        Receipt,
        UnicodeEncodeError,
        Receipt,
    ]
    numbers = [str(recorded.event.number) for recorded in recorded_by(desk)]  # type: ignore[attr-defined]
    assert numbers == [f"A-{number}/2026" for number in range(1, 6)]


def test_the_same_order_twice_in_one_batch_is_carried_out_once(desk: Desk, database: str) -> None:
    order = register_appeal()

    async def rush() -> list[Outcome]:
        async with running(desk.execute_batch) as commits:
            return await together(commits, database, [order, order])

    one, other = asyncio.run(rush())
    assert one == other
    assert transactions(database) == [1, 1]


def test_a_client_who_gives_up_stops_nobody(desk: Desk, database: str) -> None:
    async def rush() -> Receipt:
        async with running(desk.execute_batch) as commits:
            with psycopg.connect(database) as other:
                other.execute("SELECT FROM karguzar.log_head FOR UPDATE")
                gone = asyncio.ensure_future(commits.submit(register_appeal()))
                stays = asyncio.ensure_future(commits.submit(register_appeal()))
                await asyncio.sleep(0.05)
                gone.cancel()
            return await stays

    # What was given up had been taken in before, so it is carried out all the same.
    assert asyncio.run(rush()).position == 2


def test_on_stopping_what_waits_is_carried_out_and_nothing_new_is_taken(desk: Desk) -> None:
    async def stopping() -> tuple[Receipt, Awaitable[Receipt]]:
        async with running(desk.execute_batch) as commits:
            waiting = asyncio.ensure_future(commits.submit(register_appeal()))
            await asyncio.sleep(0)
        return await waiting, commits.submit(register_appeal())

    async def too_late() -> None:
        receipt, late = await stopping()
        assert receipt.position == 1
        with pytest.raises(Stopped):
            await late

    asyncio.run(too_late())


def test_without_a_database_everyone_is_told_so(
    desk: Desk, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "RETRY_SECONDS", 0.2)
    desk.log.datastore.pool.timeout = 0.3
    name = psycopg.conninfo.conninfo_to_dict(database)["dbname"]

    async def rush() -> None:
        async with running(desk.execute_batch) as commits:
            with psycopg.connect(database, dbname="postgres", autocommit=True) as conn:
                conn.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
                conn.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                    (name,),
                )
                with pytest.raises(DatabaseGone):
                    await commits.submit(register_appeal())
                conn.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())

    asyncio.run(rush())
