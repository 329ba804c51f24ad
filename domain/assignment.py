"""The assignment (tapşırıq): an instruction to named executors, with a due date."""

from datetime import date
from enum import StrEnum
from typing import Annotated, assert_never
from uuid import UUID

from msgspec import Meta
from msgspec.structs import replace

from domain import control, notice, record, secrecy
from domain.case import (
    AlreadyBegun,
    CaseKind,
    Command,
    Context,
    Event,
    NotFitting,
    NotYetBegun,
    OfficialId,
    PersonalLongText,
    Refusal,
    RegistrationNumber,
    ShortText,
    UnitId,
    Value,
)
from domain.control import (
    Control,
    ControlCommand,
    ControlEstablished,
    ControlEvent,
    ControlLifted,
    PutUnderControl,
    TakeOffControl,
)
from domain.due import Due
from domain.hand import Hand
from domain.information import DatedInTheFuture, DueInThePast
from domain.keeping import AS_USUAL, Keeping
from domain.notice import NONE_GIVEN, DeadlineNoticeGiven, GiveDeadlineNotice, Given
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

KIND = CaseKind.ASSIGNMENT
BOOK = "t"
CORRECTABLE = Correctable(coded=frozenset({secrecy.ENTRY}), texts=frozenset({"text"}))

Percent = Annotated[int, Meta(ge=0, le=100)]


class Source(StrEnum):
    """What an assignment springs from."""

    RECEPTION = "reception"
    APPEAL = "appeal"
    MEDIA_INQUIRY = "media-inquiry"
    MEETING = "meeting"
    HIGHER_BODY = "higher-body"
    NONE = "none"


FROM_A_CASE = frozenset({Source.RECEPTION, Source.APPEAL, Source.MEDIA_INQUIRY})


class CoExecutor(Value):
    """Həmicraçı: does a part, by a day of their own."""

    official: OfficialId
    unit: UnitId
    due_on: date


CoExecutors = Annotated[tuple[CoExecutor, ...], Meta(max_length=20)]


class AssignmentGiven(Event, tag="assignment-given"):
    """``person_id`` is the person concerned, whose key seals the text."""

    number: RegistrationNumber
    registered_on: date
    registering_unit: UnitId
    author: OfficialId
    source: Source
    text: PersonalLongText
    unit: UnitId
    main_executor: OfficialId
    co_executors: CoExecutors
    due: Due
    confidential: bool
    source_case: UUID | None = None
    source_reference: ShortText | None = None
    person_id: UUID | None = None
    legacy_number: ShortText | None = None


class AssignmentAccepted(Event, tag="assignment-accepted"):
    accepted_by: OfficialId


class AssignmentRejected(Event, tag="assignment-rejected"):
    rejected_by: OfficialId


class AssignmentReassigned(Event, tag="assignment-reassigned"):
    unit: UnitId
    main_executor: OfficialId
    co_executors: CoExecutors
    due: Due


class AssignmentDelegated(Event, tag="assignment-delegated"):
    delegated_by: OfficialId
    unit: UnitId
    main_executor: OfficialId


class AssignmentProgressReported(Event, tag="assignment-progress-reported"):
    text: PersonalLongText
    reported_by: OfficialId
    percent: Percent | None = None


class AssignmentPartContributed(Event, tag="assignment-part-contributed"):
    text: PersonalLongText
    contributed_by: OfficialId
    contributed_on: date


class AssignmentExtensionAsked(Event, tag="assignment-extension-asked", omit_defaults=True):
    """``deputy`` is who asked for the executor, if somebody did."""

    asked_by: OfficialId
    due: Due
    deputy: OfficialId | None = None


class AssignmentExtended(Event, tag="assignment-extended"):
    granted_by: OfficialId
    due: Due


class AssignmentExtensionRefused(Event, tag="assignment-extension-refused"):
    refused_by: OfficialId


