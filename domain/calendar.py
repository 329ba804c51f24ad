"""Working days: pure, given the days that differ from Monday to Friday."""

from datetime import date, timedelta

from msgspec import Struct

_DAY = timedelta(days=1)
_SATURDAY = 5


class CalendarMissing(Exception):  # noqa: N818
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

    def is_working_day(self, day: date) -> bool:
        """Whether terms count this day. Raises CalendarMissing outside the years covered."""
        if not self.first <= day <= self.last:
            raise CalendarMissing(f"{day.year} is not in calendar {self.version}")
        if day in self.working:
            return True
        return day.weekday() < _SATURDAY and day not in self.off

    def next_working_day(self, day: date) -> date:
        """*day* itself where it is a working day, else the first one after it."""
        while not self.is_working_day(day):
            day += _DAY
        return day

    def add_working_days(self, start: date, days: int) -> date:
        """The *days*-th working day after *start*; *start* itself is not counted."""
        day = start
        while days:
            day += _DAY
            if self.is_working_day(day):
                days -= 1
        return day
