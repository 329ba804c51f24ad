"""Occurrences: against the register and the answers over random histories, and told one by one."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache, partial
from typing import Any
from uuid import UUID, uuid5

import pytest
from msgspec.structs import replace

from domain.answer_term import SuspendTerm
from domain.appeal import (
    AcceptAppeal,
    AppealKind,
    AssignAppeal,
    Channel,
    CloseAppeal,
    DispatchReply,
    DispatchWay,
    ForwardAppeal,
    RegisterAppeal,
    ReopenAppeal,
    Result,
)
from domain.applicant import Collective, Individual
from domain.assignment import (
    AssignmentAccepted,
    AssignmentResultAccepted,
    AssignmentResultSubmitted,
    GiveAssignment,
    Source,
)
from domain.case import CaseKind, Command, Event, Person, RegistrationNumber
from domain.control import ControlEstablished, ControlLifted
from domain.envelope import Recorded
from domain.information import AskForInformation
from domain.kinds import KINDS
from domain.media_inquiry import InterviewGiven, Media, ReceiveMediaInquiry
from domain.reception import (
    HearingStarted,
    NoShowRecorded,
    OralAnswerGiven,
    PlanReception,
    ReceptionCancelled,
    ReceptionForm,
    ReceptionOpened,
    ReceptionPostponed,
    VisitRated,
    VisitRegistered,
)
from domain.record import CorrectEntry, EntryCorrected
from domain.reply import DraftReply, ReturnReply, SignReply, digest_of
from projections import answers, occurrences, register
from projections.occurrence import IN_STOCK, MEMORY, NOT_TOLD, Occurrence, Row
from projections.readmodel import Rows
from tests.domain.spec import BAKU, CASE, NOON, context, official
from tests.projections.histories import history, seeded

SEEDS = range(16)
FLOW = {
    Occurrence.RECEIVED: 1,
    Occurrence.REOPENED: 1,
    Occurrence.CAME_TO_UNIT: 1,
    Occurrence.LEFT_UNIT: -1,
    Occurrence.CLOSED: -1,
}
CONTROL = {
    Occurrence.CONTROL_ESTABLISHED: 1,
    Occurrence.CONTROL_CAME_TO_UNIT: 1,
    Occurrence.CONTROL_LEFT_UNIT: -1,
    Occurrence.CONTROL_LIFTED: -1,
}
STATED = ("subkind", "channel", "region", "topic", "confidential", "repeat")


@cache
def _recorded(kind: CaseKind, seed: int) -> list[Recorded]:
    return history(seeded(seed), kind, events=60).recorded


def of(rows: Rows, *wanted: Occurrence) -> list[Row]:
    return [row for row in rows.values() if row.occurrence in wanted]


def told(kind: CaseKind) -> Iterator[tuple[Recorded, Rows, register.Row]]:
    """Each event with the occurrences and the register's row after it."""
    for seed in SEEDS:
        rows: Rows = {}
        known: Rows = {}
        for recorded in _recorded(kind, seed):
            occurrences.fold(rows, recorded, zone=BAKU)
            register.fold(known, recorded)
            yield recorded, rows, known[recorded.originator_id,]


@pytest.mark.parametrize("kind", IN_STOCK)
def test_a_case_stands_where_and_as_long_as_the_register_has_it_open(kind: CaseKind) -> None:
    for _, rows, known in told(kind):
        standing = of(rows, Occurrence.STANDING)
        shown = [(row.unit, row.official, row.on_day) for row in standing]
        due_on = known.registered_on if kind is CaseKind.RECEPTION else known.due_on
        executor = next(iter(known.executors), None)
        assert shown == ([(known.unit, executor, due_on)] if known.open else [])


@pytest.mark.parametrize("kind", IN_STOCK)
def test_what_came_to_a_unit_less_what_left_it_is_what_stands_there(kind: CaseKind) -> None:
    for _, rows, _ in told(kind):
        balance = Counter[str]()
        for row in of(rows, *FLOW):
            balance[row.unit] += FLOW[Occurrence(row.occurrence)]
        standing = Counter(row.unit for row in of(rows, Occurrence.STANDING))
        assert {unit: n for unit, n in balance.items() if n} == standing