class AssignmentResultSubmitted(Event, tag="assignment-result-submitted", omit_defaults=True):
    """``deputy`` is who submitted it for the executor, if somebody did."""

    text: PersonalLongText
    submitted_by: OfficialId
    submitted_on: date
    deputy: OfficialId | None = None


class AssignmentResultReturned(Event, tag="assignment-result-returned"):
    """``returns`` counts how often the result has been returned for rework, this time included."""

    returned_by: OfficialId
    returns: int


class AssignmentResultAccepted(Event, tag="assignment-result-accepted"):
    accepted_by: OfficialId


class AssignmentCancelled(Event, tag="assignment-cancelled"):
    cancelled_by: OfficialId


class GiveAssignment(Command):
    """With ``under_control`` the author is the controller from the start.

    ``registered_on`` is today where it is left out; no due date lies before it.
    """

    source: Source
    text: PersonalLongText
    unit: UnitId
    main_executor: OfficialId
    due_on: date
    co_executors: CoExecutors = ()
    source_case: UUID | None = None
    source_reference: ShortText | None = None
    under_control: bool = False
    confidential: bool = False
    person_id: UUID | None = None
    registered_on: date | None = None
    legacy_number: ShortText | None = None


class AcceptAssignment(Command):
    """The main executor takes the assignment on."""


class RejectAssignment(Command):
    reason: ShortText


class ReassignAssignment(Command):
    """The co-executors named here replace the earlier ones; without ``due_on`` the date stays."""

    reason: ShortText
    unit: UnitId
    main_executor: OfficialId
    co_executors: CoExecutors = ()
    due_on: date | None = None


class DelegateAssignment(Command):
    """The main executor passes execution on; the delegate has to accept it anew."""

    reason: ShortText
    unit: UnitId
    main_executor: OfficialId


class ReportProgress(Command):
    text: PersonalLongText
    percent: Percent | None = None


class ContributeToAssignment(Command):
    text: PersonalLongText
    contributed_on: date | None = None


class AskForExtension(Command):
    reason: ShortText
    due_on: date


class GrantExtension(Command):
    """Without ``due_on`` the date that was asked for is granted."""

    due_on: date | None = None


class RefuseExtension(Command):
    reason: ShortText


class SubmitResult(Command):
    text: PersonalLongText
    submitted_on: date | None = None


class AcceptResult(Command):
    """The author or the controller finds the assignment fulfilled."""


class ReturnResult(Command):
    """The result is returned for rework."""

    reason: ShortText


class CancelAssignment(Command):
    reason: ShortText


class SourceCaseNotFitting(NotFitting):
    """Name the case for an appeal, a reception or a media inquiry, and for no other source."""


class CoExecutorDueTooLate(NotFitting):
    """A co-executor's due date may not be later than the main one: choose an earlier day."""


class SameExecutorTwice(NotFitting):
    """Each executor is named once, as main executor or as co-executor."""


class AlreadyAnExecutor(Refusal):
    """The official already executes, co-executes or has delegated it: name another one."""


class NotTheMainExecutor(Refusal):
    """Only the main executor, or their deputy, may do this."""


class NotACoExecutor(Refusal):
    """Only a co-executor, or their deputy, may contribute a part."""


class NotTheAuthor(Refusal):
    """Only the author of the assignment, or their deputy, may do this."""


class NotAuthorOrController(Refusal):
    """Only the author or the controller may do this, and never the main executor."""


class AcceptanceAlreadyDecided(Refusal):
    """The assignment has already been accepted or rejected."""


class AssignmentNotAccepted(Refusal):
    """The main executor has to accept the assignment first."""


class AssignmentIsRejected(Refusal):
    """The assignment is rejected: its author has to reassign or cancel it."""


class ResultAwaitsDecision(Refusal):
    """The result has been submitted: it has to be accepted or returned first."""


class NoResultSubmitted(Refusal):
    """There is no result to decide on: the main executor has to submit it first."""


