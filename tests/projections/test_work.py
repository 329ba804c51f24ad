import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from msgspec.structs import replace

from application.access import Organisation, sight_sql
from application.desk import Desk
from domain.answer_term import ExtendTerm, ResumeTerm, SuspendTerm
from domain.appeal import (
    AppealKind,
    DispatchReply,
    DispatchWay,
    ForwardAppeal,
    Ground,
    LeaveUnconsidered,
    ReclassifyAppeal,
    ReturnAppeal,
    TakeUpAgain,
)
from domain.applicant import Represented
from domain.assignment import (
    AcceptAssignment,
    CoExecutor,
    ContributeToAssignment,
    ReturnResult,
    SubmitResult,
)
from domain.case import CaseKind, Command, Person
from domain.control import PutUnderControl
from domain.information import AskForInformation, RecordInformation
from domain.media_inquiry import AcknowledgeMediaInquiry, NameSpokesperson, Way
from domain.reception import TakeInWrittenAppeal
from domain.reply import (
    DraftReply,
    InitialReply,
    ReturnReply,
    ReviseReply,
    SignReply,
    digest_of,
)
from projections import READ_MODELS
from projections.due_dates import DueFilter, due_dates_of_case, list_due
from projections.pages import CursorInvalid
from projections.parties import cases_of_person
from projections.work import Work, my_work, work_of_units
from tests.domain.spec import BAKU, NOON
from tests.orders import (
    AUDITOR,
    CONTROLLER,
    EXECUTOR,
    HEAD,
    SYSTEM,
    accept_appeal,
    assign_appeal,
    at_reception,
    call_visitor,
    caller,
    give_assignment,
    open_reception,
    order,
    plan_reception,
    receive_media_inquiry,
    register_appeal,
    register_visit,
    start_hearing,
)
from tests.projections.logs import run_out, runner_for, tracking_in

TEXT = "Hörmətli Rəşad müəllim"
DUE = date(2026, 4, 27)


class Office:
    """A desk, and what its lists show."""

    def __init__(self, desk: Desk, database: str, runner: Any, organisation: Organisation) -> None:
        self.desk, self.database, self._runner = desk, database, runner
        self._organisation = organisation

    def does(self, *orders: Any) -> UUID:
        receipts = [self.desk.execute(each) for each in orders]
        run_out(self._runner)
        return receipts[0].id

    def asks(self, query: Any, *arguments: Any, by: Any = AUDITOR, **how: Any) -> Any:
        sight = sight_sql(by, self._organisation)

        async def ask() -> Any:
            async with await psycopg.AsyncConnection.connect(self.database) as conn:
                return await query(conn, *arguments, *sight, **how)

        return asyncio.run(ask())

    def work_of(self, official: str) -> list[tuple[str, date | None]]:
        return [(w.duty, w.due_on) for w in self.asks(my_work, [official]).rows]

    def work_in(self, *units: str) -> list[tuple[str, str | None]]:
        return [(w.duty, w.official) for w in self.asks(work_of_units, units).rows]

    def clocks_of(self, case: UUID) -> dict[str, tuple[date, bool, date | None]]:
        async def ask() -> Any:
            async with await psycopg.AsyncConnection.connect(self.database) as conn:
                return await due_dates_of_case(conn, case)

        rows, _ = asyncio.run(ask())
        return {row.clock: (row.due_on, row.running, row.met_on) for row in rows}


@pytest.fixture
def office(desk: Desk, database: str, organisation: Organisation) -> Iterator[Office]:
    tracking = tracking_in(database)
    runner = runner_for(desk, database, tracking, READ_MODELS)
    yield Office(desk, database, runner, organisation)
    tracking.datastore.close()


def on_appeal(case: UUID, command: Command, by: str = "mammadov", unit: str = "pensions") -> Any:
    return order(CaseKind.APPEAL, case, command, caller(by, unit, *SYSTEM.roles))


