from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from domain.calendar import CalendarMissing, DayKind, DayMark, WorkingCalendar
from domain.case import Refusal
from domain.deadline import (
    Deadline,
    ExtensionBarred,
    ExtensionLengthNotAllowed,
    ExtensionTooLate,
    ExtensionUsedUp,
    Granted,
    GroundUnknown,
    MomentNeeded,
    Restart,
    compute,
    due_on,
)
from domain.deadline_steps import Step, StepKind
from domain.rule import (
    Counting,
    Extension,
    Roll,
    Rulebook,
    RuleNotInForce,
    RuleVersion,
    Start,
    Unit,
    UnknownRule,
    Until,
)
from domain.term import Pause, StillPaused

BAKU = ZoneInfo("Asia/Baku")
MONDAY = date(2026, 4, 6)
HOLIDAY = date(2026, 4, 14)
CALENDAR = WorkingCalendar(
    jurisdiction="az",
    first=date(2026, 1, 1),
    last=date(2027, 12, 31),
    marks={
        mark.on: mark
        for mark in (
            DayMark(on=HOLIDAY, kind=DayKind.OFF, reason="Spring Day", act="Decision 1"),
            DayMark(on=date(2026, 4, 11), kind=DayKind.WORKING, reason="swap", act="Decision 2"),
            DayMark(on=date(2026, 4, 16), kind=DayKind.HALF, reason="eve", closes_at=time(13)),
            DayMark(on=date(2026, 4, 22), kind=DayKind.LEAVE, reason="leave", act="Circular"),
            DayMark(on=date(2027, 3, 9), kind=DayKind.OFF, reason="feast", estimated=True),
        )
    },
)
EXTENSION = Extension(
    rule="longer",
    version="1",
    length=5,
    unit=Unit.WORKING_DAYS,
    base=Start.DUE,
    source="Art. 2",
    certainty="S",
)
FIVE = RuleVersion(
    rule="five",
    version="1",
    valid_from=date(2020, 1, 1),
    starts=Start.REGISTRATION,
    length=5,
    unit=Unit.WORKING_DAYS,
    counting=Counting.FROM_NEXT_DAY,
    extension=EXTENSION,
    pauses=("court",),
    restarts=("fee-paid",),
    source="Art. 1",
    certainty="S",
)
MONTH = structs.replace(
    FIVE, rule="month", length=1, unit=Unit.CALENDAR_MONTHS, roll=Roll.NEXT_WORKING_DAY
)
HOURS = structs.replace(
    FIVE,
    rule="hours",
    length=24,
    unit=Unit.HOURS_OUTSIDE_REST_DAYS,
    counting=Counting.FROM_MOMENT,
    extension=None,
)
SAME_DAY = structs.replace(
    FIVE, rule="same-day", length=0, counting=Counting.SAME_DAY, office_hours=True
)
CHOSEN = structs.replace(FIVE, rule="chosen", length=0, unit=Unit.CHOSEN)
YEARLY = structs.replace(FIVE, rule="yearly", length=0, unit=Unit.YEARLY, month=12, day=10)


def told(version: RuleVersion, start: date | datetime, **facts: Any) -> Deadline:
    return compute(version, start, CALENDAR, BAKU, **facts)


def of(deadline: Deadline, *kinds: StepKind) -> list[Step]:
    return [step for step in deadline.steps if step.kind in kinds]


def april(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 4, day, hour, minute, tzinfo=BAKU)


def granted(length: int, decided_on: date) -> list[Granted]:
    return [Granted(length=length, decided_on=decided_on)]


def test_the_day_of_the_event_is_not_counted() -> None:
    assert told(FIVE, date(2026, 4, 20)).due == date(2026, 4, 27)


def test_a_run_of_counted_days_is_one_step_and_each_skipped_day_one() -> None:
    steps = of(told(FIVE, date(2026, 4, 10)), StepKind.COUNTED, StepKind.SKIPPED)
    assert [(step.kind, step.first or step.on, step.count) for step in steps] == [
        (StepKind.COUNTED, date(2026, 4, 11), 1),
        (StepKind.SKIPPED, date(2026, 4, 12), None),
        (StepKind.COUNTED, date(2026, 4, 13), 1),
        (StepKind.SKIPPED, HOLIDAY, None),
        (StepKind.COUNTED, date(2026, 4, 15), 3),
    ]