@pytest.mark.parametrize("kind", IN_STOCK)
def test_control_is_where_the_case_stands(kind: CaseKind) -> None:
    for _, rows, known in told(kind):
        balance = Counter[str]()
        for row in of(rows, *CONTROL):
            balance[row.unit] += CONTROL[Occurrence(row.occurrence)]
        under_control = {unit: n for unit, n in balance.items() if n}
        assert under_control == ({known.unit: 1} if known.under_control else {})


@pytest.mark.parametrize("kind", IN_STOCK)
def test_on_no_day_has_a_unit_less_than_nothing(kind: CaseKind) -> None:
    for _, rows, _ in told(kind):
        moves = sorted(
            ((row.on_day, -FLOW[Occurrence(row.occurrence)], row.unit) for row in of(rows, *FLOW)),
        )
        balance = Counter[str]()
        for _, less, unit in moves:
            balance[unit] -= less
            assert balance[unit] >= 0


@pytest.mark.parametrize("kind", IN_STOCK)
def test_every_occurrence_of_a_case_is_stated_as_the_register_states_the_case(
    kind: CaseKind,
) -> None:
    for _, rows, known in told(kind):
        stated = tuple(getattr(known, name) for name in STATED)
        for row in rows.values():
            if row.part:
                assert row.confidential == known.confidential
            elif row.occurrence != MEMORY:
                assert tuple(getattr(row, name) for name in STATED) == stated


def test_an_appeal_is_answered_as_the_answers_have_it() -> None:
    for seed in SEEDS:
        rows: Rows = {}
        given: Rows = {}
        for recorded in _recorded(CaseKind.APPEAL, seed):
            occurrences.fold(rows, recorded)
            answers.fold(given, recorded)
            final = {row.nth: row for row in given.values() if row.position}
            assert [
                (row.on_day, row.outcome, row.on_time) for row in of(rows, Occurrence.ANSWERED)
            ] == [
                (row.answered_on, row.answer, row.on_time)
                for row in sorted(final.values(), key=lambda row: row.position)
            ]


@pytest.mark.parametrize("kind", [kind for kind in IN_STOCK if kind is not CaseKind.RECEPTION])
def test_the_ball_is_held_by_somebody_as_long_as_a_case_is_open(kind: CaseKind) -> None:
    for seed in SEEDS:
        rows: Rows = {}
        known: Rows = {}
        open_minutes, opened_at = 0.0, None
        for recorded in _recorded(kind, seed):
            occurrences.fold(rows, recorded)
            register.fold(known, recorded)
            is_open = known[recorded.originator_id,].open
            if opened_at and not is_open:
                open_minutes += (recorded.recorded_at - opened_at).total_seconds() / 60
                opened_at = None
            elif is_open and opened_at is None:
                opened_at = recorded.recorded_at
            held = sum(row.amount for row in of(rows, Occurrence.HELD_BALL))
            if not is_open:
                assert held == open_minutes


@pytest.mark.parametrize("kind", [kind for kind in CaseKind if kind not in IN_STOCK])
def test_other_kinds_count_for_nothing(kind: CaseKind) -> None:
    rows: Rows = {}
    for recorded in _recorded(kind, 0):
        occurrences.fold(rows, recorded)
    assert rows == {}