class ExtensionAlreadyAsked(Refusal):
    """An extension has already been asked for: wait for the decision on it."""


class NoExtensionAsked(Refusal):
    """Nobody has asked for an extension."""


class NotAnExtension(Refusal):
    """The new due date has to be later than the present one."""


class DatedBeforeTheAssignment(Refusal):
    """The date lies before the day the assignment was registered."""


class ControlledUntilDone(Refusal):
    """It stays under control until its result is accepted or it is cancelled."""


class AssignmentHasEnded(Refusal):
    """The assignment is fulfilled or cancelled: give a new one instead."""


BEGINS = GiveAssignment

ExecutionCommand = (
    AcceptAssignment
    | RejectAssignment
    | ReassignAssignment
    | DelegateAssignment
    | ReportProgress
    | ContributeToAssignment
    | AskForExtension
    | GrantExtension
    | RefuseExtension
    | SubmitResult
    | AcceptResult
    | ReturnResult
    | CancelAssignment
)
AssignmentCommand = (
    GiveAssignment | ExecutionCommand | ControlCommand | RecordCommand | GiveDeadlineNotice
)
AssignmentEvent = (
    AssignmentGiven
    | AssignmentAccepted
    | AssignmentRejected
    | AssignmentReassigned
    | AssignmentDelegated
    | AssignmentProgressReported
    | AssignmentPartContributed
    | AssignmentExtensionAsked
    | AssignmentExtended
    | AssignmentExtensionRefused
    | AssignmentResultSubmitted
    | AssignmentResultReturned
    | AssignmentResultAccepted
    | AssignmentCancelled
    | ControlEvent
    | RecordEvent
    | DeadlineNoticeGiven
)


class Stage(StrEnum):
    """How far execution has come."""

    GIVEN = "given"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SUBMITTED = "submitted"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"


class Assignment(Value):
    """``delegators`` passed it on, in order, since it was last given or reassigned."""

    units: frozenset[str]
    workers: frozenset[str]
    confidential: bool
    owner: UUID | None
    stage: Stage
    author: str
    registered_on: date
    unit: str
    main_executor: str
    co_executors: tuple[CoExecutor, ...]
    due: Due
    delegators: tuple[str, ...] = ()
    extension_asked: Due | None = None
    asked_by: Hand | None = None
    submitted_by: Hand | None = None
    returns: int = 0
    control: Control | None = None
    documents: frozenset[str] = frozenset()
    contributors: frozenset[str] = frozenset()
    notices: Given = NONE_GIVEN
    keeping: Keeping = AS_USUAL

    @property
    def ended(self) -> bool:
        return self.stage in {Stage.FULFILLED, Stage.CANCELLED}

    @property
    def running_clocks(self) -> dict[str, date]:
        """What somebody has to meet by which day, by the names that the lists use."""
        if self.ended or self.stage is Stage.SUBMITTED:
            return {}
        parts = {
            f"co-executor:{each.official}": each.due_on
            for each in self.co_executors
            if each.official not in self.contributors
        }
        return {"assignment": self.due.on, **parts}


def decide(command: AssignmentCommand, assignment: Assignment | None, ctx: Context) -> list[Event]:
    if isinstance(command, GiveAssignment):
        if assignment:
            raise AlreadyBegun
        return _give(command, ctx)
    if not assignment:
        raise NotYetBegun
    match command:
        case CorrectEntry(entry=secrecy.ENTRY):
            corrected = secrecy.required(command, confidential=assignment.confidential)
            return record.decide(corrected, assignment.documents, CORRECTABLE, ctx)
        case AttachDocument() | AddNote() | CorrectEntry():
            return record.decide(command, assignment.documents, CORRECTABLE, ctx)
        case GiveDeadlineNotice():
            return notice.decide(
                command,
                running=assignment.running_clocks,
                given=assignment.notices,
                workers=assignment.workers,
                confidential=assignment.confidential,
            )
        case TakeOffControl():
            if assignment.control and not assignment.ended:
                raise ControlledUntilDone
            return control.decide(command, assignment.control, ctx)
    if assignment.ended:
        raise AssignmentHasEnded
    if isinstance(command, PutUnderControl):
        return control.decide(command, assignment.control, ctx)
    return [_execute(command, assignment, ctx)]


