"""A reception session (qəbul): an official receives visitors, each visit from desk to outcome.

Law 1308-IVQ sets the oral answer and its consent; statute 001 the desk's decisions and the control
of what is instructed; statute 004 when a written appeal goes to the Records office.
"""

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, assert_never
from uuid import UUID

from msgspec import Meta, ValidationError, convert, field
from msgspec.structs import replace

from domain import notice, recalculation, record, secrecy
from domain.appeal import AppealKind, CorrectionNotFitting, EntryUnchanged
from domain.assignment import CoExecutorDueTooLate, CoExecutors, SameExecutorTwice
from domain.case import (
    AlreadyBegun,
    CaseKind,
    Code,
    Command,
    Context,
    Event,
    NotFitting,
    NotYetBegun,
    OfficialId,
    Person,
    PersonalLongText,
    PersonalText,
    Refusal,
    RegistrationNumber,
    ShortText,
    UnitId,
    Value,
    identified,
)
from domain.due import Due
from domain.information import DatedInTheFuture, DueInThePast
from domain.keeping import AS_USUAL, Keeping
from domain.notice import NONE_GIVEN, DeadlineNoticeGiven, GiveDeadlineNotice, Given
from domain.recalculation import DueDatesMoved, RecomputeDueDates
from domain.record import (
    AddNote,
    AttachDocument,
    Correctable,
    CorrectEntry,
    DocumentAttached,
    EntryCorrected,
    NoteAdded,
    RecordCommand,
    RecordEvent,
)
from domain.rule import ClockName

KIND = CaseKind.RECEPTION
BOOK = "r"
_DAY = timedelta(days=1)
CODES = ("topic", "region", "social_category")
"""The entries of a visit that may be corrected, each named ``<visit_id>.<entry>``."""

LocalInstant = Annotated[datetime, Meta(tz=True)]
"""An instant with the offset of the place, so that its wall clock is the one people saw."""
WallClock = Annotated[time, Meta(tz=False)]
Quota = Annotated[int, Meta(ge=1, le=1000)]
Rating = Annotated[int, Meta(ge=1, le=5)]


class ReceptionForm(StrEnum):
    IN_PERSON = "in-person"
    VIDEO = "video"
    MOBILE_POINT = "mobile-point"


class Counts(Value):
    """The session in numbers. ``declined`` are those explained at the desk, without a hearing."""

    registered: int
    heard: int
    declined: int
    answered_orally: int
    referred: int
    no_shows: int
    assignments_given: int
    written_appeals_taken_in: int


class ReceptionPlanned(Event, tag="reception-planned"):
    official: OfficialId
    unit: UnitId
    starts_at: LocalInstant
    ends_at: LocalInstant
    records_close_at: WallClock
    place: ShortText
    form: ReceptionForm
    quota: Quota
    planned_by: OfficialId
    planning_unit: UnitId


class ReceptionPostponed(Event, tag="reception-postponed"):
    starts_at: LocalInstant
    ends_at: LocalInstant


class ReceptionCancelled(Event, tag="reception-cancelled"):
    pass


class DeputyNamed(Event, tag="deputy-named"):
    deputy: OfficialId


class ReceptionOpened(Event, tag="reception-opened"):
    opened_at: LocalInstant


class ReceptionClosed(Event, tag="reception-closed"):
    closed_at: LocalInstant
    counts: Counts


class VisitRegistered(Event, tag="visit-registered"):
    """``arrived_at`` is None for a booked visit: the visitor is yet to come."""

    visit_id: UUID
    person_id: UUID
    number: RegistrationNumber
    visitor: Person
    matter: PersonalText
    topic: Code
    booked: bool
    registered_by: OfficialId
    arrived_at: LocalInstant | None = None
    region: Code | None = None
    social_category: Code | None = None


class VisitorArrived(Event, tag="visitor-arrived"):
    visit_id: UUID
    arrived_at: LocalInstant


class CompetenceEstablished(Event, tag="competence-established"):
    visit_id: UUID
    unit: UnitId | None = None
    body: ShortText | None = None


class VisitDeclined(Event, tag="visit-declined"):
    """No ground for a reception: explained at the desk."""

    visit_id: UUID
    person_id: UUID
    explanation: PersonalLongText
    declined_at: LocalInstant


class VisitorCalled(Event, tag="visitor-called"):
    visit_id: UUID
    called_at: LocalInstant


class NoShowRecorded(Event, tag="no-show-recorded"):
    visit_id: UUID


