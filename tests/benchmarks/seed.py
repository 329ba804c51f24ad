"""Registers of any size, made through the real desk, thousands of commands a batch."""

import gc
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec.structs import replace
from rich.progress import Progress

from application.caller import Role
from application.orders import Order
from domain.appeal import AcceptAppeal, AppealKind, AssignAppeal
from domain.record import AddNote
from tests.benchmarks.appeals import MATTER, appeal
from tests.benchmarks.ours import UNITS, caller, desk, executors, order

BATCH_CASES = 1_000
EVENTS_A_CASE = 2.2
_DAYS = 700
_CONFIDENTIAL = 0.02
_ASSIGNED, _ACCEPTED, _NOTED = 0.7, 0.4, 0.5


def seed(conninfo: str, cases: int, progress: Progress) -> None:
    """Cases registered over the last two years, most of them assigned, some accepted and noted.

    They have about `EVENTS_A_CASE` events each.
    """
    chance = random.Random(cases)
    end = datetime.now(UTC)
    now = end
    taker = desk(conninfo, lambda: now)
    task = progress.add_task(f"a register of {cases:,} cases", total=cases)
    gc.disable()
    for first in range(0, cases, BATCH_CASES):
        count = min(BATCH_CASES, cases - first)
        now = end - timedelta(days=_DAYS * (1 - first / cases))
        orders = [o for _ in range(count) for o in _life(chance, now)]
        for outcome in taker.execute_batch(orders):
            if isinstance(outcome, Exception):
                raise outcome
        progress.advance(task, count)
    gc.enable()
    taker.close()
    progress.remove_task(task)


def long_cases(conninfo: str, cases: int, events: int) -> list[UUID]:
    """Cases with that many events each."""
    chance = random.Random(events)
    taker = desk(conninfo)
    ids = []
    for _ in range(cases):
        begin = order(appeal(chance, datetime.now(UTC)))
        notes = [order(AddNote(text=MATTER), begin.case_id) for _ in range(events - 1)]
        for outcome in taker.execute_batch([begin, *notes]):
            if isinstance(outcome, Exception):
                raise outcome
        ids.append(begin.case_id)
    taker.close()
    return ids


def _life(chance: random.Random, now: datetime) -> Iterator[Order]:
    command = appeal(chance, now - timedelta(minutes=chance.randrange(300)))
    if command.kind is AppealKind.INFORMATION_REQUEST and chance.random() < 0.5:
        command = replace(command, kind=AppealKind.APPLICATION)
    begin = order(replace(command, confidential=chance.random() < _CONFIDENTIAL))
    yield begin
    # A few units get most of the work, as everywhere.
    unit = UNITS[min(int(chance.expovariate(0.12)), len(UNITS) - 1)]
    executor = chance.choice(executors(unit))
    if chance.random() < _NOTED:
        yield order(AddNote(text=MATTER[:80]), begin.case_id)
    if chance.random() >= _ASSIGNED:
        return
    yield order(AssignAppeal(unit=unit, main_executor=executor), begin.case_id)
    if chance.random() < _ACCEPTED:
        yield order(AcceptAppeal(), begin.case_id, caller(executor, unit, Role.EXECUTOR))