def _execute(command: ExecutionCommand, assignment: Assignment, ctx: Context) -> Event:
    hand = Hand.of(ctx.by)
    who = hand.principal
    match command:
        case AcceptAssignment():
            _require_undecided(assignment, who)
            return AssignmentAccepted(accepted_by=who)
        case RejectAssignment():
            _require_undecided(assignment, who)
            return AssignmentRejected(rejected_by=who)
        case ReassignAssignment():
            return _reassign(command, assignment, ctx)
        case DelegateAssignment():
            return _delegate(command, assignment, who)
        case ReportProgress(text=text, percent=percent):
            _require_execution(assignment, who)
            return AssignmentProgressReported(text=text, reported_by=who, percent=percent)
        case ContributeToAssignment():
            return _contribute(command, assignment, ctx)
        case AskForExtension(due_on=due_on):
            _require_execution(assignment, who)
            if assignment.extension_asked:
                raise ExtensionAlreadyAsked
            due = _later(due_on, assignment, ctx)
            return AssignmentExtensionAsked(asked_by=who, due=due, deputy=hand.deputy)
        case GrantExtension(due_on=due_on):
            asked = _require_extension_asked(assignment, hand)
            due = _later(due_on or asked.on, assignment, ctx)
            return AssignmentExtended(granted_by=who, due=due)
        case RefuseExtension():
            _require_extension_asked(assignment, hand)
            return AssignmentExtensionRefused(refused_by=who)
        case SubmitResult(text=text, submitted_on=submitted_on):
            _require_execution(assignment, who)
            day = _day_of(submitted_on, assignment, ctx)
            return AssignmentResultSubmitted(
                text=text, submitted_by=who, submitted_on=day, deputy=hand.deputy
            )
        case AcceptResult():
            _require_result(assignment, hand)
            return AssignmentResultAccepted(accepted_by=who)
        case ReturnResult():
            _require_result(assignment, hand)
            return AssignmentResultReturned(returned_by=who, returns=assignment.returns + 1)
        case CancelAssignment():
            if who != assignment.author:
                raise NotTheAuthor
            return AssignmentCancelled(cancelled_by=who)
        case _:
            assert_never(command)


def _give(command: GiveAssignment, ctx: Context) -> list[Event]:
    registered_on = command.registered_on or ctx.today
    if registered_on > ctx.today:
        raise DatedInTheFuture
    if (command.source in FROM_A_CASE) != (command.source_case is not None):
        raise SourceCaseNotFitting
    due = _due(command.due_on, registered_on, ctx)
    _require_fitting(command.main_executor, command.co_executors, registered_on, command.due_on)
    author = ctx.by.principal
    given = AssignmentGiven(
        number=ctx.next_number(BOOK, registered_on.year),
        registered_on=registered_on,
        registering_unit=ctx.by.unit,
        author=author,
        source=command.source,
        source_case=command.source_case,
        source_reference=command.source_reference,
        person_id=command.person_id,
        text=command.text,
        unit=command.unit,
        main_executor=command.main_executor,
        co_executors=command.co_executors,
        due=due,
        confidential=command.confidential,
        legacy_number=command.legacy_number,
    )
    return [given, ControlEstablished(controller=author)] if command.under_control else [given]