class HearingStarted(Event, tag="hearing-started"):
    """``received_by`` is who really received: the official planned, or the deputy."""

    visit_id: UUID
    received_by: OfficialId
    started_at: LocalInstant


class AssignmentGivenAtHearing(Event, tag="assignment-given-at-hearing"):
    visit_id: UUID
    person_id: UUID
    assignment_id: UUID
    author: OfficialId
    text: PersonalLongText
    unit: UnitId
    main_executor: OfficialId
    co_executors: CoExecutors
    given_on: date
    due: Due
    under_control: bool


class WrittenAppealTakenIn(Event, tag="written-appeal-taken-in"):
    """``hand_over_due`` is the last day to hand it to the Records office (statute 004)."""

    VERSION = 2

    visit_id: UUID
    person_id: UUID
    appeal_id: UUID
    applicant: Person
    kind: AppealKind
    topic: Code
    subject: PersonalText
    taken_in_at: LocalInstant
    hand_over_due: Due
    confidential: bool
    text: PersonalLongText | None = None
    region: Code | None = None
    social_category: Code | None = None


class WrittenAppealHandedOver(Event, tag="written-appeal-handed-over"):
    visit_id: UUID
    appeal_id: UUID
    handed_over_on: date


class OralAnswerGiven(Event, tag="oral-answer-given"):
    """Given with the visitor's consent, which Law 1308-IVQ asks for; it ends the visit."""

    visit_id: UUID
    person_id: UUID
    answer: PersonalLongText
    answered_at: LocalInstant


class VisitorReferred(Event, tag="visitor-referred"):
    visit_id: UUID
    body: ShortText
    referred_at: LocalInstant


class VisitCompleted(Event, tag="visit-completed"):
    visit_id: UUID
    ended_at: LocalInstant


class VisitRated(Event, tag="visit-rated"):
    visit_id: UUID
    person_id: UUID
    rating: Rating
    comment: PersonalText | None = None


class PlanReception(Command):
    """``unit`` holds the reception. After ``records_close_at`` what is taken in may wait a day."""

    official: OfficialId
    unit: UnitId
    starts_at: LocalInstant
    ends_at: LocalInstant
    place: ShortText
    form: ReceptionForm
    quota: Quota
    records_close_at: WallClock = time(18)


class PostponeReception(Command):
    starts_at: LocalInstant
    ends_at: LocalInstant
    reason: ShortText


class CancelReception(Command):
    reason: ShortText


class NameDeputy(Command):
    """``deputy`` receives instead of the official planned, or of an earlier deputy."""

    deputy: OfficialId
    reason: ShortText


class OpenReception(Command):
    pass


class CloseReception(Command):
    pass


class RegisterVisit(Command):
    """``arrived_at`` is for walk-ins: now, where it is left out."""

    visitor: Person
    matter: PersonalText
    topic: Code
    booked: bool = False
    arrived_at: LocalInstant | None = None
    region: Code | None = None
    social_category: Code | None = None


class RecordArrival(Command):
    """A booked visitor has come: now, where ``arrived_at`` is left out."""

    visit_id: UUID
    arrived_at: LocalInstant | None = None


class EstablishCompetence(Command):
    """Whose matter it is, a unit of ours or another body: exactly one of the two."""

    visit_id: UUID
    unit: UnitId | None = None
    body: ShortText | None = None


class DeclineVisit(Command):
    visit_id: UUID
    explanation: PersonalLongText


class CallVisitor(Command):
    visit_id: UUID


class RecordNoShow(Command):
    visit_id: UUID


class StartHearing(Command):
    visit_id: UUID


class GiveAssignmentAtHearing(Command):
    """``under_control`` puts it under the control of the official who receives."""

    visit_id: UUID
    text: PersonalLongText
    unit: UnitId
    main_executor: OfficialId
    due_on: date
    co_executors: CoExecutors = ()
    under_control: bool = False


class TakeInWrittenAppeal(Command):
    """``applicant`` is the visitor, with their id. Now, where ``taken_in_at`` is left out."""

    visit_id: UUID
    applicant: Person
    kind: AppealKind
    topic: Code
    subject: PersonalText
    text: PersonalLongText | None = None
    taken_in_at: LocalInstant | None = None
    confidential: bool = False


class RecordHandOver(Command):
    """``handed_over_on`` may be the next working day already when it is too late for today."""

    visit_id: UUID
    appeal_id: UUID
    handed_over_on: date


class AnswerOrally(Command):
    """``consent``: the visitor agrees to an oral answer instead of a written one."""

    visit_id: UUID
    answer: PersonalLongText
    consent: bool


