"""The calendar decision: an act that makes a day off, a working day, or a shorter one."""

from collections.abc import Sequence
from datetime import date, time
from enum import StrEnum
from typing import Annotated, assert_never
from uuid import UUID

from msgspec import Meta
from msgspec.structs import replace

from domain.calendar import DayKind, DayMark, WorkingCalendar
from domain.case import (
    EVERY_UNIT,
    AlreadyBegun,
    CaseKind,
    Command,
    Context,
    Event,
    NotFitting,
    NotYetBegun,
    OfficialId,
    Refusal,
    RegistrationNumber,
    ShortText,
    UnitId,
    Value,
)
from domain.decided_calendar import DecidedCalendar
from domain.information import DatedInTheFuture

KIND = CaseKind.CALENDAR_DECISION
BOOK = "k"


class Stage(StrEnum):
    """Whether the decision holds."""

    ANNOUNCED = "announced"
    WITHDRAWN = "withdrawn"


class DecidedDay(Value):
    """``closes_at`` is for a half day, and only for one, in the department's own time."""

    on: date
    kind: DayKind
    reason: ShortText
    closes_at: Annotated[time, Meta(tz=False)] | None = None


DecidedDays = Annotated[tuple[DecidedDay, ...], Meta(min_length=1, max_length=366)]


class CalendarDecisionAnnounced(Event, tag="calendar-decision-announced"):
    """``calendar_version`` is that of the calendar with this decision in it."""

    number: RegistrationNumber
    act: ShortText
    announced_on: date
    days: DecidedDays
    registered_on: date
    registering_unit: UnitId
    registered_by: OfficialId
    calendar_version: str


class CalendarDecisionWithdrawn(Event, tag="calendar-decision-withdrawn"):
    """``number`` is one of its own, so that the book's numbers tell that the calendar changed."""

    number: RegistrationNumber
    withdrawn_by: OfficialId
    calendar_version: str


class AnnounceCalendarDecision(Command):
    """``announced_on`` is when the act was published; the due dates of open cases move with it."""

    act: ShortText
    announced_on: date
    days: DecidedDays
    registered_on: date | None = None


class WithdrawCalendarDecision(Command):
    """The act was annulled, or entered wrongly: the due dates of open cases move back."""

    reason: ShortText


class DayNamedTwice(NotFitting):
    """Each day is named once."""


class DayOutsideCalendar(NotFitting):
    """No calendar is kept for the year of this day."""


class ClosingTimeNotFitting(NotFitting):
    """A half day, and no other, needs the time at which it ends."""


class DayUnchanged(Refusal):
    """The calendar has the day like this already: nothing would change."""


class AlreadyWithdrawn(Refusal):
    """The decision has been withdrawn: announce another one."""


BEGINS = AnnounceCalendarDecision
CalendarDecisionCommand = AnnounceCalendarDecision | WithdrawCalendarDecision
CalendarDecisionEvent = CalendarDecisionAnnounced | CalendarDecisionWithdrawn


class CalendarDecision(Value):
    number: RegistrationNumber
    act: str
    announced_on: date
    days: tuple[DecidedDay, ...]
    units: frozenset[str]
    workers: frozenset[str]
    stage: Stage = Stage.ANNOUNCED
    confidential: bool = False
    owner: UUID | None = None

    @property
    def marks(self) -> tuple[DayMark, ...]:
        return marks_of(self.act, self.announced_on, self.days)


def decide(
    command: CalendarDecisionCommand, decision: CalendarDecision | None, ctx: Context
) -> list[Event]:
    if isinstance(command, AnnounceCalendarDecision):
        if decision:
            raise AlreadyBegun
        return [_announce(command, ctx)]
    if not decision:
        raise NotYetBegun
    match command:
        case WithdrawCalendarDecision():
            return [_withdraw(decision, ctx)]
        case _:
            assert_never(command)


