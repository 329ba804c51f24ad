"""The media inquiry (media sorğusu): a question from press, television, radio or online media."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, assert_never
from uuid import UUID

from msgspec import Meta, ValidationError, convert
from msgspec.structs import replace

from domain import control, information, notice, recalculation, record, reply
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
from domain.information import (
    AskForInformation,
    DatedInTheFuture,
    InformationAsked,
    InformationCommand,
    InformationEvent,
    InformationReceived,
    RecordInformation,
)
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

KIND = CaseKind.MEDIA_INQUIRY
BOOK = "m"

AwareDatetime = Annotated[datetime, Meta(tz=True)]
Url = Annotated[str, Meta(pattern=r"^https?://[^\s\x00]+$(?!\n)", max_length=2000)]


class Media(StrEnum):
    PRESS = "press"
    TV = "tv"
    RADIO = "radio"
    ONLINE = "online"


class Section(StrEnum):
    """Television and radio go to one section, the other media to another (statute 000 3.1.13)."""

    BROADCAST = "broadcast"
    PRESS = "press"


class Way(StrEnum):
    """How an outlet is written or spoken to."""

    EMAIL = "email"
    TELEPHONE = "telephone"
    POST = "post"
    BY_HAND = "by-hand"
    MESSENGER = "messenger"


class Tone(StrEnum):
    """How a published item speaks of the department."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"


class Resolution(StrEnum):
    """With what an inquiry was closed."""

    ANSWERED = "answered"
    INTERVIEW_GIVEN = "interview-given"
    DECLINED = "declined"
    HANDED_OVER = "handed-over"
    WITHDRAWN = "withdrawn"
    NO_ANSWER_NEEDED = "no-answer-needed"


WITHOUT_ANSWER = frozenset({Resolution.WITHDRAWN, Resolution.NO_ANSWER_NEEDED})

CODED: dict[str, Any] = {"media": Media, "outlet": ShortText, "topic": Code, "region": Code}
CORRECTABLE = Correctable(coded=frozenset(CODED), texts=frozenset({"subject", "question"}))


class MediaInquiryReceived(Event, tag="media-inquiry-received"):
    """``due`` is ours; ``outlet_deadline`` is the outlet's wish, where it named one."""

    VERSION = 2

    number: RegistrationNumber
    received_at: AwareDatetime
    registered_on: date
    registering_unit: UnitId
    registered_by: OfficialId
    outlet: ShortText
    media: Media
    journalist: Person
    subject: PersonalText
    question: PersonalLongText
    topic: Code
    due: Due
    confidential: bool
    outlet_deadline: AwareDatetime | None = None
    region: Code | None = None
    legacy_number: ShortText | None = None


class MediaInquiryAcknowledged(Event, tag="media-inquiry-acknowledged"):
    way: Way
    acknowledged_on: date


class MediaInquiryRouted(Event, tag="media-inquiry-routed"):
    section: Section
    unit: UnitId
    responsible: OfficialId


class SpokespersonNamed(Event, tag="spokesperson-named"):
    """Either an official of ours or another person."""

    official: OfficialId | None = None
    person: Person | None = None


class MediaInquiryAnswered(Event, tag="media-inquiry-answered"):
    """``digest`` is that of the signed text that was sent."""

    way: Way
    answered_on: date
    digest: Digest


class InterviewGiven(Event, tag="interview-given"):
    given_on: date


class MediaInquiryDeclined(Event, tag="media-inquiry-declined"):
    journalist_notified_on: date | None = None


class MediaInquiryHandedOver(Event, tag="media-inquiry-handed-over"):
    body: ShortText
    handed_over_on: date
    journalist_notified_on: date
    letter_number: ShortText | None = None


class CoverageLinked(Event, tag="coverage-linked"):
    coverage_id: UUID
    outlet: ShortText
    published_on: date
    tone: Tone
    url: Url | None = None
    reference: ShortText | None = None


class MediaInquiryClosed(Event, tag="media-inquiry-closed"):
    resolution: Resolution


class MediaInquiryReopened(Event, tag="media-inquiry-reopened"):
    VERSION = 2

    due: Due


class ReceiveMediaInquiry(Command):
    """``registered_on`` is today where it is left out."""

    received_at: AwareDatetime
    outlet: ShortText
    media: Media
    journalist: Person
    subject: PersonalText
    question: PersonalLongText
    topic: Code
    outlet_deadline: AwareDatetime | None = None
    region: Code | None = None
    confidential: bool = False
    registered_on: date | None = None
    legacy_number: ShortText | None = None


