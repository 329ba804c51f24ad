"""The appeal (müraciət): from its registration to its answer and closing (Law 1308-IVQ)."""

from datetime import UTC, date, datetime
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, assert_never
from uuid import UUID

from msgspec import DecodeError, Meta, field
from msgspec.structs import replace

from domain import answer_term, control, information, notice, recalculation, record, repeat, reply
from domain.answer_term import (
    AppealTermCorrected,
    AppealTermExtended,
    AppealTermResumed,
    AppealTermSuspended,
    ExtendTerm,
    ResumeTerm,
    SuspendTerm,
    TermCommand,
    TermEvent,
)
from domain.appeal_refusals import (
    AlreadyAnswered,
    AlreadyAssigned,
    AppealHasEnded,
    AppealIsClosed,
    ApplicantNotNotified,
    ApplicantUnreachable,
    BeforeRegistration,
    ComplainedOfMayNotExamine,
    ControlUntilAnswered,
    ExecutorNamedTwice,
    InternalDueTooLate,
    KindUnchanged,
    MergedIntoItself,
    NotClosed,
    NotFromAnOlderRegister,
    NotInWork,
    NotLeftUnconsidered,
    NotTheAssignedUnit,
    NotWaitingForAcceptance,
    NotYetAnswered,
    RegisteredBeforeReceipt,
    ReplyNotSigned,
    ResultNotFitting,
)
from domain.applicant import Applicant, identify, owner, people, persons, reachable
from domain.case import (
    AlreadyBegun,
    CaseKind,
    Code,
    Command,
    Context,
    Digest,
    Event,
    NotFitting,
    NotYetBegun,
    OfficialId,
    PersonalLongText,
    PersonalText,
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
from domain.entries import OF_PERSON, parsed, written
from domain.information import (
    AskForInformation,
    DatedInTheFuture,
    DueInThePast,
    InformationAsked,
    InformationCommand,
    InformationEvent,
    InformationReceived,
    RecordInformation,
    Requests,
)
from domain.keeping import AS_USUAL, Keeping
from domain.merging import require_mergeable
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
from domain.repeat import (
    AnsweredAppealsNotAsked,
    ConfirmRepeat,
    RejectRepeat,
    RepeatCommand,
    RepeatConfirmed,
    RepeatDecisionWithdrawn,
    RepeatEvent,
    RepeatRejected,
    Repeats,
    WithdrawRepeatDecision,
    require_answered_before,
    require_joinable,
    require_one_person,
)
from domain.reply import (
    DraftReply,
    InitialReply,
    Reply,
    ReplyCommand,
    ReplyDrafted,
    ReplyEvent,
    ReplyInitialled,
    ReplyReturned,
    ReplyRevised,
    ReplySigned,
    ReturnReply,
    ReviseReply,
    SignReply,
)
from domain.rule import ClockName

KIND = CaseKind.APPEAL
BOOK = "a"

Instant = Annotated[datetime, Meta(tz=True)]
Sheets = Annotated[int, Meta(ge=0, le=100_000)]


class AppealKind(StrEnum):
    """Ərizə, təklif, şikayət, sorğu."""

    APPLICATION = "application"
    PROPOSAL = "proposal"
    COMPLAINT = "complaint"
    INFORMATION_REQUEST = "information-request"


class Channel(StrEnum):
    """The way an appeal reached the department."""

    POST = "post"
    BY_HAND = "by-hand"
    EMAIL = "e-mail"
    WEB_FORM = "web-form"
    TELEPHONE = "telephone"
    RECEPTION = "reception"
    HIGHER_BODY = "higher-body"
    MEDIA = "media"
    MOBILE_SERVICE = "mobile-service"


class DispatchWay(StrEnum):
    """The way a reply leaves the department."""

    POST = "post"
    EMAIL = "e-mail"
    BY_HAND = "by-hand"
    PORTAL = "portal"
    TELEPHONE = "telephone"


class Ground(StrEnum):
    """The closed list of grounds to leave an appeal unconsidered (Art. 8.1)."""

    ANOTHER_PROCEDURE = "another-procedure"
    FORM_REQUIREMENTS = "form-requirements"
    FINAL_COURT_DECISION = "final-court-decision"
    REPEATED_WITHOUT_NEW_INFORMATION = "repeated-without-new-information"
    INSUFFICIENT_DATA = "insufficient-data"
    APPLICANT_ASKED_TO_STOP = "applicant-asked-to-stop"


class Result(StrEnum):
    """How an appeal ended."""

    SATISFIED = "satisfied"
    PARTLY_SATISFIED = "partly-satisfied"
    REJECTED = "rejected"
    EXPLAINED = "explained"
    FORWARDED = "forwarded"
    UNCONSIDERED = "unconsidered"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


class Stage(StrEnum):
    """Where an appeal stands."""

    REGISTERED = "registered"
    ASSIGNED = "assigned"
    IN_WORK = "in-work"
    ANSWERED = "answered"
    UNCONSIDERED = "unconsidered"
    FORWARDED = "forwarded"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    CLOSED = "closed"


class Enclosure(Value):
    description: PersonalText
    sheets: Sheets | None = None


class CoveringLetter(Value):
    """The letter of the body that sent the appeal on to us; it may keep it under its control."""

    body: ShortText
    letter_number: ShortText
    letter_date: date
    under_their_control: bool = False


class Copy(Value):
    """A copy of the appeal sent to one of several competent bodies, with its letter."""

    body: ShortText
    letter_number: ShortText
    letter_date: date


class AppealRegistered(Event, tag="appeal-registered"):
    """``received_at`` is when it arrived, in UTC; ``due`` is the term of the answer.

    The others are the terms, where the law sets them, in which it had to be registered, has to
    be forwarded if others are competent, and its applicant told if it is left unconsidered.
    """

    VERSION = 2

    number: RegistrationNumber
    kind: AppealKind
    channel: Channel
    applicant: Applicant
    reachable: bool
    topic: Code
    region: Code | None
    social_category: Code | None
    subject: PersonalText
    text: PersonalLongText | None
    sheets: Sheets
    enclosures: tuple[Enclosure, ...]
    covering_letter: CoveringLetter | None
    confidential: bool
    received_at: Instant
    registered_on: date
    due: Due
    register_due: Due | None
    forward_due: Due | None
    no_consideration_due: Due | None
    registrar: OfficialId
    registering_unit: UnitId
    complained_of_units: tuple[UnitId, ...]
    complained_of: tuple[OfficialId, ...]
    legacy_number: ShortText | None


class AppealReclassified(Event, tag="appeal-reclassified"):
    """With the terms of the new kind, of those that ran or were still to run."""

    VERSION = 2

    kind: AppealKind
    due: Due
    forward_due: Due | None
    no_consideration_due: Due | None


class AppealForwarded(Event, tag="appeal-forwarded"):
    body: ShortText
    letter_number: ShortText
    letter_date: date
    applicant_notified_on: date | None


class AppealCopiesSent(Event, tag="appeal-copies-sent"):
    copies: tuple[Copy, ...]
    applicant_notified_on: date | None


class AppealAssigned(Event, tag="appeal-assigned"):
    """``assigned_by`` is the author of the resolution (dərkənar)."""

    unit: UnitId
    main_executor: OfficialId
    co_executors: tuple[OfficialId, ...]
    assigned_by: OfficialId
    resolution: PersonalText | None
    internal_due: Due | None


class AppealAccepted(Event, tag="appeal-accepted"):
    unit: UnitId
    accepted_by: OfficialId


class AppealReturned(Event, tag="appeal-returned"):
    """With the terms that run again, as the calendar has them now."""

    VERSION = 2

    unit: UnitId
    forward_due: Due | None
    no_consideration_due: Due | None


class AppealLeftUnconsidered(Event, tag="appeal-left-unconsidered", omit_defaults=True):
    """As a repeat without new information it names the appeals that were answered before.

    ``left_on`` is the day where the applicant was not told; events of version 0.1 lack it.
    """

    ground: Ground
    applicant_notified_on: date | None
    answered_repeats: tuple[UUID, ...] = ()
    left_on: date | None = None


class AppealTakenUpAgain(Event, tag="appeal-taken-up-again"):
    VERSION = 2

    due: Due


class AppealReplyDispatched(Event, tag="appeal-reply-dispatched"):
    """``digest`` is that of the signed text that left the department."""

    digest: Digest
    letter_number: ShortText
    dispatched_on: date
    way: DispatchWay
    interim: bool


class AppealWithdrawn(Event, tag="appeal-withdrawn"):
    asked_on: date


class AppealMerged(Event, tag="appeal-merged"):
    into: UUID


class MergedAppealNoted(Event, tag="merged-appeal-noted"):
    appeal_id: UUID


class AppealClosed(Event, tag="appeal-closed"):
    result: Result
    file_index: ShortText | None


class LegacyOutcomeRecorded(Event, tag="legacy-outcome-recorded"):
    """The appeal ended in an older register; ``due_on`` is the deadline it had there."""

    ended_on: date
    result: Result | None
    due_on: date | None


class AppealReopened(Event, tag="appeal-reopened"):
    VERSION = 2

    due: Due


class RegisterAppeal(Command):
    """``received_at`` carries the department's offset; ``sheets`` counts the enclosures too.

    ``answer_rule`` is the rule of the answer's term where another than the usual one applies,
    such as that for servicemen. ``legacy_number`` is the number in an older register, for imports.
    """

    kind: AppealKind
    channel: Channel
    applicant: Applicant
    topic: Code
    subject: PersonalText
    received_at: Instant
    registered_on: date | None = None
    region: Code | None = None
    social_category: Code | None = None
    text: PersonalLongText | None = None
    sheets: Sheets = 0
    enclosures: Annotated[tuple[Enclosure, ...], Meta(max_length=200)] = ()
    covering_letter: CoveringLetter | None = None
    confidential: bool = False
    complained_of_units: tuple[UnitId, ...] = ()
    complained_of: tuple[OfficialId, ...] = ()
    legacy_number: ShortText | None = None
    answer_rule: Code | None = None


class ReclassifyAppeal(Command):
    """The days of receipt and registration stay: the new term may already be over.

    With the same kind and another ``answer_rule``, such as that for a further study, only the
    term changes.
    """

    kind: AppealKind
    reason: ShortText
    answer_rule: Code | None = None


class ForwardAppeal(Command):
    """To the body that is competent for the whole; ends our examination (Art. 7.10)."""

    body: ShortText
    letter_number: ShortText
    letter_date: date
    reason: ShortText
    applicant_notified_on: date | None = None


class SendCopies(Command):
    """To the other bodies that are competent for a part (Art. 7.10); our examination goes on."""

    copies: Annotated[tuple[Copy, ...], Meta(min_length=1, max_length=50)]
    reason: ShortText
    applicant_notified_on: date | None = None


class AssignAppeal(Command):
    """``resolution`` is the dərkənar; ``internal_due_on`` a day before the legal term ends."""

    unit: UnitId
    main_executor: OfficialId
    co_executors: Annotated[tuple[OfficialId, ...], Meta(max_length=20)] = ()
    resolution: PersonalText | None = None
    internal_due_on: date | None = None


class AcceptAppeal(Command):
    """The unit takes the assigned appeal into its work."""


class ReturnAppeal(Command):
    """The unit gives back what it should not have been assigned."""

    reason: ShortText


class LeaveUnconsidered(Command):
    """The applicant is told the reasons within five working days, unless anonymous (Art. 8).

    A repeat without new information names at least three ``answered_repeats`` and declares
    ``no_new_facts``.
    """

    ground: Ground
    reason: ShortText
    applicant_notified_on: date | None = None
    answered_repeats: Annotated[tuple[UUID, ...], Meta(max_length=50)] = ()
    no_new_facts: bool = False


class TakeUpAgain(Command):
    """The ground for leaving it unconsidered is gone: a new term starts today (A3 7.3)."""

    reason: ShortText


class DispatchReply(Command):
    """An ``interim`` reply leaves the appeal open, for the next one to be drafted."""

    letter_number: ShortText
    dispatched_on: date
    way: DispatchWay
    interim: bool = False


class WithdrawAppeal(Command):
    """The applicant asked to stop the examination."""

    asked_on: date


class MergeAppeal(Command):
    """Into an earlier appeal of the same person on the same matter: one letter answers both."""

    into: UUID
    reason: ShortText


class NoteMergedAppeal(Command):
    """On the earlier appeal: a later one was merged into it."""

    appeal_id: UUID


class CloseAppeal(Command):
    """``file_index`` is where the papers are filed, by the nomenclature (işin indeksi)."""

    result: Result
    file_index: ShortText | None = None


class RecordLegacyOutcome(Command):
    """Closes an appeal that ended in an older register, which may not tell its ``result``."""

    ended_on: date
    result: Result | None = None
    due_on: date | None = None


class ReopenAppeal(Command):
    """A new term starts today, by the rule of the one before."""

    reason: ShortText


class CorrectionNotFitting(NotFitting):
    """The corrected value is not one that this entry can have."""


class EntryUnchanged(Refusal):
    """The entry already has this value."""


BEGINS = RegisterAppeal
AppealCommand = (
    RegisterAppeal
    | ReclassifyAppeal
    | ForwardAppeal
    | SendCopies
    | AssignAppeal
    | AcceptAppeal
    | ReturnAppeal
    | LeaveUnconsidered
    | TakeUpAgain
    | DispatchReply
    | WithdrawAppeal
    | MergeAppeal
    | NoteMergedAppeal
    | CloseAppeal
    | RecordLegacyOutcome
    | ReopenAppeal
    | ReplyCommand
    | InformationCommand
    | ControlCommand
    | RecordCommand
    | TermCommand
    | RepeatCommand
    | RecomputeDueDates
    | GiveDeadlineNotice
)
AppealEvent = (
    AppealRegistered
    | AppealReclassified
    | AppealForwarded
    | AppealCopiesSent
    | AppealAssigned
    | AppealAccepted
    | AppealReturned
    | AppealLeftUnconsidered
    | AppealTakenUpAgain
    | AppealReplyDispatched
    | AppealWithdrawn
    | AppealMerged
    | MergedAppealNoted
    | AppealClosed
    | LegacyOutcomeRecorded
    | AppealReopened
    | ReplyEvent
    | InformationEvent
    | ControlEvent
    | RecordEvent
    | TermEvent
    | RepeatEvent
    | DueDatesMoved
    | DeadlineNoticeGiven
)

_STEERS_NOTHING = (
    NoteMergedAppeal
    | RecordInformation
    | TakeOffControl
    | AttachDocument
    | AddNote
    | RecomputeDueDates
    | GiveDeadlineNotice
)
"""What is open to the official whom the appeal complains of, too; no other command is."""

_EARLIEST_YEAR = 1800
OPEN = frozenset({Stage.REGISTERED, Stage.ASSIGNED, Stage.IN_WORK})

_FIELDS = {
    "answer": "due",
    "forward": "forward_due",
    "no-consideration": "no_consideration_due",
}
"""Where the terms that the calendar may move stand in an appeal."""

CLOSED_FROM: dict[Result, Stage] = {
    Result.SATISFIED: Stage.ANSWERED,
    Result.PARTLY_SATISFIED: Stage.ANSWERED,
    Result.REJECTED: Stage.ANSWERED,
    Result.EXPLAINED: Stage.ANSWERED,
    Result.FORWARDED: Stage.FORWARDED,
    Result.UNCONSIDERED: Stage.UNCONSIDERED,
    Result.WITHDRAWN: Stage.WITHDRAWN,
    Result.MERGED: Stage.MERGED,
}
"""The stage from which an appeal is closed with each result."""
ON_THE_MERITS = frozenset(each for each, at in CLOSED_FROM.items() if at is Stage.ANSWERED)

_CODED: dict[str, Any] = {
    "topic": Code,
    "region": Code,
    "social_category": Code,
    "channel": Channel,
    "received_at": Instant,
    "confidential": bool,
    "covering_letter": CoveringLetter,
}
_TEXTS: dict[str, Any] = {"subject": PersonalText, "text": PersonalLongText}
CORRECTABLE = Correctable(coded=frozenset(_CODED), texts=frozenset(_TEXTS))


class Appeal(Value):
    """``forward_due`` and ``no_consideration_due`` matter until somebody examines the appeal."""

    number: RegistrationNumber
    kind: AppealKind
    channel: Channel
    topic: str
    region: str | None
    social_category: str | None
    received_at: datetime
    registered_on: date
    due: Due
    forward_due: Due | None
    no_consideration_due: Due | None
    confidential: bool
    reachable: bool
    owner: UUID | None
    people: dict[str, UUID]
    persons: frozenset[UUID]
    covering_letter: CoveringLetter | None
    units: frozenset[str]
    workers: frozenset[str]
    complained_of_units: frozenset[str]
    complained_of: frozenset[str]
    legacy: bool = False
    stage: Stage = Stage.REGISTERED
    unit: str | None = None
    executors: tuple[str, ...] = ()
    internal_due: Due | None = None
    documents: frozenset[str] = frozenset()
    requests: Requests = ()
    reply: Reply | None = None
    control: Control | None = None
    merged_into: UUID | None = None
    merged_appeals: frozenset[UUID] = frozenset()
    result: Result | None = None
    answered_on: date | None = None
    repeats: Repeats = field(default_factory=dict)
    answered_repeats: tuple[UUID, ...] = ()
    begun_anew_at: datetime | None = None
    notices: Given = NONE_GIVEN
    keeping: Keeping = AS_USUAL

    @property
    def clocks(self) -> dict[str, Due]:
        """The terms that run now, by the names that the lists use."""
        if self.stage not in OPEN:
            return {}
        clocks = {"answer": self.due, **information.clocks(self.requests)}
        if self.internal_due:
            clocks["internal"] = self.internal_due
        if self.stage is Stage.REGISTERED:
            if self.forward_due:
                clocks["forward"] = self.forward_due
            if self.no_consideration_due:
                clocks["no-consideration"] = self.no_consideration_due
        return clocks

    @property
    def running_clocks(self) -> dict[str, date]:
        """What somebody has to meet by which day, by the names that the lists use."""
        return {clock: due.on for clock, due in self.clocks.items() if not due.paused}


def decide(command: AppealCommand, appeal: Appeal | None, ctx: Context) -> list[Event]:
    if isinstance(command, RegisterAppeal):
        if appeal:
            raise AlreadyBegun
        return [_register(command, ctx)]
    if not appeal:
        raise NotYetBegun
    if not isinstance(command, _STEERS_NOTHING):
        _require_unconcerned(appeal, ctx)
    match command:
        case ReclassifyAppeal():
            return _reclassify(command, appeal, ctx)
        case ForwardAppeal():
            return _forward(command, appeal, ctx)
        case SendCopies():
            return _send_copies(command, appeal, ctx)
        case AssignAppeal():
            return _assign(command, appeal, ctx)
        case AcceptAppeal():
            unit = _unit_that_answers(appeal, ctx)
            return [AppealAccepted(unit=unit, accepted_by=ctx.by.principal)]
        case ReturnAppeal():
            return [_return(appeal, ctx)]
        case ExtendTerm() | SuspendTerm() | ResumeTerm():
            return _change_term(command, appeal, ctx)
        case LeaveUnconsidered():
            return _leave_unconsidered(command, appeal, ctx)
        case TakeUpAgain():
            return _take_up_again(appeal, ctx)
        case DispatchReply():
            return _dispatch(command, appeal, ctx)
        case WithdrawAppeal(asked_on=asked_on):
            _require_open(appeal)
            _require_since_registration(appeal, ctx, asked_on)
            return [AppealWithdrawn(asked_on=asked_on)]
        case MergeAppeal(into=into):
            return _merge(into, appeal, ctx)
        case ConfirmRepeat() | RejectRepeat() | WithdrawRepeatDecision():
            return repeat.decide(command, appeal, appeal.repeats, ctx)
        case NoteMergedAppeal(appeal_id=appeal_id):
            if appeal_id == ctx.case_id:
                raise MergedIntoItself
            noted = appeal_id in appeal.merged_appeals
            return [] if noted else [MergedAppealNoted(appeal_id=appeal_id)]
        case CloseAppeal():
            return _close(command, appeal)
        case RecordLegacyOutcome():
            return _record_legacy_outcome(command, appeal, ctx)
        case ReopenAppeal():
            if appeal.stage is not Stage.CLOSED:
                raise NotClosed
            due = ctx.terms.begin_anew(appeal.due, KIND, appeal.kind, ctx.at)
            return [AppealReopened(due=due)]
        case DraftReply() | ReviseReply() | ReturnReply() | InitialReply() | SignReply():
            return _work_on_reply(command, appeal, ctx)
        case AskForInformation():
            _require_open(appeal)
            return information.decide(command, appeal.requests, ctx)
        case RecordInformation():
            return information.decide(command, appeal.requests, ctx)
        case PutUnderControl():
            if appeal.stage is not Stage.ANSWERED:
                _require_open(appeal)
            return control.decide(command, appeal.control, ctx)
        case TakeOffControl():
            if appeal.control and appeal.stage in OPEN:
                raise ControlUntilAnswered
            return control.decide(command, appeal.control, ctx)
        case AttachDocument() | AddNote():
            return record.decide(command, appeal.documents, CORRECTABLE, ctx)
        case CorrectEntry():
            return _correct(command, appeal, ctx)
        case RecomputeDueDates():
            return recalculation.decide(command, appeal.clocks, ctx)
        case GiveDeadlineNotice():
            return notice.decide(
                command,
                running=appeal.running_clocks,
                given=appeal.notices,
                workers=appeal.workers,
                confidential=appeal.confidential,
                may_not_know=appeal.complained_of,
            )
        case _:
            assert_never(command)


def _register(command: RegisterAppeal, ctx: Context) -> AppealRegistered:
    registered_on = command.registered_on or ctx.today
    if command.received_at > ctx.at or registered_on > ctx.today:
        raise DatedInTheFuture
    if registered_on < ctx.today and registered_on < ctx.local_date(command.received_at):
        raise RegisteredBeforeReceipt
    if command.covering_letter and command.covering_letter.letter_date > ctx.today:
        raise DatedInTheFuture
    terms, begins = ctx.terms, (registered_on, command.received_at)
    clock = partial(terms.begin_if_any, KIND, command.kind)
    answer = ClockName.ANSWER
    rule = terms.choose_rule(KIND, command.kind, answer, command.answer_rule, registered_on)
    return AppealRegistered(
        kind=command.kind,
        channel=command.channel,
        applicant=identify(command.applicant, ctx),
        reachable=reachable(command.applicant),
        topic=command.topic,
        region=command.region,
        social_category=command.social_category,
        subject=command.subject,
        text=command.text,
        sheets=command.sheets,
        enclosures=command.enclosures,
        covering_letter=command.covering_letter,
        confidential=command.confidential,
        received_at=command.received_at.astimezone(UTC),
        registered_on=registered_on,
        due=terms.begin(rule, *begins),
        register_due=clock(ClockName.REGISTER, *begins),
        forward_due=clock(ClockName.FORWARD, *begins),
        no_consideration_due=clock(ClockName.NO_CONSIDERATION, *begins),
        registrar=ctx.by.principal,
        registering_unit=ctx.by.unit,
        complained_of_units=command.complained_of_units,
        complained_of=command.complained_of,
        legacy_number=command.legacy_number,
        number=ctx.next_number(BOOK, registered_on.year),
    )


def _reclassify(command: ReclassifyAppeal, appeal: Appeal, ctx: Context) -> list[Event]:
    _require_open(appeal)
    begins = appeal.registered_on, appeal.received_at
    if appeal.begun_anew_at:
        begins = ctx.local_date(appeal.begun_anew_at), appeal.begun_anew_at
    terms, wanted = ctx.terms, command.answer_rule
    rule = terms.choose_rule(KIND, command.kind, ClockName.ANSWER, wanted, begins[0])
    if command.kind is appeal.kind and rule == appeal.due.rule:
        raise KindUnchanged
    clock = partial(terms.begin_if_any, KIND, command.kind)
    first = not appeal.begun_anew_at
    return [
        AppealReclassified(
            kind=command.kind,
            due=terms.reclassify(appeal.due, rule, *begins),
            forward_due=clock(ClockName.FORWARD, *begins) if first else None,
            no_consideration_due=clock(ClockName.NO_CONSIDERATION, *begins) if first else None,
        )
    ]


def _forward(command: ForwardAppeal, appeal: Appeal, ctx: Context) -> list[Event]:
    _require_open(appeal)
    _require_since_registration(appeal, ctx, command.letter_date)
    _require_notice(command.applicant_notified_on, appeal, ctx)
    return [
        AppealForwarded(
            body=command.body,
            letter_number=command.letter_number,
            letter_date=command.letter_date,
            applicant_notified_on=command.applicant_notified_on,
        )
    ]


def _send_copies(command: SendCopies, appeal: Appeal, ctx: Context) -> list[Event]:
    _require_open(appeal)
    _require_since_registration(appeal, ctx, *(copy.letter_date for copy in command.copies))
    _require_notice(command.applicant_notified_on, appeal, ctx)
    return [
        AppealCopiesSent(copies=command.copies, applicant_notified_on=command.applicant_notified_on)
    ]


def _assign(command: AssignAppeal, appeal: Appeal, ctx: Context) -> list[Event]:
    _require_open(appeal)
    executors = (command.main_executor, *command.co_executors)
    if len(set(executors)) < len(executors):
        raise ExecutorNamedTwice
    if command.unit in appeal.complained_of_units or appeal.complained_of & set(executors):
        raise ComplainedOfMayNotExamine
    internal_due = None
    if command.internal_due_on:
        if command.internal_due_on < ctx.today:
            raise DueInThePast
        if command.internal_due_on > appeal.due.on:
            raise InternalDueTooLate
        internal_due = ctx.terms.choose(command.internal_due_on)
    same_people = (command.unit, executors) == (appeal.unit, appeal.executors)
    same_day = command.internal_due_on == (appeal.internal_due and appeal.internal_due.on)
    if same_people and same_day:
        raise AlreadyAssigned
    return [
        AppealAssigned(
            unit=command.unit,
            main_executor=command.main_executor,
            co_executors=command.co_executors,
            assigned_by=ctx.by.principal,
            resolution=command.resolution,
            internal_due=internal_due,
        )
    ]


def _unit_that_answers(appeal: Appeal, ctx: Context) -> str:
    _require_open(appeal)
    if appeal.stage is not Stage.ASSIGNED or appeal.unit is None:
        raise NotWaitingForAcceptance
    if ctx.by.unit != appeal.unit and ctx.by.principal not in appeal.executors:
        raise NotTheAssignedUnit
    return appeal.unit


def _return(appeal: Appeal, ctx: Context) -> AppealReturned:
    """No decision on the calendar has moved what nobody had to meet meanwhile."""
    forward, unconsidered = appeal.forward_due, appeal.no_consideration_due
    return AppealReturned(
        unit=_unit_that_answers(appeal, ctx),
        forward_due=ctx.terms.recompute(forward) if forward else None,
        no_consideration_due=ctx.terms.recompute(unconsidered) if unconsidered else None,
    )


def _change_term(command: TermCommand, appeal: Appeal, ctx: Context) -> list[Event]:
    _require_open(appeal)
    if not isinstance(command, ResumeTerm):
        _require_notice(command.applicant_notified_on, appeal, ctx)
    elif command.on:
        _require_since_registration(appeal, ctx, command.on)
    return answer_term.decide(command, appeal.due, ctx)


def _leave_unconsidered(command: LeaveUnconsidered, appeal: Appeal, ctx: Context) -> list[Event]:
    _require_open(appeal)
    named, no_new_facts = command.answered_repeats, command.no_new_facts
    if command.ground is Ground.REPEATED_WITHOUT_NEW_INFORMATION:
        require_answered_before(named, no_new_facts=no_new_facts, later=appeal, ctx=ctx)
    elif named or no_new_facts:
        raise AnsweredAppealsNotAsked
    if command.applicant_notified_on:
        _require_notice(command.applicant_notified_on, appeal, ctx)
    return [
        AppealLeftUnconsidered(
            ground=command.ground,
            applicant_notified_on=command.applicant_notified_on,
            answered_repeats=named,
            left_on=None if command.applicant_notified_on else ctx.today,
        )
    ]


def _take_up_again(appeal: Appeal, ctx: Context) -> list[Event]:
    if appeal.stage is not Stage.UNCONSIDERED:
        raise NotLeftUnconsidered
    due = ctx.terms.begin_anew(appeal.due, KIND, appeal.kind, ctx.at, ground_removed=True)
    return [AppealTakenUpAgain(due=due)]


def _work_on_reply(command: ReplyCommand, appeal: Appeal, ctx: Context) -> list[Event]:
    _require_in_work(appeal)
    if isinstance(command, DraftReply):
        _require_none_of({*command.initials_by, command.signatory}, appeal)
    return reply.decide(command, appeal.reply, ctx)


def _dispatch(command: DispatchReply, appeal: Appeal, ctx: Context) -> list[Event]:
    _require_in_work(appeal)
    if not appeal.reply or not appeal.reply.signed_by:
        raise ReplyNotSigned
    _require_since_registration(appeal, ctx, command.dispatched_on)
    return [
        AppealReplyDispatched(
            digest=appeal.reply.digest,
            letter_number=command.letter_number,
            dispatched_on=command.dispatched_on,
            way=command.way,
            interim=command.interim,
        )
    ]


def _close(command: CloseAppeal, appeal: Appeal) -> list[Event]:
    if appeal.stage is Stage.CLOSED:
        raise AppealIsClosed
    needed = CLOSED_FROM[command.result]
    if appeal.stage is not needed:
        raise NotYetAnswered if needed is Stage.ANSWERED else ResultNotFitting
    return [AppealClosed(result=command.result, file_index=command.file_index)]


def _record_legacy_outcome(
    command: RecordLegacyOutcome, appeal: Appeal, ctx: Context
) -> list[Event]:
    _require_open(appeal)
    if not appeal.legacy:
        raise NotFromAnOlderRegister
    _require_since_registration(appeal, ctx, command.ended_on)
    return [
        LegacyOutcomeRecorded(
            ended_on=command.ended_on, result=command.result, due_on=command.due_on
        )
    ]


def _correct(command: CorrectEntry, appeal: Appeal, ctx: Context) -> list[Event]:
    entry = command.entry
    part, _, field = entry.partition(".")
    of_people = {f"{one}.{name}" for one in appeal.people for name in OF_PERSON}
    correctable = replace(CORRECTABLE, texts=CORRECTABLE.texts | of_people)
    events = record.decide(command, appeal.documents, correctable, ctx)
    type_ = OF_PERSON[field] if field else {**_CODED, **_TEXTS}[entry]
    person = appeal.people[part] if field else command.person_id
    try:
        value = parsed(command.value, type_)
    except DecodeError as error:
        raise CorrectionNotFitting from error
    if command.person_id not in (None, person):
        raise CorrectionNotFitting
    _require_fitting(value, appeal, ctx)
    if entry not in _CODED:
        return [replace(event, text=written(value), person_id=person) for event in events]
    if value == getattr(appeal, entry):
        raise EntryUnchanged
    corrected: list[Event] = [replace(event, value=written(value)) for event in events]
    if isinstance(value, datetime) and appeal.stage in OPEN and not appeal.begun_anew_at:
        due = ctx.terms.correct_receipt(appeal.due, appeal.registered_on, value)
        if due != appeal.due:
            corrected.append(AppealTermCorrected(due=due))
    return corrected


def _require_fitting(value: object, appeal: Appeal, ctx: Context) -> None:
    """A receipt, a covering letter and a day of birth lie in a past that calendars know."""
    if isinstance(value, CoveringLetter):
        value = value.letter_date
    if not isinstance(value, date):
        return
    if value.year < _EARLIEST_YEAR:
        raise CorrectionNotFitting
    if value > ctx.at if isinstance(value, datetime) else value > ctx.today:
        raise DatedInTheFuture
    if isinstance(value, datetime) and ctx.local_date(value) > appeal.registered_on:
        raise RegisteredBeforeReceipt


def _merge(into: UUID, appeal: Appeal, ctx: Context) -> list[Event]:
    if into == ctx.case_id:
        raise MergedIntoItself
    _require_open(appeal)
    earlier = ctx.named
    if isinstance(earlier, Appeal):
        require_mergeable(appeal, earlier)
        require_one_person(appeal, earlier, ctx)
    require_joinable(into, ctx)
    return [AppealMerged(into=into)]


def _require_unconcerned(appeal: Appeal, ctx: Context) -> None:
    _require_none_of({ctx.by.official, ctx.by.principal}, appeal)


def _require_none_of(officials: set[str], appeal: Appeal) -> None:
    if appeal.complained_of & officials:
        raise ComplainedOfMayNotExamine


def _require_open(appeal: Appeal) -> None:
    match appeal.stage:
        case Stage.REGISTERED | Stage.ASSIGNED | Stage.IN_WORK:
            return
        case Stage.ANSWERED:
            raise AlreadyAnswered
        case Stage.UNCONSIDERED | Stage.FORWARDED | Stage.WITHDRAWN | Stage.MERGED:
            raise AppealHasEnded
        case Stage.CLOSED:
            raise AppealIsClosed
        case _:
            assert_never(appeal.stage)


def _require_in_work(appeal: Appeal) -> None:
    _require_open(appeal)
    if not appeal.reachable:
        raise ApplicantUnreachable
    if appeal.stage is not Stage.IN_WORK:
        raise NotInWork


def _require_since_registration(appeal: Appeal, ctx: Context, *days: date) -> None:
    if any(day > ctx.today for day in days):
        raise DatedInTheFuture
    if any(day < appeal.registered_on for day in days):
        raise BeforeRegistration


def _require_notice(notified_on: date | None, appeal: Appeal, ctx: Context) -> None:
    if notified_on is None:
        if appeal.reachable:
            raise ApplicantNotNotified
        return
    if not appeal.reachable:
        raise ApplicantUnreachable
    _require_since_registration(appeal, ctx, notified_on)


def evolve(appeal: Appeal | None, event: AppealEvent) -> Appeal:
    if isinstance(event, AppealRegistered):
        return _registered(event)
    if not appeal:
        raise NotYetBegun
    match event:
        case AppealReclassified():
            return replace(
                appeal,
                kind=event.kind,
                due=event.due.continuing(appeal.due),
                forward_due=event.forward_due,
                no_consideration_due=event.no_consideration_due,
            )
        case AppealForwarded():
            return replace(appeal, stage=Stage.FORWARDED)
        case AppealCopiesSent() | NoteAdded():
            return appeal
        case AppealAssigned():
            return _assigned(appeal, event)
        case AppealAccepted(accepted_by=accepted_by):
            return _joined(replace(appeal, stage=Stage.IN_WORK), accepted_by)
        case AppealReturned(forward_due=forward, no_consideration_due=leave):
            return replace(_unassigned(appeal), forward_due=forward, no_consideration_due=leave)
        case AppealTermExtended():
            return replace(appeal, due=event.due.continuing(appeal.due))
        case AppealTermSuspended() | AppealTermResumed() | AppealTermCorrected():
            return replace(appeal, due=event.due)
        case DueDatesMoved(moved=moved):
            return replace(appeal, **{_FIELDS[each.clock]: each.due for each in moved})
        case AppealLeftUnconsidered(answered_repeats=named):
            return replace(appeal, stage=Stage.UNCONSIDERED, answered_repeats=named)
        case AppealTakenUpAgain(due=due) | AppealReopened(due=due):
            return _started_anew(appeal, due)
        case AppealReplyDispatched(interim=True):
            return replace(appeal, reply=None)
        case AppealReplyDispatched(dispatched_on=day):
            return replace(appeal, stage=Stage.ANSWERED, answered_on=day)
        case AppealWithdrawn():
            return replace(appeal, stage=Stage.WITHDRAWN)
        case AppealMerged(into=into):
            return replace(appeal, stage=Stage.MERGED, merged_into=into)
        case MergedAppealNoted(appeal_id=appeal_id):
            return replace(appeal, merged_appeals=appeal.merged_appeals | {appeal_id})
        case AppealClosed(result=result):
            return replace(appeal, stage=Stage.CLOSED, result=result)
        case LegacyOutcomeRecorded(result=result, ended_on=day):
            answered_on = day if result in ON_THE_MERITS else None
            return replace(appeal, stage=Stage.CLOSED, result=result, answered_on=answered_on)
        case RepeatConfirmed() | RepeatRejected() | RepeatDecisionWithdrawn():
            return replace(appeal, repeats=repeat.evolve(appeal.repeats, event))
        case ReplyDrafted(author=author, initials_by=initials_by, signatory=signatory):
            drafted = replace(appeal, reply=reply.evolve(appeal.reply, event))
            return _joined(drafted, author, *initials_by, signatory)
        case ReplyRevised(author=author):
            return _joined(replace(appeal, reply=reply.evolve(appeal.reply, event)), author)
        case ReplyReturned() | ReplyInitialled() | ReplySigned():
            return replace(appeal, reply=reply.evolve(appeal.reply, event))
        case InformationAsked(unit=unit):
            return replace(
                appeal,
                requests=information.evolve(appeal.requests, event),
                units=appeal.units | {unit} if unit else appeal.units,
            )
        case InformationReceived():
            return replace(appeal, requests=information.evolve(appeal.requests, event))
        case ControlEstablished(controller=controller):
            return _joined(replace(appeal, control=control.evolve(event)), controller)
        case ControlLifted():
            return replace(appeal, control=control.evolve(event))
        case DocumentAttached(document=document):
            return replace(appeal, documents=appeal.documents | {document.sha256})
        case EntryCorrected(entry=entry, value=value):
            if entry not in _CODED:
                return appeal
            return replace(appeal, **{entry: parsed(str(value), _CODED[entry])})
        case DeadlineNoticeGiven():
            return replace(appeal, notices=notice.evolve(appeal.notices, event))
        case _:
            assert_never(event)


def _registered(event: AppealRegistered) -> Appeal:
    return Appeal(
        number=event.number,
        kind=event.kind,
        channel=event.channel,
        topic=event.topic,
        region=event.region,
        social_category=event.social_category,
        received_at=event.received_at,
        registered_on=event.registered_on,
        due=event.due,
        forward_due=event.forward_due,
        no_consideration_due=event.no_consideration_due,
        confidential=event.confidential,
        reachable=event.reachable,
        owner=owner(event.applicant),
        people=people(event.applicant),
        persons=persons(event.applicant),
        covering_letter=event.covering_letter,
        units=frozenset({event.registering_unit}),
        workers=frozenset({event.registrar}),
        complained_of_units=frozenset(event.complained_of_units),
        complained_of=frozenset(event.complained_of),
        legacy=event.legacy_number is not None,
    )


def _assigned(appeal: Appeal, event: AppealAssigned) -> Appeal:
    executors = (event.main_executor, *event.co_executors)
    assigned = replace(
        appeal,
        stage=Stage.ASSIGNED,
        unit=event.unit,
        executors=executors,
        internal_due=event.internal_due,
        units=appeal.units | {event.unit},
    )
    return _joined(assigned, event.assigned_by, *executors)


def _unassigned(appeal: Appeal) -> Appeal:
    return replace(appeal, stage=Stage.REGISTERED, unit=None, executors=(), internal_due=None)


def _started_anew(appeal: Appeal, due: Due) -> Appeal:
    return replace(
        _unassigned(appeal),
        due=due,
        begun_anew_at=due.since_at,
        forward_due=None,
        no_consideration_due=None,
        reply=None,
        merged_into=None,
        result=None,
        answered_on=None,
        answered_repeats=(),
    )


def _joined(appeal: Appeal, *officials: str) -> Appeal:
    return replace(appeal, workers=appeal.workers.union(officials))
