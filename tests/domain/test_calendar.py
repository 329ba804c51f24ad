from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import CalendarMissing, DayKind, DayMark, WorkingCalendar
from infra.calendars import working_calendar
from tests.domain.spec import PLAIN_CALENDAR

CALENDARS = st.sampled_from([working_calendar(code) for code in ("az", "tr", "ge")])
DAYS = st.dates(date(2023, 1, 1), date(2027, 12, 31))
TERMS = st.integers(1, 60)
LEAVE_COUNTS = st.booleans()

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = (
    date(2026, 4, day) for day in range(6, 13)
)
NEXT_MONDAY = date(2026, 4, 13)


def mark(
    on: date, kind: DayKind, reason: str = "told so", closes_at: time | None = None
) -> DayMark:
    return DayMark(on=on, kind=kind, reason=reason, closes_at=closes_at)


def weeks(*marks: DayMark, rest_weekdays: frozenset[int] = frozenset({5, 6})) -> WorkingCalendar:
    return WorkingCalendar(
        jurisdiction="az",
        first=MONDAY,
        last=date(2026, 4, 19),
        marks={one.on: one for one in marks},
        rest_weekdays=rest_weekdays,
    )


@given(CALENDARS, DAYS, TERMS, LEAVE_COUNTS)
def test_a_term_ends_on_a_working_day(
    calendar: WorkingCalendar, start: date, days: int, leave_counts: bool
) -> None:
    end = calendar.add_working_days(start, days, leave_counts=leave_counts)
    assert calendar.is_working_day(end, leave_counts=leave_counts)
    assert calendar.why_off(end, leave_counts=leave_counts) is None


@given(CALENDARS, DAYS, TERMS, LEAVE_COUNTS)
def test_a_term_counts_each_working_day_once(
    calendar: WorkingCalendar, start: date, days: int, leave_counts: bool
) -> None:
    end = calendar.add_working_days(start, days, leave_counts=leave_counts)
    counted = sum(
        calendar.is_working_day(start + timedelta(days=n), leave_counts=leave_counts)
        for n in range(1, (end - start).days + 1)
    )
    assert counted == days


@given(CALENDARS, DAYS, TERMS, LEAVE_COUNTS)
def test_counting_the_days_of_a_term_undoes_adding_them(
    calendar: WorkingCalendar, start: date, days: int, leave_counts: bool
) -> None:
    end = calendar.add_working_days(start, days, leave_counts=leave_counts)
    assert calendar.working_days_between(start, end, leave_counts=leave_counts) == days
    assert calendar.working_days_between(end, start, leave_counts=leave_counts) == -days


@given(CALENDARS, DAYS, DAYS, TERMS, LEAVE_COUNTS)
def test_a_later_start_never_ends_earlier(
    calendar: WorkingCalendar, one: date, other: date, days: int, leave_counts: bool
) -> None:
    first, second = sorted((one, other))
    assert calendar.add_working_days(
        first, days, leave_counts=leave_counts
    ) <= calendar.add_working_days(second, days, leave_counts=leave_counts)


@given(CALENDARS, DAYS, TERMS)
def test_a_longer_term_ends_later(calendar: WorkingCalendar, start: date, days: int) -> None:
    assert calendar.add_working_days(start, days) < calendar.add_working_days(start, days + 1)


@given(CALENDARS, DAYS, TERMS)
def test_skipping_leave_never_ends_earlier(
    calendar: WorkingCalendar, start: date, days: int
) -> None:
    assert calendar.add_working_days(start, days) <= calendar.add_working_days(
        start, days, leave_counts=False
    )


@given(CALENDARS, DAYS, TERMS)
def test_as_many_working_days_back_as_forth_from_a_working_day(
    calendar: WorkingCalendar, day: date, days: int
) -> None:
    start = calendar.next_working_day(day)
    end = calendar.add_working_days(start, days)
    assert calendar.add_working_days(end, -days) == start


@given(CALENDARS, DAYS, LEAVE_COUNTS)
def test_the_next_working_day_is_the_day_itself_or_the_first_after(
    calendar: WorkingCalendar, day: date, leave_counts: bool
) -> None:
    following = calendar.next_working_day(day, leave_counts=leave_counts)
    assert calendar.is_working_day(following, leave_counts=leave_counts)
    assert not any(
        calendar.is_working_day(day + timedelta(days=n), leave_counts=leave_counts)
        for n in range((following - day).days)
    )


@given(CALENDARS, DAYS, LEAVE_COUNTS)
def test_each_day_without_work_has_its_reason(
    calendar: WorkingCalendar, day: date, leave_counts: bool
) -> None:
    why = calendar.why_off(day, leave_counts=leave_counts)
    assert (why is None) == calendar.is_working_day(day, leave_counts=leave_counts)
    assert why is None or why.reason


def test_a_year_without_a_calendar_is_said_to_be_missing() -> None:
    with pytest.raises(CalendarMissing):
        PLAIN_CALENDAR.is_working_day(date(1999, 1, 1))
    with pytest.raises(CalendarMissing):
        PLAIN_CALENDAR.closing_time(date(1999, 1, 1))
    with pytest.raises(CalendarMissing):
        PLAIN_CALENDAR.add_working_days(PLAIN_CALENDAR.last, 1)
    with pytest.raises(CalendarMissing):
        PLAIN_CALENDAR.add_working_days(PLAIN_CALENDAR.first, -1)
    with pytest.raises(CalendarMissing):
        PLAIN_CALENDAR.with_marks([mark(date(1999, 1, 1), DayKind.OFF)])