class ReferVisitor(Command):
    visit_id: UUID
    body: ShortText


class CompleteVisit(Command):
    visit_id: UUID


class RateVisit(Command):
    visit_id: UUID
    rating: Rating
    comment: PersonalText | None = None


class NotWithinOneDay(NotFitting):
    """A reception ends later on the day it starts, and both times have the same offset."""


class PlannedInThePast(NotFitting):
    """The reception would already be over: choose a later time."""


class SameTime(Refusal):
    """The reception is already planned for this time."""


class NotTheDay(Refusal):
    """A reception is opened on its day: postpone it, or wait for the day."""


class ReceptionNotYetOpen(Refusal):
    """The reception is not open yet: open it first."""


class ReceptionAlreadyOpen(Refusal):
    """The reception is already open."""


class ReceptionIsClosed(Refusal):
    """The reception is closed: register what comes now in another one."""


class ReceptionIsCancelled(Refusal):
    """The reception was cancelled: use another one."""


class AlreadyReceiving(Refusal):
    """This official already receives: name somebody else."""


class VisitsNotEnded(Refusal):
    """Visits have not ended: hear those who wait and record as no-show who did not come."""


class QuotaReached(Refusal):
    """All places of this reception are taken: choose another one."""


class AlreadyHasAVisit(Refusal):
    """This person already has a visit in this reception that has not ended."""


class BookedVisitorNotThere(NotFitting):
    """A booked visitor is yet to come: leave the arrival out and record it when they come."""


class NoSuchVisit(Refusal):
    """No visit of this reception has this id."""


class VisitHasEnded(Refusal):
    """The visit has ended: register a new one."""


class VisitNotEnded(Refusal):
    """The visit has to end before it is rated."""


class AlreadyArrived(Refusal):
    """The visitor has already arrived or been called."""


class AlreadyCalled(Refusal):
    """The visitor has already been called: start the hearing, or record a no-show."""


class NotCalled(Refusal):
    """The visitor has not been called: call them first."""


class AlreadyBeingHeard(Refusal):
    """The hearing has started: answer, refer or complete the visit."""


class HearingNotStarted(Refusal):
    """The hearing has not started: start it first."""


class CompetenceOfOneOnly(NotFitting):
    """A matter is that of one unit or of one other body: name exactly one."""


class WithinOurCompetence(Refusal):
    """The matter was found to be that of a unit of ours: it isn't referred to another body."""


class ConsentMissing(NotFitting):
    """Without the visitor's consent there is no oral answer: take the matter in in writing."""


class VisitorNotThere(Refusal):
    """The visitor did not come, or is yet to come: record the arrival first."""


class ApplicantIsNotTheVisitor(NotFitting):
    """A written appeal is taken in from the visitor: give the applicant the visitor's id."""


class NoSuchWrittenAppeal(Refusal):
    """No written appeal with this id was taken in at this visit."""


class HandedOverBeforeTakenIn(NotFitting):
    """The appeal can't have been handed over before the day it was taken in."""


class AlreadyHandedOver(Refusal):
    """The appeal has already been handed over."""


class NobodyToRate(Refusal):
    """The visitor did not come: there is nothing to rate."""


class AlreadyRated(Refusal):
    """The visit has already been rated."""


SessionCommand = PostponeReception | CancelReception | NameDeputy | OpenReception | CloseReception
DeskCommand = (
    RegisterVisit
    | RecordArrival
    | EstablishCompetence
    | DeclineVisit
    | CallVisitor
    | RecordNoShow
    | RateVisit
)
HearingCommand = (
    StartHearing
    | GiveAssignmentAtHearing
    | TakeInWrittenAppeal
    | RecordHandOver
    | AnswerOrally
    | ReferVisitor
    | CompleteVisit
)
ReceptionCommand = (
    PlanReception
    | SessionCommand
    | DeskCommand
    | HearingCommand
    | RecordCommand
    | RecomputeDueDates
    | GiveDeadlineNotice
)
BEGINS = PlanReception

SessionEvent = (
    ReceptionPostponed | ReceptionCancelled | DeputyNamed | ReceptionOpened | ReceptionClosed
)
VisitEvent = (
    VisitorArrived
    | CompetenceEstablished
    | VisitDeclined
    | VisitorCalled
    | NoShowRecorded
    | HearingStarted
    | AssignmentGivenAtHearing
    | WrittenAppealTakenIn
    | WrittenAppealHandedOver
    | OralAnswerGiven
    | VisitorReferred
    | VisitCompleted
    | VisitRated
)
ReceptionEvent = (
    ReceptionPlanned
    | SessionEvent
    | VisitRegistered
    | VisitEvent
    | RecordEvent
    | DueDatesMoved
    | DeadlineNoticeGiven
)


