"""A decision on the calendar, and which terms a day that it changes may move."""

from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import ValidationError, convert
from msgspec.structs import replace

from domain import calendar_decision
from domain.calendar import DayKind, DayMark
from domain.calendar_decision import (
    AlreadyWithdrawn,
    AnnounceCalendarDecision,
    CalendarDecisionAnnounced,
    CalendarDecisionWithdrawn,
    ClosingTimeNotFitting,
    DayNamedTwice,
    DayOutsideCalendar,
    DayUnchanged,
    DecidedDay,
    WithdrawCalendarDecision,
    decided_after,
    marks_of,
)
from domain.case import AlreadyBegun, Event, NotYetBegun, Refusal, RegistrationNumber
from domain.deadline import due_on
from domain.decided_calendar import DecidedCalendar
from domain.information import DatedInTheFuture
from domain.rule import HOURS, RuleVersion, Unit
from tests.domain.spec import PLAIN_CALENDAR, PLAIN_TERMS, Spec

TODAY = date(2026, 4, 6)
MONDAY = date(2026, 4, 13)
SATURDAY = date(2026, 4, 18)
DAYS = (
    DecidedDay(on=MONDAY, kind=DayKind.OFF, reason="exchange"),
    DecidedDay(on=SATURDAY, kind=DayKind.WORKING, reason="exchange"),
)
ANNOUNCE = AnnounceCalendarDecision(act="Qərar 12", announced_on=TODAY, days=DAYS)
AFTER = PLAIN_CALENDAR.with_marks(marks_of("Qərar 12", TODAY, DAYS))
ANNOUNCED = CalendarDecisionAnnounced(
    number=RegistrationNumber(book="k", year=2026, sequence=7),
    act="Qərar 12",
    announced_on=TODAY,
    days=DAYS,
    registered_on=TODAY,
    registering_unit="records",
    registered_by="clerk",
    calendar_version=AFTER.version,
)
WITHDRAW = WithdrawCalendarDecision(reason="ləğv edilib")
WITHDRAWN = CalendarDecisionWithdrawn(
    number=RegistrationNumber(book="k", year=2026, sequence=7),
    withdrawn_by="clerk",
    calendar_version=PLAIN_CALENDAR.version,
)


def decision(*events: Event) -> Spec:
    return Spec(calendar_decision.decide, calendar_decision.evolve, *events)


def test_a_decision_tells_the_calendar_that_it_makes() -> None:
    decision().when(ANNOUNCE).then(ANNOUNCED)
    assert not AFTER.is_working_day(MONDAY)
    assert AFTER.is_working_day(SATURDAY)
    assert AFTER.marks[MONDAY].act == "Qərar 12"
    assert AFTER.marks[MONDAY].announced_on == TODAY


def test_a_decision_is_withdrawn_once() -> None:
    decision(ANNOUNCED).when(WITHDRAW).then(WITHDRAWN)
    decision(ANNOUNCED, WITHDRAWN).when(WITHDRAW).refused(AlreadyWithdrawn)


def test_a_decision_is_announced_once_and_first() -> None:
    decision(ANNOUNCED).when(ANNOUNCE).refused(AlreadyBegun)
    decision().when(WITHDRAW).refused(NotYetBegun)


def test_everybody_is_concerned_with_a_decision() -> None:
    state = decision(ANNOUNCED).state
    assert state.units == {"records", "*"}
    assert not state.confidential


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"announced_on": TODAY + timedelta(days=1)}, DatedInTheFuture),
        ({"registered_on": TODAY + timedelta(days=1)}, DatedInTheFuture),
        ({"days": (DAYS[0], DAYS[0])}, DayNamedTwice),
        ({"days": (replace(DAYS[0], on=date(2019, 12, 31)),)}, DayOutsideCalendar),
        ({"days": (replace(DAYS[0], on=date(2031, 1, 1)),)}, DayOutsideCalendar),
        ({"days": (replace(DAYS[0], kind=DayKind.WORKING),)}, DayUnchanged),
        ({"days": (replace(DAYS[1], kind=DayKind.OFF),)}, DayUnchanged),
        ({"days": (replace(DAYS[0], kind=DayKind.HALF, closes_at=time(18)),)}, DayUnchanged),
        ({"days": (replace(DAYS[0], kind=DayKind.HALF),)}, ClosingTimeNotFitting),
        ({"days": (replace(DAYS[0], closes_at=time(13)),)}, ClosingTimeNotFitting),
        ({"days": (*DAYS, replace(DAYS[0], on=SATURDAY + timedelta(days=1)))}, DayUnchanged),
    ],
)
def test_a_decision_that_cannot_be_right_is_refused(
    changes: dict[str, Any], refusal: type[Refusal]
) -> None:
    decision().when(replace(ANNOUNCE, **changes)).refused(refusal)


@pytest.mark.parametrize(
    "day",
    [
        DecidedDay(on=MONDAY, kind=DayKind.HALF, reason="half", closes_at=time(13)),
        DecidedDay(on=MONDAY, kind=DayKind.SHORT, reason="eve"),
        DecidedDay(on=MONDAY, kind=DayKind.LEAVE, reason="leave"),
        DecidedDay(on=TODAY - timedelta(days=7), kind=DayKind.OFF, reason="entered late"),
    ],
)
def test_a_decision_may_shorten_a_day_give_leave_or_come_late(day: DecidedDay) -> None:
    (event,) = decision().when(replace(ANNOUNCE, days=(day,))).happens()
    assert isinstance(event, CalendarDecisionAnnounced)
    assert event.calendar_version != PLAIN_CALENDAR.version


def test_a_half_day_ends_by_the_departments_own_clock() -> None:
    day = {"on": "2026-04-13", "kind": "half", "reason": "eve", "closes_at": "13:00:00"}
    assert convert(day, DecidedDay).closes_at == time(13)
    with pytest.raises(ValidationError):
        convert({**day, "closes_at": "13:00:00Z"}, DecidedDay)


def test_of_two_decisions_on_one_day_the_later_holds_until_it_is_withdrawn() -> None:
    first, second = UUID(int=1), UUID(int=2)
    again = replace(ANNOUNCED, days=(replace(DAYS[0], kind=DayKind.WORKING),))
    decided = decided_after(DecidedCalendar(PLAIN_CALENDAR), first, ANNOUNCED)
    decided = decided_after(decided, second, again)
    assert decided.calendar.is_working_day(MONDAY)
    assert decided.calendar.is_working_day(SATURDAY)
    assert decided_after(decided, second, WITHDRAWN).calendar == AFTER
    assert not decided_after(decided, first, WITHDRAWN).calendar.is_working_day(SATURDAY)


_VERSIONS = [
    version
    for versions in PLAIN_TERMS.rulebook.rules.values()
    for version in versions
    if version.unit not in {*HOURS, Unit.CHOSEN, Unit.YEARLY}
]
_STARTS = st.dates(date(2025, 1, 1), date(2026, 12, 31))


@given(
    version=st.sampled_from(_VERSIONS),
    start=_STARTS,
    day=st.dates(date(2024, 6, 1), date(2028, 6, 30)),
    kind=st.sampled_from(DayKind),
)
def test_a_day_before_the_start_or_after_the_due_date_moves_no_term(
    version: RuleVersion, start: date, day: date, kind: DayKind
) -> None:
    """What a recalculation looks at is found by these two dates."""
    was = due_on(version, start, PLAIN_CALENDAR)
    changed = PLAIN_CALENDAR.with_marks([DayMark(on=day, kind=kind, reason="act")])
    if not start <= day <= was:
        assert due_on(version, start, changed) == was