class Case:
    """A case that is told step by step, some days and hours after Monday noon in Baku."""

    def __init__(self, kind: CaseKind) -> None:
        self.rows: Rows = {}
        self._kind, self._state, self._version = KINDS[kind], None, 0

    def does(
        self,
        command: Command,
        *,
        days: int = 0,
        minutes: int = 0,
        who: str = "rzayeva",
        unit: str = "records",
    ) -> None:
        at = NOON + timedelta(days=days, minutes=minutes)
        by = official(who, unit)
        derived = partial(uuid5, UUID(int=self._version))
        ctx = replace(context(by, at), derive_id=derived)
        for event in self._kind.decide(command, self._state, ctx):
            self._state = self._kind.evolve(self._state, event)
            self.happens(event, at)

    def happens(self, event: Event, at: datetime = NOON) -> None:
        self._version += 1
        recorded = Recorded(
            originator_id=CASE,
            originator_version=self._version,
            kind=self._kind.kind,
            event=event,
            event_id=UUID(int=self._version),
            owner=CASE,
            actor="rzayeva",
            unit="records",
            client="tests",
            command_id=UUID(int=self._version),
            correlation_id=CASE,
            recorded_at=at,
            position=self._version,
        )
        occurrences.fold(self.rows, recorded, zone=BAKU)

    def told(self, *wanted: Occurrence, **columns: None) -> list[tuple[Any, ...]]:
        """The columns named of what is wanted, in the order of the days."""
        return [
            tuple(getattr(row, name) for name in columns)
            for row in sorted(of(self.rows, *wanted), key=lambda row: (row.on_day, row.nth))
        ]


def columns(*names: str) -> dict[str, None]:
    return dict.fromkeys(names)


UNIT_AND_DAY = columns("unit", "on_day")
MONDAY = date(2026, 4, 6)


def an_appeal(**changes: Any) -> Case:
    case = Case(CaseKind.APPEAL)
    registered: dict[str, Any] = {
        "kind": AppealKind.APPLICATION,
        "channel": Channel.POST,
        "applicant": Individual(person=Person(id=UUID(int=5), name="Ad")),
        "topic": "pension",
        "region": "ganja",
        "subject": "mövzu",
        "received_at": NOON - timedelta(hours=1),
    }
    case.does(RegisterAppeal(**(registered | changes)))
    return case


def in_work(case: Case) -> Case:
    case.does(AssignAppeal(unit="pensions", main_executor="mammadov"), minutes=60)
    case.does(AcceptAppeal(), minutes=90, unit="pensions")
    return case


def signed(case: Case, days: int = 1) -> Case:
    draft = DraftReply(text="cavab", initials_by=(), signatory="director")
    case.does(draft, days=days, who="mammadov", unit="pensions")
    case.does(SignReply(digest=digest_of("cavab")), days=days, minutes=30, who="director")
    return case


def dispatched(case: Case, days: int, *, on: date | None = None) -> Case:
    day = on or MONDAY + timedelta(days=days)
    sent = DispatchReply(letter_number="1", dispatched_on=day, way=DispatchWay.POST)
    case.does(sent, days=days)
    return case


def test_who_signed_together_are_counted_as_one_appeal_of_so_many() -> None:
    people = tuple(Person(id=UUID(int=n), name="Ad") for n in (5, 6))
    case = an_appeal(applicant=Collective(signatories=people, further_signatures=40))
    received = case.told(Occurrence.RECEIVED, **columns("applicant", "amount", "on_day"))
    assert received == [("collective", 42, MONDAY)]


def test_an_appeal_moves_from_the_registry_to_the_unit_that_examines_it() -> None:
    case = an_appeal()
    assert case.told(Occurrence.STANDING, **UNIT_AND_DAY) == [("records", date(2026, 4, 27))]
    in_work(case)
    assert case.told(Occurrence.LEFT_UNIT, **UNIT_AND_DAY) == [("records", MONDAY)]
    assert case.told(Occurrence.CAME_TO_UNIT, **UNIT_AND_DAY) == [("pensions", MONDAY)]
    assert case.told(Occurrence.STANDING, **columns("unit", "official")) == [
        ("pensions", "mammadov")
    ]


def test_control_goes_with_the_appeal_and_is_lifted_where_it_has_come_to() -> None:
    case = an_appeal()
    case.happens(ControlEstablished(controller="rzayeva"))
    in_work(case)
    case.happens(ControlLifted(controller="rzayeva"), NOON + timedelta(days=1))
    told = columns("occurrence", "unit", "on_day")
    assert case.told(*CONTROL, **told) == [
        ("control-established", "records", MONDAY),
        ("control-left-unit", "records", MONDAY),
        ("control-came-to-unit", "pensions", MONDAY),
        ("control-lifted", "pensions", date(2026, 4, 7)),
    ]