class ReceptionStage(StrEnum):
    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class VisitStage(StrEnum):
    BOOKED = "booked"
    WAITING = "waiting"
    CALLED = "called"
    BEING_HEARD = "being-heard"
    DECLINED = "declined"
    ANSWERED = "answered"
    REFERRED = "referred"
    NO_SHOW = "no-show"
    COMPLETED = "completed"

    @property
    def ended(self) -> bool:
        return self not in (
            VisitStage.BOOKED,
            VisitStage.WAITING,
            VisitStage.CALLED,
            VisitStage.BEING_HEARD,
        )


class WrittenAppeal(Value):
    appeal_id: UUID
    taken_in_on: date
    hand_over_due: Due
    handed_over_on: date | None = None


class Visit(Value):
    visit_id: UUID
    person_id: UUID
    stage: VisitStage
    topic: Code
    region: Code | None
    social_category: Code | None
    unit: UnitId | None = None
    body: ShortText | None = None
    heard: bool = False
    rated: bool = False
    assignments: tuple[UUID, ...] = ()
    written_appeals: tuple[WrittenAppeal, ...] = ()


class Reception(Value):
    """The session as it stands. ``owner`` is None: each visit's texts name their own person."""

    stage: ReceptionStage
    official: OfficialId
    starts_at: LocalInstant
    ends_at: LocalInstant
    records_close_at: WallClock
    quota: int
    units: frozenset[str]
    workers: frozenset[str]
    deputy: OfficialId | None = None
    visits: dict[UUID, Visit] = field(default_factory=dict)
    documents: frozenset[str] = frozenset()
    confidential: bool = False
    owner: UUID | None = None
    notices: Given = NONE_GIVEN
    keeping: Keeping = AS_USUAL

    @property
    def running_clocks(self) -> dict[str, date]:
        """What somebody has to meet by which day, by the names that the lists use."""
        return {clock: due.on for clock, due in self.clocks.items()}

    @property
    def clocks(self) -> dict[str, Due]:
        """The terms that run now, by the same names."""
        return {
            f"hand-over:{appeal.appeal_id}": appeal.hand_over_due
            for visit in self.visits.values()
            for appeal in visit.written_appeals
            if not appeal.handed_over_on
        }

    @property
    def receiving(self) -> str:
        """The official who receives: the deputy once there is one."""
        return self.deputy or self.official

    @property
    def counts(self) -> Counts:
        visits = self.visits.values()
        stages = [visit.stage for visit in visits]
        return Counts(
            registered=len(stages),
            heard=sum(visit.heard for visit in visits),
            declined=stages.count(VisitStage.DECLINED),
            answered_orally=stages.count(VisitStage.ANSWERED),
            referred=stages.count(VisitStage.REFERRED),
            no_shows=stages.count(VisitStage.NO_SHOW),
            assignments_given=sum(len(visit.assignments) for visit in visits),
            written_appeals_taken_in=sum(len(visit.written_appeals) for visit in visits),
        )

    def local(self, instant: datetime) -> datetime:
        """The same instant as the clock on the wall shows it."""
        return instant.astimezone(self.starts_at.tzinfo)


def decide(command: ReceptionCommand, session: Reception | None, ctx: Context) -> list[Event]:
    if isinstance(command, PlanReception):
        if session:
            raise AlreadyBegun
        return _plan(command, ctx)
    if session is None:
        raise NotYetBegun
    match command:
        case AttachDocument() | AddNote() | CorrectEntry():
            return _put_on_record(command, session, ctx)
        case RecomputeDueDates():
            return recalculation.decide(command, session.clocks, ctx)
        case GiveDeadlineNotice():
            return notice.decide(
                command,
                running=session.running_clocks,
                given=session.notices,
                workers=session.workers,
                confidential=session.confidential,
            )
        case (
            PostponeReception()
            | CancelReception()
            | NameDeputy()
            | OpenReception()
            | CloseReception()
        ):
            return _decide_on_session(command, session, ctx)
        case (
            RegisterVisit()
            | RecordArrival()
            | EstablishCompetence()
            | DeclineVisit()
            | CallVisitor()
            | RecordNoShow()
            | RateVisit()
        ):
            return _decide_at_desk(command, session, ctx)
        case (
            StartHearing()
            | GiveAssignmentAtHearing()
            | TakeInWrittenAppeal()
            | RecordHandOver()
            | AnswerOrally()
            | ReferVisitor()
            | CompleteVisit()
        ):
            return _decide_at_hearing(command, session, ctx)
        case _:
            assert_never(command)


