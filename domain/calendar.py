"""Working days: pure, given the days that differ from Monday to Friday."""

from bisect import bisect_left, bisect_right
from datetime import date, timedelta

from msgspec import Struct, field

_SATURDAY = 5


class CalendarMissing(Exception):
    """No calendar is kept for this year."""


class WorkingCalendar(Struct, frozen=True, kw_only=True):
    """The working days of one jurisdiction in the years it covers.

    ``off`` are weekdays without work, ``working`` are weekend days that were swapped in.
    """

    version: str
    first: date
    last: date
    off: frozenset[date]
    working: frozenset[date]
    days: list[date] = field(default_factory=list)
    """All working days in their order; made from the others."""

    def __post_init__(self) -> None:
        span = (self.last - self.first).days + 1
        every = (self.first + timedelta(days=n) for n in range(span))
        self.days.extend(
            day
            for day in every
            if day in self.working or (day.weekday() < _SATURDAY and day not in self.off)
        )

    def is_working_day(self, day: date) -> bool:
        """Whether terms count this day. Raises CalendarMissing outside the years covered."""
        self._require(day)
        at = bisect_left(self.days, day)
        return at < len(self.days) and self.days[at] == day

    def next_working_day(self, day: date) -> date:
        """*day* itself where it is a working day, else the first one after it."""
        self._require(day)
        return self._at(bisect_left(self.days, day))

    def add_working_days(self, start: date, days: int) -> date:
        """The *days*-th working day after *start*; *start* itself is not counted."""
        self._require(start)
        return self._at(bisect_right(self.days, start) + days - 1) if days else start

    def _at(self, index: int) -> date:
        try:
            return self.days[index]
        except IndexError:
            raise CalendarMissing(f"Calendar {self.version} ends on {self.last}") from None

    def _require(self, day: date) -> None:
        if not self.first <= day <= self.last:
            raise CalendarMissing(f"{day.year} is not in calendar {self.version}")
