"""What the desk promises to whoever gives it an order, tried on a real database."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from msgspec import ValidationError
from msgspec.structs import replace

from application.access import CaseHidden, Forbidden
from application.caller import Role
from application.desk import Desk
from application.orders import KeyUsedBefore, NoSuchCase, Order, Receipt, StaleVersion
from domain.appeal import AppealKind, ReclassifyAppeal
from domain.assignment import Source
from domain.case import AlreadyBegun, CaseKind, Command, Context, Event
from domain.information import DatedInTheFuture
from domain.kinds import KINDS
from domain.reception import RateVisit, VisitNotEnded
from domain.record import EntryCorrected
from tests.desks import new_desk, recorded_by
from tests.domain.spec import NOON
from tests.infra.writers import from_the_future
from tests.orders import (
    AUDITOR,
    CONTROLLER,
    EXECUTOR,
    HEAD,
    PRESS_OFFICER,
    REGISTRAR,
    accept_appeal,
    add_note,
    assign_appeal,
    at_reception,
    caller,
    give_assignment,
    open_reception,
    order,
    plan_reception,
    receive_media_inquiry,
    register_appeal,
    register_visit,
)


@pytest.fixture
def other_desk(database: str) -> Iterator[Desk]:
    """Another process's desk, with a memory of its own."""
    with closing(new_desk(database)) as desk:
        yield desk


@pytest.fixture
def case(desk: Desk) -> UUID:
    return desk.execute(register_appeal()).id


def reclassify(case: UUID, reason: str = "Şikayətdir") -> Order:
    command = ReclassifyAppeal(kind=AppealKind.COMPLAINT, reason=reason)
    return order(CaseKind.APPEAL, case, command, HEAD)


class TestARepeat:
    def test_gets_the_receipt_it_got_before(self, desk: Desk, case: UUID) -> None:
        given = assign_appeal(case)
        receipt = desk.execute(given)
        desk.execute(accept_appeal(case))
        assert desk.execute(given) == receipt
        assert receipt == Receipt(id=case, version=2, position=2, events=("appeal-assigned",))
        assert len(recorded_by(desk)) == 3

    def test_gets_it_from_another_process_too(
        self, desk: Desk, other_desk: Desk, case: UUID
    ) -> None:
        given = assign_appeal(case)
        assert other_desk.execute(given) == desk.execute(given)

    def test_gets_it_though_the_version_it_expected_is_past(self, desk: Desk, case: UUID) -> None:
        given = replace(assign_appeal(case), expected_version=1)
        assert desk.execute(given) == desk.execute(given)

    @pytest.mark.parametrize(
        "another",
        [
            lambda o: replace(o, command=replace(o.command, unit="press")),
            lambda o: replace(o, case_id=uuid4()),
            lambda o: replace(accept_appeal(o.case_id), command_id=o.command_id),
        ],
        ids=["another body", "another case", "another command"],
    )
    def test_with_something_else_in_it_is_refused(
        self, desk: Desk, case: UUID, another: object
    ) -> None:
        given = assign_appeal(case)
        desk.execute(given)
        assert callable(another)
        with pytest.raises(KeyUsedBefore):
            desk.execute(another(given))
        assert len(recorded_by(desk)) == 2

    def test_of_a_refused_order_is_decided_anew(self, desk: Desk) -> None:
        given = from_the_future()
        with pytest.raises(DatedInTheFuture):
            desk.execute(given)
        desk.clock = lambda: NOON + timedelta(days=2)
        assert desk.execute(given).version == 1


