"""Which running terms a change of the calendar moves, and what that means: pure."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Protocol, Self
from uuid import UUID, uuid5

from msgspec import Struct

from application.caller import Caller, Role
from application.orders import Order
from domain.calendar import CalendarMissing
from domain.case import Actor, CaseKind
from domain.due import Due, Terms
from domain.envelope import Recorded
from domain.recalculation import MovedDue, RecomputeDueDates, moved_by
from domain.rule import UnknownRule
from domain.running_terms import RunningCase, TermGroup

OFFICIAL = "calendar"
CLIENT = "karguzar-calendar"


class RunningTerms(Protocol):
    """The running terms at one moment, that of ``position``."""

    position: int

    def groups(self) -> Sequence[TermGroup]: ...
    def count(self, groups: Sequence[TermGroup]) -> int: ...
    def cases(self, groups: Sequence[TermGroup]) -> Iterator[RunningCase]: ...


class Change(Struct, frozen=True, kw_only=True):
    """A decision announced or withdrawn, that the due dates have to follow.

    ``event_id`` and ``position`` are the event's. ``first`` and ``last`` are those of the days
    decided on. ``command`` is given to each case, by ``caller``.
    """

    decision: UUID
    event_id: UUID
    position: int
    first: date
    last: date
    caller: Caller
    command: RecomputeDueDates

    @classmethod
    def of(cls, recorded: Recorded, days: Sequence[date]) -> Self:
        """What *recorded* asks for, which decides on *days* or takes that back."""
        actor = Actor(
            official=OFFICIAL,
            unit=recorded.unit,
            client=CLIENT,
            on_behalf_of=recorded.on_behalf_of or recorded.actor,
        )
        return cls(
            decision=recorded.originator_id,
            event_id=recorded.event_id,
            position=recorded.position,
            first=min(days),
            last=max(days),
            caller=Caller(actor, frozenset({Role.SYSTEM})),
            command=RecomputeDueDates(decision=recorded.originator_id),
        )


class Counts(Struct, kw_only=True):
    """Clocks, not cases. They are overdue the day after their due date."""

    moved: int = 0
    earlier: int = 0
    later: int = 0
    newly_overdue: int = 0
    no_longer_overdue: int = 0

    def add(self, moved: MovedDue, today: date, clocks: int = 1) -> None:
        was, due = moved.was, moved.due.on
        self.moved += clocks
        self.earlier += clocks * moved.earlier
        self.later += clocks * (not moved.earlier)
        self.newly_overdue += clocks * (due < today <= was)
        self.no_longer_overdue += clocks * (was < today <= due)


def order_of(change: Change, kind: str, case_id: UUID) -> Order:
    """To compute the due dates of one case again; the same order each time it is made."""
    return Order(
        kind=CaseKind(kind),
        case_id=case_id,
        command=change.command,
        by=change.caller,
        command_id=uuid5(change.event_id, case_id.hex),
        cause_id=change.event_id,
    )


class MovingGroups:
    """The groups of plain clocks that move by *terms*, each worked out once.

    A group for which that can't be done is among them: its cases have to be asked.
    """

    def __init__(self, groups: Sequence[TermGroup], terms: Terms) -> None:
        moved = [(group, _moved(group, terms)) for group in groups]
        self.groups = [group for group, moves in moved if moves != ()]
        self._moves = [moves for _, moves in moved if moves != ()]
        self._together: dict[tuple[int, ...], tuple[MovedDue, ...] | None] = {}

    def moves(self, case: RunningCase) -> tuple[MovedDue, ...] | None:
        """What moves in a case that is plain; None where the case itself has to be asked."""
        if not case.plain:
            return None
        places = tuple(sorted(case.groups or ()))
        if places not in self._together:
            self._together[places] = self._all(places)
        return self._together[places]

    def counts(self, today: date) -> Counts:
        """What all that can be told without asking comes to."""
        counts = Counts()
        for group, moves in zip(self.groups, self._moves, strict=True):
            for each in moves or ():
                counts.add(each, today, group.clocks)
        return counts

    def counted(self, case: RunningCase) -> frozenset[str]:
        """The clocks of the case that are among `counts`."""
        places = case.groups or ()
        return frozenset(self.groups[n].clock for n in places if self._moves[n])

    def _all(self, places: tuple[int, ...]) -> tuple[MovedDue, ...] | None:
        together: list[MovedDue] = []
        for place in places:
            moves = self._moves[place]
            if moves is None:
                return None
            together += moves
        return tuple(together)


def _moved(group: TermGroup, terms: Terms) -> tuple[MovedDue, ...] | None:
    due = Due(
        on=group.due_on,
        rule=group.rule,
        rule_version=group.rule_version,
        calendar_version="",
        since=group.since,
    )
    try:
        return moved_by(terms, {group.clock: due})
    except (CalendarMissing, UnknownRule):
        return None