def _decide_on_session(command: SessionCommand, session: Reception, ctx: Context) -> list[Event]:
    match command:
        case PostponeReception():
            return _postpone(command, session, ctx)
        case CancelReception():
            _require_planned(session)
            return [ReceptionCancelled()]
        case NameDeputy(deputy=deputy):
            _require_not_over(session)
            if deputy == session.receiving:
                raise AlreadyReceiving
            return [DeputyNamed(deputy=deputy)]
        case OpenReception():
            _require_planned(session)
            if session.starts_at.date() != ctx.today:
                raise NotTheDay
            return [ReceptionOpened(opened_at=session.local(ctx.at))]
        case CloseReception():
            _require_open(session)
            if not all(visit.stage.ended for visit in session.visits.values()):
                raise VisitsNotEnded
            return [ReceptionClosed(closed_at=session.local(ctx.at), counts=session.counts)]
        case _:
            assert_never(command)


def _decide_at_desk(command: DeskCommand, session: Reception, ctx: Context) -> list[Event]:
    now = session.local(ctx.at)
    match command:
        case RegisterVisit():
            return _register(command, session, ctx)
        case RecordArrival(visit_id=visit_id, arrived_at=arrived_at):
            if _under_way(visit_id, session).stage is not VisitStage.BOOKED:
                raise AlreadyArrived
            return [VisitorArrived(visit_id=visit_id, arrived_at=_past(arrived_at, session, ctx))]
        case EstablishCompetence():
            return _establish(command, session)
        case DeclineVisit(visit_id=visit_id, explanation=explanation):
            visit = _unheard(visit_id, session)
            return [
                VisitDeclined(
                    visit_id=visit_id,
                    person_id=visit.person_id,
                    explanation=explanation,
                    declined_at=now,
                )
            ]
        case CallVisitor(visit_id=visit_id):
            _require_open(session)
            if _unheard(visit_id, session).stage is VisitStage.CALLED:
                raise AlreadyCalled
            return [VisitorCalled(visit_id=visit_id, called_at=now)]
        case RecordNoShow(visit_id=visit_id):
            _require_open(session)
            _unheard(visit_id, session)
            return [NoShowRecorded(visit_id=visit_id)]
        case RateVisit():
            return _rate(command, session)
        case _:
            assert_never(command)


def _decide_at_hearing(command: HearingCommand, session: Reception, ctx: Context) -> list[Event]:
    now = session.local(ctx.at)
    match command:
        case StartHearing(visit_id=visit_id):
            _require_open(session)
            if _unheard(visit_id, session).stage is not VisitStage.CALLED:
                raise NotCalled
            return [
                HearingStarted(visit_id=visit_id, received_by=session.receiving, started_at=now)
            ]
        case GiveAssignmentAtHearing():
            return _assign(command, session, ctx)
        case TakeInWrittenAppeal():
            return _take_in(command, session, ctx)
        case RecordHandOver():
            return _hand_over(command, session, ctx)
        case AnswerOrally(visit_id=visit_id, answer=answer, consent=consent):
            visit = _being_heard(visit_id, session)
            if not consent:
                raise ConsentMissing
            return [
                OralAnswerGiven(
                    visit_id=visit_id, person_id=visit.person_id, answer=answer, answered_at=now
                )
            ]
        case ReferVisitor(visit_id=visit_id, body=body):
            if _under_way(visit_id, session).unit:
                raise WithinOurCompetence
            return [VisitorReferred(visit_id=visit_id, body=body, referred_at=now)]
        case CompleteVisit(visit_id=visit_id):
            _being_heard(visit_id, session)
            return [VisitCompleted(visit_id=visit_id, ended_at=now)]
        case _:
            assert_never(command)


def _plan(command: PlanReception, ctx: Context) -> list[Event]:
    _require_fitting_times(command, ctx)
    return [
        ReceptionPlanned(
            official=command.official,
            unit=command.unit,
            starts_at=command.starts_at,
            ends_at=command.ends_at,
            records_close_at=command.records_close_at,
            place=command.place,
            form=command.form,
            quota=command.quota,
            planned_by=ctx.by.principal,
            planning_unit=ctx.by.unit,
        )
    ]


