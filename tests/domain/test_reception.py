"""A reception from its plan to its close, and what each visit may come to."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any, get_args
from uuid import UUID, uuid5

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.appeal import AppealKind, CorrectionNotFitting, EntryUnchanged
from domain.assignment import CoExecutor, CoExecutorDueTooLate, SameExecutorTwice
from domain.calendar import DayKind, DayMark
from domain.case import (
    Actor,
    AlreadyBegun,
    Command,
    Event,
    NotYetBegun,
    Person,
    Refusal,
    RegistrationNumber,
)
from domain.due import Due, Terms
from domain.information import DatedInTheFuture, DueInThePast
from domain.recalculation import RecomputeDueDates
from domain.reception import (
    AlreadyArrived,
    AlreadyBeingHeard,
    AlreadyCalled,
    AlreadyHandedOver,
    AlreadyHasAVisit,
    AlreadyRated,
    AlreadyReceiving,
    AnswerOrally,
    ApplicantIsNotTheVisitor,
    AssignmentGivenAtHearing,
    BookedVisitorNotThere,
    CallVisitor,
    CancelReception,
    CloseReception,
    CompetenceEstablished,
    CompetenceOfOneOnly,
    CompleteVisit,
    ConsentMissing,
    Counts,
    DeclineVisit,
    DeputyNamed,
    EstablishCompetence,
    GiveAssignmentAtHearing,
    HandedOverBeforeTakenIn,
    HearingNotStarted,
    HearingStarted,
    NameDeputy,
    NobodyToRate,
    NoShowRecorded,
    NoSuchVisit,
    NoSuchWrittenAppeal,
    NotCalled,
    NotTheDay,
    NotWithinOneDay,
    OpenReception,
    OralAnswerGiven,
    PlannedInThePast,
    PlanReception,
    PostponeReception,
    QuotaReached,
    RateVisit,
    Reception,
    ReceptionAlreadyOpen,
    ReceptionCancelled,
    ReceptionClosed,
    ReceptionCommand,
    ReceptionEvent,
    ReceptionForm,
    ReceptionIsCancelled,
    ReceptionIsClosed,
    ReceptionNotYetOpen,
    ReceptionOpened,
    ReceptionPlanned,
    ReceptionPostponed,
    ReceptionStage,
    RecordArrival,
    RecordHandOver,
    RecordNoShow,
    ReferVisitor,
    RegisterVisit,
    SameTime,
    StartHearing,
    TakeInWrittenAppeal,
    VisitCompleted,
    VisitDeclined,
    VisitHasEnded,
    VisitNotEnded,
    VisitorArrived,
    VisitorCalled,
    VisitorNotThere,
    VisitorReferred,
    VisitRated,
    VisitRegistered,
    VisitsNotEnded,
    VisitStage,
    WithinOurCompetence,
    WrittenAppealHandedOver,
    WrittenAppealTakenIn,
    decide,
    evolve,
)
from domain.record import (
    AddNote,
    AlreadyAttached,
    AttachDocument,
    CorrectEntry,
    Document,
    DocumentAttached,
    EntryCorrected,
    NotCorrectable,
    NoteAdded,
)
from tests.domain.notices import notice_on
from tests.domain.spec import (
    BAKU,
    COMMAND,
    NOON,
    PLAIN_CALENDAR,
    PLAIN_TERMS,
    Spec,
    context,
    official,
)

TODAY = date(2026, 4, 6)
TOMORROW = date(2026, 4, 7)
NOW = NOON.astimezone(BAKU)
AT_TEN = datetime(2026, 4, 6, 10, tzinfo=BAKU)
AT_ONE = datetime(2026, 4, 6, 13, tzinfo=BAKU)
DAY = timedelta(days=1)
VISIT = uuid5(COMMAND, "visit")
VISITOR = uuid5(COMMAND, "visitor")
ASSIGNMENT = uuid5(COMMAND, "assignment")
APPEAL = uuid5(COMMAND, "appeal")
LEYLA = Person(surname="Quliyeva", name="Leyla", phone="+994501234567")
LEYLA_KNOWN = replace(LEYLA, id=VISITOR)
NUMBER = RegistrationNumber(book="r", year=2026, sequence=7)

PLAN = PlanReception(
    official="director",
    unit="social-protection",
    starts_at=AT_TEN,
    ends_at=AT_ONE,
    place="Room 12",
    form=ReceptionForm.IN_PERSON,
    quota=2,
)
PLANNED = ReceptionPlanned(
    official="director",
    unit="social-protection",
    starts_at=AT_TEN,
    ends_at=AT_ONE,
    records_close_at=time(18),
    place="Room 12",
    form=ReceptionForm.IN_PERSON,
    quota=2,
    planned_by="clerk",
    planning_unit="records",
)
OPENED = ReceptionOpened(opened_at=NOW)
CANCELLED = ReceptionCancelled()
CLOSED = ReceptionClosed(
    closed_at=NOW,
    counts=Counts(
        registered=1,
        heard=1,
        declined=0,
        answered_orally=0,
        referred=0,
        no_shows=0,
        assignments_given=0,
        written_appeals_taken_in=0,
    ),
)
WALKED_IN = VisitRegistered(
    visit_id=VISIT,
    person_id=VISITOR,
    number=NUMBER,
    visitor=LEYLA_KNOWN,
    matter="My pension was not recalculated",
    topic="pension",
    booked=False,
    registered_by="clerk",
    arrived_at=NOW,
    region="az-ba",
    social_category="pensioner",
)
BOOKED = replace(WALKED_IN, booked=True, arrived_at=None)
CALLED = VisitorCalled(visit_id=VISIT, called_at=NOW)
HEARING = HearingStarted(visit_id=VISIT, received_by="director", started_at=NOW)
COMPLETED = VisitCompleted(visit_id=VISIT, ended_at=NOW)
NO_SHOW = NoShowRecorded(visit_id=VISIT)
DECLINED = VisitDeclined(
    visit_id=VISIT, person_id=VISITOR, explanation="Decided by court", declined_at=NOW
)
TAKEN_IN = WrittenAppealTakenIn(
    visit_id=VISIT,
    person_id=VISITOR,
    appeal_id=APPEAL,
    applicant=LEYLA_KNOWN,
    kind=AppealKind.APPLICATION,
    topic="pension",
    subject="Recalculation of a pension",
    taken_in_at=NOW,
    hand_over_due=Due(
        on=TODAY,
        rule="az-handover",
        rule_version="statute",
        calendar_version="plain",
        since=TODAY,
        since_at=NOON,
    ),
    confidential=False,
    text="I ask for my pension to be recalculated.",
    region="az-ba",
    social_category="pensioner",
)
HANDED_OVER = WrittenAppealHandedOver(visit_id=VISIT, appeal_id=APPEAL, handed_over_on=TODAY)
RATED = VisitRated(visit_id=VISIT, person_id=VISITOR, rating=5)

WALK_IN = RegisterVisit(
    visitor=LEYLA,
    matter="My pension was not recalculated",
    topic="pension",
    region="az-ba",
    social_category="pensioner",
)
BOOK_A_VISIT = replace(WALK_IN, booked=True)
TAKE_IN = TakeInWrittenAppeal(
    visit_id=VISIT,
    applicant=LEYLA_KNOWN,
    kind=AppealKind.APPLICATION,
    topic="pension",
    subject="Recalculation of a pension",
    text="I ask for my pension to be recalculated.",
)
HAND_OVER = RecordHandOver(visit_id=VISIT, appeal_id=APPEAL, handed_over_on=TODAY)
GIVE = GiveAssignmentAtHearing(
    visit_id=VISIT,
    text="Recalculate and tell the visitor",
    unit="pensions",
    main_executor="rashad",
    due_on=TOMORROW,
    co_executors=(CoExecutor(official="nigar", unit="legal", due_on=TODAY),),
    under_control=True,
)
DOCUMENT = Document(name="Pension book.pdf", media_type="application/pdf", size=10, sha256="0" * 64)


@pytest.fixture
def reception() -> Spec:
    return Spec(decide, evolve)


@pytest.fixture
def planned(reception: Spec) -> Spec:
    return reception.given(PLANNED)


@pytest.fixture
def opened(planned: Spec) -> Spec:
    return planned.given(OPENED)


@pytest.fixture
def waiting(opened: Spec) -> Spec:
    return opened.given(WALKED_IN)


@pytest.fixture
def called(waiting: Spec) -> Spec:
    return waiting.given(CALLED)


@pytest.fixture
def hearing(called: Spec) -> Spec:
    return called.given(HEARING)


@pytest.fixture
def completed(hearing: Spec) -> Spec:
    return hearing.given(COMPLETED)


def another_visit(quota_taken_by: VisitRegistered = WALKED_IN) -> VisitRegistered:
    return replace(
        quota_taken_by, visit_id=UUID(int=2), person_id=UUID(int=3), visitor=Person(id=UUID(int=3))
    )


def test_a_reception_is_planned_for_an_official(reception: Spec) -> None:
    reception.when(PLAN).then(PLANNED)


def test_a_reception_is_planned_once(planned: Spec) -> None:
    planned.when(PLAN).refused(AlreadyBegun)


def test_nothing_happens_before_the_plan(reception: Spec) -> None:
    reception.when(OpenReception()).refused(NotYetBegun)
    with pytest.raises(NotYetBegun):
        evolve(None, OPENED)


def test_a_reception_ends_later_than_it_starts(reception: Spec) -> None:
    reception.when(replace(PLAN, ends_at=AT_TEN)).refused(NotWithinOneDay)


def test_a_reception_ends_on_the_day_it_starts(reception: Spec) -> None:
    reception.when(replace(PLAN, ends_at=AT_ONE + DAY)).refused(NotWithinOneDay)


def test_a_reception_starts_and_ends_on_the_same_clock(reception: Spec) -> None:
    in_utc = AT_ONE.astimezone(NOON.tzinfo)
    reception.when(replace(PLAN, ends_at=in_utc)).refused(NotWithinOneDay)


def test_a_reception_is_not_planned_for_yesterday(reception: Spec) -> None:
    reception.when(PLAN, days_later=1).refused(PlannedInThePast)


def test_the_official_the_units_and_the_planner_may_see_it(planned: Spec) -> None:
    assert planned.state.units == {"social-protection", "records"}
    assert planned.state.workers == {"director", "clerk"}
    assert planned.state.owner is None
    assert not planned.state.confidential


def test_a_planned_reception_is_postponed(planned: Spec) -> None:
    later = PostponeReception(starts_at=AT_TEN + DAY, ends_at=AT_ONE + DAY, reason="travels")
    planned.when(later).then(ReceptionPostponed(starts_at=AT_TEN + DAY, ends_at=AT_ONE + DAY))


def test_postponing_needs_another_time(planned: Spec) -> None:
    same = PostponeReception(starts_at=AT_TEN, ends_at=AT_ONE, reason="travels")
    planned.when(same).refused(SameTime)


def test_an_open_reception_is_neither_postponed_nor_cancelled_nor_opened(opened: Spec) -> None:
    later = PostponeReception(starts_at=AT_TEN + DAY, ends_at=AT_ONE + DAY, reason="travels")
    opened.when(later).refused(ReceptionAlreadyOpen)
    opened.when(CancelReception(reason="travels")).refused(ReceptionAlreadyOpen)
    opened.when(OpenReception()).refused(ReceptionAlreadyOpen)


def test_a_planned_reception_is_cancelled(planned: Spec) -> None:
    planned.when(CancelReception(reason="travels")).then(CANCELLED)


def test_a_cancelled_reception_takes_nobody(planned: Spec) -> None:
    planned.given(CANCELLED).when(BOOK_A_VISIT).refused(ReceptionIsCancelled)


def test_a_deputy_receives_instead(called: Spec) -> None:
    called.when(NameDeputy(deputy="vice-director", reason="called away")).then(
        DeputyNamed(deputy="vice-director")
    )
    called.when(StartHearing(visit_id=VISIT)).then(replace(HEARING, received_by="vice-director"))
    assert "vice-director" in called.state.workers


def test_whoever_already_receives_is_no_deputy(planned: Spec) -> None:
    planned.when(NameDeputy(deputy="director", reason="called away")).refused(AlreadyReceiving)


def test_the_official_planned_may_take_over_from_the_deputy(planned: Spec) -> None:
    planned.given(DeputyNamed(deputy="vice-director")).when(
        NameDeputy(deputy="director", reason="is back")
    ).then(DeputyNamed(deputy="director"))


def test_a_reception_is_opened_on_its_day(planned: Spec) -> None:
    planned.when(OpenReception()).then(OPENED)


def test_a_reception_is_not_opened_on_another_day(planned: Spec) -> None:
    planned.when(OpenReception(), days_later=-1).refused(NotTheDay)


def test_a_walk_in_is_registered_with_a_number_and_waits(opened: Spec) -> None:
    opened.when(WALK_IN).then(WALKED_IN)
    assert opened.state.visits[VISIT].stage is VisitStage.WAITING


def test_a_known_visitor_keeps_their_id(opened: Spec) -> None:
    known = UUID(int=9)
    person = replace(LEYLA, id=known)
    opened.when(replace(WALK_IN, visitor=person)).then(
        replace(WALKED_IN, visitor=person, person_id=known)
    )


def test_the_number_is_of_the_year_of_the_session(reception: Spec) -> None:
    next_year = replace(PLANNED, starts_at=datetime(2027, 1, 5, 10, tzinfo=BAKU))
    reception.given(next_year).when(BOOK_A_VISIT).then(
        replace(BOOKED, number=replace(NUMBER, year=2027))
    )


def test_walk_ins_come_only_while_it_is_open(planned: Spec) -> None:
    planned.when(WALK_IN).refused(ReceptionNotYetOpen)


def test_a_walk_in_may_have_arrived_earlier_but_not_later(opened: Spec) -> None:
    opened.when(replace(WALK_IN, arrived_at=NOW + timedelta(minutes=1))).refused(DatedInTheFuture)
    opened.when(replace(WALK_IN, arrived_at=AT_TEN)).then(replace(WALKED_IN, arrived_at=AT_TEN))


def test_a_visit_is_booked_before_the_reception_opens(planned: Spec) -> None:
    planned.when(BOOK_A_VISIT).then(BOOKED)
    assert planned.state.visits[VISIT].stage is VisitStage.BOOKED


def test_a_booked_visitor_is_yet_to_come(planned: Spec) -> None:
    planned.when(replace(BOOK_A_VISIT, arrived_at=NOW)).refused(BookedVisitorNotThere)


def test_a_booked_visitor_arrives(planned: Spec) -> None:
    planned.given(BOOKED).when(RecordArrival(visit_id=VISIT)).then(
        VisitorArrived(visit_id=VISIT, arrived_at=NOW)
    )
    assert planned.state.visits[VISIT].stage is VisitStage.WAITING


def test_a_visitor_arrives_once(waiting: Spec) -> None:
    waiting.when(RecordArrival(visit_id=VISIT)).refused(AlreadyArrived)


def test_the_quota_counts_booked_visits_and_walk_ins_together(opened: Spec) -> None:
    opened.given(BOOKED, another_visit()).when(
        replace(WALK_IN, visitor=Person(id=UUID(int=4)))
    ).refused(QuotaReached)


def test_a_declined_visit_gives_its_place_back(opened: Spec) -> None:
    opened.given(BOOKED, DECLINED, another_visit())
    again = replace(WALK_IN, visitor=LEYLA_KNOWN)
    opened.when(again).then(WALKED_IN)


def test_one_person_has_one_visit_at_a_time(waiting: Spec) -> None:
    waiting.when(replace(WALK_IN, visitor=LEYLA_KNOWN)).refused(AlreadyHasAVisit)


def test_competence_is_that_of_a_unit_which_does_not_see_other_visitors(waiting: Spec) -> None:
    waiting.when(EstablishCompetence(visit_id=VISIT, unit="pensions")).then(
        CompetenceEstablished(visit_id=VISIT, unit="pensions")
    )
    assert "pensions" not in waiting.state.units


def test_competence_is_that_of_another_body(waiting: Spec) -> None:
    waiting.when(EstablishCompetence(visit_id=VISIT, body="City Executive Power")).then(
        CompetenceEstablished(visit_id=VISIT, body="City Executive Power")
    )


def test_establishing_the_same_competence_again_changes_nothing(waiting: Spec) -> None:
    waiting.given(CompetenceEstablished(visit_id=VISIT, unit="pensions"))
    waiting.when(EstablishCompetence(visit_id=VISIT, unit="pensions")).then()


@pytest.mark.parametrize("names", [{}, {"unit": "pensions", "body": "City Executive Power"}])
def test_competence_is_of_exactly_one(waiting: Spec, names: dict[str, str]) -> None:
    waiting.when(EstablishCompetence(visit_id=VISIT, **names)).refused(CompetenceOfOneOnly)


def test_a_visit_without_ground_is_declined_with_an_explanation(waiting: Spec) -> None:
    waiting.when(DeclineVisit(visit_id=VISIT, explanation="Decided by court")).then(DECLINED)


def test_a_visit_is_not_declined_once_it_is_heard(hearing: Spec) -> None:
    hearing.when(DeclineVisit(visit_id=VISIT, explanation="Decided by court")).refused(
        AlreadyBeingHeard
    )


def test_a_visitor_is_called_then_heard(waiting: Spec) -> None:
    waiting.when(CallVisitor(visit_id=VISIT)).then(CALLED)
    waiting.when(StartHearing(visit_id=VISIT)).then(HEARING)


def test_a_visitor_is_called_only_while_it_is_open(planned: Spec) -> None:
    planned.given(BOOKED).when(CallVisitor(visit_id=VISIT)).refused(ReceptionNotYetOpen)


def test_a_visitor_is_called_once(called: Spec) -> None:
    called.when(CallVisitor(visit_id=VISIT)).refused(AlreadyCalled)


def test_nobody_is_heard_uncalled(waiting: Spec) -> None:
    waiting.when(StartHearing(visit_id=VISIT)).refused(NotCalled)


def test_who_was_called_and_is_absent_is_a_no_show(called: Spec) -> None:
    called.when(RecordNoShow(visit_id=VISIT)).then(NO_SHOW)


def test_who_is_being_heard_is_no_no_show(hearing: Spec) -> None:
    hearing.when(RecordNoShow(visit_id=VISIT)).refused(AlreadyBeingHeard)


def test_with_consent_the_answer_is_oral(hearing: Spec) -> None:
    hearing.when(AnswerOrally(visit_id=VISIT, answer="It is due in May", consent=True)).then(
        OralAnswerGiven(
            visit_id=VISIT, person_id=VISITOR, answer="It is due in May", answered_at=NOW
        )
    )
    assert hearing.state.visits[VISIT].stage is VisitStage.ANSWERED


def test_without_consent_it_has_to_be_in_writing(hearing: Spec) -> None:
    hearing.when(AnswerOrally(visit_id=VISIT, answer="It is due in May", consent=False)).refused(
        ConsentMissing
    )


def test_an_oral_answer_needs_a_hearing(called: Spec) -> None:
    called.when(AnswerOrally(visit_id=VISIT, answer="It is due in May", consent=True)).refused(
        HearingNotStarted
    )


def test_a_visitor_is_referred_to_another_body(hearing: Spec) -> None:
    hearing.when(ReferVisitor(visit_id=VISIT, body="City Executive Power")).then(
        VisitorReferred(visit_id=VISIT, body="City Executive Power", referred_at=NOW)
    )


def test_what_is_our_matter_is_not_referred(hearing: Spec) -> None:
    hearing.given(CompetenceEstablished(visit_id=VISIT, unit="pensions"))
    hearing.when(ReferVisitor(visit_id=VISIT, body="City Executive Power")).refused(
        WithinOurCompetence
    )


def test_an_assignment_given_at_the_hearing_carries_all_it_needs(hearing: Spec) -> None:
    hearing.when(GIVE).then(
        AssignmentGivenAtHearing(
            visit_id=VISIT,
            person_id=VISITOR,
            assignment_id=ASSIGNMENT,
            author="director",
            text="Recalculate and tell the visitor",
            unit="pensions",
            main_executor="rashad",
            co_executors=GIVE.co_executors,
            given_on=TODAY,
            due=Due(on=TOMORROW, rule="chosen", rule_version="1", calendar_version="plain"),
            under_control=True,
        )
    )
    assert not hearing.state.units & {"pensions", "legal"}
    assert not hearing.state.workers & {"rashad", "nigar"}


def test_an_assignment_is_given_during_a_hearing(called: Spec) -> None:
    called.when(GIVE).refused(HearingNotStarted)


def test_an_assignment_is_not_due_in_the_past(hearing: Spec) -> None:
    hearing.when(replace(GIVE, due_on=TODAY - DAY)).refused(DueInThePast)
    early = CoExecutor(official="nigar", unit="legal", due_on=TODAY - DAY)
    hearing.when(replace(GIVE, co_executors=(early,))).refused(DueInThePast)


def test_a_co_executor_is_not_due_after_the_whole(hearing: Spec) -> None:
    hearing.when(replace(GIVE, due_on=TODAY, co_executors=(late_co_executor(),))).refused(
        CoExecutorDueTooLate
    )


def late_co_executor() -> CoExecutor:
    return CoExecutor(official="nigar", unit="legal", due_on=TOMORROW)


def test_an_executor_is_named_once(hearing: Spec) -> None:
    hearing.when(replace(GIVE, main_executor="nigar")).refused(SameExecutorTwice)


def test_a_written_appeal_is_taken_in_from_the_visitor(hearing: Spec) -> None:
    hearing.when(TAKE_IN).then(TAKEN_IN)


def test_a_written_appeal_may_be_taken_in_after_an_oral_answer(completed: Spec) -> None:
    completed.when(TAKE_IN).then(TAKEN_IN)


@pytest.mark.parametrize(
    ("taken_in_at", "due"),
    [
        (datetime(2026, 4, 6, 17, 59, 59, tzinfo=BAKU), date(2026, 4, 6)),
        (datetime(2026, 4, 6, 18, 0, tzinfo=BAKU), date(2026, 4, 6)),
        (datetime(2026, 4, 6, 18, 0, 1, tzinfo=BAKU), date(2026, 4, 7)),
        (datetime(2026, 4, 3, 18, 30, tzinfo=BAKU), date(2026, 4, 6)),
        (datetime(2026, 4, 4, 11, 0, tzinfo=BAKU), date(2026, 4, 6)),
        (datetime(2026, 4, 4, 19, 0, tzinfo=BAKU), date(2026, 4, 6)),
        (datetime(2026, 4, 5, 19, 0, tzinfo=BAKU), date(2026, 4, 6)),
    ],
)
def test_it_is_handed_over_the_same_day_or_the_next_working_day(
    hearing: Spec, taken_in_at: datetime, due: date
) -> None:
    at = taken_in_at.astimezone(NOON.tzinfo)
    taken_in = hearing.when(replace(TAKE_IN, taken_in_at=at), at=NOON + DAY).happens()[0]
    assert isinstance(taken_in, WrittenAppealTakenIn)
    assert taken_in.hand_over_due.on == due
    assert taken_in.taken_in_at.isoformat() == taken_in_at.isoformat()


def due_of_what_came(
    hour: int, *, records_close_at: time, terms: Terms = PLAIN_TERMS, decided: Terms | None = None
) -> date:
    """The hand-over of what was taken in on Monday; later on *decided* may have moved it."""
    planned = replace(PLANNED, records_close_at=records_close_at)
    session = Spec(decide, evolve, planned, OPENED, WALKED_IN, CALLED, HEARING).state
    at = datetime(2026, 4, 6, hour, tzinfo=BAKU)
    ctx = replace(context(at=NOON + DAY), terms=terms)
    (taken_in,) = decide(replace(TAKE_IN, taken_in_at=at), session, ctx)
    assert isinstance(taken_in, WrittenAppealTakenIn)
    due = taken_in.hand_over_due
    return (decided.recompute(due) if decided else due).on


def marked(on: date, kind: DayKind, closes_at: time | None = None) -> Terms:
    mark = DayMark(on=on, kind=kind, reason="decided", closes_at=closes_at)
    return replace(PLAIN_TERMS, calendar=PLAIN_CALENDAR.with_marks([mark]))


def test_records_or_the_office_whichever_closes_first_ends_the_day() -> None:
    assert due_of_what_came(14, records_close_at=time(13)) == TOMORROW
    assert due_of_what_came(12, records_close_at=time(13)) == TODAY
    assert due_of_what_came(19, records_close_at=time(20)) == TOMORROW
    half = marked(TODAY, DayKind.HALF, time(13))
    assert due_of_what_came(14, records_close_at=time(18), terms=half) == TOMORROW
    short = marked(TODAY, DayKind.SHORT)
    assert due_of_what_came(17, records_close_at=time(18), terms=short) == TODAY
    assert due_of_what_came(18, records_close_at=time(18), terms=short) == TOMORROW


@pytest.mark.parametrize("records_close_at", [time(13), time(18)])
def test_a_hand_over_after_hours_moves_with_the_calendar(records_close_at: time) -> None:
    off = marked(TOMORROW, DayKind.OFF)
    late = due_of_what_came(19, records_close_at=records_close_at, decided=off)
    assert late == TOMORROW + DAY


def test_nothing_is_taken_in_from_who_did_not_come(opened: Spec) -> None:
    opened.given(BOOKED).when(TAKE_IN).refused(VisitorNotThere)
    opened.given(NO_SHOW).when(TAKE_IN).refused(VisitorNotThere)


def test_nothing_is_taken_in_after_the_reception_is_closed(completed: Spec) -> None:
    completed.given(CLOSED).when(TAKE_IN).refused(ReceptionIsClosed)


@pytest.mark.parametrize("applicant", [LEYLA, replace(LEYLA, id=UUID(int=5))])
def test_the_applicant_is_the_visitor(hearing: Spec, applicant: Person) -> None:
    hearing.when(replace(TAKE_IN, applicant=applicant)).refused(ApplicantIsNotTheVisitor)


def test_nothing_is_taken_in_tomorrow(hearing: Spec) -> None:
    hearing.when(replace(TAKE_IN, taken_in_at=NOW + DAY)).refused(DatedInTheFuture)


def test_a_written_appeal_is_handed_over_also_after_the_close(completed: Spec) -> None:
    completed.given(TAKEN_IN, CLOSED).when(HAND_OVER).then(HANDED_OVER)


def test_a_written_appeal_is_handed_over_once(hearing: Spec) -> None:
    hearing.given(TAKEN_IN, HANDED_OVER).when(HAND_OVER).refused(AlreadyHandedOver)


def test_a_hand_over_is_neither_tomorrow_nor_before_the_taking_in(hearing: Spec) -> None:
    hearing.given(TAKEN_IN)
    hearing.when(replace(HAND_OVER, handed_over_on=TOMORROW)).refused(DatedInTheFuture)
    hearing.when(replace(HAND_OVER, handed_over_on=TODAY - DAY)).refused(HandedOverBeforeTakenIn)


def test_only_what_was_taken_in_is_handed_over(hearing: Spec) -> None:
    hearing.when(HAND_OVER).refused(NoSuchWrittenAppeal)


def test_a_heard_visit_is_completed(hearing: Spec) -> None:
    hearing.when(CompleteVisit(visit_id=VISIT)).then(COMPLETED)


def test_a_visit_is_not_completed_unheard(called: Spec) -> None:
    called.when(CompleteVisit(visit_id=VISIT)).refused(HearingNotStarted)


def test_a_completed_visit_is_rated_also_after_the_close(completed: Spec) -> None:
    completed.given(CLOSED).when(RateVisit(visit_id=VISIT, rating=5)).then(RATED)


def test_a_visit_is_rated_after_it_ended(hearing: Spec) -> None:
    hearing.when(RateVisit(visit_id=VISIT, rating=5)).refused(VisitNotEnded)


def test_a_visit_is_rated_once(completed: Spec) -> None:
    completed.given(RATED).when(RateVisit(visit_id=VISIT, rating=1)).refused(AlreadyRated)


def test_who_did_not_come_does_not_rate(called: Spec) -> None:
    called.given(NO_SHOW).when(RateVisit(visit_id=VISIT, rating=1)).refused(NobodyToRate)


@pytest.mark.parametrize("rating", [0, 6])
def test_a_rating_is_from_one_to_five(rating: int) -> None:
    body = {"visit_id": str(VISIT), "rating": rating}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, RateVisit)


def test_times_without_an_offset_are_not_read() -> None:
    body = json.loads(msgspec.json.encode(PLAN))
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body | {"starts_at": "2026-04-06T10:00:00"}, PlanReception)


@pytest.mark.parametrize(
    "command",
    [
        RecordArrival(visit_id=VISIT),
        EstablishCompetence(visit_id=VISIT, unit="pensions"),
        DeclineVisit(visit_id=VISIT, explanation="Decided by court"),
        CallVisitor(visit_id=VISIT),
        RecordNoShow(visit_id=VISIT),
        StartHearing(visit_id=VISIT),
        GIVE,
        AnswerOrally(visit_id=VISIT, answer="It is due in May", consent=True),
        ReferVisitor(visit_id=VISIT, body="City Executive Power"),
        CompleteVisit(visit_id=VISIT),
    ],
)
def test_an_ended_visit_takes_nothing_more(completed: Spec, command: Command) -> None:
    completed.when(command).refused(VisitHasEnded)


@pytest.mark.parametrize(
    "command",
    [CallVisitor(visit_id=VISIT), TAKE_IN, HAND_OVER, RateVisit(visit_id=VISIT, rating=5)],
)
def test_a_visit_has_to_be_registered_first(opened: Spec, command: Command) -> None:
    opened.when(command).refused(NoSuchVisit)


def test_a_reception_is_closed_with_its_counts(completed: Spec) -> None:
    completed.when(CloseReception()).then(CLOSED)


def test_a_reception_is_not_closed_before_it_opens_nor_twice(planned: Spec) -> None:
    planned.when(CloseReception()).refused(ReceptionNotYetOpen)
    planned.given(OPENED, CLOSED).when(CloseReception()).refused(ReceptionIsClosed)


def test_a_reception_is_not_closed_while_somebody_waits_or_is_heard(waiting: Spec) -> None:
    waiting.when(CloseReception()).refused(VisitsNotEnded)
    waiting.given(CALLED).when(CloseReception()).refused(VisitsNotEnded)
    waiting.given(HEARING).when(CloseReception()).refused(VisitsNotEnded)


def test_a_reception_is_not_closed_over_a_booked_visit(opened: Spec) -> None:
    opened.given(BOOKED).when(CloseReception()).refused(VisitsNotEnded)


def test_documents_and_notes_are_put_on_record(completed: Spec) -> None:
    completed.given(CLOSED).when(AddNote(text="Called back")).then(NoteAdded(text="Called back"))
    completed.when(AttachDocument(document=DOCUMENT)).then(DocumentAttached(document=DOCUMENT))
    completed.when(AttachDocument(document=DOCUMENT)).refused(AlreadyAttached)


def correct(code: str, value: str) -> CorrectEntry:
    return CorrectEntry(entry=f"{VISIT}.{code}", value=value, approved_by="head", reason="misheard")


def test_a_corrected_region_goes_with_the_appeal(hearing: Spec) -> None:
    hearing.when(correct("region", "az-gan")).then(
        EntryCorrected(entry=f"{VISIT}.region", approved_by="head", value="az-gan")
    )
    hearing.when(TAKE_IN).then(replace(TAKEN_IN, region="az-gan"))


def test_a_code_is_corrected_to_another_code(hearing: Spec) -> None:
    hearing.when(correct("topic", "Free words")).refused(CorrectionNotFitting)
    hearing.when(correct("topic", "pension")).refused(EntryUnchanged)


def test_a_session_is_made_confidential_afterwards(hearing: Spec) -> None:
    hide = replace(correct("topic", " true"), entry="confidential")
    hearing.when(replace(hide, value="yes")).refused(CorrectionNotFitting)
    hearing.when(replace(hide, value="false")).refused(EntryUnchanged)
    hearing.when(hide).then(EntryCorrected(entry="confidential", approved_by="head", value="true"))
    assert hearing.state.confidential


def test_the_matter_is_not_corrected_but_noted(hearing: Spec) -> None:
    hearing.when(correct("matter", "Another")).refused(NotCorrectable)


def test_the_counts_add_up_over_a_whole_session() -> None:
    session = session_after(LIFE)
    assert session.counts == Counts(
        registered=6,
        heard=2,
        declined=1,
        answered_orally=1,
        referred=2,
        no_shows=1,
        assignments_given=1,
        written_appeals_taken_in=1,
    )


def visit_id(step: int) -> UUID:
    """The visit registered by the *step*-th command of a life."""
    return uuid5(UUID(int=step), "visit")


def register(name: str, *, booked: bool) -> RegisterVisit:
    return RegisterVisit(visitor=Person(name=name), matter="Rent", topic="housing", booked=booked)


FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH = map(visit_id, range(5, 11))
LIFE: list[ReceptionCommand] = [
    replace(PLAN, quota=6),
    NameDeputy(deputy="vice-director", reason="travels"),
    PostponeReception(starts_at=AT_TEN + timedelta(hours=1), ends_at=AT_ONE, reason="travels"),
    AddNote(text="Interpreter asked for"),
    OpenReception(),
    register("Aydan", booked=True),
    register("Babək", booked=False),
    register("Cavid", booked=False),
    register("Dilarə", booked=False),
    register("Elçin", booked=True),
    register("Fidan", booked=False),
    AttachDocument(document=DOCUMENT),
    CorrectEntry(entry=f"{SECOND}.topic", value="rent", approved_by="head", reason="misheard"),
    RecordArrival(visit_id=FIRST),
    EstablishCompetence(visit_id=FIRST, unit="pensions"),
    CallVisitor(visit_id=FIRST),
    StartHearing(visit_id=FIRST),
    replace(GIVE, visit_id=FIRST),
    replace(
        TAKE_IN,
        visit_id=FIRST,
        applicant=Person(id=uuid5(UUID(int=5), "visitor"), name="Aydan"),
    ),
    notice_on(f"hand-over:{uuid5(UUID(int=18), 'appeal')}", TODAY)[0],
    RecomputeDueDates(decision=UUID(int=99)),
    CompleteVisit(visit_id=FIRST),
    CallVisitor(visit_id=SECOND),
    StartHearing(visit_id=SECOND),
    AnswerOrally(visit_id=SECOND, answer="In May", consent=True),
    DeclineVisit(visit_id=THIRD, explanation="Decided by court"),
    ReferVisitor(visit_id=FOURTH, body="City Executive Power"),
    RecordNoShow(visit_id=FIFTH),
    ReferVisitor(visit_id=SIXTH, body="City Executive Power"),
    CloseReception(),
    RecordHandOver(visit_id=FIRST, appeal_id=uuid5(UUID(int=18), "appeal"), handed_over_on=TODAY),
    RateVisit(visit_id=FIRST, rating=4, comment="Kind"),
]
CLOSED_TODAY = replace(
    PLAIN_TERMS,
    calendar=PLAIN_TERMS.calendar.with_marks(
        [DayMark(on=TODAY, kind=DayKind.OFF, reason="storm", act="Decision 2")]
    ),
)
CUT_SHORT: list[ReceptionCommand] = [PLAN, CancelReception(reason="flood")]


def live(commands: list[ReceptionCommand]) -> list[Event]:
    """The events of a life in which each command has an id of its own; refused ones do nothing."""
    session: Reception | None = None
    events: list[Event] = []
    for step, command in enumerate(commands):
        for event in decide(
            command,
            session,
            replace(
                context(),
                derive_id=lambda what, step=step: uuid5(UUID(int=step), what),
                terms=CLOSED_TODAY if isinstance(command, RecomputeDueDates) else PLAIN_TERMS,
            ),
        ):
            session = evolve(session, event)  # type: ignore[arg-type]
            events.append(event)
    return events


def session_after(commands: list[ReceptionCommand]) -> Reception:
    session: Reception | None = None
    for event in live(commands):
        session = evolve(session, event)  # type: ignore[arg-type]
    assert session
    return session


def test_every_command_and_every_event_has_its_place_in_a_life() -> None:
    assert {type(command) for command in LIFE + CUT_SHORT} == set(get_args(ReceptionCommand))
    assert {type(event) for event in live(LIFE) + live(CUT_SHORT)} == set(get_args(ReceptionEvent))


def test_every_event_reads_back_as_it_was_written() -> None:
    for event in live(LIFE) + live(CUT_SHORT):
        written = msgspec.json.encode(event)
        assert msgspec.json.decode(written, type=ReceptionEvent) == event


def sealed(event: Event) -> Event:
    """The event as it is read when its person's key is not asked for."""
    changes: dict[str, Any] = {}
    for field in msgspec.inspect.type_info(type(event)).fields:  # type: ignore[attr-defined]
        value = getattr(event, field.name)
        if isinstance(value, Person):
            changes[field.name] = Person(id=value.id)
        elif value is not None and "personal" in (getattr(field.type, "extra", None) or {}):
            changes[field.name] = "[sealed]"
    return replace(event, **changes)


