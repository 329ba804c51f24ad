from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from application.desk import Desk
from domain.appeal import AppealKind
from domain.rule import RuleWithoutTerm, Unit, UnknownRule
from domain.what_if import Answered, NoSuchReplay, replay
from tests.answered import TODAY, Office
from tests.domain.spec import PLAIN_CALENDAR, PLAIN_TERMS


@pytest.fixture
def office(desk: Desk, database: str) -> Iterator[Office]:
    office = Office(desk, database)
    yield office
    office.close()


def test_under_a_shorter_term_more_would_have_been_late(office: Office) -> None:
    for working_days in (3, 10, 11, 15, 16):
        office.answered(working_days)
    total = office.counted(10).total
    assert (total.cases, total.late, total.would_be_late) == (5, 1, 3)
    assert (total.newly_late, total.no_longer_late) == (2, 0)


def test_under_a_longer_term_fewer_would_have_been_late(office: Office) -> None:
    for working_days in (15, 16, 20, 21):
        office.answered(working_days)
    total = office.counted(20).total
    assert (total.cases, total.late, total.would_be_late) == (4, 3, 1)
    assert (total.newly_late, total.no_longer_late) == (0, 2)


def test_the_term_as_it_is_makes_nobody_late_who_was_not(office: Office) -> None:
    for working_days in (15, 16):
        office.answered(working_days)
    total = office.counted(15).total
    assert total.late == total.would_be_late == 1
    assert total.newly_late == total.no_longer_late == 0


def test_cases_are_counted_by_the_unit_that_had_them(office: Office) -> None:
    office.answered(12, unit="pensions")
    office.answered(3, unit="pensions")
    office.answered(12)
    by_unit = office.counted(10).by_unit
    assert {unit: (t.cases, t.would_be_late) for unit, t in by_unit.items()} == {
        "pensions": (2, 1),
        "records": (1, 1),
    }


def test_an_extension_is_appended_to_the_other_term_too(office: Office) -> None:
    office.answered(18, extended=10)
    assert office.counted(10).total.would_be_late == 0
    office.answered(21, extended=10)
    total = office.counted(10).total
    assert (total.cases, total.late, total.would_be_late) == (2, 0, 1)


def test_a_term_may_be_counted_in_another_unit(office: Office) -> None:
    office.answered(12)
    assert office.counted(14, Unit.CALENDAR_DAYS).total.would_be_late == 1
    assert office.counted(1, Unit.CALENDAR_MONTHS).total.would_be_late == 0


def test_cases_by_other_rules_and_open_ones_are_not_replayed(office: Office) -> None:
    office.answered(3)
    office.answered(3, kind=AppealKind.INFORMATION_REQUEST)
    office.open()
    counted = office.counted(10)
    assert (counted.total.cases, counted.by_other_rules) == (1, 1)


def test_the_period_is_that_of_the_recorded_due_dates(office: Office) -> None:
    office.answered(3)
    due = PLAIN_CALENDAR.add_working_days(TODAY, 15)
    assert office.counted(10, first=due, last=due).total.cases == 1
    assert office.counted(10, first=due + timedelta(days=1)).total.cases == 0
    assert office.counted(10, last=due - timedelta(days=1)).total.cases == 0


def test_dates_that_came_without_a_rule_are_counted_apart() -> None:
    counted = replay(PLAIN_TERMS, "az-a-gen", 10)
    old = Answered(
        unit="records", rule=None, rule_version=None, due_on=TODAY, met_on=TODAY, since=None
    )
    counted.take(old)
    assert (counted.without_rule, counted.total.cases) == (1, 0)


def test_years_without_a_calendar_are_counted_apart() -> None:
    counted = replay(PLAIN_TERMS, "az-a-gen", 10)
    long_ago = date(2018, 3, 5)
    counted.take(
        Answered(
            unit="records",
            rule="az-a-gen",
            rule_version="2016",
            due_on=long_ago,
            met_on=long_ago,
            since=long_ago,
        )
    )
    assert (counted.without_calendar, counted.total.cases) == (1, 0)


def test_what_can_not_be_replayed_is_refused() -> None:
    with pytest.raises(UnknownRule, match="az-a-gen"):
        replay(PLAIN_TERMS, "az-a-ge", 10)
    with pytest.raises(RuleWithoutTerm):
        replay(PLAIN_TERMS, "az-a-ext-bar", 10)
    with pytest.raises(NoSuchReplay, match="working-days"):
        replay(PLAIN_TERMS, "az-a-gen", 24, Unit.CLOCK_HOURS)
    with pytest.raises(NoSuchReplay, match="1 to 1000"):
        replay(PLAIN_TERMS, "az-a-gen", 0)