def _postpone(command: PostponeReception, session: Reception, ctx: Context) -> list[Event]:
    _require_planned(session)
    _require_fitting_times(command, ctx)
    if (command.starts_at, command.ends_at) == (session.starts_at, session.ends_at):
        raise SameTime
    return [ReceptionPostponed(starts_at=command.starts_at, ends_at=command.ends_at)]


def _register(command: RegisterVisit, session: Reception, ctx: Context) -> list[Event]:
    if command.booked:
        _require_not_over(session)
        if command.arrived_at:
            raise BookedVisitorNotThere
    else:
        _require_open(session)
    taken = [v for v in session.visits.values() if v.stage is not VisitStage.DECLINED]
    if len(taken) >= session.quota:
        raise QuotaReached
    person_id = command.visitor.id or ctx.derive_id("visitor")
    if any(v.person_id == person_id and not v.stage.ended for v in taken):
        raise AlreadyHasAVisit
    arrived_at = None if command.booked else _past(command.arrived_at, session, ctx)
    return [
        VisitRegistered(
            visit_id=ctx.derive_id("visit"),
            person_id=person_id,
            number=ctx.next_number(BOOK, session.starts_at.year),
            visitor=identified(command.visitor, ctx, "visitor"),
            matter=command.matter,
            topic=command.topic,
            booked=command.booked,
            registered_by=ctx.by.principal,
            arrived_at=arrived_at,
            region=command.region,
            social_category=command.social_category,
        )
    ]


def _establish(command: EstablishCompetence, session: Reception) -> list[Event]:
    if (command.unit is None) == (command.body is None):
        raise CompetenceOfOneOnly
    visit = _under_way(command.visit_id, session)
    if (command.unit, command.body) == (visit.unit, visit.body):
        return []
    return [CompetenceEstablished(visit_id=visit.visit_id, unit=command.unit, body=command.body)]


def _rate(command: RateVisit, session: Reception) -> list[Event]:
    visit = _visit(command.visit_id, session)
    if not visit.stage.ended:
        raise VisitNotEnded
    if visit.stage is VisitStage.NO_SHOW:
        raise NobodyToRate
    if visit.rated:
        raise AlreadyRated
    return [
        VisitRated(
            visit_id=visit.visit_id,
            person_id=visit.person_id,
            rating=command.rating,
            comment=command.comment,
        )
    ]


def _assign(command: GiveAssignmentAtHearing, session: Reception, ctx: Context) -> list[Event]:
    visit = _being_heard(command.visit_id, session)
    if command.due_on < ctx.today or any(c.due_on < ctx.today for c in command.co_executors):
        raise DueInThePast
    if any(c.due_on > command.due_on for c in command.co_executors):
        raise CoExecutorDueTooLate
    named = (command.main_executor, *(c.official for c in command.co_executors))
    if len(set(named)) < len(named):
        raise SameExecutorTwice
    return [
        AssignmentGivenAtHearing(
            visit_id=visit.visit_id,
            person_id=visit.person_id,
            assignment_id=ctx.derive_id("assignment"),
            author=session.receiving,
            text=command.text,
            unit=command.unit,
            main_executor=command.main_executor,
            co_executors=command.co_executors,
            given_on=ctx.today,
            due=ctx.terms.choose(command.due_on),
            under_control=command.under_control,
        )
    ]


def _take_in(command: TakeInWrittenAppeal, session: Reception, ctx: Context) -> list[Event]:
    _require_open(session)
    visit = _visit(command.visit_id, session)
    if visit.stage in (VisitStage.BOOKED, VisitStage.NO_SHOW):
        raise VisitorNotThere
    if command.applicant.id != visit.person_id:
        raise ApplicantIsNotTheVisitor
    taken_in_at = _past(command.taken_in_at, session, ctx)
    return [
        WrittenAppealTakenIn(
            visit_id=visit.visit_id,
            person_id=visit.person_id,
            appeal_id=ctx.derive_id("appeal"),
            applicant=command.applicant,
            kind=command.kind,
            topic=command.topic,
            subject=command.subject,
            taken_in_at=taken_in_at,
            hand_over_due=_hand_over_due(taken_in_at, session, ctx),
            confidential=command.confidential,
            text=command.text,
            region=visit.region,
            social_category=visit.social_category,
        )
    ]