def _reassign(command: ReassignAssignment, assignment: Assignment, ctx: Context) -> Event:
    if ctx.by.principal != assignment.author:
        raise NotTheAuthor
    if assignment.stage is Stage.SUBMITTED:
        raise ResultAwaitsDecision
    if command.main_executor == assignment.main_executor:
        raise AlreadyAnExecutor
    due = assignment.due
    if command.due_on:
        due = _due(command.due_on, ctx.today, ctx)
    earliest = min(ctx.today, due.on)
    _require_fitting(command.main_executor, command.co_executors, earliest, due.on)
    return AssignmentReassigned(
        unit=command.unit,
        main_executor=command.main_executor,
        co_executors=command.co_executors,
        due=due,
    )


def _delegate(command: DelegateAssignment, assignment: Assignment, who: str) -> Event:
    _require_main_executor(assignment, who)
    _require_in_hand(assignment)
    co_executors = (co.official for co in assignment.co_executors)
    if command.main_executor in {who, *assignment.delegators, *co_executors}:
        raise AlreadyAnExecutor
    return AssignmentDelegated(
        delegated_by=who, unit=command.unit, main_executor=command.main_executor
    )


def _contribute(command: ContributeToAssignment, assignment: Assignment, ctx: Context) -> Event:
    who = ctx.by.principal
    if who not in {co.official for co in assignment.co_executors}:
        raise NotACoExecutor
    _require_in_hand(assignment)
    return AssignmentPartContributed(
        text=command.text,
        contributed_by=who,
        contributed_on=_day_of(command.contributed_on, assignment, ctx),
    )


def _due(due_on: date, earliest: date, ctx: Context) -> Due:
    if due_on < earliest:
        raise DueInThePast
    return ctx.terms.choose(due_on)


def _later(due_on: date, assignment: Assignment, ctx: Context) -> Due:
    if due_on <= assignment.due.on:
        raise NotAnExtension
    return _due(due_on, ctx.today, ctx)


def _day_of(day: date | None, assignment: Assignment, ctx: Context) -> date:
    if day is None:
        return ctx.today
    if day > ctx.today:
        raise DatedInTheFuture
    if day < assignment.registered_on:
        raise DatedBeforeTheAssignment
    return day


def _require_fitting(
    main_executor: str, co_executors: CoExecutors, earliest: date, latest: date
) -> None:
    named = [main_executor, *(co.official for co in co_executors)]
    if len(set(named)) != len(named):
        raise SameExecutorTwice
    if any(co.due_on > latest for co in co_executors):
        raise CoExecutorDueTooLate
    if any(co.due_on < earliest for co in co_executors):
        raise DueInThePast


def _require_main_executor(assignment: Assignment, who: str) -> None:
    if who != assignment.main_executor:
        raise NotTheMainExecutor


def _require_undecided(assignment: Assignment, who: str) -> None:
    _require_main_executor(assignment, who)
    if assignment.stage is not Stage.GIVEN:
        raise AcceptanceAlreadyDecided


def _require_in_hand(assignment: Assignment) -> None:
    if assignment.stage is Stage.REJECTED:
        raise AssignmentIsRejected
    if assignment.stage is Stage.SUBMITTED:
        raise ResultAwaitsDecision


def _require_execution(assignment: Assignment, who: str) -> None:
    _require_main_executor(assignment, who)
    _require_in_hand(assignment)
    if assignment.stage is Stage.GIVEN:
        raise AssignmentNotAccepted


def _require_author_or_controller(assignment: Assignment, hand: Hand) -> None:
    who = hand.principal
    controls = assignment.control is not None and who == assignment.control.controller
    executes = assignment.main_executor in hand.people
    if executes or not (controls or who == assignment.author):
        raise NotAuthorOrController


def _require_extension_asked(assignment: Assignment, hand: Hand) -> Due:
    _require_author_or_controller(assignment, hand)
    if assignment.extension_asked is None:
        raise NoExtensionAsked
    if assignment.asked_by:
        hand.require_other_than(assignment.asked_by)
    return assignment.extension_asked


def _require_result(assignment: Assignment, hand: Hand) -> None:
    _require_author_or_controller(assignment, hand)
    if assignment.stage is not Stage.SUBMITTED:
        raise NoResultSubmitted
    if assignment.submitted_by:
        hand.require_other_than(assignment.submitted_by)


