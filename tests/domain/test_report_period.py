"""The periods of reports: how they are written, and which days they have."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.report_period import (
    PeriodKind,
    PeriodNotReadable,
    PeriodOfAnotherKind,
    ReportPeriod,
)

KINDS = st.sampled_from(list(PeriodKind))
DAYS = st.dates(min_value=date(1902, 1, 1), max_value=date(2198, 12, 31))


@pytest.mark.parametrize(
    ("kind", "written", "first", "last"),
    [
        (PeriodKind.MONTHLY, "2026-10", date(2026, 10, 1), date(2026, 10, 31)),
        (PeriodKind.MONTHLY, "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        (PeriodKind.QUARTERLY, "2026-Q3", date(2026, 7, 1), date(2026, 9, 30)),
        (PeriodKind.HALF_YEARLY, "2026-H1", date(2026, 1, 1), date(2026, 6, 30)),
        (PeriodKind.HALF_YEARLY, "2026-H2", date(2026, 7, 1), date(2026, 12, 31)),
        (PeriodKind.ANNUAL, "2026", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_has_its_days(kind: PeriodKind, written: str, first: date, last: date) -> None:
    period = ReportPeriod.of(kind, written)
    assert (period.first, period.last) == (first, last)
    assert period.year_before.first == date(first.year - 1, first.month, 1)


@given(kind=KINDS, day=DAYS)
def test_the_steps_of_a_period_are_its_days_or_months(kind: PeriodKind, day: date) -> None:
    period = ReportPeriod.with_day(kind, day)
    steps = list(period.steps())
    assert steps[0].first == period.first
    if kind is PeriodKind.MONTHLY:
        assert [step.number for step in steps] == [f"{n:02}" for n in range(1, period.last.day + 1)]
        assert steps[-1].first == period.last
    else:
        months = [ReportPeriod.with_day(PeriodKind.MONTHLY, step.first) for step in steps]
        assert [step.first for step in steps] == [month.first for month in months]
        assert [step.number for step in steps] == [str(month)[-2:] for month in months]
        assert months[-1].last == period.last


@pytest.mark.parametrize(
    "written",
    ["", "2026-13", "2026-0", "2026-Q5", "2026-H3", "26-10", "2026-10-01", "٢٠٢٦", "0001"],
)
def test_what_is_no_period_is_refused(written: str) -> None:
    with pytest.raises(PeriodNotReadable):
        ReportPeriod.of(PeriodKind.MONTHLY, written)


@pytest.mark.parametrize("written", ["2026", "2026-Q1", "2026-H1"])
def test_a_month_is_not_a_quarter_or_a_year(written: str) -> None:
    with pytest.raises(PeriodOfAnotherKind):
        ReportPeriod.of(PeriodKind.MONTHLY, written)


@given(kind=KINDS, day=DAYS)
def test_every_day_is_in_one_period_of_a_kind_which_reads_as_it_is_written(
    kind: PeriodKind, day: date
) -> None:
    period = ReportPeriod.with_day(kind, day)
    assert period.first <= day <= period.last
    assert ReportPeriod.of(kind, str(period)) == period
    assert period.previous.last == period.first - timedelta(days=1)
