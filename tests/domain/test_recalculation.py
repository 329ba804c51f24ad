"""The calendar moves, and with it the due dates of what is open."""

from datetime import date, timedelta
from uuid import UUID

from msgspec.structs import replace

from domain.calendar import DayKind, DayMark
from domain.due import Due, Terms
from domain.recalculation import DueDatesMoved, MovedDue, RecomputeDueDates, decide
from domain.term import Pause
from infra.calendars import working_calendar
from infra.jurisdiction import terms_of
from tests.domain.spec import NOON, PLAIN_TERMS, TERMS_WITH_A_HOLIDAY, context

DECISION = UUID(int=7)
RECOMPUTE = RecomputeDueDates(decision=DECISION)
MONDAY = date(2026, 4, 6)
ANSWER = PLAIN_TERMS.begin("az-a-gen", MONDAY, NOON)


def recomputed(clocks: dict[str, Due], terms: Terms = TERMS_WITH_A_HOLIDAY) -> list[MovedDue]:
    """What moves once the calendar is that of *terms*."""
    moved: list[MovedDue] = []
    for event in decide(RECOMPUTE, clocks, replace(context(), terms=terms)):
        assert isinstance(event, DueDatesMoved)
        assert event.decision == DECISION
        moved += event.moved
    return moved


def test_a_day_off_within_a_term_moves_its_last_day_and_the_old_one_is_told() -> None:
    (moved,) = recomputed({"answer": ANSWER})
    assert (moved.clock, moved.was, moved.due.on) == (
        "answer",
        date(2026, 4, 27),
        date(2026, 4, 28),
    )
    assert moved.due.calendar_version == TERMS_WITH_A_HOLIDAY.calendar.version
    assert (moved.due.rule, moved.due.since) == (ANSWER.rule, ANSWER.since)


def test_only_the_clocks_that_move_are_told() -> None:
    forward = PLAIN_TERMS.begin("az-a-fwd", MONDAY, NOON)
    before = PLAIN_TERMS.begin("az-a-gen", date(2026, 3, 2), NOON)
    moved = recomputed({"answer": ANSWER, "forward": forward, "old": before})
    assert [each.clock for each in moved] == ["answer", "forward"]


def test_an_extended_term_moves_with_its_extension() -> None:
    extended = PLAIN_TERMS.extend(ANSWER, 5, MONDAY)
    (moved,) = recomputed({"answer": extended})
    assert (moved.was, moved.due.on) == (date(2026, 5, 4), date(2026, 5, 5))
    assert moved.due.granted == extended.granted


def test_an_extension_stays_though_the_term_it_was_decided_in_is_shorter_now() -> None:
    works = replace(
        PLAIN_TERMS,
        calendar=PLAIN_TERMS.calendar.with_marks(
            [DayMark(on=date(2026, 4, 11), kind=DayKind.WORKING, reason="moved", act="Act 3")]
        ),
    )
    extended = PLAIN_TERMS.extend(ANSWER, 5, ANSWER.on)
    (moved,) = recomputed({"answer": extended}, works)
    assert (moved.was, moved.due.on) == (date(2026, 5, 4), date(2026, 5, 1))


def test_hours_that_stand_still_on_rest_days_move_too() -> None:
    life = PLAIN_TERMS.begin("az-i-life", MONDAY, NOON)
    (moved,) = recomputed({"answer": life})
    assert life.at
    assert moved.due.at
    assert (moved.due.at - life.at).days == 1
    assert moved.was_at == life.at


def test_hours_that_end_later_on_the_same_day_end_later() -> None:
    at = NOON + timedelta(hours=6)
    due = replace(PLAIN_TERMS.begin("az-i-life", MONDAY, NOON), at=at)
    assert not MovedDue(clock="answer", was=due.on, was_at=NOON, due=due).earlier
    assert MovedDue(clock="answer", was=due.on, was_at=at + timedelta(hours=1), due=due).earlier


def test_a_chosen_day_stays() -> None:
    assert recomputed({"internal": PLAIN_TERMS.choose(date(2026, 4, 8))}) == []


def test_what_stands_still_moves_when_it_runs_on() -> None:
    pause = Pause(ground="request-corrected", from_date=MONDAY)
    assert recomputed({"answer": replace(ANSWER, pauses=(pause,))}) == []


def test_a_case_without_running_clocks_has_nothing_to_move() -> None:
    assert recomputed({}) == []


def test_recomputed_twice_it_moves_once() -> None:
    (moved,) = recomputed({"answer": ANSWER})
    assert recomputed({"answer": moved.due}) == []


def test_when_the_decision_is_withdrawn_it_moves_back() -> None:
    (moved,) = recomputed({"answer": ANSWER})
    (back,) = recomputed({"answer": moved.due}, PLAIN_TERMS)
    assert (back.was, back.due) == (moved.due.on, ANSWER)


def test_the_decision_on_ten_march_2025_moved_terms_both_ways() -> None:
    after = terms_of("az")
    known = working_calendar("az", as_known_on=date(2025, 2, 14))
    before = replace(after, calendar=known)
    found = {}
    for day in (3, 5, 6):
        registered = date(2025, 2, day)
        due = before.begin("az-a-study", registered, NOON)
        (moved,) = recomputed({"answer": due}, after)
        found[day] = (moved.was, moved.due.on)
    assert found == {
        3: (date(2025, 3, 18), date(2025, 3, 17)),
        5: (date(2025, 3, 27), date(2025, 3, 19)),
        6: (date(2025, 3, 28), date(2025, 4, 1)),
    }