def test_an_appeal_goes_from_list_to_list(office: Office) -> None:
    case = office.does(register_appeal())
    assert office.work_in("records") == [("assign-appeal", None)]
    office.does(assign_appeal(case, co_executors=("rzayeva",), internal_due_on=date(2026, 4, 15)))
    assert office.work_in("records") == []
    assert office.work_in("pensions") == [("accept-appeal", None)]
    office.does(accept_appeal(case))
    assert office.work_of("mammadov") == [("do-appeal", date(2026, 4, 15))]
    assert office.work_of("rzayeva") == [("contribute:rzayeva", date(2026, 4, 15))]
    draft = DraftReply(text=TEXT, initials_by=("huseynova",), signatory="director")
    office.does(on_appeal(case, draft))
    assert office.work_of("mammadov") == []
    assert office.work_of("huseynova") == [("initial-reply", date(2026, 4, 15))]
    returned = ReturnReply(digest=digest_of(TEXT), reason="qısaldın")
    office.does(on_appeal(case, returned, "huseynova"))
    assert office.work_of("mammadov") == [("revise-reply", date(2026, 4, 15))]
    office.does(
        on_appeal(case, ReviseReply(text="Qısa")),
        on_appeal(case, InitialReply(digest=digest_of("Qısa")), "huseynova"),
    )
    assert office.work_of("director") == [("sign-reply", date(2026, 4, 15))]
    office.does(on_appeal(case, SignReply(digest=digest_of("Qısa")), "director"))
    assert office.work_of("mammadov") == [("dispatch-reply", date(2026, 4, 15))]
    dispatch = DispatchReply(letter_number="12", dispatched_on=NOON.date(), way=DispatchWay.POST)
    office.does(on_appeal(case, dispatch))
    assert office.work_in("pensions", "records") == [("close-case", None)]
    assert office.clocks_of(case)["answer"] == (DUE, False, NOON.date())


def test_an_extended_term_moves_the_duty_and_the_clock(office: Office) -> None:
    case = office.does(register_appeal())
    assert office.clocks_of(case)["answer"] == (DUE, True, None)
    extend = ExtendTerm(reason="sorğu", applicant_notified_on=NOON.date(), length=5)
    office.does(on_appeal(case, extend))
    assert office.clocks_of(case)["answer"] == (date(2026, 5, 4), True, None)
    (work,) = office.asks(work_of_units, ["records"]).rows
    assert work.due_on == date(2026, 5, 4)


FORWARD_BY, REFUSE_BY = date(2026, 4, 9), date(2026, 4, 13)


def test_registration_met_its_own_clock_and_starts_those_of_the_desk(office: Office) -> None:
    case = office.does(register_appeal())
    assert office.clocks_of(case) == {
        "answer": (DUE, True, None),
        "register": (NOON.date(), False, NOON.date()),
        "forward": (FORWARD_BY, True, None),
        "no-consideration": (REFUSE_BY, True, None),
    }


def test_the_clocks_of_the_desk_stop_with_an_assignment_and_run_again_when_it_comes_back(
    office: Office,
) -> None:
    case = office.does(register_appeal())
    office.does(assign_appeal(case))
    stopped = office.clocks_of(case)
    assert stopped["forward"] == (FORWARD_BY, False, None)
    assert stopped["no-consideration"] == (REFUSE_BY, False, None)
    office.does(on_appeal(case, ReturnAppeal(reason="bizə aid deyil")))
    again = office.clocks_of(case)
    assert again["forward"] == (FORWARD_BY, True, None)
    assert again["no-consideration"] == (REFUSE_BY, True, None)


def test_forwarding_meets_its_clock_and_ends_the_others(office: Office) -> None:
    case = office.does(register_appeal())
    forward = ForwardAppeal(
        body="Nazirlik",
        letter_number="5/1",
        letter_date=NOON.date(),
        reason="aidiyyəti",
        applicant_notified_on=NOON.date(),
    )
    office.does(on_appeal(case, forward))
    clocks = office.clocks_of(case)
    assert clocks["forward"] == (FORWARD_BY, False, NOON.date())
    assert not clocks["no-consideration"][1]
    assert not clocks["answer"][1]


