"""The watch over the clocks: what a clock needs on a day, and that each notice is given once."""

import threading
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import OperationalError

from application import clock_watch
from application.clock_watch import ClockWatch, Mark, Tick
from application.desk import Desk
from application.orders import Order
from application.rounds import Rounds
from application.watch import Heads, horizon, recipients, steps_reached
from domain.answer_term import ExtendTerm
from domain.appeal import WithdrawAppeal
from domain.case import CaseKind
from domain.information import AskForInformation
from domain.notice import DeadlineNoticeGiven
from infra.ladder import read_ladder
from projections import due_dates, register
from projections.history import tell
from projections.readmodel import ReadModel
from projections.running_clocks import RunningClock, running_clocks
from projections.telling import Names
from tests.desks import new_desk, recorded_by
from tests.domain.spec import BAKU, NOON, PLAIN_CALENDAR
from tests.orders import (
    EXECUTOR,
    HEAD,
    REGISTRAR,
    accept_appeal,
    assign_appeal,
    give_assignment,
    order,
    register_appeal,
)
from tests.projections.logs import run_out, runner_for, tracking_in

LADDER = read_ladder()
HEADS = Heads(
    heads={"pensions": "pensions-head", "social": "social-head", "agency": "director"},
    parents={"agency": None, "social": "agency", "pensions": "social", "records": "agency"},
    leaders=("minister", "deputy-minister"),
)
ANSWER_DUE = date(2026, 4, 27)
"""Fifteen working days from the tests' Monday, 6 April."""
WORKERS = ("aliyev", "mammadov")


def clock(name: str = "answer", due_on: date = ANSWER_DUE, **changes: Any) -> RunningClock:
    fields: dict[str, Any] = {
        "due_on": due_on,
        "case_id": UUID(int=1),
        "clock": name,
        "kind": "appeal",
        "unit": "pensions",
        "official": "mammadov",
        "home": "records",
        "case_unit": "pensions",
        "executors": ["mammadov"],
        "controller": "inspector",
        **changes,
    }
    return RunningClock(**fields)


def needed(today: date, name: str = "answer", due_on: date = ANSWER_DUE) -> dict[str, int]:
    return {
        step.name: left for step, left in steps_reached(LADDER, name, due_on, today, PLAIN_CALENDAR)
    }


def told(step_name: str, on: RunningClock) -> list[str]:
    (step,) = (step for step in LADDER if step.name == step_name)
    return [f"{each.official} as {each.role}" for each in recipients(step, on, HEADS)]


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 4, 17), {}),
        (date(2026, 4, 20), {"five-days-left": 5}),
        (date(2026, 4, 22), {"five-days-left": 3}),
        (date(2026, 4, 23), {"two-days-left": 2}),
        (date(2026, 4, 26), {"two-days-left": 1}),
        (date(2026, 4, 27), {"due-today": 0}),
        (date(2026, 4, 28), {"overdue": -1}),
        (date(2026, 4, 30), {"overdue": -3, "escalated-to-controller": -3}),
        (date(2026, 5, 4), {"overdue": -5, "escalated-to-leadership": -5}),
        (date(2026, 8, 3), {"overdue": -70, "escalated-to-leadership": -70}),
    ],
)
def test_a_clock_climbs_the_ladder_step_by_step(today: date, expected: dict[str, int]) -> None:
    assert needed(today) == expected


def test_what_was_due_before_a_weekend_is_late_on_the_next_working_day_only() -> None:
    friday = date(2026, 4, 24)
    assert needed(friday + timedelta(days=1), due_on=friday) == {}
    assert needed(friday + timedelta(days=3), due_on=friday) == {"overdue": -1}


def test_information_is_called_for_and_its_steps_are_its_own() -> None:
    name = f"information:{UUID(int=9)}"
    assert needed(date(2026, 4, 27), name) == {"information-due-today": 0}
    assert needed(date(2026, 4, 28), name) == {"chased": -1}
    assert needed(date(2026, 4, 30), name) == {"chased-again": -3}


