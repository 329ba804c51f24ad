from datetime import date, time, timedelta
from pathlib import Path

import holidays
import pytest

from domain.calendar import CalendarMissing, DayKind
from infra.calendars import UnknownOrganisation, working_calendar
from infra.calendars.acts import WEEKDAYS, CalendarFileInvalid, acts_from

AZ, TR, GE = (working_calendar(code) for code in ("az", "tr", "ge"))
TR_LEAVE = {date(2024, 4, 8), date(2024, 4, 9), *(date(2025, 4, day) for day in (2, 3, 4))}
GE_DECLARED = {
    *(date(2024, 1, day) for day in (3, 4, 5)),
    *(date(2024, 5, day) for day in (7, 8, 10)),
    *(date(2026, 1, day) for day in (5, 6)),
}

EXEMPT_BODY = """
jurisdiction = "ge"

[[organisation]]
id = "service-agency"
rest_weekdays = ["sunday"]
opens_at = 08:30:00
closes_at = 20:00:00

[[override]]
from = 2026-01-05
to = 2026-01-06
kind = "working"
only = ["service-agency"]
reason = "exempt"
act = "Order 1"
announced_on = 2025-12-24
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text)
    return path


def days_unlike_the_package(jurisdiction: str) -> set[date]:
    kept = holidays.country_holidays(jurisdiction.upper(), years=range(2005, 2036))
    calendar = working_calendar(jurisdiction)
    span = (calendar.last - calendar.first).days + 1
    return {
        day
        for day in (calendar.first + timedelta(days=n) for n in range(span))
        if calendar.is_working_day(day, leave_counts=False) != kept.is_working_day(day)
    }


def test_every_day_that_the_package_moves_by_an_act_stands_in_the_files() -> None:
    assert days_unlike_the_package("az") == set()


def test_turkey_differs_from_the_package_by_administrative_leave_alone() -> None:
    assert days_unlike_the_package("tr") == TR_LEAVE


def test_georgia_differs_from_the_package_by_the_governments_days_off_alone() -> None:
    assert days_unlike_the_package("ge") == GE_DECLARED


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
        (date(2025, 11, 7), 5, date(2025, 11, 18)),  # 12 and 17 November are worked
        (date(2026, 1, 5), 15, date(2026, 1, 27)),
    ],
)
def test_terms_in_azerbaijan_end_when_the_reference_says(start: date, days: int, due: date) -> None:
    assert AZ.add_working_days(start, days) == due


@pytest.mark.parametrize(
    ("registered", "before", "after"),
    [
        (date(2025, 2, 3), date(2025, 3, 18), date(2025, 3, 17)),
        (date(2025, 2, 5), date(2025, 3, 27), date(2025, 3, 19)),
        (date(2025, 2, 6), date(2025, 3, 28), date(2025, 4, 1)),
    ],
)
def test_a_decision_moves_running_terms_both_ways_from_the_day_it_is_announced(
    registered: date, before: date, after: date
) -> None:
    day_before = working_calendar("az", as_known_on=date(2025, 2, 14))
    day_itself = working_calendar("az", as_known_on=date(2025, 2, 15))
    assert day_before.add_working_days(registered, 30) == before
    assert day_itself.add_working_days(registered, 30) == after
    assert AZ.add_working_days(registered, 30) == after


def test_before_the_decision_womens_day_on_a_saturday_takes_the_monday() -> None:
    why = working_calendar("az", as_known_on=date(2025, 2, 14)).why_off(date(2025, 3, 10))
    assert why is not None
    assert why.reason == "Women's Day (observed)"
    assert AZ.why_off(date(2025, 3, 10)) is None


def test_a_moved_day_names_its_act_and_when_it_was_announced() -> None:
    why = AZ.why_off(date(2025, 3, 27))
    assert why is not None
    assert why.act == "Cabinet of Ministers, exchange of working and rest days (nk.gov.az 8623)"
    assert (why.announced_on, why.announced_on_certainty) == (date(2025, 2, 15), "P")


def test_every_act_in_the_files_is_announced_before_the_days_it_moves() -> None:
    for calendar in (AZ, TR, GE):
        acts = [mark for mark in calendar.marks.values() if mark.announced_on]
        assert acts
        assert all(mark.announced_on < mark.on for mark in acts if mark.announced_on)


@pytest.mark.parametrize("day", [date(2024, 2, 7), date(2025, 1, 29)])
def test_a_voting_day_is_off_and_its_eve_is_short(day: date) -> None:
    assert not AZ.is_working_day(day)
    assert AZ.marks[day - timedelta(days=1)].kind is DayKind.SHORT


@pytest.mark.parametrize(
    "eve",
    [date(2025, 3, 19), date(2025, 6, 5), date(2025, 11, 7), date(2025, 12, 30), date(2033, 6, 14)],
)
def test_the_eve_of_a_holiday_is_an_hour_shorter_in_azerbaijan_and_counts(eve: date) -> None:
    assert AZ.marks[eve].kind is DayKind.SHORT
    assert AZ.marks[eve].act == "Labour Code Art. 108"
    assert AZ.closing_time(eve) == time(17)
    assert AZ.is_working_day(eve)


def test_the_day_before_rest_that_only_moved_there_is_no_eve() -> None:
    assert AZ.closing_time(date(2024, 11, 7)) == time(17)
    assert AZ.why_off(date(2024, 11, 11)) is not None
    assert AZ.closing_time(date(2025, 6, 13)) == time(18)


def test_a_rest_day_swapped_in_before_a_holiday_is_shorter_too() -> None:
    assert AZ.is_working_day(date(2023, 12, 30))
    assert AZ.closing_time(date(2023, 12, 30)) == time(17)


@pytest.mark.parametrize(("month", "day"), [(9, 27), (10, 18), (11, 12), (11, 17)])
def test_commemorative_days_are_worked(month: int, day: int) -> None:
    years = [year for year in range(2021, 2036) if date(year, month, day).weekday() < 5]
    swapped = {date(2024, 11, 12)}
    assert all(
        AZ.is_working_day(date(year, month, day))
        for year in years
        if date(year, month, day) not in swapped
    )


def test_the_day_of_mourning_is_not_moved_from_a_saturday() -> None:
    assert not AZ.is_working_day(date(2024, 1, 20))
    assert AZ.is_working_day(date(2024, 1, 22))


def test_flag_day_is_off() -> None:
    assert not AZ.is_working_day(date(2026, 11, 9))


def test_years_whose_holidays_no_act_has_fixed_yet_are_estimated() -> None:
    assert AZ.estimated_years == set(range(2027, 2036))
    assert TR.estimated_years == {2033, 2034, 2035}
    assert GE.estimated_years == set()
    ramazan = AZ.marks[date(2027, 3, 9)]
    assert (ramazan.reason, ramazan.estimated) == ("Eid al-Fitr", True)


def test_a_holiday_is_named_in_english_and_as_at_home() -> None:
    assert (AZ.marks[date(2026, 3, 8)].reason, AZ.marks[date(2026, 3, 8)].name) == (
        "Women's Day",
        "Qadınlar günü",
    )
    assert GE.marks[date(2026, 5, 26)].name == "დამოუკიდებლობის დღე"


def test_a_half_day_in_turkey_counts_and_closes_at_one() -> None:
    assert TR.add_working_days(date(2025, 10, 23), 5) == date(2025, 10, 31)
    assert TR.marks[date(2025, 10, 28)].kind is DayKind.HALF
    assert TR.closing_time(date(2025, 10, 28)) == time(13)


def test_administrative_leave_in_turkey_is_counted_unless_skipped() -> None:
    assert TR.add_working_days(date(2025, 3, 20), 15) == date(2025, 4, 14)
    assert TR.add_working_days(date(2025, 3, 20), 15, leave_counts=False) == date(2025, 4, 17)


def test_the_half_day_under_administrative_leave_still_closes_at_one() -> None:
    assert TR.marks[date(2024, 4, 9)].kind is DayKind.LEAVE
    assert TR.closing_time(date(2024, 4, 9)) == time(13)


def test_turkey_and_georgia_move_no_holiday_from_a_weekend() -> None:
    assert TR.is_working_day(date(2025, 9, 1))
    assert TR.is_working_day(date(2026, 8, 31))
    assert GE.is_working_day(date(2024, 5, 27))
    assert GE.is_working_day(date(2025, 11, 24))


def test_working_days_in_georgia_end_when_the_reference_says() -> None:
    assert GE.next_working_day(date(2026, 1, 5)) == date(2026, 1, 8)
    assert GE.add_working_days(date(2026, 4, 8), 1) == date(2026, 4, 14)
    assert GE.add_working_days(date(2026, 4, 30), 10) == date(2026, 5, 15)


def test_a_body_exempt_from_the_governments_days_off_works_on_them(tmp_path: Path) -> None:
    own = written(tmp_path, EXEMPT_BODY)
    agency = working_calendar("ge", "service-agency", files=(own,))
    others = working_calendar("ge", files=(own,))
    assert agency.is_working_day(date(2026, 1, 5))
    assert not others.is_working_day(date(2026, 1, 5))
    assert others.version == GE.version != agency.version


def test_an_organisation_has_its_own_week_and_hours(tmp_path: Path) -> None:
    agency = working_calendar("ge", "service-agency", files=(written(tmp_path, EXEMPT_BODY),))
    assert agency.is_working_day(date(2026, 2, 7))
    assert (agency.opens_at, agency.closing_time(date(2026, 2, 9))) == (time(8, 30), time(20))


def test_an_override_leaves_out_those_it_exempts(tmp_path: Path) -> None:
    own = written(tmp_path, override(extra='exempt = ["hospital"]'))
    assert working_calendar("tr", "hospital", files=(own,)).is_working_day(date(2026, 5, 25))
    assert not working_calendar("tr", files=(own,)).is_working_day(date(2026, 5, 25))


def test_a_file_holds_over_those_before_it(tmp_path: Path) -> None:
    off = tmp_path / "off.toml"
    off.write_text(override())
    worked = tmp_path / "worked.toml"
    worked.write_text(override(kind="working"))
    day = date(2026, 5, 25)
    assert working_calendar("tr", files=(off, worked)).is_working_day(day)
    assert not working_calendar("tr", files=(worked, off)).is_working_day(day)


def test_in_one_file_the_act_announced_last_holds(tmp_path: Path) -> None:
    revoked = override(kind="working", announced="2026-05-02")
    own = written(tmp_path, revoked + override().partition("\n")[2])
    assert working_calendar("tr", files=(own,)).is_working_day(date(2026, 5, 25))
    known = working_calendar("tr", as_known_on=date(2026, 5, 1), files=(own,))
    assert not known.is_working_day(date(2026, 5, 25))


def test_an_organisation_that_no_file_speaks_of_is_refused() -> None:
    with pytest.raises(UnknownOrganisation, match="service-agnecy"):
        working_calendar("ge", "service-agnecy")


def test_a_jurisdiction_without_a_calendar_is_refused() -> None:
    with pytest.raises(CalendarMissing):
        working_calendar("fr")


def override(
    kind: str = "off",
    *,
    day: str = "on = 2026-05-25",
    announced: str = "2026-05-01",
    extra: str = "",
) -> str:
    return f"""jurisdiction = "tr"
