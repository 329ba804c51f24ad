"""Lets the due dates of all open cases follow each decision on the calendar."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import date, datetime
from itertools import islice
from typing import TypeVar
from uuid import UUID

import structlog
from eventsourcing.persistence import StoredEvent
from msgspec import Struct
from psycopg.rows import tuple_row

from application.desk import Desk, InForce
from application.orders import NoSuchCase, Order, enveloped
from application.recalculation import (
    Change,
    MovingGroups,
    RunningTerms,
    order_of,
)
from domain.calendar import CalendarMissing
from domain.calendar_decision import BOOK, CalendarDecisionAnnounced
from domain.case import Refusal
from domain.recalculation import DueDatesMoved, MovedDue
from domain.running_terms import RunningCase
from infra.eventstore import CALENDAR_DECISION, Append, StoredCommand
from infra.mapper import Parts, stored_name

AT_ONCE = 1_000
"""How many cases move in one transaction: others who write wait for no more than that."""
_ASKED_AT_ONCE = 200

ReadTerms = Callable[[date, date], AbstractContextManager[RunningTerms | None]]
"""The running terms that touch the days from one to another; None while others read them."""

log = structlog.get_logger()


class CalendarChanged(Exception):
    """Another decision was recorded meanwhile: what is left is worked out anew."""


class _Moving(Struct, frozen=True):
    """A case whose plain terms move, with the event and the command that are to be stored."""

    order: Order
    digest: bytes
    event: StoredEvent


class CalendarDesk:
    """Recomputes the open cases after each decision, in its order; once, however often it runs.

    A decision changes the calendar of whatever is decided after it, so only cases that were
    there before have to follow. Most terms are plain: what the read models know of them is all
    that their last day depends on, so these move without their cases being read. A case that
    has changed since the read models saw it, or has a term that isn't plain, is asked itself.
    """

    def __init__(self, desk: Desk, terms: ReadTerms, *, at_once: int = AT_ONCE) -> None:
        self._desk = desk
        self._terms = terms
        self._at_once = at_once

    def round(self) -> None:
        """Follow all decisions that the read models have come to."""
        for change in self.waiting():
            try:
                if not self._follow(change):
                    return
            except CalendarChanged:
                return

    def waiting(self) -> list[Change]:
        """The decisions that due dates have not wholly followed yet, the oldest first."""
        with self._desk.log.datastore.get_connection() as conn:
            rows = conn.cursor(row_factory=tuple_row).execute(_WAITING)
            left = {position for (position,) in rows}
        return [change for change in self._changes() if change.position in left] if left else []

    def _changes(self) -> list[Change]:
        """Every decision ever announced or withdrawn."""
        days: dict[UUID, list[date]] = {}
        changes = []
        for row in self._desk.log.calendar_decisions(BOOK)[1]:
            recorded = self._desk.event_mapper.read(row)
            if isinstance(recorded.event, CalendarDecisionAnnounced):
                days[row.case_id] = [day.on for day in recorded.event.days]
            changes.append(Change.of(recorded, days[row.case_id]))
        return changes

    def _follow(self, change: Change) -> bool:
        """Whether the due dates follow the decision now."""
        self._desk.follow_calendar()
        with self._terms(change.first, change.last) as running:
            if running is None or running.position < change.position:
                return False
            in_force = self._desk.in_force
            moving = MovingGroups(running.groups(), in_force.terms)
            self._begin(change, running.count(moving.groups))
            preparing = _Preparing(self._desk, change, moving)
            recalculation = _Recalculation(self._desk, in_force, change, running.position)
            cases = running.cases(moving.groups)
            for prepared in _ahead(preparing.some_at_once(cases, self._at_once)):
                recalculation.carry_on(prepared)
        self._finish(change)
        return True

    def _begin(self, change: Change, left: int) -> None:
        self._write(
            "INSERT INTO karguzar.recalculations (position, decision, event_id, total) "
            "VALUES (%s, %s, %s, %s) ON CONFLICT (position) "
            "DO UPDATE SET total = karguzar.recalculations.done + excluded.total",
            (change.position, change.decision, change.event_id, left),
        )

    def _finish(self, change: Change) -> None:
        self._write(
            "UPDATE karguzar.recalculations SET finished_at = now() "
            "WHERE position = %s AND finished_at IS NULL",
            (change.position,),
        )
        log.info("due-dates-followed-calendar", decision=str(change.decision))

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        with self._desk.log.datastore.transaction(commit=True) as cursor:
            cursor.execute(statement, values)


class _Prepared(Struct, frozen=True):
    """Cases that can be moved as they are known, and orders for the others."""

    known: list[_Moving]
    asked: list[Order]


class _Preparing:
    """Makes what is to be stored, before the log's lock is held."""

    def __init__(self, desk: Desk, change: Change, moving: MovingGroups) -> None:
        self._desk = desk
        self._change = change
        self._moving = moving
        self._data: dict[tuple[MovedDue, ...], Parts] = {}

    def some_at_once(self, cases: Iterator[RunningCase], count: int) -> Iterator[_Prepared]:
        while some := list(islice(cases, count)):
            yield self._prepare(some)

    def _prepare(self, cases: Sequence[RunningCase]) -> _Prepared:
        prepared, now = _Prepared([], []), self._desk.clock()
        for case in cases:
            order = order_of(self._change, case.kind, case.case_id)
            moves = self._moving.moves(case)
            if moves and case.version and case.thread:
                event = self._sealed(order, moves, case.version + 1, case.thread, now)
                prepared.known.append(_Moving(order, order.digest(), event))
            else:
                prepared.asked.append(order)
        return prepared

    def _sealed(
        self,
        order: Order,
        moves: tuple[MovedDue, ...],
        version: int,
        thread: UUID,
        at: datetime,
    ) -> StoredEvent:
        """The event of one case; what is the same in many cases is made once."""
        mapper = self._desk.event_mapper
        event = DueDatesMoved(decision=self._change.decision, moved=moves)
        recorded = enveloped(
            order, event, 0, version=version, owner=order.case_id, thread=thread, at=at
        )
        if moves not in self._data:
            self._data[moves] = mapper.take_apart(recorded)
        return mapper.seal(Parts(recorded, self._data[moves].data, {}), {})