def test_a_clock_that_no_step_names_needs_nothing() -> None:
    assert needed(date(2026, 4, 28), "coffee") == {}


@pytest.mark.parametrize("today", [date(2026, 4, 6) + timedelta(days=n) for n in range(7)])
def test_no_step_is_reached_beyond_the_horizon(today: date) -> None:
    until = horizon(LADDER, today, PLAIN_CALENDAR)
    assert needed(today, due_on=until) == {"five-days-left": 5}
    assert needed(today, due_on=until + timedelta(days=1)) == {}


def test_the_executor_is_warned_first_and_then_all_the_way_up() -> None:
    assert told("two-days-left", clock()) == ["mammadov as executor"]
    assert told("overdue", clock()) == ["mammadov as executor", "pensions-head as unit-head"]
    assert told("escalated-to-leadership", clock()) == [
        "pensions-head as unit-head",
        "inspector as controller",
        "minister as leader",
        "deputy-minister as leader",
    ]


def test_what_nobody_was_given_yet_is_the_heads() -> None:
    fresh = clock(official=None, unit="records", executors=[], controller=None)
    assert told("overdue", fresh) == ["director as executor"]


def test_a_head_who_is_late_is_escalated_to_the_head_above() -> None:
    assert told("escalated-to-controller", clock(official="pensions-head", controller=None)) == [
        "social-head as unit-head"
    ]


def test_a_unit_that_was_asked_is_chased_through_its_head_and_whoever_asked_knows() -> None:
    asked = clock("information:1", unit="social", official=None)
    assert told("chased-again", asked) == [
        "social-head as asked-unit",
        "mammadov as executor",
        "pensions-head as unit-head",
    ]


def test_another_body_that_was_asked_is_chased_by_whoever_has_the_case() -> None:
    asked = clock("information:1", unit=None, official=None)
    assert told("chased", asked) == ["mammadov as asked-unit"]


def test_nobody_is_told_where_nobody_is_known() -> None:
    lost = clock(official=None, unit="nowhere", executors=[], controller=None)
    (step,) = (step for step in LADDER if step.name == "escalated-to-controller")
    assert recipients(step, lost, HEADS) == ()


class Watched:
    """A register with its lists and a watch over its clocks."""

    def __init__(self, desk: Desk, database: str) -> None:
        self.desk = desk
        self.database = database
        models = [ReadModel.of(module) for module in (register, due_dates)]
        self._runner = runner_for(desk, database, tracking_in(database), models)
        self.watch = self.another_watch()

    def another_watch(self, desk: Desk | None = None, heads: Heads = HEADS) -> ClockWatch:
        desk = desk or self.desk

        def clocks(until: date, after: Mark | None, limit: int) -> Sequence[RunningClock]:
            with desk.log.datastore.get_connection() as conn:
                return running_clocks(conn, until, after, limit)

        return ClockWatch(desk, LADDER, clocks, lambda: heads)

    def done(self, *orders: Order) -> None:
        for each in orders:
            self.desk.execute(each)

    def folded(self, *orders: Order) -> None:
        self.done(*orders)
        run_out(self._runner)

    def on(self, day: date) -> None:
        """It is noon of *day*."""
        self.desk.clock = lambda: NOON + (day - NOON.date())

    def tick(self) -> Tick:
        tick = self.watch.tick()
        run_out(self._runner)
        return tick

    @property
    def notices(self) -> list[tuple[str, date, int, tuple[str, ...]]]:
        """Step, due date, working days left and who was told, in the order of the log."""
        return [
            (
                event.step,
                event.due_on,
                event.working_days_left,
                tuple(each.official for each in event.recipients),
            )
            for recorded in recorded_by(self.desk)
            if isinstance(event := recorded.event, DeadlineNoticeGiven)
        ]

    @property
    def steps(self) -> list[str]:
        return [step for step, *_ in self.notices]