def _hand_over_due(taken_in_at: datetime, session: Reception, ctx: Context) -> Due:
    """By the rule for it. Where Records closes before the offices do, what comes later waits."""
    day = taken_in_at.date()
    late = taken_in_at.time() > session.records_close_at
    rule = ctx.terms.usual_rule(KIND, "", ClockName.HAND_OVER, day)
    if rule is None:
        return ctx.terms.choose(ctx.calendar.next_working_day(day + _DAY if late else day))
    if late and session.records_close_at < ctx.calendar.closing_time(day):
        return ctx.terms.begin_on(rule, day + _DAY)
    return ctx.terms.begin_on(rule, taken_in_at)


def _hand_over(command: RecordHandOver, session: Reception, ctx: Context) -> list[Event]:
    visit = _visit(command.visit_id, session)
    for appeal in visit.written_appeals:
        if appeal.appeal_id == command.appeal_id:
            break
    else:
        raise NoSuchWrittenAppeal
    if appeal.handed_over_on:
        raise AlreadyHandedOver
    if command.handed_over_on > max(ctx.today, appeal.hand_over_due.on):
        raise DatedInTheFuture
    if command.handed_over_on < appeal.taken_in_on:
        raise HandedOverBeforeTakenIn
    return [
        WrittenAppealHandedOver(
            visit_id=visit.visit_id,
            appeal_id=appeal.appeal_id,
            handed_over_on=command.handed_over_on,
        )
    ]


def _put_on_record(command: RecordCommand, session: Reception, ctx: Context) -> list[Event]:
    visits = {f"{visit_id}.{code}" for visit_id in session.visits for code in CODES}
    entries = Correctable(coded=frozenset({secrecy.ENTRY, *visits}))
    if isinstance(command, CorrectEntry) and command.entry == secrecy.ENTRY:
        command = secrecy.required(command, confidential=session.confidential)
        return record.decide(command, session.documents, entries, ctx)
    events = record.decide(command, session.documents, entries, ctx)
    if isinstance(command, CorrectEntry):
        visit_id, _, code = command.entry.partition(".")
        if command.value == getattr(session.visits[UUID(visit_id)], code):
            raise EntryUnchanged
        try:
            convert(command.value, Code)
        except ValidationError:
            raise CorrectionNotFitting from None
    return events


def _require_fitting_times(command: PlanReception | PostponeReception, ctx: Context) -> None:
    starts_at, ends_at = command.starts_at, command.ends_at
    if ends_at <= starts_at or ends_at.date() != starts_at.date():
        raise NotWithinOneDay
    if ends_at.utcoffset() != starts_at.utcoffset():
        raise NotWithinOneDay
    if ends_at <= ctx.at:
        raise PlannedInThePast


def _require_not_over(session: Reception) -> None:
    if session.stage is ReceptionStage.CLOSED:
        raise ReceptionIsClosed
    if session.stage is ReceptionStage.CANCELLED:
        raise ReceptionIsCancelled


def _require_planned(session: Reception) -> None:
    _require_not_over(session)
    if session.stage is ReceptionStage.OPEN:
        raise ReceptionAlreadyOpen


def _require_open(session: Reception) -> None:
    _require_not_over(session)
    if session.stage is ReceptionStage.PLANNED:
        raise ReceptionNotYetOpen


def _visit(visit_id: UUID, session: Reception) -> Visit:
    if visit_id not in session.visits:
        raise NoSuchVisit
    return session.visits[visit_id]


def _under_way(visit_id: UUID, session: Reception) -> Visit:
    _require_not_over(session)
    visit = _visit(visit_id, session)
    if visit.stage.ended:
        raise VisitHasEnded
    return visit


def _unheard(visit_id: UUID, session: Reception) -> Visit:
    visit = _under_way(visit_id, session)
    if visit.stage is VisitStage.BEING_HEARD:
        raise AlreadyBeingHeard
    return visit


def _being_heard(visit_id: UUID, session: Reception) -> Visit:
    visit = _under_way(visit_id, session)
    if visit.stage is not VisitStage.BEING_HEARD:
        raise HearingNotStarted
    return visit


def _past(instant: datetime | None, session: Reception, ctx: Context) -> datetime:
    """*instant*, now where there is none, on the session's wall clock."""
    if instant is None:
        return session.local(ctx.at)
    if instant > ctx.at:
        raise DatedInTheFuture
    return session.local(instant)