class TestVersions:
    def test_an_order_that_saw_the_present_version_is_carried_out(
        self, desk: Desk, case: UUID
    ) -> None:
        assert desk.execute(add_note(case, expected_version=1)).version == 2

    @pytest.mark.parametrize("seen", [0, 2, 99])
    def test_one_that_saw_another_is_told_which_is_present(
        self, desk: Desk, case: UUID, seen: int
    ) -> None:
        with pytest.raises(StaleVersion, match=f"seen version {seen}; now it is 1"):
            desk.execute(add_note(case, expected_version=seen))

    def test_a_desk_sees_what_another_process_has_recorded(
        self, desk: Desk, other_desk: Desk, case: UUID
    ) -> None:
        other_desk.execute(add_note(case))
        desk.execute(add_note(case, expected_version=2))
        other_desk.execute(assign_appeal(case))
        with pytest.raises(StaleVersion):
            desk.execute(add_note(case, expected_version=3))
        assert desk.execute(accept_appeal(case)).version == 5

    def test_of_two_who_saw_the_same_version_in_one_batch_the_first_wins(
        self, desk: Desk, case: UUID
    ) -> None:
        first, second = desk.execute_batch([add_note(case, expected_version=1) for _ in range(2)])
        assert isinstance(first, Receipt)
        assert isinstance(second, StaleVersion)

    def test_a_case_of_many_events_is_the_same_to_a_desk_that_starts_now(
        self, desk: Desk, other_desk: Desk, case: UUID
    ) -> None:
        for given in (assign_appeal(case), accept_appeal(case), reclassify(case)):
            desk.execute(given)
        other_desk.execute(add_note(case))
        known, fresh = desk.remembered(case), other_desk.remembered(case)
        assert known
        assert fresh
        assert desk.fold(known, desk.log.tail(4, 10)) == fresh


class TestAllOrNothing:
    @pytest.fixture
    def second_event_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every decision about an appeal gives one event more, which can't follow."""
        kind = KINDS[CaseKind.APPEAL]

        def decide(command: Command, state: object, ctx: Context) -> list[Event]:
            wrong = EntryCorrected(entry="received_at", value="never", approved_by="director")
            return [*kind.decide(command, state, ctx), wrong]

        monkeypatch.setitem(KINDS, CaseKind.APPEAL, replace(kind, decide=decide))

    @pytest.mark.usefixtures("second_event_fails")
    def test_a_command_whose_second_event_fails_leaves_nothing(
        self, desk: Desk, database: str
    ) -> None:
        case = desk.execute(receive_media_inquiry()).id
        broken = register_appeal()
        outcomes = desk.execute_batch(
            [
                give_assignment(),
                broken,
                add_note(case, kind=CaseKind.MEDIA_INQUIRY, by=PRESS_OFFICER),
            ]
        )
        assert [type(outcome) for outcome in outcomes] == [Receipt, ValidationError, Receipt]
        assert desk.remembered(broken.case_id) is None
        assert [r.position for r in recorded_by(desk)] == [1, 2, 3]
        with psycopg.connect(database) as conn:
            commands = {row[0] for row in conn.execute("SELECT command_id FROM karguzar.commands")}
        assert broken.command_id not in commands
        assert len(commands) == 3

    def test_a_second_event_that_fails_leaves_an_old_case_as_it_was(
        self, desk: Desk, case: UUID, request: pytest.FixtureRequest
    ) -> None:
        request.getfixturevalue("second_event_fails")
        before = desk.remembered(case)
        with pytest.raises(ValidationError):
            desk.execute(add_note(case))
        assert desk.remembered(case) == before
        assert len(recorded_by(desk)) == 1

    def test_orders_given_together_are_all_carried_out_or_none(self, desk: Desk) -> None:
        case = uuid4()
        with pytest.raises(DatedInTheFuture):
            desk.execute_together([register_appeal(case), from_the_future(), assign_appeal(case)])
        assert recorded_by(desk) == []
        receipts = desk.execute_together([register_appeal(case), assign_appeal(case)])
        assert [receipt.version for receipt in receipts] == [1, 2]

    def test_an_order_that_cannot_be_encoded_leaves_nothing(self, desk: Desk, case: UUID) -> None:
        outcomes = desk.execute_batch([add_note(case, "\ud800"), add_note(case)])
        assert [type(outcome) for outcome in outcomes] == [UnicodeEncodeError, Receipt]
        assert [r.originator_version for r in recorded_by(desk)] == [1, 2]


class TestWhoMayWhat:
    def test_a_command_needs_one_of_its_roles(self, desk: Desk) -> None:
        with pytest.raises(Forbidden, match="registrar"):
            desk.execute(register_appeal(by=EXECUTOR))

    def test_the_system_may_give_every_command(self, desk: Desk) -> None:
        system = caller("policy", "agency", Role.SYSTEM)
        assert desk.execute(register_appeal(by=system)).version == 1

    def test_a_case_one_may_not_see_is_hidden(self, desk: Desk, case: UUID) -> None:
        stranger = caller("veliyeva", "region-ganja", Role.EXECUTOR)
        with pytest.raises(CaseHidden):
            desk.execute(add_note(case, by=stranger))

    def test_a_confidential_case_is_hidden_even_from_its_unit(self, desk: Desk) -> None:
        case = desk.execute(register_appeal(confidential=True)).id
        with pytest.raises(CaseHidden):
            desk.execute(add_note(case, by=HEAD))
        assert desk.execute(add_note(case, by=REGISTRAR)).version == 2

    def test_an_auditor_sees_but_does_not_touch(self, desk: Desk, case: UUID) -> None:
        with pytest.raises(Forbidden):
            desk.execute(add_note(case, by=AUDITOR))


