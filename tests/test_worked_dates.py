"""Dates that are easily got wrong, by the shipped rules and calendars, as a lawyer counts them."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from domain.deadline import (
    Deadline,
    ExtensionBarred,
    ExtensionTooLate,
    Granted,
    compute,
    due_on,
)
from domain.deadline_steps import StepKind
from infra.calendars import working_calendar
from infra.rulebook import rulebook

ZONES = {
    "az": ZoneInfo("Asia/Baku"),
    "tr": ZoneInfo("Europe/Istanbul"),
    "ge": ZoneInfo("Asia/Tbilisi"),
}
BAKU, TBILISI = ZONES["az"], ZONES["ge"]
BOOKS = {jurisdiction: rulebook(jurisdiction) for jurisdiction in ZONES}
TOO_LATE = Granted(length=30, decided_on=date(2025, 6, 26))
EXEMPT = """
jurisdiction = "ge"

[[organisation]]
id = "registry"

[[override]]
from = 2026-01-05
to = 2026-01-06
kind = "working"
only = ["registry"]
reason = "exempt from the government's days off"
act = "Order of the director"
announced_on = 2025-12-24
"""


def deadline(rule: str, start: date | datetime, calendar: Any = None, **facts: Any) -> Deadline:
    jurisdiction = rule[:2]
    book, zone = BOOKS[jurisdiction], ZONES[jurisdiction]
    day = start.astimezone(zone).date() if isinstance(start, datetime) else start
    found = calendar or working_calendar(jurisdiction)
    version = book.version_for(rule, day)
    return compute(version, start, found, zone, rulebook=book, **facts)


def due(rule: str, start: date | datetime, calendar: Any = None, **facts: Any) -> date:
    return deadline(rule, start, calendar, **facts).due


def az_working_days(days: int, start: date) -> date:
    version = structs.replace(BOOKS["az"].version_for("az-a-gen", start), length=days)
    return due_on(version, start, working_calendar("az"))


def steps(found: Deadline, kind: StepKind) -> list[Any]:
    return [step for step in found.steps if step.kind is kind]


def test_case_1_a_moved_day_is_hidden_in_a_forwarding_term() -> None:
    found = deadline("az-a-fwd", date(2025, 3, 7))
    assert found.due == date(2025, 3, 12)
    [swapped] = steps(found, StepKind.SWAPPED_IN)
    assert swapped.on == date(2025, 3, 10)
    assert swapped.act


def test_case_1_without_the_decision_the_term_ends_a_day_later() -> None:
    before = working_calendar("az", as_known_on=date(2025, 1, 31))
    assert due("az-a-fwd", date(2025, 3, 7), before) == date(2025, 3, 13)


def test_case_2_an_eleven_day_block_has_a_double_holiday() -> None:
    assert due("az-a-gen", date(2026, 3, 19)) == date(2026, 4, 20)
    assert due("az-a-fwd", date(2026, 3, 18)) == date(2026, 4, 1)


def test_case_2_each_day_of_the_block_is_told() -> None:
    found = deadline("az-a-gen", date(2026, 3, 19))
    skipped = [step.on for step in steps(found, StepKind.SKIPPED)]
    assert skipped[:11] == [date(2026, 3, day) for day in range(20, 31)]
    assert all(step.reason for step in steps(found, StepKind.SKIPPED))


def test_case_3_a_due_date_on_a_sunday_is_legal() -> None:
    found = deadline("az-a-fwd", date(2024, 12, 26))
    assert found.due == date(2024, 12, 29)
    assert found.due.isoweekday() == 7
    assert [step.on.day for step in steps(found, StepKind.SWAPPED_IN)] == [28, 29]


def test_case_4_a_swap_goes_across_the_year() -> None:
    assert due("az-a-gen", date(2023, 12, 30)) == date(2024, 1, 25)


@pytest.mark.parametrize(
    ("registered", "before", "after"),
    [
        (date(2025, 2, 5), date(2025, 3, 27), date(2025, 3, 19)),
        (date(2025, 2, 6), date(2025, 3, 28), date(2025, 4, 1)),
        (date(2025, 2, 3), date(2025, 3, 18), date(2025, 3, 17)),
    ],
)
def test_case_5_a_decision_moves_a_running_deadline_both_ways(
    registered: date, before: date, after: date
) -> None:
    undecided = working_calendar("az", as_known_on=date(2025, 2, 14))
    decided = working_calendar("az", as_known_on=date(2025, 2, 15))
    assert due("az-a-study", registered, undecided) == before
    assert due("az-a-study", registered, decided) == after


def test_case_5_both_values_carry_the_calendar_they_came_from() -> None:
    undecided = working_calendar("az", as_known_on=date(2025, 2, 14))
    old = deadline("az-a-study", date(2025, 2, 5), undecided)
    new = deadline("az-a-study", date(2025, 2, 5))
    assert old.calendar_version == undecided.version
    assert old.calendar_version != new.calendar_version


def test_case_6_an_arrival_at_night_on_a_holiday_weekend_is_registered_on_monday() -> None:
    received = datetime(2025, 3, 8, 23, 50, tzinfo=BAKU)
    registered = due("az-a-reg", received)
    assert registered == date(2025, 3, 10)
    assert due("az-a-gen", registered) == date(2025, 4, 10)
    assert due("az-a-gen", received) == date(2025, 4, 9), "the earlier date, to warn of"


def test_case_7_hours_leave_out_rest_days_where_the_law_says_so() -> None:
    asked = datetime(2025, 1, 17, 16, 0, tzinfo=BAKU)
    assert deadline("az-i-life", asked).due_at == datetime(2025, 1, 22, 16, 0, tzinfo=BAKU)
    assert deadline("az-i-oper", asked).due_at == datetime(2025, 1, 18, 16, 0, tzinfo=BAKU)
    asked = datetime(2026, 3, 19, 17, 0, tzinfo=BAKU)
    assert deadline("az-i-life", asked).due_at == datetime(2026, 4, 1, 17, 0, tzinfo=BAKU)


def test_case_7_the_days_left_out_are_told() -> None:
    found = deadline("az-i-life", datetime(2025, 1, 17, 16, 0, tzinfo=BAKU))
    assert [step.on.day for step in steps(found, StepKind.SKIPPED)] == [18, 19, 20]
    assert sum(step.minutes for step in steps(found, StepKind.HOURS_COUNTED)) == 48 * 60


def test_case_8_an_extension_runs_from_the_old_due_date() -> None:
    extension = Granted(length=30, decided_on=date(2025, 6, 18))
    assert due("az-a-gen", date(2025, 6, 2)) == date(2025, 6, 25)
    assert due("az-a-gen", date(2025, 6, 2), extensions=[extension]) == date(2025, 8, 8)
    assert due("az-a-ext", date(2025, 6, 25)) == date(2025, 8, 8)


def test_case_8_from_the_decision_it_would_end_earlier() -> None:
    assert due("az-a-ext", date(2025, 6, 18)) == date(2025, 7, 31)


def test_case_8_an_extension_after_the_term_is_refused() -> None:
    last_day = Granted(length=30, decided_on=date(2025, 6, 25))
    assert due("az-a-gen", date(2025, 6, 2), extensions=[last_day]) == date(2025, 8, 8)
    with pytest.raises(ExtensionTooLate):
        due("az-a-gen", date(2025, 6, 2), extensions=[TOO_LATE])


@pytest.mark.parametrize("rule", ["az-a-mil", "az-a-urg"])
def test_case_8_servicemens_and_urgent_terms_are_not_extended(rule: str) -> None:
    received = datetime(2025, 6, 2, 10, 0, tzinfo=BAKU)
    with pytest.raises(ExtensionBarred, match="10"):
        due(rule, received, extensions=[Granted(length=1, decided_on=date(2025, 6, 2))])


@pytest.mark.parametrize(
    ("filed", "last_day"),
    [
        (date(2025, 1, 31), date(2025, 2, 28)),
        (date(2026, 1, 31), date(2026, 3, 2)),
        (date(2026, 2, 3), date(2026, 3, 4)),
        (date(2025, 12, 5), date(2026, 1, 8)),
    ],
)
def test_case_9_a_month_ends_with_the_month_and_moves_off_rest_days(
    filed: date, last_day: date
) -> None:
    assert due("ge-app", filed) == last_day


def test_case_9_an_organisation_exempted_from_the_decree_has_the_earlier_day(
    tmp_path: Path,
) -> None:
    file = tmp_path / "exempt.toml"
    file.write_text(EXEMPT)
    theirs = working_calendar("ge", "registry", files=(file,))
    assert due("ge-app", date(2025, 12, 5), theirs) == date(2026, 1, 5)


def test_case_10_what_comes_after_hours_is_handed_over_on_the_next_working_day() -> None:
    late = datetime(2026, 4, 8, 19, 0, tzinfo=TBILISI)
    found = deadline("ge-handover", late)
    assert found.due == date(2026, 4, 14)
    assert [step.on.day for step in steps(found, StepKind.SKIPPED)] == [9, 10, 11, 12, 13]


def test_case_10_a_minute_before_closing_is_the_same_day() -> None:
    assert due("ge-handover", datetime(2026, 4, 8, 17, 59, tzinfo=TBILISI)) == date(2026, 4, 8)


def test_case_10_both_readings_of_ten_days_are_shown_and_the_earlier_holds() -> None:
    found = deadline("ge-pi", date(2026, 4, 30))
    assert found.due == date(2026, 5, 11)
    [reading] = found.readings
    assert (reading.rule, reading.due) == ("ge-pi-working-days", date(2026, 5, 15))


def test_case_11_a_petition_is_due_on_monday_if_rolled_and_both_dates_are_shown() -> None:
    found = deadline("tr-3071", date(2026, 2, 20))
    assert found.due == date(2026, 3, 23)
    [unrolled] = found.readings
    assert unrolled.due == date(2026, 3, 22)
    assert unrolled.office_closes_at == datetime(2026, 3, 19, 13, 0, tzinfo=ZONES["tr"])


def test_case_11_administrative_leave_counts_as_working_and_the_other_reading_is_shown() -> None:
    found = deadline("tr-4982", date(2025, 3, 20))
    assert found.due == date(2025, 4, 14)
    assert [step.on.day for step in steps(found, StepKind.LEAVE_COUNTED)] == [2, 3, 4]
    [skipping] = found.readings
    assert skipping.due == date(2025, 4, 17)


def test_case_12_a_half_day_counts() -> None:
    found = deadline("tr-corr-doc", date(2025, 10, 23))
    assert found.due == date(2025, 10, 31)
    assert [step.on.day for step in steps(found, StepKind.HALF_DAY)] == [28]
    assert [step.on for step in steps(found, StepKind.SKIPPED)][-1] == date(2025, 10, 29)


def test_case_12_what_is_due_on_a_half_day_is_due_when_the_office_closes() -> None:
    found = deadline("tr-corr-doc", date(2025, 10, 21))
    assert found.due == date(2025, 10, 28)
    assert found.due_at == datetime(2025, 10, 28, 13, 0, tzinfo=ZONES["tr"])


def test_case_12_commemorative_days_that_work_are_counted() -> None:
    assert az_working_days(5, date(2025, 11, 7)) == date(2025, 11, 18)
    assert due("az-a-nolook", date(2025, 11, 7)) == date(2025, 11, 18)


def test_extra_a_an_instant_in_utc_is_taken_on_its_date_in_baku() -> None:
    received = datetime(2025, 12, 30, 20, 30, tzinfo=UTC)
    registered = due("az-a-reg", received)
    assert registered == date(2026, 1, 5)
    assert due("az-a-gen", registered) == date(2026, 1, 27)
    assert due("az-a-gen", date(2025, 12, 30)) == date(2026, 1, 26)


def test_extra_c_a_leap_day_has_its_month_and_its_year() -> None:
    month = BOOKS["az"].version_for("az-m-reply-claim", date(2024, 2, 29))
    assert due("az-m-reply-claim", date(2024, 2, 29)) == date(2024, 3, 29)
    year = structs.replace(month, length=12)
    assert due_on(year, date(2024, 2, 29), working_calendar("az")) == date(2025, 2, 28)


def test_extra_d_a_reclassified_appeal_may_be_late_by_its_receipt_date() -> None:
    received, reclassified = date(2025, 6, 2), date(2025, 6, 17)
    assert due("az-a-gen", received) > reclassified
    assert due("az-i-gen", received) < reclassified


def test_a_day_is_over_at_its_last_second_in_local_time() -> None:
    found = deadline("az-a-gen", date(2025, 6, 2))
    assert found.due_at == datetime.combine(date(2025, 6, 25), time(23, 59, 59), BAKU)
    assert found.due_at.isoformat() == "2025-06-25T23:59:59+04:00"