@pytest.fixture
def watched(desk: Desk, database: str) -> Watched:
    return Watched(desk, database)


@pytest.fixture
def in_work(watched: Watched) -> UUID:
    """An appeal that mammadov of the pensions unit has to answer by 27 April."""
    case = uuid4()
    watched.folded(register_appeal(case), assign_appeal(case), accept_appeal(case))
    return case


def test_each_step_of_the_ladder_is_given_once_as_the_days_go_by(
    watched: Watched, in_work: UUID
) -> None:
    for days in range(31):
        watched.on(NOON.date() + timedelta(days=days))
        watched.tick()
        watched.tick()
    assert watched.notices == [
        ("five-days-left", ANSWER_DUE, 5, ("mammadov",)),
        ("two-days-left", ANSWER_DUE, 2, ("mammadov",)),
        ("due-today", ANSWER_DUE, 0, ("mammadov",)),
        ("overdue", ANSWER_DUE, -1, ("mammadov", "pensions-head")),
        ("escalated-to-controller", ANSWER_DUE, -3, ("pensions-head",)),
        (
            "escalated-to-leadership",
            ANSWER_DUE,
            -5,
            ("pensions-head", "minister", "deputy-minister"),
        ),
    ]
    assert {r.originator_id for r in recorded_by(watched.desk)} == {in_work}


@pytest.mark.usefixtures("in_work")
def test_after_a_downtime_only_what_holds_now_is_told(watched: Watched) -> None:
    watched.on(date(2026, 5, 4))
    assert watched.tick() == Tick(given=2)
    assert watched.steps == ["overdue", "escalated-to-leadership"]


@pytest.mark.usefixtures("in_work")
def test_after_a_restart_nothing_is_given_again_on_whatever_day(watched: Watched) -> None:
    watched.on(date(2026, 4, 20))
    watched.tick()
    watched.on(date(2026, 4, 21))
    assert watched.another_watch().tick() == Tick()
    assert watched.steps == ["five-days-left"]


