"""Working days: pure, given the days that differ from the week's usual run."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct, field, json, structs

WEEKEND = "weekend"
"""The reason of a plain rest day of the week."""

_HOUR = timedelta(hours=1)


class CalendarMissing(Exception):
    """No calendar is kept for this year."""


class DayKind(StrEnum):
    """What sets a day apart."""

    OFF = "off"
    """No work: a holiday, or a day that an act made one."""
    WORKING = "working"
    """A rest day that an act made a working day."""
    HALF = "half"
    """Work until noon or one o'clock. Counts as a working day."""
    SHORT = "short"
    """An hour shorter (AZ Labour Code 108: the eve of a holiday). Counts as a working day."""
    LEAVE = "leave"
    """Offices are closed by administrative leave (TR idari izin), though it is no holiday."""


class DayMark(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Why a day differs: ``reason`` in English, ``name`` as the jurisdiction itself calls it.

    Half, short and leave days change nothing on a day of the week that is free anyway.
    """

    on: date
    kind: DayKind
    reason: str
    name: str | None = None
    act: str | None = None
    announced_on: date | None = None
    announced_on_certainty: str | None = None
    """As in the rules: S statute, P press, M unverified (then early rather than late)."""
    estimated: bool = False
    """The date of the holiday is calculated and not yet fixed by an act."""
    closes_at: time | None = None


class WorkingCalendar(Struct, frozen=True, kw_only=True):
    """The working days of one jurisdiction, or of one organisation in it, in the years it covers.

    Unless given, ``version`` is made from the content: the same content has the same version.
    ``rest_weekdays`` are counted from Monday, which is 0.
    """

    jurisdiction: str
    first: date
    last: date
    organisation: str | None = None
    edition: str = "own"
    """Where the marks come from; part of the version."""
    version: str = ""
    marks: Mapping[date, DayMark] = field(default_factory=dict)
    """The one mark that holds on each day that differs."""
    rest_weekdays: frozenset[int] = frozenset({5, 6})
    opens_at: time = time(9)
    closes_at: time = time(18)
    estimated_years: frozenset[int] = frozenset()
    """Years in which a day off is only an estimate; made from the marks."""
    days: list[date] = field(default_factory=list)
    """All working days in their order, administrative leave included; made from the others."""
    days_at_work: list[date] = field(default_factory=list)
    """As ``days``, without administrative leave."""

    def __post_init__(self) -> None:
        span = (self.last - self.first).days + 1
        every = (self.first + timedelta(days=n) for n in range(span))
        days = [day for day in every if _works(self.marks.get(day), rests=self._rests(day))]
        leave = {day for day, mark in self.marks.items() if mark.kind is DayKind.LEAVE}
        structs.force_setattr(self, "days", days)
        structs.force_setattr(self, "days_at_work", [day for day in days if day not in leave])
        estimated = frozenset(
            day.year
            for day, mark in self.marks.items()
            if mark.estimated and mark.kind is DayKind.OFF
        )
        structs.force_setattr(self, "estimated_years", estimated)
        if not self.version:
            version = f"{self.jurisdiction}-{self.edition}-{self._digest()}"
            structs.force_setattr(self, "version", version)

    def is_working_day(self, day: date, *, leave_counts: bool = True) -> bool:
        """Whether terms count this day. Raises CalendarMissing outside the years covered.

        Here as below, ``leave_counts`` says whether a day of administrative leave is a working
        day, which makes terms end earlier.
        """
        self._require(day)
        days = self._counted(leave_counts=leave_counts)
        at = bisect_left(days, day)
        return at < len(days) and days[at] == day

    def next_working_day(self, day: date, *, leave_counts: bool = True) -> date:
        """*day* itself where it is a working day, else the first one after it."""
        self._require(day)
        days = self._counted(leave_counts=leave_counts)
        return self._at(days, bisect_left(days, day))

    def add_working_days(self, start: date, days: int, *, leave_counts: bool = True) -> date:
        """The *days*-th working day after *start*; *start* itself is not counted.

        A negative number goes back from *start*; with 0 the answer is *start*, working or not.
        """
        self._require(start)
        if days == 0:
            return start
        counted = self._counted(leave_counts=leave_counts)
        if days > 0:
            return self._at(counted, bisect_right(counted, start) + days - 1)
        return self._at(counted, bisect_left(counted, start) + days)

    def working_days_between(self, start: date, end: date, *, leave_counts: bool = True) -> int:
        """The working days after *start* up to and including *end*; negative when *end* is first.

        For a term's end, how many days it took: undoes ``add_working_days``.
        """
        self._require(start)
        self._require(end)
        days = self._counted(leave_counts=leave_counts)
        return bisect_right(days, end) - bisect_right(days, start)

    def why_off(self, day: date, *, leave_counts: bool = True) -> DayMark | None:
        """Why *day* is no working day; None when it is one."""
        if self.is_working_day(day, leave_counts=leave_counts):
            return None
        mark = self.marks.get(day)
        if mark is not None and (mark.kind is DayKind.OFF or not self._rests(day)):
            return mark
        return DayMark(on=day, kind=DayKind.OFF, reason=WEEKEND)

    def closing_time(self, day: date) -> time:
        """When the offices close on a working day, in the jurisdiction's own time."""
        self._require(day)
        mark = self.marks.get(day)
        if mark is None:
            return self.closes_at
        if mark.closes_at is not None:
            return min(mark.closes_at, self.closes_at)
        return hour_before(self.closes_at) if mark.kind is DayKind.SHORT else self.closes_at

    def with_marks(self, marks: Iterable[DayMark]) -> "WorkingCalendar":
        """The calendar after further decisions; on each day the last mark given holds.

        Raises CalendarMissing for a day outside the years covered.
        """
        held = dict(self.marks)
        for mark in marks:
            self._require(mark.on)
            held[mark.on] = mark
        return WorkingCalendar(
            jurisdiction=self.jurisdiction,
            organisation=self.organisation,
            edition=self.edition,
            first=self.first,
            last=self.last,
            marks=held,
            rest_weekdays=self.rest_weekdays,
            opens_at=self.opens_at,
            closes_at=self.closes_at,
        )

    def _rests(self, day: date) -> bool:
        return day.weekday() in self.rest_weekdays

    def _counted(self, *, leave_counts: bool) -> list[date]:
        return self.days if leave_counts else self.days_at_work

    def _at(self, days: list[date], index: int) -> date:
        if not 0 <= index < len(days):
            raise CalendarMissing(
                f"Calendar {self.version} runs from {self.first} to {self.last} only"
            )
        return days[index]

    def _require(self, day: date) -> None:
        if not self.first <= day <= self.last:
            raise CalendarMissing(f"{day.year} is not in calendar {self.version}")

    def _digest(self) -> str:
        content = (
            (self.first, self.last),
            sorted(self.rest_weekdays),
            (self.opens_at, self.closes_at),
            [self.marks[day] for day in sorted(self.marks)],
        )
        return sha256(json.encode(content)).hexdigest()[:8]


def hour_before(closing: time) -> time:
    """An hour earlier on the same day."""
    return (datetime.combine(date.min, closing) - _HOUR).time() if closing >= time(1) else time.min


def _works(mark: DayMark | None, *, rests: bool) -> bool:
    if mark is None:
        return not rests
    match mark.kind:
        case DayKind.OFF:
            return False
        case DayKind.WORKING:
            return True
        case DayKind.HALF | DayKind.SHORT | DayKind.LEAVE:
            return not rests