def test_a_skipped_day_has_its_reason_and_its_act() -> None:
    [weekend, holiday] = of(told(FIVE, date(2026, 4, 10)), StepKind.SKIPPED)
    assert (weekend.reason, weekend.act) == ("weekend", None)
    assert (holiday.reason, holiday.act) == ("Spring Day", "Decision 1")


def test_a_rest_day_that_was_swapped_in_and_a_half_day_are_told() -> None:
    told_of = of(told(FIVE, date(2026, 4, 10)), StepKind.SWAPPED_IN, StepKind.HALF_DAY)
    assert [(step.on, step.reason) for step in told_of] == [
        (date(2026, 4, 11), "swap"),
        (date(2026, 4, 16), "eve"),
    ]


def test_the_first_steps_are_the_event_and_the_rule() -> None:
    started, rule = told(FIVE, april(20, 9)).steps[:2]
    assert (started.on, started.at, started.event) == (
        date(2026, 4, 20),
        april(20, 9),
        Start.REGISTRATION,
    )
    assert (rule.rule, rule.version, rule.count, rule.source) == ("five", "1", 5, "Art. 1")


def test_administrative_leave_counts_or_is_skipped_as_the_rule_says() -> None:
    counting = told(FIVE, date(2026, 4, 20))
    skipping = told(structs.replace(FIVE, leave_counts=False), date(2026, 4, 20))
    assert (counting.due, skipping.due) == (date(2026, 4, 27), date(2026, 4, 28))
    assert len(of(counting, StepKind.LEAVE_COUNTED)) == 1
    assert [step.act for step in of(skipping, StepKind.LEAVE_SKIPPED)] == ["Circular"]


def test_what_is_due_on_a_half_day_is_due_at_its_closing_time() -> None:
    found = told(structs.replace(FIVE, length=2), date(2026, 4, 13))
    assert found.due_at == april(16, 13)
    assert told(FIVE, date(2026, 4, 20)).due_at == datetime(2026, 4, 27, 23, 59, 59, tzinfo=BAKU)


def test_what_arrives_on_the_afternoon_of_a_half_day_is_not_late_already() -> None:
    same_day = structs.replace(SAME_DAY, unit=Unit.CALENDAR_DAYS, office_hours=False)
    assert told(same_day, april(16, 12)).due_at == april(16, 13)
    assert told(same_day, april(16, 15)).due_at == datetime(2026, 4, 16, 23, 59, 59, tzinfo=BAKU)


def test_the_offices_last_closing_before_the_end_is_told() -> None:
    unrolled = structs.replace(FIVE, length=6, unit=Unit.CALENDAR_DAYS)
    found = told(unrolled, MONDAY)
    assert found.due == date(2026, 4, 12)
    assert found.office_closes_at == april(11, 18)


def test_a_month_ends_on_its_last_day_where_the_number_is_missing() -> None:
    found = told(structs.replace(MONTH, roll=Roll.NONE), date(2026, 1, 31))
    assert found.due == date(2026, 2, 28)
    assert len(of(found, StepKind.MONTH_END)) == 1


def test_a_roll_tells_each_rest_day_and_where_it_went() -> None:
    found = told(MONTH, date(2026, 1, 31))
    assert found.due == date(2026, 3, 2)
    assert [step.on.day for step in of(found, StepKind.SKIPPED) if step.on] == [28, 1]
    [rolled] = of(found, StepKind.ROLLED)
    assert (rolled.first, rolled.last, rolled.reason) == (
        date(2026, 2, 28),
        date(2026, 3, 2),
        "weekend",
    )


def test_hours_stand_still_on_rest_days() -> None:
    assert told(HOURS, april(13, 16)).due_at == april(15, 16)


def test_hours_that_start_on_a_rest_day_start_with_the_next_working_day() -> None:
    found = told(structs.replace(HOURS, length=10), april(12, 15))
    assert found.due_at == april(13, 10)