class AcknowledgeMediaInquiry(Command):
    way: Way
    acknowledged_on: date | None = None


class RouteToSection(Command):
    section: Section
    unit: UnitId
    responsible: OfficialId


class NameSpokesperson(Command):
    """Exactly one of ``official`` and ``person``; a later naming replaces an earlier one."""

    official: OfficialId | None = None
    person: Person | None = None


class AnswerMediaInquiry(Command):
    """Send the signed text; in an interview nothing is sent: use GiveInterview."""

    way: Way
    answered_on: date | None = None


class GiveInterview(Command):
    given_on: date | None = None


class DeclineMediaInquiry(Command):
    reason: ShortText
    journalist_notified_on: date | None = None


class HandOverMediaInquiry(Command):
    """The whole inquiry goes to the body it concerns, and the journalist is told."""

    reason: ShortText
    body: ShortText
    handed_over_on: date
    journalist_notified_on: date
    letter_number: ShortText | None = None


class LinkCoverage(Command):
    """What was published: found by its ``url``, by a ``reference`` (issue, programme), or both."""

    outlet: ShortText
    published_on: date
    tone: Tone
    url: Url | None = None
    reference: ShortText | None = None


class CloseMediaInquiry(Command):
    resolution: Resolution
    reason: ShortText | None = None


class ReopenMediaInquiry(Command):
    """Our term starts again today, and a new reply may be drafted."""

    reason: ShortText


class InquiryRegisteredBeforeReceipt(NotFitting):
    """The inquiry can't be registered before the day it was received."""


class OutletDeadlineTooEarly(NotFitting):
    """The outlet's deadline has to lie after the receipt of the inquiry."""


class OneSpokespersonOnly(NotFitting):
    """The spokesperson is either an official or another person: name exactly one."""


class CoverageNotTraceable(NotFitting):
    """Give the address or a reference by which the published item can be found."""


class WrongValue(NotFitting):
    """The corrected value is none that this entry can have."""


class DatedBeforeTheInquiry(Refusal):
    """The date lies before the day the inquiry was received."""


class AlreadyAcknowledged(Refusal):
    """The receipt of the inquiry has already been acknowledged."""


class WrongSection(Refusal):
    """Television and radio go to the broadcast section, press and online media to the press one."""


class NoSpokesperson(Refusal):
    """Name a spokesperson before an interview is given."""


class AnswerNotSigned(Refusal):
    """The answer has to be drafted, initialled and signed before it is sent."""


class InquiryAlreadySettled(Refusal):
    """The inquiry has been answered, declined or handed over: reopen it to do more."""


class CoverageAlreadyLinked(Refusal):
    """The published item is already linked to the inquiry."""


class ResolutionNotFitting(Refusal):
    """The resolution doesn't fit what has happened to the inquiry."""


class ControlledUntilSettled(Refusal):
    """It stays under control until it is answered, declined, handed over or closed."""


class MediaInquiryIsClosed(Refusal):
    """The inquiry is closed: reopen it first."""


class NothingToReopen(Refusal):
    """The inquiry is still open."""


BEGINS = ReceiveMediaInquiry

SettlingCommand = AnswerMediaInquiry | GiveInterview | DeclineMediaInquiry | HandOverMediaInquiry
HandlingCommand = (
    AcknowledgeMediaInquiry
    | RouteToSection
    | NameSpokesperson
    | SettlingCommand
    | AskForInformation
    | PutUnderControl
    | ReplyCommand
)
MediaInquiryCommand = (
    ReceiveMediaInquiry
    | HandlingCommand
    | LinkCoverage
    | CloseMediaInquiry
    | ReopenMediaInquiry
    | InformationCommand
    | ControlCommand
    | RecordCommand
    | RecomputeDueDates
    | GiveDeadlineNotice
)
MediaInquiryEvent = (
    MediaInquiryReceived
    | MediaInquiryAcknowledged
    | MediaInquiryRouted
    | SpokespersonNamed
    | MediaInquiryAnswered
    | InterviewGiven
    | MediaInquiryDeclined
    | MediaInquiryHandedOver
    | CoverageLinked
    | MediaInquiryClosed
    | MediaInquiryReopened
    | ReplyEvent
    | InformationEvent
    | ControlEvent
    | RecordEvent
    | DueDatesMoved
    | DeadlineNoticeGiven
)


