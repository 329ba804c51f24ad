"""Figures: what dashboards tell, each with the condition by which its cases are listed."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct

from domain.case import CaseKind
from domain.report_period import PeriodKind, ReportPeriod
from projections.duties import Holder
from projections.occurrence import Occurrence


class Scope(Struct, frozen=True):
    """What is counted: of all ``units`` where None; ``confidential`` cases too, or not."""

    units: tuple[str, ...] | None
    confidential: bool


class Figure(StrEnum):
    """What is counted. It is stable: pages link to its cases, and claims name it."""

    OPEN = "open"
    OVERDUE = "overdue"
    DUE_THIS_WEEK = "due-this-week"
    WITHOUT_DUE_DATE = "without-due-date"
    HELD_BY_UNIT = "held-by-unit"
    HELD_BY_SIGNATORY = "held-by-signatory"
    HELD_BY_OTHER_BODY = "held-by-other-body"
    HELD_BY_APPLICANT = "held-by-applicant"
    RECEIVED = "received"
    REOPENED = "reopened"
    CAME = "came"
    LEFT = "left"
    CLOSED = "closed"
    APPEALS_RECEIVED = "appeals-received"
    APPEALS_CLOSED = "appeals-closed"
    REPEATS = "repeats"
    ANSWERED = "answered"
    ANSWERED_WITH_DUE_DATE = "answered-with-due-date"
    ANSWERED_ON_TIME = "answered-on-time"
    ANSWERED_LATE = "answered-late"
    EXTENDED = "extended"
    CONTROL_ESTABLISHED = "control-established"
    CONTROL_LIFTED = "control-lifted"
    ENTRIES_CORRECTED = "entries-corrected"
    SESSIONS_PLANNED = "sessions-planned"
    SESSIONS_HELD = "sessions-held"
    SESSIONS_CANCELLED = "sessions-cancelled"
    VISITS_REGISTERED = "visits-registered"
    PEOPLE_RECEIVED = "people-received"
    VISITS_ANSWERED_ORALLY = "visits-answered-orally"
    VISITS_REFERRED = "visits-referred"
    VISITS_DECLINED = "visits-declined"
    NO_SHOWS = "no-shows"
    WRITTEN_TAKEN_IN = "written-taken-in"
    HEARING_ASSIGNMENTS_GIVEN = "hearing-assignments-given"
    HEARING_ASSIGNMENTS_OPEN = "hearing-assignments-open"
    HEARING_ASSIGNMENTS_OVERDUE = "hearing-assignments-overdue"
    HEARING_ASSIGNMENTS_FULFILLED = "hearing-assignments-fulfilled"
    MEDIA_OPEN = "media-open"
    MEDIA_RECEIVED = "media-received"
    MEDIA_ANSWERED = "media-answered"
    MEDIA_WITH_OUTLET_DEADLINE = "media-with-outlet-deadline"
    MEDIA_IN_OUTLET_TIME = "media-in-outlet-time"
    FULFILLED = "fulfilled"
    FULFILLED_ON_TIME = "fulfilled-on-time"
    RESULTS_RETURNED = "results-returned"


class Days(StrEnum):
    """The days on which it counts: of what stands they are due dates."""

    PERIOD = "period"
    BEFORE_TODAY = "before-today"
    THIS_WEEK = "this-week"
    NONE = "none"
    ALL = "all"


class Counted(Struct, frozen=True, kw_only=True):
    """What a figure counts: occurrences of these ``kinds``, with one of ``values`` in a column."""

    occurrence: Occurrence
    kinds: tuple[CaseKind, ...]
    days: Days = Days.PERIOD
    column: str = ""
    values: tuple[str, ...] = ("",)


class Span(Struct, frozen=True):
    """Days from ``first`` to ``last``, both included, in the words of PostgreSQL."""

    grain: str
    first: str
    last: str


MOST_DAYS = 62
"""A longer period is told by the month."""


class Period(Struct, frozen=True, kw_only=True):
    """``since`` to ``until``, both included; ``on`` is the day for which it is told."""

    since: date
    until: date
    on: date

    @property
    def week_ends(self) -> date:
        """The last of the seven days that begin with ``on``: no week is nearly over."""
        return self.on + timedelta(days=6)

    @property
    def year_ago(self) -> "Period":
        """The year before; what ends with a month ends with that month there, leap year or not."""
        until = year_ago(self.until)
        if self.until == _last_of_month(self.until):
            until = _last_of_month(until)
        return Period(since=year_ago(self.since), until=until, on=self.on)

    @property
    def months(self) -> "Period":
        """The whole months that it lies in."""
        since, until = months_of(self)
        return Period(since=since, until=until, on=self.on)

    @property
    def by_months(self) -> "Period":
        """For a course by the month: the year to its last month, or its own months if more."""
        last = self.until.replace(day=1)
        first = min(self.since.replace(day=1), _next_month(year_ago(last)))
        return Period(since=first, until=self.until, on=self.on)

    @property
    def grain(self) -> str:
        """By what its course is told: day or month."""
        return "day" if (self.until - self.since).days < MOST_DAYS else "month"

    def steps(self, grain: str) -> Iterator[date]:
        """Each of its days, or the first of each month that it lies in."""
        if grain == "day":
            for days in range((self.until - self.since).days + 1):
                yield self.since + timedelta(days=days)
            return
        month = self.since.replace(day=1)
        while month <= self.until:
            yield month
            month = _next_month(month)

    def of(self, days: Days) -> tuple[date | None, date | None]:
        """The first and the last day, None without an end; what has no day has no span."""
        match days:
            case Days.PERIOD:
                return self.since, self.until
            case Days.BEFORE_TODAY:
                return None, self.on - timedelta(days=1)
            case Days.THIS_WEEK:
                return self.on, self.week_ends
            case Days.ALL | Days.NONE:
                return None, None

    def spans(self, days: Days) -> list[Span]:
        """The days as whole months where they are, so that few sums have to be read."""
        if days is Days.ALL:
            return [Span("month", _FIRST, _LAST)]
        if days is Days.NONE:
            return [Span("day", _LAST, _LAST)]
        first, last = self.of(days)
        assert last  # noqa: S101 - all others have one
        months_to = last.replace(day=1)
        if first is None:
            days_from = months_to.isoformat()
            before = (months_to - timedelta(days=1)).isoformat()
            return [Span("month", _FIRST, before), Span("day", days_from, last.isoformat())]
        months_from = first if first.day == 1 else _next_month(first)
        if months_from >= months_to:
            return [Span("day", first.isoformat(), last.isoformat())]
        found = []
        if first < months_from:
            found.append(Span("day", first.isoformat(), _day_before(months_from)))
        found.append(Span("month", months_from.isoformat(), _day_before(months_to)))
        found.append(Span("day", months_to.isoformat(), last.isoformat()))
        return found


_FIRST, _LAST = "-infinity", "infinity"


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _day_before(day: date) -> str:
    return (day - timedelta(days=1)).isoformat()


def _last_of_month(day: date) -> date:
    return _next_month(day) - timedelta(days=1)


def months_of(period: Period) -> tuple[date, date]:
    """The first and the last day of the months that the period lies in."""
    return period.since.replace(day=1), _last_of_month(period.until)


def quarter_of(day: date) -> tuple[date, date]:
    """The first and the last day of the quarter that the day lies in."""
    quarter = ReportPeriod.with_day(PeriodKind.QUARTERLY, day)
    return quarter.first, quarter.last


def year_ago(day: date) -> date:
    """The same day of the year before; 28 February for the 29th."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