def _announce(command: AnnounceCalendarDecision, ctx: Context) -> CalendarDecisionAnnounced:
    registered_on = command.registered_on or ctx.today
    after = calendar_after(command, ctx.calendar, ctx.today)
    return CalendarDecisionAnnounced(
        number=ctx.next_number(BOOK, registered_on.year),
        act=command.act,
        announced_on=command.announced_on,
        days=command.days,
        registered_on=registered_on,
        registering_unit=ctx.by.unit,
        registered_by=ctx.by.principal,
        calendar_version=after.version,
    )


def _withdraw(decision: CalendarDecision, ctx: Context) -> CalendarDecisionWithdrawn:
    if decision.stage is Stage.WITHDRAWN:
        raise AlreadyWithdrawn
    decided = ctx.decided or DecidedCalendar(ctx.calendar)
    return CalendarDecisionWithdrawn(
        number=ctx.next_number(BOOK, ctx.today.year),
        withdrawn_by=ctx.by.principal,
        calendar_version=decided.without(ctx.case_id).calendar.version,
    )


def calendar_after(
    command: AnnounceCalendarDecision, calendar: WorkingCalendar, today: date
) -> WorkingCalendar:
    """*calendar* once this decision is announced. Raises why it may not be."""
    if max(command.announced_on, command.registered_on or today) > today:
        raise DatedInTheFuture
    named = [day.on for day in command.days]
    if len(set(named)) < len(named):
        raise DayNamedTwice
    if any((day.kind is DayKind.HALF) != (day.closes_at is not None) for day in command.days):
        raise ClosingTimeNotFitting
    if outside := [on for on in named if not calendar.first <= on <= calendar.last]:
        raise DayOutsideCalendar(
            f"The calendar runs from {calendar.first} to {calendar.last}: {outside[0]} is outside."
        )
    after = calendar.with_marks(marks_of(command.act, command.announced_on, command.days))
    for on in named:
        if _course_of(on, calendar) == _course_of(on, after):
            raise DayUnchanged(f"The calendar has {on} like this already: nothing would change.")
    return after


def marks_of(act: str, announced_on: date, days: Sequence[DecidedDay]) -> tuple[DayMark, ...]:
    """The marks that the days of an act make in a calendar."""
    return tuple(
        DayMark(
            on=day.on,
            kind=day.kind,
            reason=day.reason,
            act=act,
            announced_on=announced_on,
            closes_at=day.closes_at,
        )
        for day in days
    )


def _course_of(day: date, calendar: WorkingCalendar) -> tuple[bool, bool, time]:
    """All that terms ask of a day."""
    counted = calendar.is_working_day(day)
    at_work = calendar.is_working_day(day, leave_counts=False)
    return counted, at_work, calendar.closing_time(day)


def evolve(decision: CalendarDecision | None, event: CalendarDecisionEvent) -> CalendarDecision:
    if isinstance(event, CalendarDecisionAnnounced):
        return CalendarDecision(
            number=event.number,
            act=event.act,
            announced_on=event.announced_on,
            days=event.days,
            units=frozenset({event.registering_unit, EVERY_UNIT}),
            workers=frozenset({event.registered_by}),
        )
    if not decision:
        raise NotYetBegun
    match event:
        case CalendarDecisionWithdrawn(withdrawn_by=withdrawn_by):
            workers = decision.workers | {withdrawn_by}
            return replace(decision, stage=Stage.WITHDRAWN, workers=workers)
        case _:
            assert_never(event)


def decided_after(
    decided: DecidedCalendar, decision: UUID, event: CalendarDecisionEvent
) -> DecidedCalendar:
    """The calendar in force after one more event of the decisions."""
    match event:
        case CalendarDecisionAnnounced():
            return decided.after(decision, marks_of(event.act, event.announced_on, event.days))
        case CalendarDecisionWithdrawn():
            return decided.without(decision)
        case _:
            assert_never(event)