class TestCases:
    def test_nothing_is_done_to_a_case_that_is_not_there(self, desk: Desk) -> None:
        with pytest.raises(NoSuchCase):
            desk.execute(add_note(uuid4()))

    def test_a_case_begins_once(self, desk: Desk, case: UUID) -> None:
        with pytest.raises(AlreadyBegun):
            desk.execute(register_appeal(case))

    def test_a_case_of_another_kind_is_no_such_case(self, desk: Desk, case: UUID) -> None:
        as_assignment = add_note(case, kind=CaseKind.ASSIGNMENT, by=HEAD)
        with pytest.raises(NoSuchCase):
            desk.execute(as_assignment)
        assert len(recorded_by(desk)) == 1

    def test_an_empty_answer_is_kept_as_an_answer(self, desk: Desk, case: UUID) -> None:
        assert desk.execute_batch([]) == []
        assert desk.execute(add_note(case)).position == 2


class TestEnvelopes:
    def test_say_who_for_whom_when_why_and_through_what(self, desk: Desk) -> None:
        deputy = caller("deputy", "records", Role.REGISTRAR, Role.UNIT_HEAD, on_behalf_of="aliyev")
        given = register_appeal(by=deputy)
        desk.execute(given)
        why = replace(reclassify(given.case_id), by=deputy)
        desk.execute(why)
        registered, reclassified = recorded_by(desk)
        person: UUID = registered.event.applicant.person.id  # type: ignore[attr-defined]
        assert reclassified.originator_id == given.case_id
        assert reclassified.originator_version == 2
        assert reclassified.position == 2
        assert reclassified.kind is CaseKind.APPEAL
        assert reclassified.event_id.int == why.command_id.int + 1
        assert reclassified.owner == registered.owner == person
        assert reclassified.actor == "deputy"
        assert reclassified.on_behalf_of == "aliyev"
        assert reclassified.unit == "records"
        assert reclassified.client == "tests"
        assert reclassified.command_id == why.command_id
        assert reclassified.correlation_id == given.case_id
        assert reclassified.recorded_at == NOON
        assert reclassified.recorded_at.tzinfo == UTC
        assert reclassified.reason == "Şikayətdir"
        assert registered.reason is None

    def test_an_assignment_hung_on_an_appeal_belongs_to_its_thread(
        self, desk: Desk, other_desk: Desk
    ) -> None:
        thread = uuid4()
        appeal = desk.execute(replace(register_appeal(), correlation_id=thread)).id
        hung = give_assignment(source=Source.APPEAL, source_case=appeal)
        other_desk.execute(hung)
        desk.execute(add_note(hung.case_id, kind=CaseKind.ASSIGNMENT, by=CONTROLLER))
        assert {recorded.correlation_id for recorded in recorded_by(desk)} == {thread}

    def test_an_assignment_given_together_with_its_appeal_does_too(self, desk: Desk) -> None:
        given = register_appeal()
        hung = give_assignment(source=Source.APPEAL, source_case=given.case_id)
        desk.execute_batch([given, hung])
        assert {recorded.correlation_id for recorded in recorded_by(desk)} == {given.case_id}

    def test_what_happens_in_a_visit_belongs_to_the_visit(self, desk: Desk) -> None:
        reception = desk.execute(plan_reception()).id
        desk.execute(open_reception(reception))
        desk.execute(register_visit(reception))
        planned, opened, visit = recorded_by(desk)
        visit_id: UUID = visit.event.visit_id  # type: ignore[attr-defined]
        assert planned.correlation_id == opened.correlation_id == reception
        assert visit.correlation_id == visit_id
        assert visit.owner == visit.event.person_id  # type: ignore[attr-defined]
        with pytest.raises(VisitNotEnded):
            desk.execute(at_reception(reception, RateVisit(visit_id=visit_id, rating=5)))
