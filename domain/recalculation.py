"""Due dates that move because the calendar did: an act makes a day off, or a working day."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from domain.case import Command, Context, Event, ShortText, Value
from domain.due import Due, Terms


class MovedDue(Value):
    """``was`` is the last day before the decision; ``due`` is the term as it is now.

    ``was_at`` is the instant it ended at, in UTC, where ``due`` has one.
    """

    clock: ShortText
    was: date
    due: Due
    was_at: datetime | None = None

    @property
    def earlier(self) -> bool:
        """Whether it ends earlier now; else it ends later."""
        if self.was_at and self.due.at:
            return self.due.at < self.was_at
        return self.due.on < self.was


class DueDatesMoved(Event, tag="due-dates-moved"):
    """``decision`` is the calendar decision, whose act says why."""

    decision: UUID
    moved: Annotated[tuple[MovedDue, ...], Meta(min_length=1)]


class RecomputeDueDates(Command):
    """Given for every open case whose terms run through a day that a decision changed."""

    decision: UUID


def decide(command: RecomputeDueDates, clocks: Mapping[str, Due], ctx: Context) -> list[Event]:
    """*clocks* are those that run in the case; nothing where none of them moves."""
    moved = moved_by(ctx.terms, clocks)
    return [DueDatesMoved(decision=command.decision, moved=moved)] if moved else []


def moved_by(terms: Terms, clocks: Mapping[str, Due]) -> tuple[MovedDue, ...]:
    """Those of the clocks that end at another time by the calendar of *terms*."""
    moved = []
    for clock, due in clocks.items():
        again = terms.recompute(due)
        if (again.on, again.at) != (due.on, due.at):
            moved.append(MovedDue(clock=clock, was=due.on, was_at=due.at, due=again))
    return tuple(moved)