def test_a_reply_on_the_last_day_is_on_time_and_a_day_later_is_not() -> None:
    on_time = dispatched(signed(in_work(an_appeal())), 21)
    late = dispatched(signed(in_work(an_appeal())), 22)
    told = columns("outcome", "on_time", "amount", "unit")
    assert on_time.told(Occurrence.ANSWERED, **told) == [("reply", True, 21, "pensions")]
    assert late.told(Occurrence.ANSWERED, **told) == [("reply", False, 22, "pensions")]


def test_what_is_answered_is_closed_and_its_result_told_when_it_is_entered() -> None:
    case = dispatched(signed(in_work(an_appeal())), 3)
    told = columns("outcome", "on_day", "nth")
    assert case.told(Occurrence.STANDING, **told) == []
    assert case.told(Occurrence.CLOSED, **told) == [(NOT_TOLD, date(2026, 4, 9), 1)]
    case.does(CloseAppeal(result=Result.SATISFIED), days=9)
    assert case.told(Occurrence.CLOSED, **told) == [("satisfied", date(2026, 4, 9), 1)]


def test_a_letter_dated_before_the_unit_had_the_appeal_closes_it_in_the_unit_all_the_same() -> None:
    case = an_appeal()
    case.does(AssignAppeal(unit="pensions", main_executor="mammadov"), days=2)
    case.does(AcceptAppeal(), days=2, unit="pensions")
    dispatched(signed(case, days=3), 4, on=MONDAY)
    assert case.told(Occurrence.ANSWERED, **UNIT_AND_DAY) == [("pensions", MONDAY)]
    assert case.told(Occurrence.CLOSED, **UNIT_AND_DAY) == [("pensions", date(2026, 4, 8))]


def test_a_reopened_appeal_comes_back_to_the_registry_and_is_closed_a_second_time() -> None:
    case = dispatched(signed(in_work(an_appeal())), 3)
    case.does(CloseAppeal(result=Result.REJECTED), days=4)
    case.does(ReopenAppeal(reason="səbəb"), days=10)
    assert case.told(Occurrence.REOPENED, **UNIT_AND_DAY) == [("records", date(2026, 4, 16))]
    forward = ForwardAppeal(
        body="Nazirlik",
        letter_number="2",
        letter_date=date(2026, 4, 18),
        reason="səbəb",
        applicant_notified_on=date(2026, 4, 18),
    )
    case.does(forward, days=12)
    told = columns("unit", "outcome", "nth")
    closed = [("pensions", "rejected", 1), ("records", "forwarded", 2)]
    assert case.told(Occurrence.CLOSED, **told) == closed
    assert case.told(Occurrence.ANSWERED, **columns("outcome", "amount")) == [
        ("reply", 3),
        ("forwarded", 2),
    ]


def test_a_correction_restates_all_that_the_case_counted_for() -> None:
    case = dispatched(signed(in_work(an_appeal())), 3)
    case.does(CorrectEntry(entry="topic", value="land", approved_by="other", reason="səhv"), days=5)
    topics = {row.topic for row in case.rows.values() if row.occurrence != MEMORY}
    assert topics == {"land"}
    assert case.told(Occurrence.ENTRY_CORRECTED, **columns("outcome", "on_day")) == [
        ("topic", date(2026, 4, 11))
    ]
    assert case.told(Occurrence.RECEIVED, **columns("on_day")) == [(MONDAY,)]


def test_the_ball_is_with_the_unit_then_with_who_signs_and_is_given_back() -> None:
    case = in_work(an_appeal())
    draft = DraftReply(text="cavab", initials_by=("huseynova",), signatory="director")
    case.does(draft, days=1, who="mammadov", unit="pensions")
    assert case.told(Occurrence.STANDING, **columns("outcome")) == [("signatory",)]
    returned = ReturnReply(digest=digest_of("cavab"), reason="səbəb")
    case.does(returned, days=1, minutes=45, who="huseynova")
    assert case.told(Occurrence.STANDING, **columns("outcome")) == [("unit",)]
    assert case.told(Occurrence.HELD_BALL, **columns("unit", "outcome", "amount")) == [
        ("records", "unit", 60),
        ("pensions", "unit", 23 * 60),
        ("pensions", "signatory", 45),
    ]


