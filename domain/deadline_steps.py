"""The working of a due date: each step as data, to be told in the reader's language."""

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby

from msgspec import Struct

from domain.calendar import DayKind, DayMark, WorkingCalendar
from domain.rule import Roll, RuleVersion, Start, Unit
from domain.term import DAY, Course, HoursRun, Pause, days_after, months_after

REST_DAY, AFTER_CLOSING = "rest-day", "after-closing"


class StepKind(StrEnum):
    STARTED = "started"
    STARTED_NEXT_WORKING_DAY = "started-next-working-day"
    RULE = "rule"
    RESTARTED = "restarted"
    COUNTED = "counted"
    SKIPPED = "skipped"
    SWAPPED_IN = "swapped-in"
    HALF_DAY = "half-day"
    SHORT_DAY = "short-day"
    LEAVE_COUNTED = "leave-counted"
    LEAVE_SKIPPED = "leave-skipped"
    HOURS_COUNTED = "hours-counted"
    MONTH_END = "month-end"
    PAUSED = "paused"
    EXTENDED = "extended"
    ROLLED = "rolled"
    ESTIMATED_YEAR = "estimated-year"
    OFFICE_CLOSES = "office-closes"
    OTHER_READING = "other-reading"


class Step(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step. A single day is ``on``, a run of days ``first`` to ``last``, both included.

    For rolled, extended and moved starts, ``first`` is where it was and ``last`` where it went.
    Instants are in the jurisdiction's time zone. ``count`` is in ``unit``; hours that ran are
    given in ``minutes``. ``reason`` is a day's name, a ground, or why something moved; ``act``
    and ``announced_on`` are those of the decision behind a day.
    """

    kind: StepKind
    on: date | None = None
    first: date | None = None
    last: date | None = None
    at: datetime | None = None
    until: datetime | None = None
    count: int | None = None
    unit: Unit | None = None
    minutes: int | None = None
    event: Start | None = None
    base: Start | None = None
    rule: str | None = None
    version: str | None = None
    source: str | None = None
    reason: str | None = None
    name: str | None = None
    act: str | None = None
    announced_on: date | None = None
    year: int | None = None


_WORTH_TELLING = {
    DayKind.WORKING: StepKind.SWAPPED_IN,
    DayKind.HALF: StepKind.HALF_DAY,
    DayKind.SHORT: StepKind.SHORT_DAY,
    DayKind.LEAVE: StepKind.LEAVE_COUNTED,
}


def rule_told(version: RuleVersion) -> Step:
    return Step(
        kind=StepKind.RULE,
        rule=version.rule,
        version=version.version,
        count=version.length,
        unit=version.unit,
        source=version.source,
    )


def term_told(unit: Unit, start: date, length: int, end: date, course: Course) -> Iterator[Step]:
    """How a term of days or months ran from the day after *start* to *end*."""
    match unit:
        case Unit.WORKING_DAYS | Unit.CALENDAR_DAYS:
            yield from _days_told(unit, start, end, course)
        case Unit.CALENDAR_MONTHS:
            yield Step(
                kind=StepKind.COUNTED,
                first=start + DAY,
                last=months_after(start, length),
                count=length,
                unit=unit,
            )
            if months_after(start, length).day != start.day:
                yield Step(kind=StepKind.MONTH_END, on=months_after(start, length))
            days = _days_told(Unit.CALENDAR_DAYS, start, end, course)
            yield from (step for step in days if step.kind is StepKind.PAUSED)
        case _:
            return


def hours_told(runs: list[HoursRun], course: Course) -> Iterator[Step]:
    """How hours ran: each stretch on running days is one step, each day they stood still one."""
    for running, days in groupby(runs, lambda run: run.runs):
        stretch = list(days)
        if not running:
            yield from _off_told([run.day for run in stretch], course)
            continue
        since, until = stretch[0].since, stretch[-1].until
        yield Step(
            kind=StepKind.HOURS_COUNTED,
            at=since,
            until=until,
            minutes=round((until - since).total_seconds() / 60),
        )
        yield from _marked([run.day for run in stretch], course.calendar)


def roll_told(end: date, roll: Roll, course: Course) -> Iterator[Step]:
    """The rest days that a last day was moved over, and where it went."""
    rolled = course.rolled(end, roll)
    if rolled == end:
        return
    yield from _off_told([end, *days_after(end, rolled - DAY)], course)
    why = course.calendar.why_off(end, leave_counts=course.leave_counts)
    reason = why.reason if why else None
    yield Step(kind=StepKind.ROLLED, first=end, last=rolled, reason=reason)


def moved_start_told(arrived: date, begins: date, reason: str, course: Course) -> Iterator[Step]:
    """From the day of arrival to the working day on which it counts as arrived."""
    off = [arrived, *days_after(arrived, begins - DAY)]
    yield from _off_told([day for day in off if not _works(day, course)], course)
    yield Step(kind=StepKind.STARTED_NEXT_WORKING_DAY, first=arrived, last=begins, reason=reason)
    yield from _marked([begins], course.calendar)


def _days_told(unit: Unit, start: date, end: date, course: Course) -> Iterator[Step]:
    def how(day: date) -> tuple[str, Pause | None]:
        if pause := course.paused(day):
            return "paused", pause
        counts = unit is not Unit.WORKING_DAYS or _works(day, course)
        return "counted" if counts else "off", None

    for (state, pause), days in groupby(days_after(start, end), how):
        run = list(days)
        if state == "off":
            yield from _off_told(run, course)
        elif pause:
            yield _paused_told(pause, run[0], run[-1])
        else:
            yield Step(kind=StepKind.COUNTED, first=run[0], last=run[-1], count=len(run), unit=unit)
            if unit is Unit.WORKING_DAYS:
                yield from _marked(run, course.calendar)


def _off_told(days: list[date], course: Course) -> Iterator[Step]:
    for day in days:
        pause = course.paused(day)
        why = course.calendar.why_off(day, leave_counts=course.leave_counts)
        if pause:
            yield _paused_told(pause, day, day)
        elif why:
            leave = why.kind is DayKind.LEAVE
            yield _day_told(StepKind.LEAVE_SKIPPED if leave else StepKind.SKIPPED, day, why)


def _marked(days: list[date], calendar: WorkingCalendar) -> Iterator[Step]:
    """What is worth telling about days that count: half, shorter, leave, or a rest day worked."""
    for day in days:
        mark = calendar.marks.get(day)
        if mark is None or mark.kind not in _WORTH_TELLING:
            continue
        yield _day_told(_WORTH_TELLING[mark.kind], day, mark)


def _day_told(kind: StepKind, day: date, mark: DayMark) -> Step:
    return Step(
        kind=kind,
        on=day,
        reason=mark.reason,
        name=mark.name,
        act=mark.act,
        announced_on=mark.announced_on,
    )


def _paused_told(pause: Pause, first: date, last: date) -> Step:
    return Step(kind=StepKind.PAUSED, first=first, last=last, reason=pause.ground)


def _works(day: date, course: Course) -> bool:
    return course.calendar.is_working_day(day, leave_counts=course.leave_counts)