@pytest.mark.usefixtures("in_work")
def test_two_watches_that_tick_at_once_give_each_notice_once(watched: Watched) -> None:
    cases = [uuid4() for _ in range(30)]
    watched.folded(
        *(register_appeal(case) for case in cases), *(assign_appeal(case) for case in cases)
    )
    watched.on(date(2026, 5, 4))
    other = new_desk(watched.database)
    other.clock = lambda: NOON + timedelta(days=29)
    watches = [watched.watch, watched.another_watch(other)]
    together = threading.Barrier(2)
    ticks: list[Tick] = []

    def tick(watch: ClockWatch) -> None:
        together.wait()
        ticks.append(watch.tick())

    threads = [threading.Thread(target=tick, args=(watch,)) for watch in watches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert len(ticks) == 2
    assert sorted(watched.steps) == ["escalated-to-leadership"] * 31 + ["overdue"] * 31


def test_an_extended_term_is_watched_anew(watched: Watched, in_work: UUID) -> None:
    watched.on(date(2026, 4, 23))
    watched.tick()
    extend = ExtendTerm(reason="əlavə məlumat", applicant_notified_on=date(2026, 4, 23), length=5)
    watched.folded(order(CaseKind.APPEAL, in_work, extend, HEAD))
    watched.tick()
    assert watched.steps == ["two-days-left"]
    watched.on(date(2026, 4, 30))
    watched.tick()
    assert [(step, due_on) for step, due_on, *_ in watched.notices] == [
        ("two-days-left", ANSWER_DUE),
        ("two-days-left", date(2026, 5, 4)),
    ]


def test_lists_that_lag_behind_an_extension_make_no_wrong_notice(
    watched: Watched, in_work: UUID
) -> None:
    watched.on(date(2026, 4, 27))
    extend = ExtendTerm(reason="əlavə məlumat", applicant_notified_on=date(2026, 4, 27))
    watched.done(order(CaseKind.APPEAL, in_work, extend, HEAD))
    assert watched.watch.tick() == Tick(refused=1)
    assert watched.tick() == Tick(), "it is not tried again at once"
    assert watched.steps == []


def test_nobody_is_told_of_a_case_that_has_ended(watched: Watched, in_work: UUID) -> None:
    withdraw = WithdrawAppeal(asked_on=NOON.date())
    watched.done(order(CaseKind.APPEAL, in_work, withdraw, HEAD))
    watched.on(date(2026, 5, 4))
    assert watched.watch.tick() == Tick(refused=2), "the lists don't know of it yet"
    watched.folded()
    assert watched.another_watch().tick() == Tick()
    assert watched.steps == []


def test_of_a_confidential_case_only_those_who_work_on_it_hear(watched: Watched) -> None:
    case = uuid4()
    watched.folded(register_appeal(case, confidential=True), assign_appeal(case, by=REGISTRAR))
    watched.on(date(2026, 4, 28))
    assert watched.tick() == Tick(given=1)
    assert watched.notices == [("overdue", ANSWER_DUE, -1, ("mammadov",))]
    watched.on(date(2026, 5, 4))
    assert watched.tick() == Tick(given=1)
    assert watched.notices[1:] == [("escalated-to-leadership", ANSWER_DUE, -5, WORKERS)]


def test_of_a_confidential_case_in_nobodys_hands_whoever_registered_it_hears(
    watched: Watched,
) -> None:
    watched.folded(register_appeal(confidential=True))
    watched.on(date(2026, 4, 27))
    watched.tick()
    assert watched.steps
    assert {told for *_, told in watched.notices} == {("aliyev",)}


def test_an_executor_who_takes_over_late_hears_of_the_steps_already_given(
    watched: Watched, in_work: UUID
) -> None:
    watched.on(date(2026, 4, 28))
    assert watched.tick() == Tick(given=1)
    watched.folded(assign_appeal(in_work, main_executor="quliyev"))
    assert watched.tick() == Tick(given=1)
    assert watched.tick() == Tick()
    assert [told for *_, told in watched.notices] == [
        ("mammadov", "pensions-head"),
        ("quliyev",),
    ]
    assert watched.another_watch().tick() == Tick()


def test_a_head_who_is_complained_of_hears_nothing(watched: Watched) -> None:
    case = uuid4()
    complaint = register_appeal(case, complained_of=("director",))
    watched.folded(complaint, assign_appeal(case))
    watched.on(date(2026, 4, 28))
    director = Heads(heads={"pensions": "director"}, parents={"pensions": None}, leaders=())
    watched.another_watch(heads=director).tick()
    assert watched.notices == [("overdue", ANSWER_DUE, -1, ("mammadov",))]


def test_a_unit_that_was_asked_for_information_is_chased(watched: Watched, in_work: UUID) -> None:
    ask = AskForInformation(question="Stajı neçə ildir?", due_on=date(2026, 4, 10), unit="social")
    watched.folded(order(CaseKind.APPEAL, in_work, ask, EXECUTOR))
    watched.on(date(2026, 4, 13))
    watched.tick()
    assert watched.notices == [("chased", date(2026, 4, 10), -1, ("social-head", "mammadov"))]


def test_an_assignment_is_watched_like_an_appeal(watched: Watched) -> None:
    watched.folded(give_assignment(under_control=True, due_on=date(2026, 4, 10)))
    watched.on(date(2026, 4, 15))
    watched.tick()
    assert watched.notices == [
        ("overdue", date(2026, 4, 10), -3, ("mammadov", "pensions-head")),
        ("escalated-to-controller", date(2026, 4, 10), -3, ("pensions-head", "controller")),
    ]


def test_a_tick_that_dies_halfway_is_carried_on_by_the_next(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [uuid4() for _ in range(5)]
    watched.folded(
        *(register_appeal(case) for case in cases), *(assign_appeal(case) for case in cases)
    )
    watched.on(date(2026, 4, 20))
    monkeypatch.setattr(clock_watch, "BATCH", 2)
    real, batches = watched.desk.execute_batch, iter([True, False])

    def breaks_off(orders: Sequence[Order]) -> Any:
        if next(batches, True):
            return real(orders)
        raise OperationalError

    monkeypatch.setattr(watched.desk, "execute_batch", breaks_off)
    with pytest.raises(OperationalError):
        watched.watch.tick()
    assert len(watched.steps) == 2
    assert watched.tick() == Tick(given=3)
    assert watched.steps == ["five-days-left"] * 5


def test_a_case_that_can_not_be_read_holds_up_no_other_and_is_not_passed_over_in_silence(
    watched: Watched, in_work: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = uuid4()
    watched.folded(register_appeal(other), assign_appeal(other))
    watched.on(date(2026, 4, 20))
    real = watched.desk.execute_batch

    def one_fails(orders: Sequence[Order]) -> Any:
        outcomes = real([each for each in orders if each.case_id != in_work])
        return [
            ValueError("unreadable") if each.case_id == in_work else outcomes.pop()
            for each in orders
        ]

    monkeypatch.setattr(watched.desk, "execute_batch", one_fails)
    with pytest.raises(ValueError, match="unreadable"):
        watched.watch.tick()
    assert watched.steps == ["five-days-left"]


def test_what_is_due_later_is_not_even_read(watched: Watched, in_work: UUID) -> None:
    watched.on(date(2026, 4, 17))
    until = horizon(LADDER, date(2026, 4, 17), PLAIN_CALENDAR)
    with psycopg.connect(watched.database) as conn:
        assert running_clocks(conn, until, None, 10) == []
        (found,) = running_clocks(conn, ANSWER_DUE, None, 10)
        mark = (found.due_on, found.case_id, found.clock)
        assert running_clocks(conn, ANSWER_DUE, mark, 10) == []
    assert (found.case_id, found.official, found.executors) == (in_work, "mammadov", ["mammadov"])


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (
            "en",
            (
                "A notice was given on a due date: answer, 27 April 2026 (overdue). "
                "Told: mammadov (executor), pensions-head (head of the unit)."
            ),
        ),
        (
            "az",
            (
                "Müddət barədə bildiriş verildi: cavab, 27.04.2026 (müddət ötüb). "
                "Bildiriş alanlar: mammadov (icraçı), pensions-head (şöbə rəhbəri)."
            ),
        ),
    ],
)
def test_the_history_tells_who_was_told(
    watched: Watched, in_work: UUID, code: str, sentence: str
) -> None:
    watched.on(date(2026, 4, 28))
    watched.tick()
    last = recorded_by(watched.desk)[-1]
    assert tell(last, code, Names(officials={}, units={}, time_zone=BAKU)).sentence == sentence
    assert (last.originator_id, last.actor, last.client) == (
        in_work,
        "clock-watch",
        "karguzar-watch",
    )


@pytest.fixture
def stopped(database: str) -> Callable[[], list[tuple[str, str, int]]]:
    def read() -> list[tuple[str, str, int]]:
        with psycopg.connect(database) as conn:
            return conn.execute(
                "SELECT name, error, tries FROM karguzar.stopped_consumers"
            ).fetchall()

    return read


def test_a_failing_round_is_shown_until_one_succeeds(
    database: str, stopped: Callable[[], list[tuple[str, str, int]]]
) -> None:
    outcomes: list[Exception | None] = [ValueError(), ValueError(), None]

    def work() -> None:
        if outcome := outcomes.pop(0):
            raise outcome

    rounds = Rounds(
        "clock-watch", work, tracking_in(database), seconds=60, leads=lambda: bool(outcomes)
    )
    assert rounds.round() < 60, "a failed round is tried again sooner"
    rounds.round()
    assert stopped() == [("clock-watch", "ValueError", 2)]
    rounds.round()
    assert stopped() == []
    rounds.round()  # it doesn't lead any more: the work would fail, for nothing is left of it