def test_an_appeal_taken_up_again_has_a_new_term_and_nothing_to_forward(office: Office) -> None:
    case = office.does(register_appeal())
    leave = LeaveUnconsidered(
        ground=Ground.FORM_REQUIREMENTS, reason="imza yoxdur", applicant_notified_on=NOON.date()
    )
    office.does(on_appeal(case, leave))
    assert office.clocks_of(case)["no-consideration"] == (REFUSE_BY, False, NOON.date())
    office.does(on_appeal(case, TakeUpAgain(reason="imzalandı")))
    office.does(assign_appeal(case))
    office.does(on_appeal(case, ReturnAppeal(reason="bizə aid deyil")))
    running = {clock for clock, (_, runs, _) in office.clocks_of(case).items() if runs}
    assert running == {"answer"}


def test_a_reclassified_appeal_is_forwarded_by_the_rule_of_its_new_kind(office: Office) -> None:
    case = office.does(register_appeal())
    request = ReclassifyAppeal(kind=AppealKind.INFORMATION_REQUEST, reason="sənəd istəyir")
    office.does(on_appeal(case, request))
    assert office.clocks_of(case)["answer"] == (date(2026, 4, 15), True, None)
    assert office.clocks_of(case)["forward"] == (date(2026, 4, 13), True, None)


def test_a_suspended_term_is_in_no_list_until_it_runs_on(office: Office) -> None:
    case = office.does(register_appeal(kind=AppealKind.INFORMATION_REQUEST))
    suspend = SuspendTerm(
        ground="request-corrected", reason="aydın deyil", applicant_notified_on=NOON.date()
    )
    office.does(on_appeal(case, suspend))
    assert not office.clocks_of(case)["answer"][1]
    (work,) = office.asks(work_of_units, ["records"]).rows
    assert work.due_on is None
    office.does(on_appeal(case, ResumeTerm(reason="dəqiqləşdirildi")))
    assert office.clocks_of(case)["answer"] == (date(2026, 4, 15), True, None)
    (work,) = office.asks(work_of_units, ["records"]).rows
    assert work.due_on == date(2026, 4, 15)


def test_information_asked_of_a_unit_is_its_duty_until_it_is_given(office: Office) -> None:
    case = office.does(register_appeal())
    asked = AskForInformation(question="Stajı?", due_on=date(2026, 4, 9), unit="social")
    office.does(on_appeal(case, asked))
    ((duty, _),) = office.work_in("social")
    request = UUID(duty.removeprefix("give-information:"))
    assert office.clocks_of(case)[f"information:{request}"] == (date(2026, 4, 9), True, None)
    answer = RecordInformation(request_id=request, answer="9 il", received_on=NOON.date())
    office.does(on_appeal(case, answer))
    assert office.work_in("social") == []
    assert office.clocks_of(case)[f"information:{request}"][1:] == (False, NOON.date())


def test_an_assignment_asks_its_executors_and_then_its_controller(office: Office) -> None:
    rzayeva = CoExecutor(official="rzayeva", unit="social", due_on=date(2026, 4, 10))
    case = office.does(give_assignment(co_executors=(rzayeva,), under_control=True))
    assert office.work_of("mammadov") == [("accept-assignment", date(2026, 4, 20))]
    assert office.work_of("rzayeva") == [("contribute:rzayeva", date(2026, 4, 10))]

    def does(command: Command, by: str) -> None:
        who = caller(by, "pensions", *SYSTEM.roles)
        office.does(order(CaseKind.ASSIGNMENT, case, command, who))

    does(AcceptAssignment(), "mammadov")
    does(ContributeToAssignment(text="Hissəm"), "rzayeva")
    assert office.work_of("rzayeva") == []
    assert office.clocks_of(case)["co-executor:rzayeva"][1:] == (False, NOON.date())
    does(SubmitResult(text="Hazırdır"), "mammadov")
    assert office.work_of("mammadov") == []
    assert office.work_of("controller") == [("judge-result", date(2026, 4, 20))]
    assert office.clocks_of(case)["assignment"] == (date(2026, 4, 20), False, NOON.date())


