"""The watch over the running clocks: at each tick it gives the notices that are due."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import structlog
from msgspec import Struct
from psycopg.rows import tuple_row

from application.desk import Desk
from application.orders import KeyUsedBefore, NoSuchCase, Order, Receipt
from application.watch import (
    Heads,
    RunningClock,
    horizon,
    notice_id,
    order_for,
    recipients,
    steps_reached,
)
from domain.calendar import CalendarMissing
from domain.case import Refusal
from domain.ladder import Ladder, Step, clock_name
from domain.notice import NoticeAlreadyGiven

PAGE = 1_000
BATCH = 100
"""How many notices are given in one transaction: others who write wait for no more than that."""
_REFUSED_AGAIN = timedelta(minutes=15)

Mark = tuple[date, UUID, str]
ReadClocks = Callable[[date, Mark | None, int], Sequence[RunningClock]]
"""The running clocks due on a day or earlier, behind a due date, case and clock, so many."""

log = structlog.get_logger()


class Tick(Struct, kw_only=True):
    """What a tick did. ``unaddressed`` are notices for which nobody is known to be told."""

    given: int = 0
    refused: int = 0
    unaddressed: int = 0


class _Reached(Struct, frozen=True):
    """A notice that a clock needs."""

    clock: RunningClock
    step: Step
    left: int
    command_id: UUID


class ClockWatch:
    """Gives each notice once, however often it ticks, in however many processes.

    The ids of its orders derive from case, clock, due date and step, and a repeated order does
    nothing. What a tick has seen given it remembers for the next; after a restart it asks the
    register. The read models may lag: what they say is checked when the case decides.
    """

    def __init__(
        self, desk: Desk, ladder: Ladder, clocks: ReadClocks, heads: Callable[[], Heads]
    ) -> None:
        self._desk = desk
        self._ladder = ladder
        self._clocks = clocks
        self._heads = heads
        self._given: set[UUID] = set()
        self._refused: dict[UUID, datetime] = {}
        self._unaddressed = 0

    def tick(self) -> Tick:
        """Give what is due by now.

        Raises what an order failed with, unless it was refused, after all others were given.
        """
        desk, now = self._desk, self._desk.clock()
        desk.follow_calendar()
        today = now.astimezone(desk.terms.time_zone).date()
        self._refused = {each: until for each, until in self._refused.items() if until > now}
        tick, heads = Tick(), self._heads()
        needed: set[UUID] = set()
        failed: list[Exception] = []
        until = horizon(self._ladder, today, desk.terms.calendar)
        page: Sequence[RunningClock] = self._clocks(until, None, PAGE)
        while page:
            reached = self._reached(page, today)
            needed |= {each.command_id for each in reached}
            orders = self._orders(self._not_given(reached), heads, tick)
            for first in range(0, len(orders), BATCH):
                failed += self._give(orders[first : first + BATCH], now, tick)
            last = page[-1]
            mark = (last.due_on, last.case_id, last.clock)
            page = self._clocks(until, mark, PAGE) if len(page) == PAGE else ()
        self._given &= needed
        self._say(tick)
        if failed:
            raise failed[0]
        return tick

    def _reached(self, page: Sequence[RunningClock], today: date) -> list[_Reached]:
        """What the clocks need today; clocks of one name and due date need the same."""
        same: dict[tuple[str, date], list[tuple[Step, int]]] = {}
        reached = []
        for clock in page:
            key = (clock_name(clock.clock), clock.due_on)
            if key not in same:
                try:
                    same[key] = steps_reached(self._ladder, *key, today, self._desk.terms.calendar)
                except CalendarMissing:
                    log.warning("due-date-outside-calendar", due_on=str(clock.due_on))
                    same[key] = []
            reached += [
                _Reached(clock, step, left, notice_id(clock, step)) for step, left in same[key]
            ]
        return reached

    def _not_given(self, reached: Sequence[_Reached]) -> list[_Reached]:
        fresh = [
            each
            for each in reached
            if each.command_id not in self._given and each.command_id not in self._refused
        ]
        if not fresh:
            return []
        with self._desk.log.datastore.get_connection() as conn:
            rows = conn.cursor(row_factory=tuple_row).execute(
                "SELECT command_id FROM karguzar.commands WHERE command_id = ANY(%s)",
                ([each.command_id for each in fresh],),
            )
            self._given |= {command_id for (command_id,) in rows}
        return [each for each in fresh if each.command_id not in self._given]

    def _orders(self, needed: Sequence[_Reached], heads: Heads, tick: Tick) -> list[Order]:
        orders = []
        for each in needed:
            if told := recipients(each.step, each.clock, heads):
                orders.append(order_for(each.step, each.left, each.clock, told, each.command_id))
            else:
                tick.unaddressed += 1
        return orders

    def _give(self, orders: Sequence[Order], now: datetime, tick: Tick) -> list[Exception]:
        """Give one batch; what orders failed with that the domain did not refuse."""
        failed: list[Exception] = []
        for order, outcome in zip(orders, self._desk.execute_batch(orders), strict=True):
            match outcome:
                case Receipt():
                    self._given.add(order.command_id)
                    tick.given += 1
                case KeyUsedBefore() | NoticeAlreadyGiven():
                    # Given by another process, maybe on another day and to other people.
                    self._given.add(order.command_id)
                case Refusal() | NoSuchCase():
                    # The read model lags, or none of those to be told may know of the case.
                    self._refused[order.command_id] = now + _REFUSED_AGAIN
                    tick.refused += 1
                case _:
                    self._refused[order.command_id] = now + _REFUSED_AGAIN
                    failed.append(outcome)
        return failed

    def _say(self, tick: Tick) -> None:
        if tick.given or tick.refused:
            log.info("deadline-notices", given=tick.given, refused=tick.refused)
        if tick.unaddressed != self._unaddressed:
            log.warning("deadline-notices-for-nobody", notices=tick.unaddressed)
            self._unaddressed = tick.unaddressed