def test_hours_that_end_at_midnight_end_with_the_day_and_not_on_a_rest_day() -> None:
    found = told(HOURS, april(17))
    assert found.due == date(2026, 4, 17)
    assert found.due_at == datetime(2026, 4, 17, 23, 59, 59, tzinfo=BAKU)


def test_clock_hours_run_on_through_rest_days() -> None:
    clock = structs.replace(HOURS, unit=Unit.CLOCK_HOURS)
    assert told(clock, april(17, 16)).due_at == april(18, 16)
    assert told(clock, april(17)).due_at == april(18)


def test_hours_need_the_time_of_day() -> None:
    with pytest.raises(MomentNeeded):
        told(HOURS, MONDAY)
    with pytest.raises(MomentNeeded):
        due_on(HOURS, MONDAY, CALENDAR)


def test_an_instant_without_an_offset_is_an_error() -> None:
    with pytest.raises(ValueError, match="offset"):
        told(FIVE, datetime(2026, 4, 6, 12, 0))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("arrived", "opens", "reason"),
    [
        (april(13, 18), date(2026, 4, 13), None),
        (april(13, 18, 1), date(2026, 4, 15), "after-closing"),
        (april(16, 13, 1), date(2026, 4, 17), "after-closing"),
        (april(14, 10), date(2026, 4, 15), "rest-day"),
        (april(14, 23), date(2026, 4, 15), "rest-day"),
    ],
)
def test_what_arrives_after_closing_or_on_a_rest_day_arrives_on_the_next_working_day(
    arrived: datetime, opens: date, reason: str | None
) -> None:
    found = told(SAME_DAY, arrived)
    assert (found.due, found.start) == (opens, opens)
    moved = [step.reason for step in of(found, StepKind.STARTED_NEXT_WORKING_DAY)]
    assert moved == ([reason] if reason else [])


def test_closing_time_matters_only_where_the_rule_says_so() -> None:
    around_the_clock = structs.replace(SAME_DAY, office_hours=False)
    assert told(around_the_clock, april(13, 23)).due == date(2026, 4, 13)


def test_a_chosen_day_is_taken_as_it_is_and_a_chosen_instant_too() -> None:
    assert told(CHOSEN, HOLIDAY).due == HOLIDAY
    assert told(CHOSEN, april(14, 17)).due_at == april(14, 17)


def test_a_yearly_term_ends_on_the_first_such_day() -> None:
    assert told(YEARLY, date(2026, 12, 10)).due == date(2026, 12, 10)
    assert told(YEARLY, date(2026, 12, 11)).due == date(2027, 12, 10)


def test_an_instant_in_utc_starts_on_its_local_date() -> None:
    before_midnight = datetime(2026, 4, 19, 19, 59, 59, tzinfo=UTC)
    after_midnight = datetime(2026, 4, 19, 20, 0, tzinfo=UTC)
    same_day = structs.replace(SAME_DAY, unit=Unit.CALENDAR_DAYS)
    assert told(same_day, before_midnight).due == date(2026, 4, 19)
    assert told(same_day, after_midnight).due == date(2026, 4, 20)


def test_an_extension_runs_from_the_due_date() -> None:
    found = told(FIVE, date(2026, 4, 20), extensions=granted(2, date(2026, 4, 27)))
    assert found.due == date(2026, 4, 29)
    [extended] = of(found, StepKind.EXTENDED)
    assert (extended.first, extended.last, extended.count, extended.on) == (
        date(2026, 4, 27),
        date(2026, 4, 29),
        2,
        date(2026, 4, 27),
    )


def test_an_extension_may_set_the_whole_length_from_the_start() -> None:
    whole = structs.replace(EXTENSION, base=Start.START, length=10)
    version = structs.replace(FIVE, extension=whole)
    found = told(version, date(2026, 4, 20), extensions=granted(10, date(2026, 4, 21)))
    assert found.due == date(2026, 5, 4)
    assert sum(step.count or 0 for step in of(found, StepKind.COUNTED)) == 10