def test_a_part_that_is_missing_is_not_waited_for_while_the_result_is_judged(
    office: Office,
) -> None:
    rzayeva = CoExecutor(official="rzayeva", unit="pensions", due_on=date(2026, 4, 10))
    huseynova = CoExecutor(official="huseynova", unit="pensions", due_on=date(2026, 4, 13))
    case = office.does(give_assignment(co_executors=(rzayeva, huseynova)))

    def does(command: Command, by: str) -> None:
        who = caller(by, "pensions", *SYSTEM.roles)
        office.does(order(CaseKind.ASSIGNMENT, case, command, who))

    def running() -> set[str]:
        return {clock for clock, (_, runs, _) in office.clocks_of(case).items() if runs}

    does(AcceptAssignment(), "mammadov")
    does(ContributeToAssignment(text="Hissəm"), "rzayeva")
    assert running() == {"assignment", "co-executor:huseynova"}
    does(SubmitResult(text="Hazırdır"), "mammadov")
    assert running() == set()
    office.does(order(CaseKind.ASSIGNMENT, case, ReturnResult(reason="natamam"), CONTROLLER))
    assert running() == {"assignment", "co-executor:huseynova"}


def test_a_term_of_hours_is_listed_with_its_hour(office: Office) -> None:
    case = office.does(register_appeal(answer_rule="az-a-urg"))
    page = office.asks(list_due, DueFilter())
    [answer] = [found.due for found in page.rows if found.due.clock == "answer"]
    assert answer.case_id == case
    assert answer.due_at == NOON - timedelta(hours=1) + timedelta(days=1)
    assert answer.due_on == answer.due_at.astimezone(BAKU).date()


def test_an_inquiry_waits_to_be_acknowledged_and_routed(office: Office) -> None:
    case = office.does(receive_media_inquiry(outlet_deadline=NOON))
    assert office.work_in("press") == [("acknowledge-inquiry", None), ("route-inquiry", None)]
    acknowledge = AcknowledgeMediaInquiry(way=Way.EMAIL)
    office.does(order(CaseKind.MEDIA_INQUIRY, case, acknowledge, SYSTEM))
    assert office.work_in("press") == [("route-inquiry", None)]
    assert office.clocks_of(case)["outlet-deadline"] == (NOON.date(), True, None)


def test_a_control_asks_to_check_on_its_day(office: Office) -> None:
    case = office.does(register_appeal())
    control = PutUnderControl(reason="mühüm", check_on=date(2026, 4, 8))
    office.does(order(CaseKind.APPEAL, case, control, CONTROLLER))
    assert office.work_of("controller") == [("check", date(2026, 4, 8))]


def test_lists_show_what_is_in_sight_and_go_on_from_the_cursor(office: Office) -> None:
    for confidential in (False, False, True):
        case = office.does(register_appeal(confidential=confidential))
        office.does(assign_appeal(case, by=SYSTEM), accept_appeal(case))
    assert len(office.asks(my_work, ["mammadov"], by=EXECUTOR).rows) == 3
    assert len(office.asks(work_of_units, ["pensions"], by=CONTROLLER).rows) == 2
    seen: list[Work] = []
    cursor = None
    for _ in range(3):
        page = office.asks(my_work, ["mammadov"], by=EXECUTOR, cursor=cursor, limit=1)
        seen += page.rows
        cursor = page.cursor
    assert cursor is None
    assert len({work.case_id for work in seen}) == 3
    with pytest.raises(CursorInvalid):
        office.asks(my_work, ["mammadov"], cursor="x")