class Stage(StrEnum):
    """Where an inquiry stands; one answered by an interview is answered too."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    ROUTED = "routed"
    ANSWERED = "answered"
    DECLINED = "declined"
    HANDED_OVER = "handed-over"
    CLOSED = "closed"


class MediaInquiry(Value):
    """``settled`` is what was done with the inquiry since it was received or last reopened.

    ``coverage`` are the addresses and references of what was published.
    """

    units: frozenset[str]
    workers: frozenset[str]
    confidential: bool
    owner: UUID | None
    stage: Stage
    media: Media
    received_at: datetime
    due: Due
    outlet_deadline: datetime | None = None
    acknowledged: bool = False
    section: Section | None = None
    unit: str | None = None
    responsible: str | None = None
    spokesperson: str | UUID | None = None
    settled: Resolution | None = None
    requests: information.Requests = ()
    reply: Reply | None = None
    control: Control | None = None
    coverage: frozenset[str] = frozenset()
    documents: frozenset[str] = frozenset()
    notices: Given = NONE_GIVEN
    keeping: Keeping = AS_USUAL

    @property
    def closed(self) -> bool:
        return self.stage is Stage.CLOSED

    @property
    def clocks(self) -> dict[str, Due]:
        """The terms that run now, by the names that the lists use."""
        if self.closed or self.settled:
            return {}
        return {"answer": self.due, **information.clocks(self.requests)}

    @property
    def running_clocks(self) -> dict[str, date]:
        """What somebody has to meet by which day: the terms, and what the outlet wished for."""
        running = {clock: due.on for clock, due in self.clocks.items()}
        if running and self.outlet_deadline:
            running["outlet-deadline"] = self.outlet_deadline.date()
        return running


def section_for(media: Media) -> Section:
    """Statute 000 3.1.13."""
    return Section.BROADCAST if media in {Media.TV, Media.RADIO} else Section.PRESS


def decide(command: MediaInquiryCommand, inquiry: MediaInquiry | None, ctx: Context) -> list[Event]:
    if isinstance(command, ReceiveMediaInquiry):
        if inquiry:
            raise AlreadyBegun
        return _receive(command, ctx)
    if not inquiry:
        raise NotYetBegun
    match command:
        case AttachDocument() | AddNote() | CorrectEntry():
            return _record(command, inquiry, ctx)
        case LinkCoverage():
            return _link_coverage(command, inquiry, ctx)
        case GiveDeadlineNotice():
            return notice.decide(
                command,
                running=inquiry.running_clocks,
                given=inquiry.notices,
                workers=inquiry.workers,
                confidential=inquiry.confidential,
            )
        case ReopenMediaInquiry():
            if not (inquiry.settled or inquiry.closed):
                raise NothingToReopen
            due = ctx.terms.begin_anew(inquiry.due, KIND, inquiry.media, ctx.at)
            return [MediaInquiryReopened(due=due)]
        case RecomputeDueDates():
            return recalculation.decide(command, inquiry.clocks, ctx)
        case TakeOffControl():
            if inquiry.control and not (inquiry.settled or inquiry.closed):
                raise ControlledUntilSettled
            return control.decide(command, inquiry.control, ctx)
    if inquiry.closed:
        raise MediaInquiryIsClosed
    match command:
        case RecordInformation():
            return information.decide(command, inquiry.requests, ctx)
        case CloseMediaInquiry():
            return _close(command, inquiry)
    if inquiry.settled:
        raise InquiryAlreadySettled
    return _handle(command, inquiry, ctx)


def _handle(command: HandlingCommand, inquiry: MediaInquiry, ctx: Context) -> list[Event]:
    match command:
        case AcknowledgeMediaInquiry(way=way, acknowledged_on=day):
            if inquiry.acknowledged:
                raise AlreadyAcknowledged
            acknowledged_on = _day_of(day, inquiry, ctx)
            return [MediaInquiryAcknowledged(way=way, acknowledged_on=acknowledged_on)]
        case RouteToSection():
            return _route(command, inquiry)
        case NameSpokesperson():
            return _name_spokesperson(command, inquiry, ctx)
        case (
            AnswerMediaInquiry() | GiveInterview() | DeclineMediaInquiry() | HandOverMediaInquiry()
        ):
            return [_settle(command, inquiry, ctx)]
        case AskForInformation():
            return information.decide(command, inquiry.requests, ctx)
        case PutUnderControl():
            return control.decide(command, inquiry.control, ctx)
        case DraftReply() | ReviseReply() | ReturnReply() | InitialReply() | SignReply():
            return reply.decide(command, inquiry.reply, ctx)
        case _:
            assert_never(command)


def _settle(command: SettlingCommand, inquiry: MediaInquiry, ctx: Context) -> Event:
    match command:
        case AnswerMediaInquiry(way=way, answered_on=day):
            if not (inquiry.reply and inquiry.reply.signed_by):
                raise AnswerNotSigned
            return MediaInquiryAnswered(
                way=way, answered_on=_day_of(day, inquiry, ctx), digest=inquiry.reply.digest
            )
        case GiveInterview(given_on=day):
            if not inquiry.spokesperson:
                raise NoSpokesperson
            return InterviewGiven(given_on=_day_of(day, inquiry, ctx))
        case DeclineMediaInquiry(journalist_notified_on=day):
            return MediaInquiryDeclined(
                journalist_notified_on=_day_of(day, inquiry, ctx) if day else None
            )
        case HandOverMediaInquiry():
            return MediaInquiryHandedOver(
                body=command.body,
                handed_over_on=_day_of(command.handed_over_on, inquiry, ctx),
                journalist_notified_on=_day_of(command.journalist_notified_on, inquiry, ctx),
                letter_number=command.letter_number,
            )
        case _:
            assert_never(command)


def _receive(command: ReceiveMediaInquiry, ctx: Context) -> list[Event]:
    registered_on = command.registered_on or ctx.today
    if command.received_at > ctx.at or registered_on > ctx.today:
        raise DatedInTheFuture
    if registered_on < ctx.local_date(command.received_at):
        raise InquiryRegisteredBeforeReceipt
    if command.outlet_deadline and command.outlet_deadline <= command.received_at:
        raise OutletDeadlineTooEarly
    rule = ctx.terms.choose_rule(KIND, command.media, ClockName.ANSWER, None, registered_on)
    return [
        MediaInquiryReceived(
            number=ctx.next_number(BOOK, registered_on.year),
            received_at=command.received_at,
            registered_on=registered_on,
            registering_unit=ctx.by.unit,
            registered_by=ctx.by.principal,
            outlet=command.outlet,
            media=command.media,
            journalist=identified(command.journalist, ctx, "journalist"),
            subject=command.subject,
            question=command.question,
            topic=command.topic,
            due=ctx.terms.begin(rule, registered_on, command.received_at),
            confidential=command.confidential,
            outlet_deadline=_wish(command.outlet_deadline, ctx),
            region=command.region,
            legacy_number=command.legacy_number,
        )
    ]


def _wish(outlet_deadline: datetime | None, ctx: Context) -> datetime | None:
    """The same instant in the department's zone: its day there is the day it is due."""
    return outlet_deadline.astimezone(ctx.time_zone) if outlet_deadline else None


