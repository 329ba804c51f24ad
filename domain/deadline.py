"""Due dates by the law's rules, with their working. Pure: rule, start and calendar are given."""

from collections.abc import Sequence
from datetime import date, datetime, time, tzinfo

from msgspec import Struct

from domain.calendar import DayKind, WorkingCalendar
from domain.case import NotFitting, Refusal
from domain.deadline_steps import (
    AFTER_CLOSING,
    REST_DAY,
    Step,
    StepKind,
    hours_told,
    moved_start_told,
    roll_told,
    rule_told,
    term_told,
)
from domain.rule import (
    HOURS,
    Certainty,
    Counting,
    Extension,
    Roll,
    Rulebook,
    RuleVersion,
    Start,
    Unit,
    Until,
)
from domain.term import END_OF_DAY, Course, Pause, end_of, yearly


class MomentNeeded(NotFitting):
    """This rule counts hours: the time of day is needed, not only the date."""


class ExtensionBarred(Refusal):
    """The law allows no extension of this term."""


class ExtensionTooLate(Refusal):
    """The time in which this extension could be decided has passed."""


class ExtensionUsedUp(Refusal):
    """The term has been extended as often as the law allows."""


class ExtensionLengthNotAllowed(Refusal):
    """The law allows an extension of another length."""


class GroundUnknown(Refusal):
    """The rule doesn't know this ground to pause or restart the term."""


class Granted(Struct, frozen=True, kw_only=True):
    """An extension as decided; its length is in the unit of the rule's extension."""

    length: int
    decided_on: date


class Restart(Struct, frozen=True, kw_only=True):
    """The term was cut, and a new one of the same length starts on that day."""

    on: date
    ground: str


class Reading(Struct, frozen=True, kw_only=True):
    """The due date by another reading of the same text."""

    rule: str
    rule_version: str
    due: date
    due_at: datetime
    office_closes_at: datetime
    source: str
    certainty: Certainty


class Deadline(Struct, frozen=True, kw_only=True):
    """A due date with its ground and its working.

    ``due_at`` is in the jurisdiction's time zone: the last second of the due day; the closing
    time when that day is a half day and not over for work when the term starts; the instant
    itself for hours and for an instant that was set. ``office_closes_at`` is when the office
    last closes before the term ends.
    ``estimated``: a holiday in one of the years it runs through isn't fixed by an act yet.
    """

    rule: str
    rule_version: str
    calendar_version: str
    jurisdiction: str
    start: date
    due: date
    due_at: datetime
    office_closes_at: datetime
    steps: tuple[Step, ...]
    estimated: bool
    readings: tuple[Reading, ...]
    notify: tuple[str, ...]
    certainty: Certainty
    source: str


def due_on(version: RuleVersion, start: date, calendar: WorkingCalendar) -> date:
    """The last day of a plain term, without its working: the fast way to what compute explains.

    Raises MomentNeeded for hours and CalendarMissing outside the years covered.
    """
    end = _unrolled(version, start, calendar)
    if version.roll is Roll.NONE:
        return end
    return calendar.next_working_day(end, leave_counts=version.leave_counts)


def compute(  # noqa: PLR0913 - a term and all that happened to it
    version: RuleVersion,
    start: date | datetime,
    calendar: WorkingCalendar,
    time_zone: tzinfo,
    *,
    extensions: Sequence[Granted] = (),
    recorded: int = 0,
    pauses: Sequence[Pause] = (),
    restarts: Sequence[Restart] = (),
    rulebook: Rulebook | None = None,
) -> Deadline:
    """The due date and its working. An aware instant starts on its date in *time_zone*.

    The first *recorded* of the extensions stand: a calendar decided since, or a corrected receipt,
    may have moved the term's end before the day one was decided on, and that doesn't undo it. The
    rule's other readings are computed beside it when *rulebook* is given. Raises the refusals
    above, StillPaused, and CalendarMissing outside the years covered.
    """
    term = _Term(version, start, calendar, time_zone, pauses, restarts)
    term.extend(extensions, recorded=recorded)
    return term.deadline(_readings(term, extensions, rulebook))


def _readings(
    term: "_Term", extensions: Sequence[Granted], rulebook: Rulebook | None
) -> list[Reading]:
    readings: list[Reading] = []
    if rulebook is None:
        return readings
    for rule in term.version.readings:
        other = term.by(rulebook.version_for(rule, term.arrived))
        other.extend(extensions, recorded=len(extensions))
        readings.append(other.reading())
    return readings