def test_the_ball_is_with_another_body_that_was_asked_and_with_an_applicant_who_has_to_mend() -> (
    None
):
    case = in_work(an_appeal(kind=AppealKind.INFORMATION_REQUEST))
    asked = AskForInformation(question="sual", due_on=date(2026, 4, 10), body="Nazirlik")
    case.does(asked, minutes=120, unit="pensions")
    assert case.told(Occurrence.STANDING, **columns("outcome")) == [("other-body",)]
    told_on = MONDAY + timedelta(days=1)
    suspend = SuspendTerm(ground="request-corrected", reason="səbəb", applicant_notified_on=told_on)
    case.does(suspend, days=1, unit="pensions")
    assert case.told(Occurrence.STANDING, **columns("outcome", "on_day")) == [("applicant", None)]


def test_an_assignment_is_fulfilled_on_time_by_the_day_its_result_was_submitted() -> None:
    case = Case(CaseKind.ASSIGNMENT)
    given = GiveAssignment(
        source=Source.MEETING,
        text="mətn",
        unit="pensions",
        main_executor="mammadov",
        due_on=date(2026, 4, 10),
    )
    case.does(given)
    case.happens(AssignmentAccepted(accepted_by="mammadov"), NOON + timedelta(minutes=30))
    submitted = AssignmentResultSubmitted(
        text="mətn", submitted_by="mammadov", submitted_on=date(2026, 4, 10)
    )
    case.happens(submitted, NOON + timedelta(days=4))
    assert case.told(Occurrence.STANDING, **columns("outcome")) == [("signatory",)]
    case.happens(AssignmentResultAccepted(accepted_by="rzayeva"), NOON + timedelta(days=7))
    fulfilled = case.told(Occurrence.FULFILLED, **columns("on_day", "on_time", "unit"))
    assert fulfilled == [(date(2026, 4, 13), True, "pensions")]
    assert case.told(Occurrence.CLOSED, **columns("outcome")) == [("fulfilled",)]


@pytest.mark.parametrize(
    ("answered_on", "entered", "on_time"),
    [
        (MONDAY, timedelta(hours=1), True),
        (MONDAY, timedelta(hours=3), False),
        (MONDAY, timedelta(days=1), True),
        (date(2026, 4, 7), timedelta(days=1), False),
    ],
    ids=["in time", "that day but later", "entered a day later", "a day late"],
)
def test_a_journalist_is_answered_in_time_by_the_outlets_own_deadline(
    answered_on: date, entered: timedelta, on_time: bool
) -> None:
    case = Case(CaseKind.MEDIA_INQUIRY)
    received = ReceiveMediaInquiry(
        received_at=NOON - timedelta(hours=2),
        outlet="Qəzet",
        media=Media.PRESS,
        journalist=Person(id=UUID(int=5), name="Ad"),
        subject="mövzu",
        question="sual",
        topic="pension",
        outlet_deadline=NOON + timedelta(hours=2),
    )
    case.does(received)
    case.happens(InterviewGiven(given_on=answered_on), NOON + entered)
    answered = case.told(Occurrence.ANSWERED, **columns("outcome", "on_time"))
    assert answered == [("interview-given", on_time)]
    assert case.told(Occurrence.CLOSED, **columns("outcome")) == [("interview-given",)]