def _route(command: RouteToSection, inquiry: MediaInquiry) -> list[Event]:
    if command.section is not section_for(inquiry.media):
        raise WrongSection
    present = (inquiry.section, inquiry.unit, inquiry.responsible)
    if (command.section, command.unit, command.responsible) == present:
        return []
    return [
        MediaInquiryRouted(
            section=command.section, unit=command.unit, responsible=command.responsible
        )
    ]


def _name_spokesperson(
    command: NameSpokesperson, inquiry: MediaInquiry, ctx: Context
) -> list[Event]:
    if (command.official is None) == (command.person is None):
        raise OneSpokespersonOnly
    if command.person:
        person = identified(command.person, ctx, "spokesperson")
        return [SpokespersonNamed(person=person)]
    if command.official == inquiry.spokesperson:
        return []
    return [SpokespersonNamed(official=command.official)]


def _link_coverage(command: LinkCoverage, inquiry: MediaInquiry, ctx: Context) -> list[Event]:
    traces = {trace for trace in (command.url, command.reference) if trace}
    if not traces:
        raise CoverageNotTraceable
    if command.published_on > ctx.today:
        raise DatedInTheFuture
    if traces <= inquiry.coverage:
        raise CoverageAlreadyLinked
    return [
        CoverageLinked(
            coverage_id=ctx.derive_id("coverage"),
            outlet=command.outlet,
            published_on=command.published_on,
            tone=command.tone,
            url=command.url,
            reference=command.reference,
        )
    ]


def _close(command: CloseMediaInquiry, inquiry: MediaInquiry) -> list[Event]:
    fitting = {inquiry.settled} if inquiry.settled else WITHOUT_ANSWER
    if command.resolution not in fitting:
        raise ResolutionNotFitting
    return [MediaInquiryClosed(resolution=command.resolution)]


def _record(command: RecordCommand, inquiry: MediaInquiry, ctx: Context) -> list[Event]:
    if isinstance(command, CorrectEntry) and command.entry in CODED:
        try:
            convert(command.value, CODED[command.entry])
        except ValidationError as problem:
            raise WrongValue from problem
    return record.decide(command, inquiry.documents, CORRECTABLE, ctx)


