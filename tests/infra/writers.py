"""What other processes do that write to the log at the same time."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import timedelta
from multiprocessing.synchronize import Event
from uuid import uuid4

from eventsourcing.persistence import StoredEvent

from application.desk import Desk, _Work
from application.orders import Order, Receipt
from infra.eventstore import Append
from tests.desks import new_desk
from tests.domain.spec import NOON
from tests.orders import assign_appeal, receive_media_inquiry, register_appeal

BATCH = 5


class ChangedTheirMind(Exception):
    pass


def write_from_threads(conninfo: str, threads: int, rounds: int) -> list[Receipt]:
    """Cases of two kinds from each thread, with refusals and rollbacks in between."""
    with closing(new_desk(conninfo)) as desk, ThreadPoolExecutor(threads) as pool:
        written = pool.map(lambda _: _write(desk, rounds), range(threads))
        return [receipt for receipts in written for receipt in receipts]


def stop_in_mid_batch(conninfo: str, written: Event) -> None:
    """Write a whole batch and wait for ever before its commit."""
    desk = new_desk(conninfo)
    orders = a_batch()
    with desk.log.opened() as batch:
        work = _Work(desk, batch, orders)
        for order in orders:
            assert isinstance(work.outcome(order), Receipt)
        work.append()
        written.set()
        time.sleep(60)


def write_batches_for_ever(conninfo: str, started: Event) -> None:
    desk = new_desk(conninfo)
    while True:
        desk.execute_batch(a_batch())
        started.set()


def a_batch() -> list[Order]:
    return [register_appeal() for _ in range(BATCH)]


def from_the_future() -> Order:
    """Refused by the domain after a number was offered to it."""
    return register_appeal(received_at=NOON + timedelta(days=1))


def append_and_roll_back(desk: Desk) -> None:
    with suppress(ChangedTheirMind), desk.log.opened() as batch:
        stored = StoredEvent(uuid4(), 1, "note-added", b"{}")
        numbers = {("a", 2026): 10_000}
        batch.append(Append(events=[stored], commands=[], keys={}, numbers=numbers))
        raise ChangedTheirMind


def _write(desk: Desk, rounds: int) -> list[Receipt]:
    receipts = []
    for _ in range(rounds):
        case = uuid4()
        outcomes = desk.execute_batch(
            [
                register_appeal(case),
                from_the_future(),
                assign_appeal(case),
                receive_media_inquiry(),
            ]
        )
        receipts += [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
        append_and_roll_back(desk)
    return receipts