def test_a_visitor_waits_is_heard_and_gives_a_mark() -> None:
    case = Case(CaseKind.RECEPTION)
    plan = PlanReception(
        official="director",
        unit="reception",
        starts_at=local(10),
        ends_at=local(13),
        place="Otaq 1",
        form=ReceptionForm.IN_PERSON,
        quota=5,
    )
    case.does(plan, minutes=-240)
    assert case.told(Occurrence.SESSION_PLANNED, **columns("on_day", "official")) == [
        (MONDAY, "director")
    ]
    case.happens(ReceptionOpened(opened_at=local(10)))
    case.happens(visit_registered(arrived_at=local(10, 5)))
    case.happens(HearingStarted(visit_id=VISIT, received_by="deputy", started_at=local(10, 17)))
    case.happens(
        OralAnswerGiven(
            visit_id=VISIT, person_id=UUID(int=5), answer="cavab", answered_at=local(10, 29)
        )
    )
    case.happens(VisitRated(visit_id=VISIT, person_id=UUID(int=5), rating=4))
    heard = (
        Occurrence.PERSON_RECEIVED,
        Occurrence.WAITED,
        Occurrence.HEARD,
        Occurrence.ANSWERED_ORALLY,
        Occurrence.VISIT_RATED,
    )
    told = case.told(*heard, **columns("occurrence", "official", "topic", "amount", "part"))
    assert set(told) == {
        ("person-received", "deputy", "pension", 1, str(VISIT)),
        ("waited", "deputy", "pension", 12, str(VISIT)),
        ("heard", "deputy", "pension", 12, str(VISIT)),
        ("answered-orally", "deputy", "pension", 1, str(VISIT)),
        ("visit-rated", "deputy", "pension", 4, str(VISIT)),
    }
    assert case.told(Occurrence.HELD_BALL, **columns("amount")) == []


def test_the_topic_of_a_visit_is_corrected_for_that_visit_alone() -> None:
    case = Case(CaseKind.RECEPTION)
    other = UUID(int=78)
    plan = PlanReception(
        official="director",
        unit="reception",
        starts_at=local(10),
        ends_at=local(13),
        place="Otaq 1",
        form=ReceptionForm.VIDEO,
        quota=5,
    )
    case.does(plan, minutes=-240)
    case.happens(visit_registered())
    case.happens(visit_registered(visit_id=other))
    case.happens(NoShowRecorded(visit_id=VISIT))
    entry = EntryCorrected(entry=f"{VISIT}.topic", value="land", approved_by="other")
    case.happens(entry)
    topics = {(row.part, row.topic) for row in case.rows.values() if row.part}
    assert topics == {(str(VISIT), "land"), (str(other), "pension")}


def test_a_reception_put_off_and_cancelled_counts_on_the_day_it_was_put_off_to() -> None:
    case = Case(CaseKind.RECEPTION)
    plan = PlanReception(
        official="director",
        unit="reception",
        starts_at=local(10),
        ends_at=local(13),
        place="Otaq 1",
        form=ReceptionForm.IN_PERSON,
        quota=5,
    )
    case.does(plan, days=-3)
    later = timedelta(days=8)
    case.happens(ReceptionPostponed(starts_at=local(10) + later, ends_at=local(13) + later))
    case.happens(ReceptionCancelled())
    day = [(date(2026, 4, 14),)]
    assert case.told(Occurrence.SESSION_PLANNED, **columns("on_day")) == day
    assert case.told(Occurrence.SESSION_CANCELLED, **columns("on_day")) == day
    assert case.told(Occurrence.RECEIVED, **columns("on_day")) == [(date(2026, 4, 3),)]
    assert case.told(Occurrence.CLOSED, **columns("on_day", "outcome")) == [(MONDAY, "cancelled")]


VISIT = UUID(int=77)


def local(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 4, 6, hour, minute, tzinfo=BAKU)


def visit_registered(**changes: Any) -> VisitRegistered:
    values: dict[str, Any] = {
        "visit_id": VISIT,
        "person_id": UUID(int=5),
        "number": RegistrationNumber(book="r", year=2026, sequence=1),
        "visitor": Person(id=UUID(int=5), name="Ad"),
        "matter": "mövzu",
        "topic": "pension",
        "booked": False,
        "registered_by": "quliyev",
        "region": "ganja",
    }
    return VisitRegistered(**(values | changes))
