"""What holds of every due date, whatever the rule, the start and the calendar."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from domain.calendar import DayKind, DayMark
from domain.deadline import Deadline, Granted, compute, due_on
from domain.deadline_steps import StepKind
from domain.rule import HOURS, Roll, RuleVersion, Unit
from domain.term import Pause
from infra.calendars import working_calendar
from infra.rulebook import rulebook

ZONES = {
    "az": ZoneInfo("Asia/Baku"),
    "tr": ZoneInfo("Europe/Istanbul"),
    "ge": ZoneInfo("Asia/Tbilisi"),
}
BOOKS = {jurisdiction: rulebook(jurisdiction) for jurisdiction in ZONES}
CALENDARS = {jurisdiction: working_calendar(jurisdiction) for jurisdiction in ZONES}
UNROLLED = frozenset({"tr-3071-unrolled", "tr-cimer-unrolled"})

Rule = tuple[str, RuleVersion]
RULES: list[Rule] = [
    (jurisdiction, version)
    for jurisdiction, book in BOOKS.items()
    for versions in book.rules.values()
    for version in versions
    if version.in_force(date(2024, 1, 1))
]
NEVER_ON_A_REST_DAY = [
    rule
    for rule in RULES
    if rule[1].roll is Roll.NEXT_WORKING_DAY
    or rule[1].unit in (Unit.WORKING_DAYS, Unit.HOURS_OUTSIDE_REST_DAYS)
]
EXTENDABLE = [rule for rule in RULES if rule[1].extension]
PAUSABLE = [rule for rule in RULES if rule[1].pauses]
WITHOUT_HOURS = [rule for rule in RULES if rule[1].unit not in HOURS]
OF_WORKING_DAYS = [rule for rule in RULES if rule[1].unit is Unit.WORKING_DAYS and rule[1].length]
WITH_READINGS = [rule for rule in RULES if rule[1].readings]

DAYS = st.dates(date(2024, 1, 1), date(2027, 6, 30))
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2027, 6, 30), timezones=st.just(UTC))  # noqa: DTZ001
"""Hypothesis wants the bounds without a zone, and adds it."""


def told(
    rule: Rule,
    start: date | datetime,
    extensions: Sequence[Granted] = (),
    pauses: Sequence[Pause] = (),
) -> Deadline:
    jurisdiction, version = rule
    return compute(
        version,
        start,
        CALENDARS[jurisdiction],
        ZONES[jurisdiction],
        extensions=extensions,
        pauses=pauses,
        rulebook=BOOKS[jurisdiction],
    )


@given(st.sampled_from(NEVER_ON_A_REST_DAY), INSTANTS)
def test_never_due_on_a_rest_day_where_the_rule_forbids_it(rule: Rule, start: datetime) -> None:
    jurisdiction, version = rule
    due = told(rule, start).due
    assert CALENDARS[jurisdiction].is_working_day(due, leave_counts=version.leave_counts)


@given(st.sampled_from(EXTENDABLE), DAYS, st.data())
def test_an_extension_never_shortens(rule: Rule, start: date, data: st.DataObject) -> None:
    extension = rule[1].extension
    assert extension
    length = data.draw(st.integers(1, extension.length))
    before = told(rule, start)
    after = told(rule, start, [Granted(length=length, decided_on=start)])
    assert after.due >= before.due
    assert after.due_at >= before.due_at


@given(st.sampled_from(EXTENDABLE), DAYS)
def test_an_extension_of_full_length_moves_the_due_date(rule: Rule, start: date) -> None:
    extension = rule[1].extension
    assert extension
    granted = Granted(length=extension.length, decided_on=start)
    assert told(rule, start, [granted]).due > told(rule, start).due


@given(st.sampled_from(RULES), INSTANTS)
def test_computing_twice_changes_nothing(rule: Rule, start: datetime) -> None:
    jurisdiction, version = rule
    once = told(rule, start)
    again = compute(
        version, start, CALENDARS[jurisdiction], ZONES[jurisdiction], rulebook=BOOKS[jurisdiction]
    )
    assert again == once
    assert json.encode(told(rule, start)) == json.encode(once)


@given(st.sampled_from(RULES), INSTANTS, INSTANTS)
def test_a_later_start_is_never_due_earlier(rule: Rule, one: datetime, other: datetime) -> None:
    first, second = sorted((one, other))
    earlier, later = told(rule, first), told(rule, second)
    assert earlier.due <= later.due
    assert earlier.due_at <= later.due_at


@given(st.sampled_from(WITHOUT_HOURS), DAYS)
def test_the_fast_way_and_the_explained_way_agree(rule: Rule, start: date) -> None:
    assert due_on(rule[1], start, CALENDARS[rule[0]]) == told(rule, start).due


@given(st.sampled_from(RULES), INSTANTS)
def test_a_term_never_ends_before_it_starts(rule: Rule, start: datetime) -> None:
    assert told(rule, start).due_at >= start


@given(st.sampled_from(WITHOUT_HOURS), DAYS)
def test_around_midnight_the_local_date_is_what_counts(rule: Rule, day: date) -> None:
    zone = ZONES[rule[0]]
    midnight = datetime.combine(day, time(), zone).astimezone(UTC)
    due = told(rule, day).due
    if rule[1].unit is not Unit.CHOSEN:
        assert told(rule, midnight).due == due
    a_second_before = told(rule, midnight - timedelta(seconds=1))
    assert a_second_before.due == told(rule, day - timedelta(days=1)).due or rule[1].office_hours


@given(st.sampled_from(OF_WORKING_DAYS), DAYS)
def test_every_day_up_to_the_due_date_is_counted_or_skipped_once(rule: Rule, start: date) -> None:
    found = told(rule, start)
    counted = sum(step.count or 0 for step in found.steps if step.kind is StepKind.COUNTED)
    skipped = [
        step.on for step in found.steps if step.kind in (StepKind.SKIPPED, StepKind.LEAVE_SKIPPED)
    ]
    assert counted == rule[1].length
    assert len(skipped) == len(set(skipped))
    assert counted + len(skipped) == (found.due - start).days


@given(st.sampled_from(PAUSABLE), DAYS, st.integers(0, 40), st.integers(0, 40))
def test_a_pause_never_shortens(rule: Rule, start: date, after: int, days: int) -> None:
    begins = start + timedelta(days=after)
    pause = Pause(ground=rule[1].pauses[0], from_date=begins, to_date=begins + timedelta(days=days))
    assert told(rule, start, pauses=[pause]).due >= told(rule, start).due


@given(st.sampled_from(WITH_READINGS), DAYS)
def test_the_default_is_the_earlier_reading_save_where_a_roll_is_read_beside_it(
    rule: Rule, start: date
) -> None:
    found = told(rule, start)
    for reading in found.readings:
        if reading.rule in UNROLLED:
            assert reading.due <= found.due
        else:
            assert found.due <= reading.due


@given(st.sampled_from(OF_WORKING_DAYS), DAYS, DAYS)
def test_a_further_day_off_never_makes_a_term_end_earlier(
    rule: Rule, start: date, off: date
) -> None:
    jurisdiction, version = rule
    mark = DayMark(on=off, kind=DayKind.OFF, reason="a day off", act="Decision")
    decided = CALENDARS[jurisdiction].with_marks([mark])
    assert due_on(version, start, decided) >= due_on(version, start, CALENDARS[jurisdiction])