def test_what_is_due_is_listed_by_day_unit_and_official(office: Office) -> None:
    case = office.does(register_appeal())
    office.does(assign_appeal(case, internal_due_on=date(2026, 4, 15)))
    office.does(give_assignment())

    def due(**wanted: Any) -> list[tuple[str, date]]:
        page = office.asks(list_due, DueFilter(**wanted))
        return [(each.due.clock, each.due.due_on) for each in page.rows]

    internal, given = ("internal", date(2026, 4, 15)), ("assignment", date(2026, 4, 20))
    assert due(due_to=date(2026, 4, 20)) == [internal, given]
    assert due(due_from=date(2026, 4, 16), units=["pensions"]) == [given, ("answer", DUE)]
    assert due(officials=["mammadov"], kind="assignment") == [given]
    assert due(units=["press"]) == []
    first = office.asks(list_due, DueFilter(), limit=1)
    second = office.asks(list_due, DueFilter(), limit=1, cursor=first.cursor)
    assert [first.rows[0].due.clock, second.rows[0].due.clock] == ["internal", "assignment"]
    assert first.rows[0].due.rule == "chosen"


def test_a_persons_cases_are_found_over_all_kinds(office: Office) -> None:
    person, other = (Person(id=UUID(int=n), name="Ad") for n in (1, 2))
    office.does(
        register_appeal(
            applicant=Represented(person=person, representative=other, authority="etibarnamə")
        )
    )
    office.does(give_assignment(person_id=person.id))
    inquiry = office.does(receive_media_inquiry(journalist=person))
    reception = office.does(plan_reception())
    office.does(open_reception(reception), register_visit(reception, visitor=person))
    found, _ = office.asks(cases_of_person, person.id)
    assert {(each.case.kind, *each.parts) for each in found} == {
        ("appeal", "represented"),
        ("assignment", "concerned"),
        ("media-inquiry", "journalist"),
        ("reception", "visitor"),
    }
    assert [each.parts for each in office.asks(cases_of_person, other.id)[0]] == [
        ["representative"]
    ]
    for named in (other, Person(id=UUID(int=3), name="Ad")):
        office.does(order(CaseKind.MEDIA_INQUIRY, inquiry, NameSpokesperson(person=named), SYSTEM))
    assert len(office.asks(cases_of_person, other.id)[0]) == 1, "the later spokesperson counts"


def test_a_visit_and_what_came_of_it_are_one_thread(office: Office, desk: Desk) -> None:
    session = office.does(plan_reception())
    office.does(open_reception(session), register_visit(session))
    visit = next(iter(_standing(desk, session).visits.values()))
    office.does(call_visitor(session, visit.visit_id), start_hearing(session, visit.visit_id))
    taken_in = TakeInWrittenAppeal(
        visit_id=visit.visit_id,
        applicant=Person(id=visit.person_id, name="Rəşad"),
        kind=AppealKind.APPLICATION,
        topic="land",
        subject="Torpaq",
    )
    office.does(at_reception(session, taken_in))
    appeal = office.does(replace(register_appeal(), correlation_id=visit.visit_id))

    with psycopg.connect(office.database) as conn:
        rows = conn.execute(
            "SELECT case_id FROM read_models.threads WHERE correlation_id = %s "
            "ORDER BY first_position",
            (visit.visit_id,),
        ).fetchall()
    assert [case for (case,) in rows] == [session, appeal]
    ((duty, _), *_) = office.work_in("reception")
    assert duty.startswith(("hold-reception", "hand-over:"))


def _standing(desk: Desk, case: UUID) -> Any:
    standing = desk.remembered(case)
    assert standing is not None
    return standing.state


def test_the_head_sees_whose_work_it_is(office: Office) -> None:
    case = office.does(register_appeal())
    office.does(assign_appeal(case), accept_appeal(case))
    (work,) = office.asks(work_of_units, ["pensions"], by=HEAD).rows
    assert (work.duty, work.official, work.number) == ("do-appeal", "mammadov", "A-1/2026")
    assert work.subject == "Pensiyanın yenidən hesablanması"
