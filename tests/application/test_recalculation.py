"""Due dates of open cases follow a decision on the calendar: on a real database, end to end."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

import psycopg
import pytest
from msgspec.structs import replace
from psycopg.rows import tuple_row

from api.composition import make_calendar_desk
from application import calendar_desk
from application.calendar_desk import CalendarDesk
from application.desk import Desk
from application.orders import Order, Receipt
from application.recalculation import MovingGroups, order_of
from domain import recalculation
from domain.answer_term import ExtendTerm
from domain.appeal import (
    AppealRegistered,
    CloseAppeal,
    Result,
    ReturnAppeal,
    WithdrawAppeal,
)
from domain.calendar import CalendarMissing, DayKind
from domain.calendar_decision import (
    AnnounceCalendarDecision,
    DecidedDay,
    WithdrawCalendarDecision,
)
from domain.case import CaseKind
from domain.due import Due, Terms
from domain.recalculation import DueDatesMoved
from domain.record import AddNote
from infra.calendar_versions import load
from infra.calendars import working_calendar
from infra.rulebook import rulebook
from projections import due_dates, moves, register
from projections.readmodel import ReadModel
from projections.runner import Runner
from projections.running_terms import running_terms
from tests.desks import new_desk, recorded_by
from tests.domain.spec import BAKU
from tests.orders import (
    CONTROLLER,
    EXECUTOR,
    HEAD,
    REGISTRAR,
    assign_appeal,
    order,
    register_appeal,
)
from tests.projections.logs import rows_of, run_out, runner_for, tracking_in

MODELS = tuple(map(ReadModel.of, (register, due_dates, moves)))
BEFORE = Terms(
    rulebook=rulebook("az"),
    calendar=working_calendar("az", as_known_on=date(2025, 2, 14)),
    time_zone=BAKU,
)
"""What was known the day before the decision of law.md case 5 was reported."""
EXCHANGE = AnnounceCalendarDecision(
    act="Nazirlər Kabinetinin qərarı",
    announced_on=date(2025, 2, 15),
    days=(
        DecidedDay(on=date(2025, 3, 10), kind=DayKind.WORKING, reason="exchange"),
        DecidedDay(on=date(2025, 3, 27), kind=DayKind.OFF, reason="exchange"),
        DecidedDay(on=date(2025, 3, 28), kind=DayKind.OFF, reason="exchange"),
        DecidedDay(on=date(2025, 4, 1), kind=DayKind.WORKING, reason="exchange"),
    ),
)
DECISION = UUID(int=0xDEC151)
STUDY_3_FEB, STUDY_5_FEB, STUDY_6_FEB = UUID(int=3), UUID(int=5), UUID(int=6)


def at(day: date, hour: int = 8) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def desk_on(database: str, day: date) -> Desk:
    desk = new_desk(database, terms=BEFORE)
    move_to(desk, day)
    return desk


def move_to(desk: Desk, day: date) -> None:
    desk.clock = lambda: at(day)


def register_study(desk: Desk, case_id: UUID, day: date) -> None:
    move_to(desk, day)
    desk.execute(register_appeal(case_id, received_at=at(day), answer_rule="az-a-study"))


def announce(command: AnnounceCalendarDecision = EXCHANGE, decision: UUID = DECISION) -> Order:
    return order(CaseKind.CALENDAR_DECISION, decision, command, CONTROLLER)


def withdraw(decision: UUID = DECISION) -> Order:
    command = WithdrawCalendarDecision(reason="Qərar ləğv edilib")
    return order(CaseKind.CALENDAR_DECISION, decision, command, CONTROLLER)


class Department:
    """A desk, its read models and what recomputes, driven by hand."""

    def __init__(self, desk: Desk, database: str) -> None:
        self.desk = desk
        self.database = database
        self.runner: Runner = runner_for(desk, database, tracking_in(database), MODELS)
        self.calendar: CalendarDesk = make_calendar_desk(desk)

    def follow(self) -> None:
        """The read models see all there is, the due dates follow, and are seen in turn."""
        run_out(self.runner)
        self.calendar.round()
        run_out(self.runner)

    def moves(self) -> list[tuple[UUID, str, date, date]]:
        rows = [moves.Row(*row) for row in rows_of(self.database, MODELS[2])]
        return [(row.case_id, row.clock, row.was, row.due) for row in rows]

    def due(self, case_id: UUID) -> date:
        """As the case itself has it."""
        standing = self.desk.fold(None, self.desk.log.cases([case_id]))
        assert standing
        on: date = standing.state.due.on
        return on

    def recalculations(self) -> list[tuple[int, int, bool]]:
        with psycopg.connect(self.database) as conn:
            return conn.execute(
                "SELECT total, done, finished_at IS NOT NULL FROM karguzar.recalculations "
                "ORDER BY position"
            ).fetchall()


@pytest.fixture
def department(database: str) -> Iterator[Department]:
    """With the appeals of law.md case 5; it is 15 February 2025, and they are open."""
    desk = desk_on(database, date(2025, 2, 3))
    for case_id, day in ((STUDY_3_FEB, 3), (STUDY_5_FEB, 5), (STUDY_6_FEB, 6)):
        register_study(desk, case_id, date(2025, 2, day))
    move_to(desk, date(2025, 2, 15))
    yield Department(desk, database)
    desk.close()


WORKED_CASE_5 = [
    (STUDY_3_FEB, "answer", date(2025, 3, 18), date(2025, 3, 17)),
    (STUDY_5_FEB, "answer", date(2025, 3, 27), date(2025, 3, 19)),
    (STUDY_6_FEB, "answer", date(2025, 3, 28), date(2025, 4, 1)),
]


def test_a_decision_moves_running_terms_both_ways_and_keeps_the_old_dates(
    department: Department,
) -> None:
    department.desk.execute(announce())
    department.follow()
    assert department.moves() == WORKED_CASE_5
    assert [department.due(case) for case, *_ in WORKED_CASE_5] == [
        due for *_, due in WORKED_CASE_5
    ]
    assert department.recalculations() == [(3, 3, True)]


def test_the_read_models_show_the_new_dates_and_the_calendar_that_gave_them(
    department: Department,
) -> None:
    department.desk.execute(announce())
    department.follow()
    rows = {
        (row.case_id, row.clock): row
        for row in (due_dates.Row(*values) for values in rows_of(department.database, MODELS[1]))
    }
    for case_id, clock, _, due in WORKED_CASE_5:
        assert rows[case_id, clock].due_on == due
        assert rows[case_id, clock].calendar_version == department.desk.terms.calendar.version


def test_the_calendars_of_both_dates_are_kept_and_give_them_again(department: Department) -> None:
    department.desk.execute(announce())
    department.follow()
    (registered, *_), moved = (
        [r for r in recorded_by(department.desk) if isinstance(r.event, kind)]
        for kind in (AppealRegistered, DueDatesMoved)
    )
    assert isinstance(registered.event, AppealRegistered)
    with psycopg.connect(department.database) as conn:
        before = load(conn, registered.event.due.calendar_version)
        assert isinstance(moved[0].event, DueDatesMoved)
        after = load(conn, moved[0].event.moved[0].due.calendar_version)
    assert before == BEFORE.calendar
    assert after == department.desk.terms.calendar
    assert before.add_working_days(date(2025, 2, 5), 30) == date(2025, 3, 27)
    assert after.add_working_days(date(2025, 2, 5), 30) == date(2025, 3, 19)


def test_a_closed_case_is_not_touched(department: Department) -> None:
    desk = department.desk
    desk.execute(
        order(CaseKind.APPEAL, STUDY_5_FEB, WithdrawAppeal(asked_on=date(2025, 2, 14)), HEAD)
    )
    desk.execute(order(CaseKind.APPEAL, STUDY_5_FEB, CloseAppeal(result=Result.WITHDRAWN), HEAD))
    events = len(desk.log.cases([STUDY_5_FEB]))
    desk.execute(announce())
    department.follow()
    assert department.moves() == [WORKED_CASE_5[0], WORKED_CASE_5[2]]
    assert len(desk.log.cases([STUDY_5_FEB])) == events
    assert department.due(STUDY_5_FEB) == date(2025, 3, 27)


def test_who_decided_stands_on_every_move(department: Department) -> None:
    receipt = department.desk.execute(announce())
    department.follow()
    (decided,) = (r for r in recorded_by(department.desk) if r.position == receipt.position)
    moved = [r for r in recorded_by(department.desk) if isinstance(r.event, DueDatesMoved)]
    assert {r.cause_id for r in moved} == {decided.event_id}
    assert {(r.actor, r.on_behalf_of, r.unit) for r in moved} == {
        ("calendar", CONTROLLER.actor.official, CONTROLLER.actor.unit)
    }


def test_recomputing_again_changes_nothing(department: Department) -> None:
    department.desk.execute(announce())
    department.follow()
    head = department.desk.log.max_notification_id()
    with psycopg.connect(department.database) as conn:
        conn.execute("UPDATE karguzar.recalculations SET finished_at = NULL")
    department.follow()
    assert department.desk.log.max_notification_id() == head
    assert [finished for *_, finished in department.recalculations()] == [True]


def test_withdrawing_a_decision_moves_everything_back(department: Department) -> None:
    department.desk.execute(announce())
    department.follow()
    department.desk.execute(withdraw())
    department.follow()
    back = [(case, clock, due, was) for case, clock, was, due in WORKED_CASE_5]
    assert sorted(department.moves()) == sorted(WORKED_CASE_5 + back)
    assert department.desk.terms.calendar == BEFORE.calendar
    assert [finished for *_, finished in department.recalculations()] == [True, True]


def test_a_decision_announced_and_withdrawn_before_anybody_looked_moves_nothing(
    department: Department,
) -> None:
    department.desk.execute_batch([announce(), withdraw()])
    department.follow()
    assert department.moves() == []
    assert department.recalculations() == [(0, 0, True), (0, 0, True)]


def test_an_appeal_registered_after_the_decision_in_the_same_batch_sees_the_new_calendar(
    department: Department,
) -> None:
    desk, before, after = department.desk, uuid4(), uuid4()
    studied: dict[str, Any] = {"answer_rule": "az-a-study", "received_at": at(date(2025, 2, 6))}
    late: dict[str, Any] = {"registered_on": date(2025, 2, 6), **studied}
    outcomes = desk.execute_batch(
        [register_appeal(before, **late), announce(), register_appeal(after, **late)]
    )
    assert all(isinstance(outcome, Receipt) for outcome in outcomes)
    assert department.due(before) == date(2025, 3, 28)
    assert department.due(after) == date(2025, 4, 1)
    department.follow()
    assert department.due(before) == department.due(after) == date(2025, 4, 1)
    assert [move for move in department.moves() if move[0] in (before, after)] == [
        (before, "answer", date(2025, 3, 28), date(2025, 4, 1))
    ]


def test_every_process_decides_with_the_new_calendar_from_the_next_batch_on(
    department: Department,
) -> None:
    other = new_desk(department.database, terms=BEFORE)
    other.clock = department.desk.clock
    case_id = uuid4()
    department.desk.execute(announce())
    other.execute(
        register_appeal(
            case_id,
            answer_rule="az-a-study",
            received_at=at(date(2025, 2, 6)),
            registered_on=date(2025, 2, 6),
        )
    )
    assert department.due(case_id) == date(2025, 4, 1)
    assert other.terms.calendar.version == department.desk.terms.calendar.version
    other.close()


def test_a_decision_whose_batch_fails_leaves_the_calendar_as_it_was(
    department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("infra.eventstore.Batch.append", fails)
    with pytest.raises(RuntimeError):
        department.desk.execute(announce())
    monkeypatch.undo()
    assert department.desk.terms.calendar.version == BEFORE.calendar.version
    department.desk.execute(announce())
    assert department.desk.terms.calendar.version != BEFORE.calendar.version


def test_who_only_reads_learns_of_a_decision_too(department: Department) -> None:
    reader = new_desk(department.database, terms=BEFORE)
    reader.follow_calendar()
    assert reader.terms.calendar is BEFORE.calendar
    department.desk.execute(announce())
    reader.follow_calendar()
    assert reader.terms.calendar.is_working_day(date(2025, 3, 10))
    reader.close()


def test_an_extended_term_moves_as_a_whole(department: Department) -> None:
    desk = department.desk
    case_id = uuid4()
    desk.execute(register_appeal(case_id, received_at=at(date(2025, 2, 15))))
    extend = ExtendTerm(
        length=5,
        reason="Əlavə araşdırma",
        applicant_notified_on=date(2025, 2, 15),
    )
    desk.execute(order(CaseKind.APPEAL, case_id, extend, HEAD))
    was = department.due(case_id)
    desk.execute(announce())
    department.follow()
    assert (case_id, "answer", was, department.due(case_id)) in department.moves()
    assert department.due(case_id) == desk.terms.calendar.add_working_days(
        desk.terms.calendar.add_working_days(date(2025, 2, 15), 15), 5
    )


def test_a_case_that_changes_while_others_are_recomputed_comes_out_right(
    department: Department,
) -> None:
    desk = department.desk
    desk.execute(announce())
    run_out(department.runner)
    note = order(CaseKind.APPEAL, STUDY_5_FEB, AddNote(text="Zəng edildi"), REGISTRAR)
    desk.execute(note)
    withdrawn = WithdrawAppeal(asked_on=date(2025, 2, 14))
    desk.execute(order(CaseKind.APPEAL, STUDY_6_FEB, withdrawn, REGISTRAR))
    department.calendar.round()
    run_out(department.runner)
    assert department.moves() == WORKED_CASE_5[:2]
    assert department.due(STUDY_6_FEB) == date(2025, 3, 28)


def test_it_waits_for_read_models_that_have_not_come_to_the_decision(
    department: Department,
) -> None:
    run_out(department.runner)
    department.desk.execute(announce())
    department.calendar.round()
    assert department.recalculations() == []
    department.follow()
    assert department.moves() == WORKED_CASE_5


class Killed(BaseException):
    """The process is gone."""


def killed_after_one_case(department: Department, monkeypatch: pytest.MonkeyPatch) -> None:
    carry_on = calendar_desk._Recalculation.carry_on
    turns = iter([True, False])

    def killed(self: Any, cases: Any) -> None:
        if not next(turns):
            raise Killed
        carry_on(self, cases)

    department.calendar = make_calendar_desk(department.desk, at_once=1)
    with monkeypatch.context() as patched:
        patched.setattr(calendar_desk._Recalculation, "carry_on", killed)
        with pytest.raises(Killed):
            department.calendar.round()


def test_one_killed_in_the_middle_is_taken_up_where_it_stood(
    department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = department.desk
    desk.execute(announce())
    run_out(department.runner)
    killed_after_one_case(department, monkeypatch)
    assert department.recalculations() == [(3, 1, False)]
    department.calendar = make_calendar_desk(desk)
    department.calendar.round()
    department.follow()
    assert department.moves() == WORKED_CASE_5
    (progress,) = department.recalculations()
    assert progress[0] == progress[1]
    assert progress[2]


ANOTHER = AnnounceCalendarDecision(
    act="İkinci qərar",
    announced_on=date(2025, 2, 15),
    days=(DecidedDay(on=date(2025, 3, 5), kind=DayKind.OFF, reason="exchange"),),
)


def test_a_decision_half_followed_when_another_comes_is_followed_to_its_end(
    department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    department.desk.execute(announce())
    run_out(department.runner)
    killed_after_one_case(department, monkeypatch)
    department.desk.execute(announce(ANOTHER, UUID(int=0xDEC152)))
    department.follow()
    department.follow()
    after = department.desk.terms.calendar
    for day, case in ((3, STUDY_3_FEB), (5, STUDY_5_FEB), (6, STUDY_6_FEB)):
        assert department.due(case) == after.add_working_days(date(2025, 2, day), 30)
    assert [move[0] for move in department.moves()].count(STUDY_3_FEB) == 2
    (first, second) = department.recalculations()
    assert first == (3, 3, True)
    assert second[2]


def test_a_case_that_was_asked_before_is_counted_once(
    department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = department.desk
    extend = ExtendTerm(length=5, reason="Əlavə araşdırma", applicant_notified_on=date(2025, 2, 15))
    desk.execute(order(CaseKind.APPEAL, STUDY_3_FEB, extend, HEAD))
    desk.execute(announce())
    run_out(department.runner)
    killed_after_one_case(department, monkeypatch)
    assert department.recalculations() == [(3, 1, False)]
    department.calendar = make_calendar_desk(desk)
    department.follow()
    assert department.recalculations() == [(3, 3, True)]


def test_the_desk_terms_of_an_assigned_appeal_follow_when_it_is_returned(
    department: Department,
) -> None:
    desk, case_id = department.desk, uuid4()
    desk.execute(register_appeal(case_id, received_at=at(date(2025, 2, 15))))
    desk.execute(assign_appeal(case_id))
    day_off = DecidedDay(on=date(2025, 2, 18), kind=DayKind.OFF, reason="exchange")
    desk.execute(announce(replace(EXCHANGE, days=(day_off,))))
    department.follow()
    desk.execute(order(CaseKind.APPEAL, case_id, ReturnAppeal(reason="bizim deyil"), EXECUTOR))
    department.follow()
    found = (due_dates.Row(*row) for row in rows_of(department.database, MODELS[1]))
    rows = {row.clock: row for row in found if row.case_id == case_id}
    for clock in ("forward", "no-consideration"):
        assert rows[clock].running
        assert rows[clock].calendar_version == desk.terms.calendar.version


def test_what_is_no_refusal_leaves_the_round_open(
    department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    department.desk.execute(announce())
    run_out(department.runner)
    moved_by = recalculation.moved_by

    def fails(terms: Terms, clocks: dict[str, Due]) -> Any:
        if clocks["answer"].since == date(2025, 2, 5):
            raise ZeroDivisionError
        return moved_by(terms, clocks)

    monkeypatch.setattr(MovingGroups, "moves", lambda *_: None)
    with monkeypatch.context() as patched:
        patched.setattr(recalculation, "moved_by", fails)
        with pytest.raises(ZeroDivisionError):
            department.calendar.round()
    assert [finished for *_, finished in department.recalculations()] == [False]
    with psycopg.connect(department.database) as conn:
        assert conn.execute("SELECT FROM karguzar.refused_orders").fetchall() == []
    department.follow()
    assert department.moves() == WORKED_CASE_5
    assert department.recalculations() == [(3, 3, True)]


def test_the_decisions_waiting_are_found_by_their_index(department: Department) -> None:
    with psycopg.connect(department.database) as conn:
        conn.execute("SET enable_seqscan = off")
        plan = conn.execute("EXPLAIN " + calendar_desk._WAITING).fetchall()
    text = "\n".join(line for (line,) in plan)
    assert "register_events_calendar_decisions" in text
    assert "Seq Scan on register_events" not in text


def test_terms_may_be_read_for_as_long_as_it_takes(department: Department) -> None:
    with (
        department.desk.log.datastore.get_connection() as conn,
        running_terms(conn, date(2025, 3, 1), date(2025, 3, 2)),
    ):
        (timeout,) = conn.cursor(row_factory=tuple_row).execute(
            "SHOW idle_in_transaction_session_timeout"
        ).fetchone() or ("",)
    assert timeout == "0"


def test_two_processes_at_once_move_each_case_once(department: Department) -> None:
    desks = [department.desk, new_desk(department.database, terms=BEFORE)]
    desks[1].clock = department.desk.clock
    for number in range(300):
        day = date(2025, 2, 3 + number % 4)
        register_study(department.desk, UUID(int=1000 + number), day)
    move_to(department.desk, date(2025, 2, 15))
    desks[1].clock = department.desk.clock
    department.desk.execute(announce())
    run_out(department.runner)
    both = [make_calendar_desk(desk, at_once=20) for desk in desks]
    threads = [threading.Thread(target=each.round) for each in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    department.follow()
    moved = [move[0] for move in department.moves()]
    assert len(moved) == len(set(moved)) == 303
    assert [finished for *_, finished in department.recalculations()] == [True]
    desks[1].close()


def test_orders_and_the_short_way_record_the_same(department: Department) -> None:
    desk = department.desk
    receipt = desk.execute(announce())
    run_out(department.runner)
    (change,) = department.calendar.waiting()
    assert change.position == receipt.position
    desk.execute(order_of(change, "appeal", STUDY_5_FEB))
    department.follow()
    moved = {r.originator_id: r for r in recorded_by(desk) if isinstance(r.event, DueDatesMoved)}
    asked, short = moved[STUDY_5_FEB], moved[STUDY_3_FEB]
    for field in ("kind", "actor", "unit", "client", "on_behalf_of", "cause_id", "reason"):
        assert getattr(asked, field) == getattr(short, field)
    assert short.command_id == uuid5(change.event_id, STUDY_3_FEB.hex)
    assert short.correlation_id == STUDY_3_FEB
    again = desk.execute(order_of(change, "appeal", STUDY_3_FEB))
    assert (again.position, again.version) == (short.position, short.originator_version)


def test_what_cannot_be_recomputed_is_shown_and_holds_nothing_up(
    department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = department.desk
    desk.execute(announce())
    run_out(department.runner)
    recompute = Terms.recompute

    def fails(self: Terms, due: Due) -> Due:
        if due.since == date(2025, 2, 5):
            raise CalendarMissing("outside")
        return recompute(self, due)

    monkeypatch.setattr(Terms, "recompute", fails)
    department.follow()
    assert department.moves() == [WORKED_CASE_5[0], WORKED_CASE_5[2]]
    with psycopg.connect(department.database) as conn:
        refused = conn.execute("SELECT policy, refusal FROM karguzar.refused_orders").fetchall()
    assert refused == [("calendar-decision", "CalendarMissing")]
    assert [finished for *_, finished in department.recalculations()] == [True]