def test_the_state_is_the_same_without_any_personal_text() -> None:
    events = live(LIFE)
    session: Reception | None = None
    for event in map(sealed, events):
        session = evolve(session, event)  # type: ignore[arg-type]
    assert [sealed(event) for event in events] != events
    assert session == session_after(LIFE)


def test_only_officials_of_the_session_are_its_workers() -> None:
    session = session_after(LIFE)
    assert session.workers == {"director", "vice-director", "clerk"}


visits = st.sampled_from([visit_id(step) for step in range(4, 14)])
anything = st.one_of(
    st.builds(register, st.just("Aydan"), booked=st.booleans()),
    st.builds(RecordArrival, visit_id=visits),
    st.builds(EstablishCompetence, visit_id=visits, unit=st.just("pensions")),
    st.builds(DeclineVisit, visit_id=visits, explanation=st.just("Decided by court")),
    st.builds(CallVisitor, visit_id=visits),
    st.builds(RecordNoShow, visit_id=visits),
    st.builds(StartHearing, visit_id=visits),
    st.builds(AnswerOrally, visit_id=visits, answer=st.just("In May"), consent=st.booleans()),
    st.builds(ReferVisitor, visit_id=visits, body=st.just("City Executive Power")),
    st.builds(CompleteVisit, visit_id=visits),
    st.builds(RateVisit, visit_id=visits, rating=st.integers(1, 5)),
    visits.map(lambda visit: replace(GIVE, visit_id=visit)),
    st.sampled_from(
        [
            OpenReception(),
            CloseReception(),
            CancelReception(reason="flood"),
            NameDeputy(deputy="vice-director", reason="travels"),
            AddNote(text="Interpreter asked for"),
        ]
    ),
)


