"""The shipped calendar, and over it the decisions that were announced as events."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.calendar import DayMark, WorkingCalendar


class DecidedDays(Struct, frozen=True):
    """The days that one decision changes."""

    decision: UUID
    marks: tuple[DayMark, ...]


class DecidedCalendar(Struct, frozen=True):
    """``decisions`` are those in force, in the order they were recorded; a later one holds."""

    base: WorkingCalendar
    decisions: tuple[DecidedDays, ...] = ()

    @property
    def calendar(self) -> WorkingCalendar:
        """Made anew each time: keep it. Raises CalendarMissing for a day outside its years."""
        if not self.decisions:
            return self.base
        return self.base.with_marks(mark for each in self.decisions for mark in each.marks)

    def after(self, decision: UUID, marks: Sequence[DayMark]) -> "DecidedCalendar":
        added = DecidedDays(decision, tuple(marks))
        return replace(self, decisions=(*self.decisions, added))

    def without(self, decision: UUID) -> "DecidedCalendar":
        kept = tuple(each for each in self.decisions if each.decision != decision)
        return replace(self, decisions=kept)