def evolve(session: Reception | None, event: ReceptionEvent) -> Reception:
    if isinstance(event, ReceptionPlanned):
        return Reception(
            stage=ReceptionStage.PLANNED,
            official=event.official,
            starts_at=event.starts_at,
            ends_at=event.ends_at,
            records_close_at=event.records_close_at,
            quota=event.quota,
            units=frozenset({event.unit, event.planning_unit}),
            workers=frozenset({event.official, event.planned_by}),
        )
    if session is None:
        raise NotYetBegun
    match event:
        case ReceptionPostponed(starts_at=starts_at, ends_at=ends_at):
            return replace(session, starts_at=starts_at, ends_at=ends_at)
        case ReceptionCancelled():
            return replace(session, stage=ReceptionStage.CANCELLED)
        case DeputyNamed(deputy=deputy):
            return replace(session, deputy=deputy, workers=session.workers | {deputy})
        case ReceptionOpened():
            return replace(session, stage=ReceptionStage.OPEN)
        case ReceptionClosed():
            return replace(session, stage=ReceptionStage.CLOSED)
        case VisitRegistered():
            return _with_new_visit(session, event)
        case DocumentAttached(document=document):
            return replace(session, documents=session.documents | {document.sha256})
        case NoteAdded():
            return session
        case EntryCorrected(entry=secrecy.ENTRY, value=value):
            return replace(session, confidential=secrecy.told(value))
        case EntryCorrected(entry=entry, value=value):
            visit_id, _, code = entry.partition(".")
            visit = session.visits[UUID(visit_id)]
            return _with_visit(session, replace(visit, **{code: value}))
        case DeadlineNoticeGiven():
            return replace(session, notices=notice.evolve(session.notices, event))
        case DueDatesMoved():
            return _moved(session, event)
        case _:
            visit = _evolve_visit(session.visits[event.visit_id], event)
            return _with_visit(_as_secret_as(session, event), visit)


def _evolve_visit(visit: Visit, event: VisitEvent) -> Visit:
    match event:
        case VisitorArrived():
            return replace(visit, stage=VisitStage.WAITING)
        case CompetenceEstablished(unit=unit, body=body):
            return replace(visit, unit=unit, body=body)
        case VisitDeclined():
            return replace(visit, stage=VisitStage.DECLINED)
        case VisitorCalled():
            return replace(visit, stage=VisitStage.CALLED)
        case NoShowRecorded():
            return replace(visit, stage=VisitStage.NO_SHOW)
        case HearingStarted():
            return replace(visit, stage=VisitStage.BEING_HEARD, heard=True)
        case AssignmentGivenAtHearing(assignment_id=assignment_id):
            return replace(visit, assignments=(*visit.assignments, assignment_id))
        case WrittenAppealTakenIn():
            appeal = WrittenAppeal(
                appeal_id=event.appeal_id,
                taken_in_on=event.taken_in_at.date(),
                hand_over_due=event.hand_over_due,
            )
            return replace(visit, written_appeals=(*visit.written_appeals, appeal))
        case WrittenAppealHandedOver(appeal_id=appeal_id, handed_over_on=day):
            appeals = tuple(
                replace(a, handed_over_on=day) if a.appeal_id == appeal_id else a
                for a in visit.written_appeals
            )
            return replace(visit, written_appeals=appeals)
        case OralAnswerGiven():
            return replace(visit, stage=VisitStage.ANSWERED)
        case VisitorReferred():
            return replace(visit, stage=VisitStage.REFERRED)
        case VisitCompleted():
            return replace(visit, stage=VisitStage.COMPLETED)
        case VisitRated():
            return replace(visit, rated=True)
        case _:
            assert_never(event)


def _with_new_visit(session: Reception, event: VisitRegistered) -> Reception:
    visit = Visit(
        visit_id=event.visit_id,
        person_id=event.person_id,
        stage=VisitStage.BOOKED if event.booked else VisitStage.WAITING,
        topic=event.topic,
        region=event.region,
        social_category=event.social_category,
    )
    workers = session.workers | {event.registered_by}
    return _with_visit(replace(session, workers=workers), visit)


def _with_visit(session: Reception, visit: Visit) -> Reception:
    return replace(session, visits={**session.visits, visit.visit_id: visit})


def _moved(session: Reception, event: DueDatesMoved) -> Reception:
    dues = {each.clock: each.due for each in event.moved}
    for visit in session.visits.values():
        appeals = tuple(
            replace(each, hand_over_due=dues.get(f"hand-over:{each.appeal_id}", each.hand_over_due))
            for each in visit.written_appeals
        )
        session = _with_visit(session, replace(visit, written_appeals=appeals))
    return session


def _as_secret_as(session: Reception, event: VisitEvent) -> Reception:
    """A session in which a confidential appeal was taken in is as confidential as that."""
    if isinstance(event, WrittenAppealTakenIn) and event.confidential:
        return replace(session, confidential=True)
    return session
