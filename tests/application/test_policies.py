"""Policies: what each orders, and that every event is acted on once."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from msgspec.structs import replace

from application.desk import Desk
from application.orders import NamedCaseMissing
from application.policies import (
    POLICIES,
    Next,
    Policy,
    give_what_was_assigned_at_the_hearing,
    hand_over_to_records,
    note_the_merged_appeal,
    register_what_was_taken_in_at_the_reception,
)
from application.policy_desk import PolicyDesk
from domain.appeal import (
    AppealKind,
    AppealMerged,
    AppealRegistered,
    Channel,
    MergeAppeal,
    NoteMergedAppeal,
    RegisterAppeal,
)
from domain.appeal_refusals import (
    EarlierAppealHasEnded,
)
from domain.applicant import Individual
from domain.assignment import GiveAssignment, Source
from domain.case import CaseKind, Event, Person
from domain.due import Due
from domain.envelope import Recorded
from domain.reception import (
    AssignmentGivenAtHearing,
    GiveAssignmentAtHearing,
    RecordHandOver,
    TakeInWrittenAppeal,
    WrittenAppealTakenIn,
)
from infra.eventstore import TrackingRecorder
from tests.desks import recorded_by
from tests.domain.spec import BAKU, CASE, NOON
from tests.orders import (
    DUE_ON,
    HEAD,
    at_reception,
    call_visitor,
    open_reception,
    order,
    plan_reception,
    register_appeal,
    register_visit,
    start_hearing,
)
from tests.stored_events.examples import around

VISIT, PERSON, APPEAL, ASSIGNMENT = (UUID(int=n, version=4) for n in range(1, 5))
DUE = Due(on=DUE_ON, rule="chosen", rule_version="1", calendar_version="plain")
VISITOR = Person(id=PERSON, surname="Həsənov", name="Rəşad")

GIVEN = AssignmentGivenAtHearing(
    visit_id=VISIT,
    person_id=PERSON,
    assignment_id=ASSIGNMENT,
    author="director",
    given_on=NOON.date(),
    text="Arayış hazırlayın",
    unit="pensions",
    main_executor="mammadov",
    co_executors=(),
    due=DUE,
    under_control=True,
)
TAKEN_IN = WrittenAppealTakenIn(
    visit_id=VISIT,
    person_id=PERSON,
    appeal_id=APPEAL,
    applicant=VISITOR,
    kind=AppealKind.COMPLAINT,
    topic="land",
    subject="Torpaq sahəsi",
    taken_in_at=NOON.astimezone(BAKU),
    hand_over_due=DUE,
    confidential=True,
    text="Şikayət edirəm",
    region="ganja",
    social_category="pensioner",
)


def recorded(event: Event) -> Recorded:
    return around(event)


def test_what_is_assigned_at_a_hearing_becomes_an_assignment_of_the_same_person() -> None:
    assert give_what_was_assigned_at_the_hearing(recorded(GIVEN)) == [
        Next(
            kind=CaseKind.ASSIGNMENT,
            case_id=ASSIGNMENT,
            command=GiveAssignment(
                source=Source.RECEPTION,
                source_case=CASE,
                text="Arayış hazırlayın",
                unit="pensions",
                main_executor="mammadov",
                co_executors=(),
                due_on=DUE_ON,
                under_control=True,
                person_id=PERSON,
                registered_on=NOON.date(),
            ),
            on_behalf_of="director",
        )
    ]


def test_a_written_appeal_taken_in_at_a_reception_is_registered_as_received_then() -> None:
    assert register_what_was_taken_in_at_the_reception(recorded(TAKEN_IN)) == [
        Next(
            kind=CaseKind.APPEAL,
            case_id=APPEAL,
            command=RegisterAppeal(
                kind=AppealKind.COMPLAINT,
                channel=Channel.RECEPTION,
                applicant=Individual(person=VISITOR),
                topic="land",
                region="ganja",
                social_category="pensioner",
                subject="Torpaq sahəsi",
                text="Şikayət edirəm",
                confidential=True,
                received_at=TAKEN_IN.taken_in_at,
                registered_on=TAKEN_IN.taken_in_at.date(),
            ),
        )
    ]


def test_its_paper_is_handed_over_on_the_day_it_is_due() -> None:
    assert hand_over_to_records(recorded(TAKEN_IN)) == [
        Next(
            kind=CaseKind.RECEPTION,
            case_id=CASE,
            command=RecordHandOver(visit_id=VISIT, appeal_id=APPEAL, handed_over_on=DUE_ON),
        )
    ]


def test_the_earlier_appeal_is_told_which_was_merged_into_it() -> None:
    assert note_the_merged_appeal(recorded(AppealMerged(into=APPEAL))) == [
        Next(kind=CaseKind.APPEAL, case_id=APPEAL, command=NoteMergedAppeal(appeal_id=CASE))
    ]


def test_names_of_policies_are_unique_for_ids_derive_from_them() -> None:
    assert len({policy.name for policy in POLICIES}) == len(POLICIES)


class TestPolicyDesk:
    @pytest.fixture
    def tracking(self, desk: Desk) -> TrackingRecorder:
        return TrackingRecorder(desk.log.datastore, tracking_table_name="register_tracking")

    @pytest.fixture
    def policies(self, desk: Desk, tracking: TrackingRecorder) -> PolicyDesk:
        return PolicyDesk(desk, tracking)

    @pytest.fixture
    def hearing(self, desk: Desk) -> tuple[UUID, UUID, UUID]:
        """A reception, a visit that is being heard, and its visitor."""
        reception = desk.execute(plan_reception()).id
        desk.execute(open_reception(reception))
        desk.execute(register_visit(reception))
        event = recorded_by(desk)[-1].event
        assert hasattr(event, "visit_id")
        desk.execute(call_visitor(reception, event.visit_id))
        desk.execute(start_hearing(reception, event.visit_id))
        return reception, event.visit_id, event.person_id  # type: ignore[attr-defined]

    def take_new(self, policies: PolicyDesk, desk: Desk, after: int) -> Sequence[Recorded]:
        new = recorded_by(desk)[after:]
        policies.take(new)
        return recorded_by(desk)[after + len(new) :]

    def position(self, database: str) -> object:
        with psycopg.connect(database) as conn:
            return conn.execute(
                "SELECT notification_id FROM karguzar.register_tracking "
                "WHERE application_name = 'policies'"
            ).fetchone()

    def test_carries_out_what_follows_in_the_thread_of_the_visit(
        self, desk: Desk, policies: PolicyDesk, hearing: tuple[UUID, UUID, UUID], database: str
    ) -> None:
        reception, visit, person = hearing
        desk.execute(
            at_reception(
                reception,
                GiveAssignmentAtHearing(
                    visit_id=visit,
                    text="Arayış hazırlayın",
                    unit="pensions",
                    main_executor="mammadov",
                    due_on=DUE_ON,
                ),
            )
        )
        desk.execute(
            at_reception(
                reception,
                TakeInWrittenAppeal(
                    visit_id=visit,
                    applicant=replace(VISITOR, id=person),
                    kind=AppealKind.COMPLAINT,
                    topic="land",
                    subject="Torpaq sahəsi",
                ),
            )
        )
        cause_of_assignment, cause_of_appeal = recorded_by(desk)[-2:]
        assignment, registered, handed_over = self.take_new(policies, desk, 0)
        assert {r.correlation_id for r in (assignment, registered, handed_over)} == {visit}
        assert assignment.cause_id == cause_of_assignment.event_id
        assert registered.cause_id == handed_over.cause_id == cause_of_appeal.event_id
        assert assignment.owner == registered.owner == person
        assert assignment.on_behalf_of == "director"
        assert registered.on_behalf_of == "quliyev"
        assert registered.event.applicant.person.surname == "Həsənov"  # type: ignore[attr-defined]
        assert handed_over.originator_id == reception
        assert self.position(database) == (cause_of_appeal.position,)

    def test_an_event_taken_twice_orders_once(
        self, desk: Desk, policies: PolicyDesk, database: str
    ) -> None:
        earlier, later = register_appeal(), register_appeal()
        merging = MergeAppeal(into=earlier.case_id, reason="Eyni məsələ")
        for given in (earlier, later, order(CaseKind.APPEAL, later.case_id, merging, HEAD)):
            desk.execute(given)
        batch = recorded_by(desk)
        policies.take(batch)
        with psycopg.connect(database) as conn:
            conn.execute("DELETE FROM karguzar.register_tracking")
        policies.take(batch)
        assert len(recorded_by(desk)) == 4
        assert recorded_by(desk)[-1].event.appeal_id == later.case_id  # type: ignore[attr-defined]

    def test_a_refused_order_is_put_down_for_somebody_and_the_policies_go_on(
        self, desk: Desk, policies: PolicyDesk, hearing: tuple[UUID, UUID, UUID], database: str
    ) -> None:
        reception, visit, person = hearing
        taking_in = TakeInWrittenAppeal(
            visit_id=visit,
            applicant=replace(VISITOR, id=person),
            kind=AppealKind.COMPLAINT,
            topic="land",
            subject="Torpaq sahəsi",
        )
        desk.execute(at_reception(reception, taking_in))
        event = recorded_by(desk)[-1]
        appeal_id: UUID = event.event.appeal_id  # type: ignore[attr-defined]
        desk.execute(register_appeal(appeal_id))
        (handed_over,) = self.take_new(policies, desk, 0)
        assert handed_over.originator_id == reception
        with psycopg.connect(database) as conn:
            refused = conn.execute(
                "SELECT event_id, policy, position, refusal FROM karguzar.refused_orders"
            ).fetchall()
        assert refused == [
            (
                event.event_id,
                "register-what-was-taken-in-at-the-reception",
                event.position,
                "AlreadyBegun",
            )
        ]

    def test_an_appeal_is_not_merged_into_one_that_is_not_there(self, desk: Desk) -> None:
        given = register_appeal()
        desk.execute(given)
        merging = MergeAppeal(into=uuid4(), reason="Eyni məsələ")
        with pytest.raises(NamedCaseMissing):
            desk.execute(order(CaseKind.APPEAL, given.case_id, merging, HEAD))

    def test_an_appeal_is_merged_only_into_an_earlier_open_one(self, desk: Desk) -> None:
        earlier, later = register_appeal(), register_appeal()
        desk.execute_batch([earlier, later])
        desk.execute(
            order(
                CaseKind.APPEAL, later.case_id, MergeAppeal(into=earlier.case_id, reason="x"), HEAD
            )
        )
        back = MergeAppeal(into=later.case_id, reason="x")
        with pytest.raises(EarlierAppealHasEnded):
            desk.execute(order(CaseKind.APPEAL, earlier.case_id, back, HEAD))

    def test_an_order_for_a_case_that_is_not_there_stops_nobody(
        self, desk: Desk, tracking: TrackingRecorder, database: str
    ) -> None:
        def note_a_stranger(recorded: Recorded) -> list[Next]:
            command = NoteMergedAppeal(appeal_id=recorded.originator_id)
            return [Next(kind=CaseKind.APPEAL, case_id=uuid4(), command=command)]

        strange = Policy("note-a-stranger", AppealRegistered, note_a_stranger)
        desk.execute(register_appeal())
        PolicyDesk(desk, tracking, [strange]).take(recorded_by(desk))
        assert self.position(database) == (1,)
        with psycopg.connect(database) as conn:
            refused = conn.execute("SELECT policy, refusal FROM karguzar.refused_orders").fetchall()
        assert refused == [("note-a-stranger", "NoSuchCase")]

    def test_a_paper_taken_in_after_hours_is_handed_over_without_a_refusal(
        self, desk: Desk, policies: PolicyDesk, database: str
    ) -> None:
        evening = NOON + timedelta(hours=7)
        reception = desk.execute(
            plan_reception(ends_at=(NOON + timedelta(hours=9)).astimezone(BAKU))
        ).id
        desk.clock = lambda: evening
        desk.execute(open_reception(reception))
        desk.execute(register_visit(reception))
        visit = recorded_by(desk)[-1].event
        taking_in = TakeInWrittenAppeal(
            visit_id=visit.visit_id,  # type: ignore[attr-defined]
            applicant=replace(VISITOR, id=visit.person_id),  # type: ignore[attr-defined]
            kind=AppealKind.COMPLAINT,
            topic="land",
            subject="Torpaq sahəsi",
        )
        desk.execute(at_reception(reception, taking_in))
        self.take_new(policies, desk, 0)
        with psycopg.connect(database) as conn:
            assert (
                conn.execute("SELECT policy, refusal FROM karguzar.refused_orders").fetchall() == []
            )
