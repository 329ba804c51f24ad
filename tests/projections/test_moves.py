"""What moved with the calendar: rows, lists and counts."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from msgspec.structs import replace

from domain.appeal import AppealReopened
from domain.case import CaseKind
from domain.due import Due
from domain.envelope import Recorded
from domain.recalculation import DueDatesMoved, MovedDue
from projections import READ_MODELS, moves
from projections.moves import Counts, Row, count_moves, fold, list_moves
from projections.pages import CursorInvalid, Page
from tests.desks import new_desk
from tests.domain.spec import NOON, PLAIN_TERMS
from tests.orders import register_appeal
from tests.projections.logs import append, run_out, runner_for, tracking_in

CASE, DECISION, CAUSE = UUID(int=1), UUID(int=2), UUID(int=3)
WAS, DUE = date(2026, 4, 27), date(2026, 4, 28)


def moved(clock: str = "answer", was: date = WAS, due: date = DUE) -> MovedDue:
    term = Due(on=due, rule="az-a-gen", rule_version="1", calendar_version="after")
    return MovedDue(clock=clock, was=was, due=term)


def recorded(event: Any, *, case: UUID = CASE, version: int = 2, position: int = 7) -> Recorded:
    return Recorded(
        originator_id=case,
        originator_version=version,
        kind=CaseKind.APPEAL,
        event=event,
        event_id=UUID(int=100 + position),
        owner=case,
        actor="calendar",
        unit="agency",
        client="tests",
        command_id=UUID(int=200 + position),
        cause_id=CAUSE,
        correlation_id=case,
        recorded_at=NOON,
        position=position,
    )


def test_each_clock_that_moved_is_a_row_with_both_dates() -> None:
    rows: dict[Any, Any] = {}
    event = DueDatesMoved(decision=DECISION, moved=(moved(), moved("forward", DUE, WAS)))
    fold(rows, recorded(event))
    assert list(rows.values()) == [
        Row(CASE, "answer", 7, "appeal", DECISION, CAUSE, WAS, DUE, None, None),
        Row(CASE, "forward", 7, "appeal", DECISION, CAUSE, DUE, WAS, None, None),
    ]


def test_moving_back_leaves_the_first_move_readable() -> None:
    rows: dict[Any, Any] = {}
    fold(rows, recorded(DueDatesMoved(decision=DECISION, moved=(moved(),))))
    back = DueDatesMoved(decision=DECISION, moved=(moved(was=DUE, due=WAS),))
    fold(rows, recorded(back, version=3, position=9))
    assert [(row.was, row.due) for row in rows.values()] == [(WAS, DUE), (DUE, WAS)]


def test_a_term_that_begins_anew_is_no_move() -> None:
    rows: dict[Any, Any] = {}
    fold(rows, recorded(AppealReopened(due=PLAIN_TERMS.choose(DUE))))
    assert rows == {}


@pytest.fixture
def four_moves(database: str) -> str:
    """Of four appeals: to an earlier day, to later ones, and one in confidence."""
    desk = new_desk(database)
    ids = [UUID(int=n) for n in range(1, 5)]
    for number, case in enumerate(ids):
        desk.execute(register_appeal(case, confidential=number == 3))
    dates = [(WAS, WAS - timedelta(days=3)), (WAS, DUE), (WAS, DUE), (WAS, DUE)]
    events = [DueDatesMoved(decision=DECISION, moved=(moved("answer", *both),)) for both in dates]
    append(
        desk,
        [
            recorded(event, case=case, position=5 + number)
            for number, (event, case) in enumerate(zip(events, ids, strict=True))
        ],
    )
    run_out(runner_for(desk, database, tracking_in(database), READ_MODELS))
    desk.close()
    return database


def listed(database: str, sight: str = "true", **query: Any) -> Page[moves.MovedCase]:
    async def ask() -> Page[moves.MovedCase]:
        async with await psycopg.AsyncConnection.connect(database) as conn:
            return await list_moves(conn, CAUSE, sight, {}, **query)

    return asyncio.run(ask())


def counted(database: str, today: date, sight: str = "true") -> Counts:
    async def ask() -> Counts:
        async with await psycopg.AsyncConnection.connect(database) as conn:
            return await count_moves(conn, CAUSE, today, sight, {})

    return asyncio.run(ask())


def test_moves_are_listed_by_their_new_date_and_page_by_page(four_moves: str) -> None:
    whole = listed(four_moves)
    assert [row.move.case_id.int for row in whole.rows] == [1, 2, 3, 4]
    assert [row.number for row in whole.rows] == [f"A-{n}/2026" for n in (1, 2, 3, 4)]
    first = listed(four_moves, limit=3)
    second = listed(four_moves, limit=3, cursor=first.cursor)
    assert [*first.rows, *second.rows] == whole.rows
    assert second.cursor is None


def test_only_what_is_in_sight_is_listed_and_counted(four_moves: str) -> None:
    assert len(listed(four_moves, "NOT confidential").rows) == 3
    assert counted(four_moves, WAS, "NOT confidential").moved == 3


def test_a_term_that_ends_later_on_the_same_day_is_told_and_counted_as_later(
    database: str,
) -> None:
    desk = new_desk(database)
    desk.execute(register_appeal(CASE))
    until = replace(moved().due, on=WAS, at=NOON + timedelta(hours=6))
    later = MovedDue(clock="answer", was=WAS, was_at=NOON, due=until)
    append(desk, [recorded(DueDatesMoved(decision=DECISION, moved=(later,)), position=2)])
    run_out(runner_for(desk, database, tracking_in(database), READ_MODELS))
    desk.close()
    counts = counted(database, WAS)
    assert (counts.moved, counts.earlier, counts.later) == (1, 0, 1)
    (row,) = listed(database).rows
    assert (row.move.was_at, row.move.due_at) == (NOON, NOON + timedelta(hours=6))


@pytest.mark.parametrize(
    ("today", "newly", "no_longer"),
    [(WAS - timedelta(days=3), 0, 0), (WAS, 1, 0), (DUE, 0, 3), (DUE + timedelta(days=1), 0, 0)],
)
def test_counts_tell_what_the_moves_mean_today(
    four_moves: str, today: date, newly: int, no_longer: int
) -> None:
    assert counted(four_moves, today) == Counts(
        moved=4, earlier=1, later=3, newly_overdue=newly, no_longer_overdue=no_longer
    )


def test_a_cursor_of_another_list_is_refused(four_moves: str) -> None:
    with pytest.raises(CursorInvalid):
        listed(four_moves, cursor="WyJkdWVfb24iLCIyMDI2LTA0LTA2IiwiMDAiXQ")