def _day_of(day: date | None, inquiry: MediaInquiry, ctx: Context) -> date:
    if day is None:
        return ctx.today
    if day > ctx.today:
        raise DatedInTheFuture
    if day < ctx.local_date(inquiry.received_at):
        raise DatedBeforeTheInquiry
    return day


def evolve(inquiry: MediaInquiry | None, event: MediaInquiryEvent) -> MediaInquiry:
    if isinstance(event, MediaInquiryReceived):
        return _begun(event)
    if inquiry is None:
        raise NotYetBegun
    match event:
        case MediaInquiryAcknowledged():
            stage = Stage.ACKNOWLEDGED if inquiry.stage is Stage.RECEIVED else inquiry.stage
            return replace(inquiry, acknowledged=True, stage=stage)
        case MediaInquiryRouted(section=section, unit=unit, responsible=responsible):
            return replace(
                inquiry,
                stage=Stage.ROUTED,
                section=section,
                unit=unit,
                responsible=responsible,
                units=inquiry.units | {unit},
                workers=inquiry.workers | {responsible},
            )
        case SpokespersonNamed(official=official, person=person):
            return replace(
                inquiry,
                spokesperson=official or (person.id if person else None),
                workers=inquiry.workers | ({official} if official else set()),
            )
        case MediaInquiryAnswered():
            return replace(inquiry, stage=Stage.ANSWERED, settled=Resolution.ANSWERED)
        case InterviewGiven():
            return replace(inquiry, stage=Stage.ANSWERED, settled=Resolution.INTERVIEW_GIVEN)
        case MediaInquiryDeclined():
            return replace(inquiry, stage=Stage.DECLINED, settled=Resolution.DECLINED)
        case MediaInquiryHandedOver():
            return replace(inquiry, stage=Stage.HANDED_OVER, settled=Resolution.HANDED_OVER)
        case CoverageLinked(url=url, reference=reference):
            traces = {trace for trace in (url, reference) if trace}
            return replace(inquiry, coverage=inquiry.coverage | traces)
        case MediaInquiryClosed():
            return replace(inquiry, stage=Stage.CLOSED)
        case MediaInquiryReopened(due=due):
            routed = Stage.ROUTED if inquiry.section else Stage.RECEIVED
            return replace(inquiry, stage=routed, due=due, settled=None, reply=None)
        case DueDatesMoved(moved=moved):
            return replace(inquiry, due=moved[-1].due)
        case DeadlineNoticeGiven():
            return replace(inquiry, notices=notice.evolve(inquiry.notices, event))
        case _:
            return _evolve_shared(inquiry, event)


def _evolve_shared(
    inquiry: MediaInquiry, event: ReplyEvent | InformationEvent | ControlEvent | RecordEvent
) -> MediaInquiry:
    match event:
        case ReplyDrafted(author=author, initials_by=initials_by, signatory=signatory):
            return replace(
                inquiry,
                reply=reply.evolve(inquiry.reply, event),
                workers=inquiry.workers | {author, *initials_by, signatory},
            )
        case ReplyRevised(author=author):
            return replace(
                inquiry,
                reply=reply.evolve(inquiry.reply, event),
                workers=inquiry.workers | {author},
            )
        case ReplyReturned() | ReplyInitialled() | ReplySigned():
            return replace(inquiry, reply=reply.evolve(inquiry.reply, event))
        case InformationAsked(unit=unit):
            return replace(
                inquiry,
                requests=information.evolve(inquiry.requests, event),
                units=inquiry.units | ({unit} if unit else set()),
            )
        case InformationReceived():
            return replace(inquiry, requests=information.evolve(inquiry.requests, event))
        case ControlEstablished(controller=controller):
            return replace(
                inquiry,
                control=control.evolve(event),
                workers=inquiry.workers | {controller},
            )
        case ControlLifted():
            return replace(inquiry, control=control.evolve(event))
        case DocumentAttached(document=document):
            return replace(inquiry, documents=inquiry.documents | {document.sha256})
        case EntryCorrected(entry="media", value=str(value)):
            return replace(inquiry, media=Media(value))
        case NoteAdded() | EntryCorrected():
            return inquiry
        case _:
            assert_never(event)


def _begun(event: MediaInquiryReceived) -> MediaInquiry:
    return MediaInquiry(
        units=frozenset({event.registering_unit}),
        workers=frozenset({event.registered_by}),
        confidential=event.confidential,
        owner=event.journalist.id,
        stage=Stage.RECEIVED,
        media=event.media,
        received_at=event.received_at,
        due=event.due,
        outlet_deadline=event.outlet_deadline,
    )
