"""How a term runs: days, months and hours from a start to an end, standing still in pauses."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from msgspec import Struct

from domain.calendar import WorkingCalendar
from domain.case import Refusal
from domain.rule import Roll, Unit

DAY = timedelta(days=1)
END_OF_DAY = time(23, 59, 59)
_DECEMBER = 12


class StillPaused(Refusal):
    """The term stands still and has no last day until it runs on."""

    def __init__(self, since: date, left: int) -> None:
        super().__init__(f"The term has stood still since {since}; {left} days of it are left.")
        self.since, self.left = since, left


class Pause(Struct, frozen=True, kw_only=True):
    """The term stands still from ``from_date``; ``to_date`` is the first day that counts again.

    Without ``to_date`` it stands still to this day.
    """

    ground: str
    from_date: date
    to_date: date | None = None

    def holds(self, day: date) -> bool:
        return self.from_date <= day and (self.to_date is None or day < self.to_date)


class HoursRun(Struct, frozen=True, kw_only=True):
    """A part of one day in which hours run, or, when ``runs`` is false, stand still."""

    day: date
    since: datetime
    until: datetime
    runs: bool


class Course(Struct, frozen=True, kw_only=True):
    """What a term runs by, besides its rule's length."""

    calendar: WorkingCalendar
    leave_counts: bool
    pauses: Sequence[Pause] = ()

    def end(self, unit: Unit, start: date, length: int) -> date:
        """The last day of a term after *start*, prolonged by the days it stands still."""
        closed = [pause for pause in self.pauses if pause.to_date]
        lost, end = 0, self._after(unit, start, length, 0)
        while lost < (more := self._days(unit, start, end, closed)):
            lost, end = more, self._after(unit, start, length, more)
        for pause in self.pauses:
            if pause.to_date is None and pause.from_date <= end:
                raise StillPaused(pause.from_date, self._days(unit, start, end, [pause]))
        return end

    def paused(self, day: date) -> Pause | None:
        return next((pause for pause in self.pauses if pause.holds(day)), None)

    def hours(self, unit: Unit, start: datetime, hours: int, zone: tzinfo) -> Iterator[HoursRun]:
        """Day by day until the hours have run; a term outside rest days ends with its day.

        Instants are in *zone*; the arithmetic is in UTC, since a local day may be 23 hours.
        """
        left, at = timedelta(hours=hours), start.astimezone(UTC)
        while True:
            day = at.astimezone(zone).date()
            midnight = datetime.combine(day + DAY, time(), zone).astimezone(UTC)
            runs = self._hours_run(unit, day)
            until = min(midnight, at + left) if runs else midnight
            ended = runs and at + left <= midnight
            if ended and until == midnight and unit is Unit.HOURS_OUTSIDE_REST_DAYS:
                until -= timedelta(seconds=1)
            yield HoursRun(
                day=day, since=at.astimezone(zone), until=until.astimezone(zone), runs=runs
            )
            if ended:
                return
            left -= (until - at) if runs else timedelta()
            at = midnight

    def rolled(self, end: date, roll: Roll) -> date:
        if roll is Roll.NONE:
            return end
        return self.calendar.next_working_day(end, leave_counts=self.leave_counts)

    def _hours_run(self, unit: Unit, day: date) -> bool:
        if self.paused(day):
            return False
        return unit is Unit.CLOCK_HOURS or self.calendar.is_working_day(
            day, leave_counts=self.leave_counts
        )

    def _after(self, unit: Unit, start: date, length: int, lost: int) -> date:
        if unit is Unit.CALENDAR_MONTHS:
            return months_after(start, length) + lost * DAY
        return end_of(unit, start, length + lost, self.calendar, leave_counts=self.leave_counts)

    def _days(self, unit: Unit, start: date, end: date, pauses: Sequence[Pause]) -> int:
        """The days after *start* up to *end* that the term would count, were it not paused."""
        return sum(
            unit is not Unit.WORKING_DAYS
            or self.calendar.is_working_day(day, leave_counts=self.leave_counts)
            for day in days_after(start, end)
            if any(pause.holds(day) for pause in pauses)
        )


def end_of(
    unit: Unit, start: date, length: int, calendar: WorkingCalendar, *, leave_counts: bool
) -> date:
    """The last day of *length* units after *start*. Zero working days end on the next one."""
    if unit is Unit.WORKING_DAYS:
        if length == 0:
            return calendar.next_working_day(start, leave_counts=leave_counts)
        return calendar.add_working_days(start, length, leave_counts=leave_counts)
    if unit is Unit.CALENDAR_MONTHS:
        return months_after(start, length)
    return start + length * DAY


def months_after(start: date, months: int) -> date:
    """The day of the same number, or the last day of a month that has no such day."""
    years, month = divmod(start.year * _DECEMBER + start.month - 1 + months, _DECEMBER)
    return _in_year(years, month + 1, start.day)


def yearly(month: int, day: int, start: date) -> date:
    """The first such day on or after *start*; 29 February is the 28th where there is none."""
    this_year = _in_year(start.year, month, day)
    return this_year if this_year >= start else _in_year(start.year + 1, month, day)


def days_after(start: date, end: date) -> Iterator[date]:
    """Each day after *start* up to and including *end*."""
    return (start + n * DAY for n in range(1, (end - start).days + 1))


def _in_year(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, _last_day(year, month)))


def _last_day(year: int, month: int) -> int:
    following = date(year + month // _DECEMBER, month % _DECEMBER + 1, 1)
    return (following - DAY).day