def evolve(assignment: Assignment | None, event: AssignmentEvent) -> Assignment:
    if isinstance(event, AssignmentGiven):
        return _begun(event)
    if assignment is None:
        raise NotYetBegun
    match event:
        case AssignmentAccepted():
            return replace(assignment, stage=Stage.ACCEPTED)
        case AssignmentRejected():
            return replace(assignment, stage=Stage.REJECTED)
        case AssignmentReassigned():
            return _reassigned(assignment, event)
        case AssignmentDelegated(delegated_by=who, unit=unit, main_executor=main_executor):
            return replace(
                assignment,
                stage=Stage.GIVEN,
                unit=unit,
                main_executor=main_executor,
                delegators=(*assignment.delegators, who),
                units=assignment.units | {unit},
                workers=assignment.workers | {main_executor},
            )
        case AssignmentProgressReported():
            return assignment
        case AssignmentPartContributed(contributed_by=who):
            return replace(assignment, contributors=assignment.contributors | {who})
        case AssignmentExtensionAsked(due=due, asked_by=who, deputy=deputy):
            asked_by = Hand.told(who, deputy)
            return replace(assignment, extension_asked=due, asked_by=asked_by)
        case AssignmentExtended(due=due):
            return replace(assignment, due=due, extension_asked=None)
        case AssignmentExtensionRefused():
            return replace(assignment, extension_asked=None)
        case AssignmentResultSubmitted(submitted_by=who, deputy=deputy):
            return replace(
                assignment,
                stage=Stage.SUBMITTED,
                extension_asked=None,
                submitted_by=Hand.told(who, deputy),
            )
        case AssignmentResultReturned(returns=returns):
            return replace(assignment, stage=Stage.ACCEPTED, returns=returns)
        case AssignmentResultAccepted():
            return replace(assignment, stage=Stage.FULFILLED)
        case AssignmentCancelled():
            return replace(assignment, stage=Stage.CANCELLED, extension_asked=None)
        case ControlEstablished(controller=controller):
            return replace(
                assignment,
                control=control.evolve(event),
                workers=assignment.workers | {controller},
            )
        case ControlLifted():
            return replace(assignment, control=control.evolve(event))
        case DocumentAttached(document=document):
            return replace(assignment, documents=assignment.documents | {document.sha256})
        case EntryCorrected(entry=secrecy.ENTRY, value=value):
            return replace(assignment, confidential=secrecy.told(value))
        case NoteAdded() | EntryCorrected():
            return assignment
        case DeadlineNoticeGiven():
            return replace(assignment, notices=notice.evolve(assignment.notices, event))
        case _:
            assert_never(event)


def _begun(event: AssignmentGiven) -> Assignment:
    co_executors = event.co_executors
    return Assignment(
        units=frozenset({event.registering_unit, event.unit, *(co.unit for co in co_executors)}),
        workers=frozenset(
            {event.author, event.main_executor, *(co.official for co in co_executors)}
        ),
        confidential=event.confidential,
        owner=event.person_id,
        stage=Stage.GIVEN,
        author=event.author,
        registered_on=event.registered_on,
        unit=event.unit,
        main_executor=event.main_executor,
        co_executors=co_executors,
        due=event.due,
    )


def _reassigned(assignment: Assignment, event: AssignmentReassigned) -> Assignment:
    co_executors = event.co_executors
    return replace(
        assignment,
        stage=Stage.GIVEN,
        unit=event.unit,
        main_executor=event.main_executor,
        co_executors=co_executors,
        due=event.due,
        delegators=(),
        contributors=frozenset(),
        extension_asked=None,
        units=assignment.units | {event.unit, *(co.unit for co in co_executors)},
        workers=assignment.workers | {event.main_executor, *(co.official for co in co_executors)},
    )