APPEALS = (CaseKind.APPEAL,)
WORK = (CaseKind.APPEAL, CaseKind.MEDIA_INQUIRY, CaseKind.ASSIGNMENT)
"""The kinds of case that wait for somebody: a reception is a day in the calendar."""
_INQUIRIES = (CaseKind.MEDIA_INQUIRY,)
_ASSIGNMENTS = (CaseKind.ASSIGNMENT,)
_RECEPTIONS = (CaseKind.RECEPTION,)
_YES, _NO, _TOLD = ("true",), ("false",), ("true", "false")


def _held_by(who: Holder) -> Counted:
    standing = Occurrence.STANDING
    return Counted(
        occurrence=standing, kinds=WORK, days=Days.ALL, column="outcome", values=(who.value,)
    )


def _of_hearing(occurrence: Occurrence, days: Days) -> Counted:
    return Counted(
        occurrence=occurrence,
        kinds=_ASSIGNMENTS,
        days=days,
        column="subkind",
        values=(CaseKind.RECEPTION.value,),
    )


FIGURES: Mapping[Figure, Counted] = {
    Figure.OPEN: Counted(occurrence=Occurrence.STANDING, kinds=WORK, days=Days.ALL),
    Figure.OVERDUE: Counted(occurrence=Occurrence.STANDING, kinds=WORK, days=Days.BEFORE_TODAY),
    Figure.DUE_THIS_WEEK: Counted(occurrence=Occurrence.STANDING, kinds=WORK, days=Days.THIS_WEEK),
    Figure.WITHOUT_DUE_DATE: Counted(occurrence=Occurrence.STANDING, kinds=WORK, days=Days.NONE),
    Figure.HELD_BY_UNIT: _held_by(Holder.UNIT),
    Figure.HELD_BY_SIGNATORY: _held_by(Holder.SIGNATORY),
    Figure.HELD_BY_OTHER_BODY: _held_by(Holder.OTHER_BODY),
    Figure.HELD_BY_APPLICANT: _held_by(Holder.APPLICANT),
    Figure.RECEIVED: Counted(occurrence=Occurrence.RECEIVED, kinds=WORK),
    Figure.REOPENED: Counted(occurrence=Occurrence.REOPENED, kinds=WORK),
    Figure.CAME: Counted(occurrence=Occurrence.CAME_TO_UNIT, kinds=WORK),
    Figure.LEFT: Counted(occurrence=Occurrence.LEFT_UNIT, kinds=WORK),
    Figure.CLOSED: Counted(occurrence=Occurrence.CLOSED, kinds=WORK),
    Figure.APPEALS_RECEIVED: Counted(occurrence=Occurrence.RECEIVED, kinds=APPEALS),
    Figure.APPEALS_CLOSED: Counted(occurrence=Occurrence.CLOSED, kinds=APPEALS),
    Figure.REPEATS: Counted(
        occurrence=Occurrence.RECEIVED, kinds=APPEALS, column="repeat", values=_YES
    ),
    Figure.ANSWERED: Counted(occurrence=Occurrence.ANSWERED, kinds=APPEALS),
    Figure.ANSWERED_WITH_DUE_DATE: Counted(
        occurrence=Occurrence.ANSWERED, kinds=APPEALS, column="on_time", values=_TOLD
    ),
    Figure.ANSWERED_ON_TIME: Counted(
        occurrence=Occurrence.ANSWERED, kinds=APPEALS, column="on_time", values=_YES
    ),
    Figure.ANSWERED_LATE: Counted(
        occurrence=Occurrence.ANSWERED, kinds=APPEALS, column="on_time", values=_NO
    ),
    Figure.EXTENDED: Counted(occurrence=Occurrence.EXTENDED, kinds=WORK),
    Figure.CONTROL_ESTABLISHED: Counted(occurrence=Occurrence.CONTROL_ESTABLISHED, kinds=WORK),
    Figure.CONTROL_LIFTED: Counted(occurrence=Occurrence.CONTROL_LIFTED, kinds=WORK),
    Figure.ENTRIES_CORRECTED: Counted(
        occurrence=Occurrence.ENTRY_CORRECTED, kinds=(*WORK, *_RECEPTIONS)
    ),
    Figure.SESSIONS_PLANNED: Counted(occurrence=Occurrence.SESSION_PLANNED, kinds=_RECEPTIONS),
    Figure.SESSIONS_HELD: Counted(occurrence=Occurrence.SESSION_HELD, kinds=_RECEPTIONS),
    Figure.SESSIONS_CANCELLED: Counted(occurrence=Occurrence.SESSION_CANCELLED, kinds=_RECEPTIONS),
    Figure.VISITS_REGISTERED: Counted(occurrence=Occurrence.VISIT_REGISTERED, kinds=_RECEPTIONS),
    Figure.PEOPLE_RECEIVED: Counted(occurrence=Occurrence.PERSON_RECEIVED, kinds=_RECEPTIONS),
    Figure.VISITS_ANSWERED_ORALLY: Counted(
        occurrence=Occurrence.ANSWERED_ORALLY, kinds=_RECEPTIONS
    ),
    Figure.VISITS_REFERRED: Counted(occurrence=Occurrence.VISIT_REFERRED, kinds=_RECEPTIONS),
    Figure.VISITS_DECLINED: Counted(occurrence=Occurrence.VISIT_DECLINED, kinds=_RECEPTIONS),
    Figure.NO_SHOWS: Counted(occurrence=Occurrence.NO_SHOW, kinds=_RECEPTIONS),
    Figure.WRITTEN_TAKEN_IN: Counted(occurrence=Occurrence.WRITTEN_TAKEN_IN, kinds=_RECEPTIONS),
    Figure.HEARING_ASSIGNMENTS_GIVEN: Counted(
        occurrence=Occurrence.ASSIGNMENT_GIVEN_AT_HEARING, kinds=_RECEPTIONS
    ),
    Figure.HEARING_ASSIGNMENTS_OPEN: _of_hearing(Occurrence.STANDING, Days.ALL),
    Figure.HEARING_ASSIGNMENTS_OVERDUE: _of_hearing(Occurrence.STANDING, Days.BEFORE_TODAY),
    Figure.HEARING_ASSIGNMENTS_FULFILLED: _of_hearing(Occurrence.FULFILLED, Days.PERIOD),
    Figure.MEDIA_OPEN: Counted(occurrence=Occurrence.STANDING, kinds=_INQUIRIES, days=Days.ALL),
    Figure.MEDIA_RECEIVED: Counted(occurrence=Occurrence.RECEIVED, kinds=_INQUIRIES),
    Figure.MEDIA_ANSWERED: Counted(occurrence=Occurrence.ANSWERED, kinds=_INQUIRIES),
    Figure.MEDIA_WITH_OUTLET_DEADLINE: Counted(
        occurrence=Occurrence.ANSWERED, kinds=_INQUIRIES, column="on_time", values=_TOLD
    ),
    Figure.MEDIA_IN_OUTLET_TIME: Counted(
        occurrence=Occurrence.ANSWERED, kinds=_INQUIRIES, column="on_time", values=_YES
    ),
    Figure.FULFILLED: Counted(occurrence=Occurrence.FULFILLED, kinds=_ASSIGNMENTS),
    Figure.FULFILLED_ON_TIME: Counted(
        occurrence=Occurrence.FULFILLED, kinds=_ASSIGNMENTS, column="on_time", values=_YES
    ),
    Figure.RESULTS_RETURNED: Counted(occurrence=Occurrence.RESULT_RETURNED, kinds=_ASSIGNMENTS),
}