def test_an_extension_from_the_decision_never_ends_before_the_term_does() -> None:
    version = structs.replace(FIVE, extension=structs.replace(EXTENSION, base=Start.DECISION))
    early = told(version, date(2026, 4, 20), extensions=granted(1, date(2026, 4, 21)))
    late = told(version, date(2026, 4, 20), extensions=granted(3, date(2026, 4, 27)))
    assert (early.due, late.due) == (date(2026, 4, 27), date(2026, 4, 30))


def test_a_months_extension_is_added_before_the_roll() -> None:
    extension = structs.replace(EXTENSION, unit=Unit.CALENDAR_MONTHS, length=1)
    version = structs.replace(MONTH, extension=extension)
    found = told(version, date(2026, 1, 31), extensions=granted(1, date(2026, 3, 2)))
    assert found.due == date(2026, 3, 30), "28 March is a Saturday"


@pytest.mark.parametrize(
    ("version", "extensions", "refusal"),
    [
        (FIVE, granted(2, date(2026, 4, 28)), ExtensionTooLate),
        (FIVE, granted(6, MONDAY), ExtensionLengthNotAllowed),
        (FIVE, granted(0, MONDAY), ExtensionLengthNotAllowed),
        (FIVE, granted(1, date(2026, 4, 20)) * 2, ExtensionUsedUp),
        (structs.replace(FIVE, extension=None), granted(1, MONDAY), ExtensionBarred),
        (
            structs.replace(
                FIVE,
                extension=structs.replace(EXTENSION, until=Until.AT_START, decided_within=2),
            ),
            granted(1, date(2026, 4, 23)),
            ExtensionTooLate,
        ),
    ],
)
def test_an_extension_the_rule_does_not_allow_is_refused(
    version: RuleVersion, extensions: list[Granted], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        told(version, date(2026, 4, 20), extensions=extensions)


def test_why_an_extension_is_barred_is_said() -> None:
    barred = structs.replace(FIVE, extension=None, extension_barred="Not for servicemen.")
    with pytest.raises(ExtensionBarred, match="servicemen"):
        told(barred, MONDAY, extensions=granted(1, MONDAY))


def test_an_extension_once_recorded_stands_when_a_decision_moves_the_term() -> None:
    extensions = granted(2, date(2026, 4, 27))
    saturday = DayMark(on=date(2026, 4, 25), kind=DayKind.WORKING, reason="swap", act="Decision")
    decided = CALENDAR.with_marks([saturday])
    with pytest.raises(ExtensionTooLate):
        compute(FIVE, date(2026, 4, 17), decided, BAKU, extensions=extensions)
    moved = compute(
        FIVE, date(2026, 4, 17), decided, BAKU, extensions=extensions, recorded=len(extensions)
    )
    assert moved.due == date(2026, 4, 27)


def test_the_days_of_a_pause_are_not_counted_and_the_last_of_them_is_the_day_before() -> None:
    pause = Pause(ground="court", from_date=date(2026, 4, 22), to_date=date(2026, 4, 27))
    found = told(FIVE, date(2026, 4, 20), pauses=[pause])
    assert found.due == date(2026, 4, 30)
    [paused] = of(found, StepKind.PAUSED)
    assert (paused.first, paused.last, paused.reason) == (
        date(2026, 4, 22),
        date(2026, 4, 26),
        "court",
    )


def test_a_pause_in_the_days_that_a_pause_added_counts_too() -> None:
    first = Pause(ground="court", from_date=date(2026, 4, 22), to_date=date(2026, 4, 24))
    second = Pause(ground="court", from_date=date(2026, 4, 28), to_date=date(2026, 4, 29))
    assert told(FIVE, date(2026, 4, 20), pauses=[first]).due == date(2026, 4, 29)
    assert told(FIVE, date(2026, 4, 20), pauses=[first, second]).due == date(2026, 4, 30)


def test_overlapping_pauses_are_taken_off_once() -> None:
    first = Pause(ground="court", from_date=date(2026, 4, 22), to_date=date(2026, 4, 24))
    inside = Pause(ground="court", from_date=date(2026, 4, 23), to_date=date(2026, 4, 24))
    both = told(FIVE, date(2026, 4, 20), pauses=[first, inside])
    assert both.due == told(FIVE, date(2026, 4, 20), pauses=[first]).due


def test_a_month_is_prolonged_by_the_days_it_stood_still() -> None:
    pause = Pause(ground="court", from_date=date(2026, 5, 1), to_date=date(2026, 5, 6))
    found = told(structs.replace(MONTH, roll=Roll.NONE), date(2026, 4, 10), pauses=[pause])
    assert found.due == date(2026, 5, 15)


def test_a_term_that_still_stands_still_has_no_due_date() -> None:
    pause = Pause(ground="court", from_date=date(2026, 4, 23))
    with pytest.raises(StillPaused) as raised:
        told(FIVE, date(2026, 4, 20), pauses=[pause])
    assert (raised.value.since, raised.value.left) == (date(2026, 4, 23), 3)


def test_a_pause_after_the_term_changes_nothing() -> None:
    pause = Pause(ground="court", from_date=date(2026, 4, 28))
    assert told(FIVE, date(2026, 4, 20), pauses=[pause]).due == date(2026, 4, 27)


def test_a_restart_begins_a_new_term_and_forgets_the_old_extension() -> None:
    found = told(
        FIVE,
        MONDAY,
        extensions=granted(5, date(2026, 4, 8)),
        restarts=[Restart(on=date(2026, 4, 20), ground="fee-paid")],
    )
    assert (found.start, found.due) == (date(2026, 4, 20), date(2026, 4, 27))
    assert [step.reason for step in of(found, StepKind.RESTARTED)] == ["fee-paid"]


def test_a_ground_the_rule_does_not_know_is_refused() -> None:
    with pytest.raises(GroundUnknown):
        told(FIVE, MONDAY, pauses=[Pause(ground="holiday", from_date=MONDAY)])
    with pytest.raises(GroundUnknown):
        told(FIVE, MONDAY, restarts=[Restart(on=MONDAY, ground="court")])


def test_a_year_of_estimated_dates_says_so() -> None:
    found = told(FIVE, date(2026, 12, 30))
    assert found.estimated
    assert [step.year for step in of(found, StepKind.ESTIMATED_YEAR)] == [2027]
    assert not told(FIVE, MONDAY).estimated


def test_a_start_outside_the_calendar_is_said_to_be_missing() -> None:
    with pytest.raises(CalendarMissing):
        told(structs.replace(FIVE, unit=Unit.CALENDAR_DAYS), date.max)


RULES = Rulebook(
    jurisdiction="az",
    rules={
        "five": (
            structs.replace(FIVE, version="1", valid_to=date(2026, 3, 31)),
            structs.replace(FIVE, version="2", valid_from=date(2026, 4, 1), readings=("month",)),
        ),
        "month": (MONTH,),
    },
)


def test_the_other_readings_are_shown_beside_the_due_date() -> None:
    found = told(RULES.version_for("five", MONDAY), MONDAY, rulebook=RULES)
    assert [(reading.rule, reading.due) for reading in found.readings] == [
        ("month", date(2026, 5, 6))
    ]
    [other] = of(found, StepKind.OTHER_READING)
    assert (other.rule, other.on) == ("month", date(2026, 5, 6))


def test_the_version_in_force_on_the_day_is_taken() -> None:
    assert RULES.version_for("five", date(2026, 3, 31)).version == "1"
    assert RULES.version_for("FIVE", date(2026, 4, 1)).version == "2"
    with pytest.raises(RuleNotInForce):
        RULES.version_for("five", date(2019, 12, 31))


def test_an_unknown_rule_is_answered_with_those_that_are_near() -> None:
    with pytest.raises(UnknownRule, match="five") as raised:
        RULES.version_for("fiwe", MONDAY)
    assert raised.value.near == ("five",)


def test_a_recorded_version_is_found_when_it_is_no_longer_in_force() -> None:
    assert RULES.version("five", "1").valid_to == date(2026, 3, 31)
    with pytest.raises(UnknownRule):
        RULES.version("five", "3")
