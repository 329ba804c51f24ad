"""Periods: the sums that are read of a period are those of its days, each once."""

from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from projections.figures import (
    FIGURES,
    Days,
    Figure,
    Period,
    months_of,
    quarter_of,
    year_ago,
)

DAY = st.dates(date(2023, 1, 1), date(2028, 12, 31))
LEAP = date(2028, 2, 29)


def period(since: date, until: date, on: date = date(2026, 4, 6)) -> Period:
    return Period(since=since, until=until, on=on)


def days_of(grain: str, first: str, last: str) -> list[date]:
    """The days whose sums a span reads: of months, those that begin in it, whole."""
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    days = [begin + timedelta(days=n) for n in range((end - begin).days + 1)]
    if grain == "day":
        return days
    found = []
    for month in (day for day in days if day.day == 1):
        first_day, last_day = months_of(period(month, month))
        found += [first_day + timedelta(days=n) for n in range((last_day - first_day).days + 1)]
    return found


@settings(max_examples=150)
@given(first=DAY, length=st.integers(0, 800))
@example(first=date(2026, 1, 1), length=364)
@example(first=date(2026, 1, 31), length=1)
@example(first=LEAP, length=0)
def test_the_spans_of_a_period_are_its_days_each_once(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    spans = period(first, last).spans(Days.PERIOD)
    read = sorted(day for span in spans for day in days_of(span.grain, span.first, span.last))
    assert read == [first + timedelta(days=n) for n in range(length + 1)]
    assert sum(span.grain == "day" for span in spans) <= 2
    assert all(len(days_of(s.grain, s.first, s.last)) <= 62 for s in spans if s.grain == "day")


@settings(max_examples=60)
@given(on=DAY)
@example(on=date(2026, 4, 1))
def test_what_is_overdue_was_due_on_any_day_before(on: date) -> None:
    before, *days = period(on, on, on).spans(Days.BEFORE_TODAY)
    assert (before.grain, before.first) == ("month", "-infinity")
    ends = date.fromisoformat(before.last)
    read = [day for span in days for day in days_of(span.grain, span.first, span.last)]
    assert read[0] == ends + timedelta(days=1)
    assert read[0].day == 1
    assert read[-1] == on - timedelta(days=1)


def test_the_week_is_seven_days_that_begin_with_the_day() -> None:
    [span] = period(LEAP, LEAP, LEAP).spans(Days.THIS_WEEK)
    assert (span.grain, span.first, span.last) == ("day", "2028-02-29", "2028-03-06")


@pytest.mark.parametrize(
    ("day", "before"),
    [(LEAP, date(2027, 2, 28)), (date(2026, 4, 6), date(2025, 4, 6))],
    ids=str,
)
def test_the_same_day_of_the_year_before(day: date, before: date) -> None:
    assert year_ago(day) == before


@pytest.mark.parametrize(
    ("since", "until", "before"),
    [
        (date(2025, 2, 1), date(2025, 2, 28), (date(2024, 2, 1), date(2024, 2, 29))),
        (date(2025, 2, 1), date(2025, 2, 27), (date(2024, 2, 1), date(2024, 2, 27))),
        (date(2028, 2, 1), LEAP, (date(2027, 2, 1), date(2027, 2, 28))),
        (date(2026, 1, 1), date(2026, 12, 31), (date(2025, 1, 1), date(2025, 12, 31))),
    ],
    ids=str,
)
def test_a_period_that_ends_with_a_month_is_compared_with_that_whole_month(
    since: date, until: date, before: tuple[date, date]
) -> None:
    found = period(since, until).year_ago
    assert (found.since, found.until) == before


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 1, 1), date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 12, 31), date(2026, 10, 1), date(2026, 12, 31)),
    ],
    ids=str,
)
def test_the_quarter_that_a_day_lies_in(day: date, first: date, last: date) -> None:
    assert quarter_of(day) == (first, last)


@pytest.mark.parametrize(
    ("since", "until", "first"),
    [
        (date(2026, 5, 4), date(2026, 5, 9), date(2025, 6, 1)),
        (date(2025, 6, 1), date(2026, 5, 31), date(2025, 6, 1)),
        (date(2024, 3, 7), date(2026, 5, 9), date(2024, 3, 1)),
        (date(2027, 2, 1), date(2027, 2, 28), date(2026, 3, 1)),
    ],
    ids=str,
)
def test_a_course_by_months_is_of_a_year_or_of_the_longer_period(
    since: date, until: date, first: date
) -> None:
    found = period(since, until).by_months
    assert (found.since, found.until) == (first, until)


@settings(max_examples=60)
@given(first=DAY, length=st.integers(0, 800))
def test_the_steps_of_a_course_cover_its_period_in_order(first: date, length: int) -> None:
    asked = period(first, first + timedelta(days=length))
    steps = list(asked.steps(asked.grain))
    assert steps == sorted(set(steps))
    assert asked.grain == ("day" if length < 62 else "month")
    assert steps[0] == (first if asked.grain == "day" else first.replace(day=1))
    assert steps[-1] <= asked.until
    assert len(steps) <= 62


def test_every_figure_has_its_condition() -> None:
    assert set(FIGURES) == set(Figure)
