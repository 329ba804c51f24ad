from datetime import date
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from api.deadline_working import ClockWorking, explained
from domain.calendar import DayKind, DayMark
from domain.case import CaseKind
from domain.due import CHOSEN, Due
from domain.envelope import Recorded
from domain.kinds import KINDS
from domain.recalculation import DueDatesMoved, MovedDue
from domain.term import Pause
from projections.clocks import Clock, Move, clocks_of
from tests.domain.spec import PLAIN_CALENDAR, PLAIN_TERMS, TERMS_WITH_A_HOLIDAY
from tests.projections.histories import history, seeded

SEEDS = range(12)
WITH_CLOCKS = (CaseKind.APPEAL, CaseKind.MEDIA_INQUIRY, CaseKind.ASSIGNMENT, CaseKind.RECEPTION)
CALENDARS = {each.version: each for each in (PLAIN_CALENDAR, TERMS_WITH_A_HOLIDAY.calendar)}
DECISION = UUID("00000000-0000-7000-8000-0000000000d1")


def events_of(kind: CaseKind, seed: int) -> list[Recorded]:
    return list(history(seeded(seed), kind, events=40).recorded)


def told(clock: Clock) -> ClockWorking:
    return explained(clock, PLAIN_TERMS, CALENDARS.get, "az")


def an_appeal() -> tuple[list[Recorded], Due]:
    """An appeal just registered, and the term of its answer."""
    [registered, *_] = events_of(CaseKind.APPEAL, 1)
    return [registered], registered.event.due  # type: ignore[attr-defined]


def followed_by(events: list[Recorded], event: Any) -> list[Recorded]:
    last = events[-1]
    later = replace(last, event=event, originator_version=last.originator_version + 1)
    return [*events, later]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", WITH_CLOCKS)
def test_every_clock_by_a_rule_has_the_term_that_its_date_came_from(
    kind: CaseKind, seed: int
) -> None:
    for clock in clocks_of(events_of(kind, seed)):
        if clock.row.rule is None:
            assert clock.due is None
            continue
        assert clock.due
        assert (clock.due.on, clock.due.rule) == (clock.row.due_on, clock.row.rule)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", WITH_CLOCKS)
def test_the_running_terms_are_those_that_decisions_look_at(kind: CaseKind, seed: int) -> None:
    events = events_of(kind, seed)
    state: Any = None
    for recorded in events:
        state = KINDS[kind].evolve(state, recorded.event)
    found = {clock.row.clock: clock.due for clock in clocks_of(events)}
    for name, due in getattr(state, "clocks", {}).items():
        assert found[name] == due


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", WITH_CLOCKS)
def test_a_working_ends_on_the_day_that_was_recorded(kind: CaseKind, seed: int) -> None:
    for clock in clocks_of(events_of(kind, seed)):
        working = told(clock)
        assert working.due == clock.row.due_on
        assert working.due_now is None
        assert working.text
        by_rule = clock.due is not None and clock.due.since is not None
        assert bool(working.steps) == by_rule
        assert working.calendar_known


def test_a_day_that_a_decision_moved_stays_readable() -> None:
    events, due = an_appeal()
    later = replace(due, on=PLAIN_CALENDAR.add_working_days(due.on, 1))
    moved = DueDatesMoved(
        decision=DECISION, moved=(MovedDue(clock="answer", was=due.on, due=later),)
    )
    [answer] = [c for c in clocks_of(followed_by(events, moved)) if c.row.clock == "answer"]
    assert answer.due == later
    recorded_at = events[0].recorded_at
    assert answer.moved == (
        Move(was=due.on, due=later.on, decision=DECISION, recorded_at=recorded_at),
    )


def test_without_its_own_calendar_a_date_stands_and_todays_says_what_it_would_be() -> None:
    events, due = an_appeal()
    [answer] = [clock for clock in clocks_of(events) if clock.row.clock == "answer"]
    mark = DayMark(on=due.on, kind=DayKind.OFF, reason="day off by exchange")
    terms = replace(PLAIN_TERMS, calendar=PLAIN_CALENDAR.with_marks([mark]))
    working = explained(answer, terms, lambda _: None, "az")
    assert not working.calendar_known
    assert (working.due, working.due_at.date()) == (due.on, due.on)
    assert working.due_now == PLAIN_CALENDAR.add_working_days(due.on, 1)
    assert mark.on in {step.on for step in working.steps}


def test_a_rule_that_is_no_longer_in_the_books_leaves_the_date_as_it_is() -> None:
    events, due = an_appeal()
    [answer] = [clock for clock in clocks_of(events) if clock.row.clock == "answer"]
    gone = replace(answer, due=replace(due, rule="own-gone"))
    working = told(gone)
    assert (working.due, working.steps, working.due_now) == (due.on, (), None)


def test_a_term_that_stands_still_says_since_when() -> None:
    events, due = an_appeal()
    [answer] = [clock for clock in clocks_of(events) if clock.row.clock == "answer"]
    pause = Pause(ground="documents-asked", from_date=due.since or date.min)
    working = told(replace(answer, due=replace(due, pauses=(pause,))))
    assert working.paused == pause
    assert working.due_now is None


def test_a_chosen_date_has_its_whole_day() -> None:
    events = events_of(CaseKind.ASSIGNMENT, 1)[:1]
    [main] = [clock for clock in clocks_of(events) if clock.row.clock == "assignment"]
    assert main.due
    assert main.due.rule == CHOSEN
    assert told(main).due_at.isoformat().endswith("T23:59:59+04:00")