@settings(max_examples=150, deadline=None)
@given(
    opened_first=st.booleans(),
    commands=st.lists(anything, max_size=40),
    quota=st.integers(1, 5),
    by=st.sampled_from([official("clerk"), official("nigar", "legal")]),
)
def test_whatever_is_asked_the_session_stays_sound(
    opened_first: bool, commands: list[ReceptionCommand], quota: int, by: Actor
) -> None:
    start: list[ReceptionCommand] = [replace(PLAN, quota=quota)]
    if opened_first:
        start.append(OpenReception())
    session: Reception | None = None
    for step, command in enumerate(start + commands):
        ctx = replace(context(by), derive_id=lambda what, step=step: uuid5(UUID(int=step), what))
        before = session
        try:
            events = decide(command, session, ctx)
        except Refusal:
            continue
        for event in events:
            session = evolve(session, event)  # type: ignore[arg-type]
        assert session is not None
        assert_sound(session)
        if before:
            assert set(before.visits) <= set(session.visits)
            assert before.units <= session.units
            assert before.workers <= session.workers


def assert_sound(session: Reception) -> None:
    stages = [visit.stage for visit in session.visits.values()]
    counts = session.counts
    assert len(stages) - stages.count(VisitStage.DECLINED) <= session.quota
    if session.stage is ReceptionStage.CLOSED:
        assert all(stage.ended for stage in stages)
        outcomes = counts.declined + counts.answered_orally + counts.referred + counts.no_shows
        assert outcomes + stages.count(VisitStage.COMPLETED) == counts.registered
    for visit in session.visits.values():
        needs_hearing = (VisitStage.BEING_HEARD, VisitStage.ANSWERED, VisitStage.COMPLETED)
        assert visit.heard or visit.stage not in needs_hearing
        assert not visit.assignments or visit.heard
        assert not visit.rated or visit.stage.ended


def test_what_came_after_hours_is_handed_over_the_next_working_day(hearing: Spec) -> None:
    late = replace(TAKEN_IN, hand_over_due=replace(TAKEN_IN.hand_over_due, on=TOMORROW))
    hearing.given(late).when(replace(HAND_OVER, handed_over_on=TOMORROW)).then(
        replace(HANDED_OVER, handed_over_on=TOMORROW)
    )


def test_a_session_with_a_confidential_appeal_is_as_confidential(hearing: Spec) -> None:
    assert not hearing.given(TAKEN_IN).state.confidential
    assert hearing.given(replace(TAKEN_IN, confidential=True)).state.confidential