[[override]]
{day}
kind = "{kind}"
reason = "leave"
act = "an act"
announced_on = {announced}
{extra}
"""


def faults(text: str) -> list[str]:
    with pytest.raises(CalendarFileInvalid) as refused:
        acts_from(text, "tr", "own.toml")
    return list(refused.value.sentences)


def test_a_file_is_refused_with_everything_that_is_wrong_in_it_and_where() -> None:
    text = """jurisdiction = "az"
colour = 1

[[override]]
on = 2026-05-04
kind = "of"
reason = ""
announced_on = 2026-01-01T10:00:00

[[organisation]]
id = "late"
rest_weekdays = ["saturday"]
opens_at = 18:00:00
closes_at = 09:00:00

[[organisation]]
id = "late"
"""
    assert faults(text) == [
        "own.toml:1: the file is for az, the calendar for tr.",
        (
            "own.toml:2: colour is not a key here; known are jurisdiction, short_eves, override, "
            "organisation."
        ),
        "own.toml:4: act is missing.",
        "own.toml:6: kind: Invalid enum value 'of'.",
        "own.toml:7: reason is empty.",
        "own.toml:8: announced_on: Expected `date`, got `datetime`.",
        "own.toml:14: late closes before it opens.",
        "own.toml:17: organisation late already stands in line 10.",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (override(day=""), "own.toml:2: say either on, or from and to."),
        (override(day="from = 2026-05-25"), "own.toml:2: say either on, or from and to."),
        (
            override(day="from = 2026-05-25\nto = 2026-05-24"),
            "own.toml:4: to (2026-05-24) is before from (2026-05-25).",
        ),
        (
            override(day="on = 2062-05-25"),
            "own.toml:2: calendars cover 2005-01-01 to 2035-12-31 only.",
        ),
        (override(kind="half"), "own.toml:2: a half day needs closes_at."),
        (override(extra="closes_at = 13:00:00"), "own.toml:8: a day off has no closing time."),
        (
            override(kind="working", extra="shortens_eve = true"),
            "own.toml:8: only a day off shortens its eve.",
        ),
        (
            override(extra='only = ["a"]\nexempt = ["b"]'),
            "own.toml:9: say either only or exempt.",
        ),
        (
            override() + override("working").partition("\n")[2],
            "own.toml:9: 2026-05-25 already stands in line 2, announced the same day.",
        ),
        (
            'jurisdiction = "tr"\noverride = 1',
            "own.toml:2: override has to be written as [[override]].",
        ),
        ('jurisdiction = "tr"\non = = 1', "own.toml:2: Invalid value."),
        ('jurisdiction = """tr', "own.toml:1: Unterminated string."),
        (
            f'jurisdiction = "tr"\n[[organisation]]\nid = "a"\nrest_weekdays = {list(WEEKDAYS)}',
            "own.toml:4: a never works.",
        ),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(text: str, fault: str) -> None:
    assert faults(text) == [fault]


def test_acts_for_different_bodies_on_one_day_are_no_contradiction() -> None:
    text = override(extra='only = ["a"]')
    acts = acts_from(text + override("working", extra='only = ["b"]').partition("\n")[2], "tr", "x")
    assert len(acts.override) == 2


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CalendarFileInvalid, match=r"missing\.toml: can't be read"):
        working_calendar("tr", files=(tmp_path / "missing.toml",))