Item = TypeVar("Item")


def _ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The items; while one is used, the next is made."""
    with ThreadPoolExecutor(max_workers=1) as worker:
        coming = worker.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = worker.submit(next, items, None)
            yield item


class _Recalculation:
    """One recalculation under way: from the read models as they were at *position*."""

    def __init__(
        self,
        desk: Desk,
        in_force: InForce,
        change: Change,
        position: int,
    ) -> None:
        self._desk = desk
        self._change = change
        self._decisions = in_force.given
        self._seen = position
        self._changed: set[UUID] = set()
        """The cases that may differ from what the read models knew."""

    def carry_on(self, prepared: _Prepared) -> None:
        """Recompute these cases, and note that they are done."""
        left = self._move(prepared.known)
        self._ask([*prepared.asked, *left])

    def _move(self, cases: Sequence[_Moving]) -> list[Order]:
        """Record what moves in cases that are as the read models knew them; the others' orders.

        Nothing of the domain's decision is done here: `recalculation.moved_by` has made it, from
        the same terms that the case would have given it. A case that has followed this decision
        before, and would move once more, does so with the later one that wants it.
        """
        if not cases:
            return []
        with self._desk.log.opened() as batch:
            # What a crash takes back is done again: nobody was told that it is recorded.
            batch.cursor.execute("SET LOCAL synchronous_commit = off")
            changed, decisions = batch.changed_since(self._seen, BOOK)
            if decisions != self._decisions:
                raise CalendarChanged(CalendarChanged.__doc__)
            self._changed |= changed
            unchanged = [each for each in cases if each.order.case_id not in self._changed]
            before = batch.carried_out([each.order.command_id for each in unchanged])
            fresh = [each for each in unchanged if each.order.command_id not in before]
            if fresh:
                batch.append(_append(fresh, batch.position))
            batch.cursor.execute(_DONE, (len(fresh), len(before), self._change.position))
            seen = batch.position
        self._seen = seen
        return [each.order for each in cases if each.order.case_id in self._changed]

    def _ask(self, orders: Sequence[Order]) -> None:
        waiting: Iterator[Order] = iter(orders)
        while some := list(islice(waiting, _ASKED_AT_ONCE)):
            before = self._counted([order.command_id for order in some])
            failed: list[Exception] = []
            for order, outcome in zip(some, self._desk.execute_batch(some), strict=True):
                if isinstance(outcome, _LASTING):
                    self._refused(order, outcome)
                elif isinstance(outcome, Exception):
                    failed.append(outcome)
            with self._desk.log.datastore.transaction(commit=True) as cursor:
                new = len(some) - before - len(failed)
                cursor.execute(_DONE, (new, before, self._change.position))
            if failed:
                raise failed[0]

    def _counted(self, command_ids: Sequence[UUID]) -> int:
        """How many of the orders were carried out or refused in an earlier round."""
        with self._desk.log.datastore.get_connection() as conn:
            row = conn.cursor(row_factory=tuple_row).execute(_COUNTED, {"ids": [*command_ids]})
            (count,) = row.fetchone() or (0,)
        return int(count)

    def _refused(self, order: Order, refusal: Exception) -> None:
        """It won't change by itself: an official has to look at it."""
        name = type(refusal).__name__
        log.error("due-dates-not-moved", case_id=str(order.case_id), error=name)
        with self._desk.log.datastore.transaction(commit=True) as cursor:
            cursor.execute(
                "INSERT INTO karguzar.refused_orders (event_id, policy, position, refusal) "
                "VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (order.command_id, "calendar-decision", self._change.position, name),
            )


def _append(cases: Sequence[_Moving], position: int) -> Append:
    topics = (stored_name(DueDatesMoved),)
    commands = [
        StoredCommand(
            each.order.command_id,
            each.digest,
            each.order.case_id,
            each.event.originator_version,
            position_of_event,
            topics,
        )
        for position_of_event, each in enumerate(cases, position + 1)
    ]
    events = [each.event for each in cases]
    return Append(events=events, commands=commands, keys={}, numbers={})


_LASTING = (Refusal, NoSuchCase, CalendarMissing)
"""What an order is refused with. After any other failure the round stays open."""
_WAITING = (
    f"SELECT notification_id FROM karguzar.register_events WHERE {CALENDAR_DECISION} "  # noqa: S608
    "AND NOT EXISTS (SELECT FROM karguzar.recalculations r "
    "WHERE r.position = notification_id AND r.finished_at IS NOT NULL)"
)
_COUNTED = (
    "SELECT count(*) FROM (SELECT command_id FROM karguzar.commands "
    "WHERE command_id = ANY(%(ids)s) UNION SELECT event_id FROM karguzar.refused_orders "
    "WHERE event_id = ANY(%(ids)s)) AS found"
)
_DONE = (
    "UPDATE karguzar.recalculations SET done = done + %s, total = total - %s WHERE position = %s"
)
"""Cases done now, and those counted in an earlier round, which `_begin` has counted once more."""
