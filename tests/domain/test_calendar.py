from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import CalendarMissing, WorkingCalendar
from infra.calendars import working_calendar
from tests.domain.spec import PLAIN_CALENDAR

AZ = working_calendar("az")
DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))
TERMS = st.integers(1, 60)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        (date(2025, 3, 7), 3, date(2025, 3, 12)),  # 10 March swapped in by the Cabinet
        (date(2026, 3, 19), 15, date(2026, 4, 20)),  # Novruz, Ramazan and their transfers
        (date(2026, 3, 18), 3, date(2026, 4, 1)),
        (date(2024, 12, 26), 3, date(2024, 12, 29)),  # a swapped Sunday is a working day
        (date(2023, 12, 30), 15, date(2024, 1, 25)),  # a swap across the year
        (date(2025, 6, 2), 15, date(2025, 6, 25)),
        (date(2025, 6, 25), 30, date(2025, 8, 8)),
        (date(2025, 11, 7), 5, date(2025, 11, 18)),
    ],
)
def test_terms_in_azerbaijan_end_when_the_reference_says(start: date, days: int, due: date) -> None:
    assert AZ.add_working_days(start, days) == due


@given(DAYS, TERMS)
def test_a_term_ends_on_a_working_day(start: date, days: int) -> None:
    assert AZ.is_working_day(AZ.add_working_days(start, days))


@given(DAYS, TERMS)
def test_a_term_counts_each_working_day_once(start: date, days: int) -> None:
    end = AZ.add_working_days(start, days)
    counted = sum(
        AZ.is_working_day(start + timedelta(days=n)) for n in range(1, (end - start).days + 1)
    )
    assert counted == days


@given(DAYS, DAYS, TERMS)
def test_a_later_start_never_ends_earlier(one: date, other: date, days: int) -> None:
    first, second = sorted((one, other))
    assert AZ.add_working_days(first, days) <= AZ.add_working_days(second, days)


@given(DAYS)
def test_the_next_working_day_is_the_day_itself_or_the_first_after(day: date) -> None:
    following = AZ.next_working_day(day)
    assert AZ.is_working_day(following)
    assert not any(
        AZ.is_working_day(day + timedelta(days=n)) for n in range((following - day).days)
    )


def test_a_year_without_a_calendar_is_said_to_be_missing() -> None:
    with pytest.raises(CalendarMissing):
        PLAIN_CALENDAR.is_working_day(date(1999, 1, 1))
    with pytest.raises(CalendarMissing):
        PLAIN_CALENDAR.add_working_days(PLAIN_CALENDAR.last, 1)


def test_a_calendar_without_exceptions_is_monday_to_friday() -> None:
    week = WorkingCalendar(
        version="week",
        first=date(2026, 4, 6),
        last=date(2026, 4, 12),
        off=frozenset(),
        working=frozenset(),
    )
    assert week.days == [date(2026, 4, day) for day in range(6, 11)]