class _Term:
    """A term under way: ``end`` is its last day as counted, before any roll."""

    def __init__(
        self,
        version: RuleVersion,
        start: date | datetime,
        calendar: WorkingCalendar,
        zone: tzinfo,
        pauses: Sequence[Pause],
        restarts: Sequence[Restart],
    ) -> None:
        _refuse_unknown(version, pauses, restarts)
        self.version, self.calendar, self.zone = version, calendar, zone
        self.given = (start, pauses, restarts)
        self.course = Course(calendar=calendar, leave_counts=version.leave_counts, pauses=pauses)
        self.moment = _local(start, zone) if isinstance(start, datetime) else None
        self.arrived = self.moment.date() if self.moment else start
        self.start = self.arrived
        self.instant: datetime | None = None
        self.steps = [
            Step(kind=StepKind.STARTED, on=self.arrived, at=self.moment, event=version.starts),
            rule_told(version),
        ]
        # Asked first: beyond the calendar's years even plain sums of days would overflow.
        calendar.is_working_day(self.arrived)
        self.restarted = bool(restarts)
        for restart in sorted(restarts, key=lambda each: each.on)[-1:]:
            self.start, self.moment = max(self.arrived, restart.on), None
            self.steps.append(Step(kind=StepKind.RESTARTED, on=self.start, reason=restart.ground))
        self.end = self._first_end()

    def by(self, version: RuleVersion) -> "_Term":
        """The same term by another rule, before any extension."""
        start, pauses, restarts = self.given
        return _Term(version, start, self.calendar, self.zone, pauses, restarts)

    def extend(self, extensions: Sequence[Granted], *, recorded: int = 0) -> None:
        """What the rule wouldn't allow of the first *recorded* is passed over in silence."""
        since = self.start if self.restarted else date.min
        numbered = [(n, each) for n, each in enumerate(extensions) if each.decided_on >= since]
        numbered.sort(key=lambda each: each[1].decided_on)
        for count, (n, granted) in enumerate(numbered, 1):
            if n >= recorded:
                self._refuse_extension(granted, count)
            if self.version.extension:
                self._extend(self.version.extension, granted)

    def deadline(self, readings: Sequence[Reading]) -> Deadline:
        due = self._due()
        years = range(self.arrived.year, due.year + 1)
        estimated = [year for year in years if year in self.calendar.estimated_years]
        closes = self._office_closes(due)
        steps = [
            *self.steps,
            *roll_told(self.end, self.version.roll, self.course),
            *(Step(kind=StepKind.ESTIMATED_YEAR, year=year) for year in estimated),
            Step(kind=StepKind.OFFICE_CLOSES, on=closes.date(), at=closes),
            *(
                Step(kind=StepKind.OTHER_READING, rule=other.rule, on=other.due, at=other.due_at)
                for other in readings
            ),
        ]
        return Deadline(
            rule=self.version.rule,
            rule_version=self.version.version,
            calendar_version=self.calendar.version,
            jurisdiction=self.calendar.jurisdiction,
            start=self.start,
            due=due,
            due_at=self._due_at(due),
            office_closes_at=closes,
            steps=tuple(steps),
            estimated=bool(estimated),
            readings=tuple(readings),
            notify=self.version.notify,
            certainty=self.version.certainty,
            source=self.version.source,
        )

    def reading(self) -> Reading:
        due = self._due()
        return Reading(
            rule=self.version.rule,
            rule_version=self.version.version,
            due=due,
            due_at=self._due_at(due),
            office_closes_at=self._office_closes(due),
            source=self.version.source,
            certainty=self.version.certainty,
        )

    def _first_end(self) -> date:
        version = self.version
        if version.unit in HOURS:
            return self._hours_end()
        if version.counting is Counting.SAME_DAY and version.unit is Unit.WORKING_DAYS:
            self.start = self._opening()
            return self.start
        if version.unit in (Unit.YEARLY, Unit.CHOSEN):
            self.instant = self.moment if version.unit is Unit.CHOSEN else None
            return _unrolled(version, self.start, self.calendar)
        end = self.course.end(version.unit, self.start, version.length)
        self.steps += term_told(version.unit, self.start, version.length, end, self.course)
        return end

    def _hours_end(self) -> date:
        if self.moment is None:
            raise MomentNeeded
        runs = list(
            self.course.hours(self.version.unit, self.moment, self.version.length, self.zone)
        )
        self.steps += hours_told(runs, self.course)
        self.instant = runs[-1].until
        return self.instant.date()

    def _opening(self) -> date:
        """The working day on which what arrived counts as arrived."""
        opens, reason = _unrolled(self.version, self.start, self.calendar), REST_DAY
        if opens == self.start and self.moment and self.version.office_hours:
            closes = datetime.combine(opens, self.calendar.closing_time(opens), self.zone)
            if self.moment > closes:
                leave_counts = self.version.leave_counts
                opens = self.calendar.add_working_days(opens, 1, leave_counts=leave_counts)
                reason = AFTER_CLOSING
        if opens != self.start:
            self.steps += moved_start_told(self.start, opens, reason, self.course)
        return opens

    def _refuse_extension(self, granted: Granted, number: int) -> None:
        extension = self.version.extension
        if extension is None:
            raise ExtensionBarred(self.version.extension_barred)
        if number > extension.times:
            raise ExtensionUsedUp(f"The law allows {extension.times} extension of this term.")
        if not 1 <= granted.length <= extension.length:
            raise ExtensionLengthNotAllowed(
                f"The law allows an extension of 1 to {extension.length} {extension.unit}."
            )
        until = self._due()
        if extension.until is Until.AT_START and extension.decided_within is not None:
            until = self.calendar.add_working_days(self.start, extension.decided_within)
        if granted.decided_on > until:
            raise ExtensionTooLate(
                f"The extension was decided on {granted.decided_on}, but had to be by {until}."
            )

    def _extend(self, extension: Extension, granted: Granted) -> None:
        bases = {Start.START: self.start, Start.DECISION: granted.decided_on}
        base = bases.get(extension.base, self.end)
        longer = max(self.end, self.course.end(extension.unit, base, granted.length))
        self.steps.append(
            Step(
                kind=StepKind.EXTENDED,
                on=granted.decided_on,
                first=self.end,
                last=longer,
                count=granted.length,
                unit=extension.unit,
                base=extension.base,
                rule=extension.rule,
                version=extension.version,
                source=extension.source,
            )
        )
        if longer > self.end:
            # What was counted before is not told again, though it is part of the longer term.
            whole = extension.base is Start.DECISION or extension.unit is Unit.CALENDAR_MONTHS
            after = base if whole else self.end
            self.steps += term_told(extension.unit, after, granted.length, longer, self.course)
        self.end = longer

    def _due(self) -> date:
        return self.course.rolled(self.end, self.version.roll)

    def _due_at(self, due: date) -> datetime:
        if self.instant is not None and due == self.end:
            return self.instant
        return datetime.combine(due, self._last_moment(due), self.zone)

    def _last_moment(self, due: date) -> time:
        mark = self.calendar.marks.get(due)
        if mark is None or mark.kind is not DayKind.HALF:
            return END_OF_DAY
        closes = datetime.combine(due, self.calendar.closing_time(due), self.zone)
        over = self.moment is not None and self.moment > closes
        return closes.time() if self._works(due) and not over else END_OF_DAY

    def _office_closes(self, due: date) -> datetime:
        """The office's closing time on the last day of work up to *due*, leave being none."""
        at_work = self.calendar.is_working_day(due, leave_counts=False)
        day = due if at_work else self.calendar.add_working_days(due, -1, leave_counts=False)
        return datetime.combine(day, self.calendar.closing_time(day), self.zone)

    def _works(self, day: date) -> bool:
        return self.calendar.is_working_day(day, leave_counts=self.version.leave_counts)


def _unrolled(version: RuleVersion, start: date, calendar: WorkingCalendar) -> date:
    """The last day as counted, be it a rest day or not."""
    match version.unit:
        case Unit.WORKING_DAYS | Unit.CALENDAR_DAYS | Unit.CALENDAR_MONTHS as unit:
            leave_counts = version.leave_counts
            return end_of(unit, start, version.length, calendar, leave_counts=leave_counts)
        case Unit.YEARLY:
            return yearly(version.month or 1, version.day or 1, start)
        case Unit.CHOSEN:
            return start
        case Unit.CLOCK_HOURS | Unit.HOURS_OUTSIDE_REST_DAYS:
            raise MomentNeeded


def _local(instant: datetime, zone: tzinfo) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs its offset from UTC")
    return instant.astimezone(zone)


def _refuse_unknown(
    version: RuleVersion, pauses: Sequence[Pause], restarts: Sequence[Restart]
) -> None:
    for pause in pauses:
        if pause.ground not in version.pauses:
            raise GroundUnknown(f"{version.rule} isn't paused by {pause.ground}.")
    for restart in restarts:
        if restart.ground not in version.restarts:
            raise GroundUnknown(f"{version.rule} isn't restarted by {restart.ground}.")