def test_a_calendar_without_marks_is_monday_to_friday() -> None:
    assert weeks().days[:6] == [MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, NEXT_MONDAY]


def test_a_body_may_rest_on_other_days_of_the_week() -> None:
    assert weeks(rest_weekdays=frozenset({6})).is_working_day(SATURDAY)


def test_a_day_off_is_skipped_and_a_rest_day_swapped_in_is_counted() -> None:
    swapped = weeks(mark(FRIDAY, DayKind.OFF), mark(SUNDAY, DayKind.WORKING))
    assert swapped.add_working_days(THURSDAY, 1) == SUNDAY


@pytest.mark.parametrize("kind", [DayKind.HALF, DayKind.SHORT])
def test_half_and_short_days_are_counted(kind: DayKind) -> None:
    assert weeks(mark(FRIDAY, kind)).add_working_days(THURSDAY, 1) == FRIDAY


@pytest.mark.parametrize("kind", [DayKind.HALF, DayKind.SHORT, DayKind.LEAVE])
def test_a_saturday_stays_a_rest_day_though_it_is_marked(kind: DayKind) -> None:
    marked = weeks(mark(SATURDAY, kind))
    assert not marked.is_working_day(SATURDAY)
    why = marked.why_off(SATURDAY)
    assert why is not None
    assert why.reason == "weekend"


def test_administrative_leave_is_counted_unless_a_term_skips_it() -> None:
    closed = weeks(mark(FRIDAY, DayKind.LEAVE, "administrative leave"))
    assert closed.add_working_days(THURSDAY, 1) == FRIDAY
    assert closed.add_working_days(THURSDAY, 1, leave_counts=False) == NEXT_MONDAY
    assert closed.why_off(FRIDAY) is None
    why = closed.why_off(FRIDAY, leave_counts=False)
    assert why is not None
    assert why.reason == "administrative leave"


def test_a_holiday_on_a_saturday_is_told_as_the_holiday() -> None:
    why = weeks(mark(SATURDAY, DayKind.OFF, "Victory Day")).why_off(SATURDAY)
    assert why is not None
    assert why.reason == "Victory Day"


def test_offices_close_an_hour_earlier_on_a_short_day_and_when_said_on_a_half_day() -> None:
    calendar = weeks(mark(TUESDAY, DayKind.SHORT), mark(FRIDAY, DayKind.HALF, closes_at=time(13)))
    assert calendar.closing_time(MONDAY) == time(18)
    assert calendar.closing_time(TUESDAY) == time(17)
    assert calendar.closing_time(FRIDAY) == time(13)


def test_no_mark_keeps_an_office_open_longer_than_its_own_hours() -> None:
    calendar = WorkingCalendar(
        jurisdiction="tr",
        first=MONDAY,
        last=FRIDAY,
        closes_at=time(12),
        marks={FRIDAY: mark(FRIDAY, DayKind.HALF, closes_at=time(13))},
    )
    assert calendar.closing_time(FRIDAY) == time(12)


def test_a_later_decision_holds_over_an_earlier_one() -> None:
    moved = weeks(mark(FRIDAY, DayKind.OFF))
    revoked = moved.with_marks([mark(FRIDAY, DayKind.OFF), mark(FRIDAY, DayKind.WORKING)])
    assert not moved.is_working_day(FRIDAY)
    assert revoked.is_working_day(FRIDAY)


def test_a_decision_leaves_the_calendar_before_it_as_it_was() -> None:
    before = weeks()
    after = before.with_marks([mark(FRIDAY, DayKind.OFF)])
    assert before.is_working_day(FRIDAY)
    assert (after.first, after.last, after.jurisdiction) == (before.first, before.last, "az")
    assert not after.is_working_day(FRIDAY)


def test_a_decision_keeps_the_hours_and_the_week_of_the_organisation() -> None:
    centre = WorkingCalendar(
        jurisdiction="az",
        organisation="service-centre",
        first=MONDAY,
        last=SUNDAY,
        rest_weekdays=frozenset({6}),
        opens_at=time(8),
        closes_at=time(20),
    )
    after = centre.with_marks([mark(FRIDAY, DayKind.OFF)])
    assert after.organisation == "service-centre"
    assert after.is_working_day(SATURDAY)
    assert (after.opens_at, after.closing_time(MONDAY)) == (time(8), time(20))


def test_the_version_changes_with_the_content_and_with_nothing_else() -> None:
    off = mark(FRIDAY, DayKind.OFF)
    short = mark(TUESDAY, DayKind.SHORT)
    assert weeks(off, short).version == weeks(short, off).version
    assert weeks(off).with_marks([off]).version == weeks(off).version
    versions = {
        weeks().version,
        weeks(off).version,
        weeks(off, short).version,
        weeks(mark(FRIDAY, DayKind.LEAVE)).version,
        weeks(mark(FRIDAY, DayKind.OFF, "another reason")).version,
        weeks(rest_weekdays=frozenset({6})).version,
    }
    assert len(versions) == 6


def test_the_version_names_the_jurisdiction_and_where_the_days_come_from() -> None:
    jurisdiction, edition, digest = weeks().version.split("-")
    assert (jurisdiction, edition, len(digest)) == ("az", "own", 8)


def test_a_year_is_estimated_until_an_act_fixes_its_holidays() -> None:
    estimate = DayMark(on=FRIDAY, kind=DayKind.OFF, reason="Eid al-Fitr", estimated=True)
    calendar = weeks(estimate)
    assert calendar.estimated_years == {2026}
    fixed = calendar.with_marks([mark(FRIDAY, DayKind.OFF, "Eid al-Fitr")])
    assert fixed.estimated_years == set()
