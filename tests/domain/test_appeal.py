"""The appeal: what may happen to it, and what is refused."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, cast, get_args
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect
from msgspec.structs import replace

from domain.answer_term import (
    AppealTermCorrected,
    AppealTermExtended,
    AppealTermResumed,
    AppealTermSuspended,
    ExtendTerm,
    ResumeTerm,
    SuspendTerm,
)
from domain.appeal import (
    CLOSED_FROM,
    AcceptAppeal,
    Appeal,
    AppealAccepted,
    AppealAssigned,
    AppealClosed,
    AppealCommand,
    AppealCopiesSent,
    AppealEvent,
    AppealForwarded,
    AppealKind,
    AppealLeftUnconsidered,
    AppealMerged,
    AppealReclassified,
    AppealRegistered,
    AppealReopened,
    AppealReplyDispatched,
    AppealReturned,
    AppealTakenUpAgain,
    AppealWithdrawn,
    AssignAppeal,
    Channel,
    CloseAppeal,
    Copy,
    CorrectionNotFitting,
    CoveringLetter,
    DispatchReply,
    DispatchWay,
    Enclosure,
    EntryUnchanged,
    ForwardAppeal,
    Ground,
    LeaveUnconsidered,
    LegacyOutcomeRecorded,
    MergeAppeal,
    MergedAppealNoted,
    NoteMergedAppeal,
    ReclassifyAppeal,
    RecordLegacyOutcome,
    RegisterAppeal,
    ReopenAppeal,
    Result,
    ReturnAppeal,
    SendCopies,
    Stage,
    TakeUpAgain,
    WithdrawAppeal,
    decide,
    evolve,
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
from domain.applicant import (
    Anonymous,
    Applicant,
    Collective,
    CollectiveOfOne,
    Individual,
    LegalEntity,
    NamelessApplicant,
    Represented,
)
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
from domain.control import (
    ControlEstablished,
    ControlLifted,
    NotUnderControl,
    PutUnderControl,
    TakeOffControl,
)
from domain.deadline import Granted, Restart
from domain.due import Due
from domain.information import (
    AskForInformation,
    DatedInTheFuture,
    DueInThePast,
    InformationAsked,
    InformationReceived,
    RecordInformation,
)
from domain.notice import GiveDeadlineNotice
from domain.recalculation import DueDatesMoved, MovedDue, RecomputeDueDates
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
    OwnApproval,
)
from domain.repeat import RepeatCommand, RepeatEvent
from domain.reply import (
    DraftReply,
    InitialReply,
    NoReplyDrafted,
    ReplyDrafted,
    ReplyInitialled,
    ReplyReturned,
    ReplyRevised,
    ReplySigned,
    ReturnReply,
    ReviseReply,
    SignReply,
    digest_of,
)
from domain.rule import Unit
from domain.term import Pause
from tests.domain.notices import notice_on
from tests.domain.spec import (
    BAKU,
    CASE,
    CLERK,
    NOON,
    TERMS_WITH_A_HOLIDAY,
    Spec,
    context,
    official,
)

TODAY = date(2026, 4, 6)
LELA = UUID("00000000-0000-7000-8000-00000000001a")
OTHER = UUID("00000000-0000-7000-8000-000000000002")
REQUEST = context().derive_id("information")
SHA = "a" * 64
TEXT, NEW_TEXT = "We have repaired the roof.", "We will repair the roof in May."
DIGEST = digest_of(TEXT)

HEAD = official("head", "housing")
WORKER = official("worker", "housing")
LAWYER = official("lawyer", "legal")
DIRECTOR = official("director", "leadership")


def due(day: date, rule: str = "az-a-gen", version: str = "2016", **rest: Any) -> Due:
    """A term that has run since today."""
    return Due(
        on=day,
        rule=rule,
        rule_version=version,
        calendar_version="plain",
        **{"since": TODAY, **rest},
    )


def chosen(day: date) -> Due:
    return due(day, "chosen", "1", since=None)


REGISTER = RegisterAppeal(
    kind=AppealKind.COMPLAINT,
    channel=Channel.POST,
    applicant=Individual(person=Person(id=LELA, surname="Quliyeva", name="Lalə")),
    topic="housing",
    region="az-ba",
    social_category="pensioner",
    subject="The roof leaks",
    text="It has leaked since March.",
    sheets=3,
    enclosures=(Enclosure(description="a photograph", sheets=1),),
    received_at=NOON - timedelta(hours=2),
    complained_of_units=("repairs",),
    complained_of=("foreman",),
)
REGISTERED = AppealRegistered(
    number=RegistrationNumber(book="a", year=2026, sequence=7),
    kind=AppealKind.COMPLAINT,
    channel=Channel.POST,
    applicant=REGISTER.applicant,
    reachable=True,
    topic="housing",
    region="az-ba",
    social_category="pensioner",
    subject="The roof leaks",
    text="It has leaked since March.",
    sheets=3,
    enclosures=REGISTER.enclosures,
    covering_letter=None,
    confidential=False,
    received_at=NOON - timedelta(hours=2),
    registered_on=TODAY,
    due=due(date(2026, 4, 27)),
    register_due=due(TODAY, "az-a-reg"),
    forward_due=due(date(2026, 4, 9), "az-a-fwd"),
    no_consideration_due=due(date(2026, 4, 13), "az-a-nolook"),
    registrar="clerk",
    registering_unit="records",
    complained_of_units=("repairs",),
    complained_of=("foreman",),
    legacy_number=None,
)
UNREACHABLE = replace(REGISTERED, applicant=Anonymous(), reachable=False)
ASSIGN = AssignAppeal(
    unit="housing",
    main_executor="worker",
    co_executors=("helper",),
    resolution="Please look at the roof.",
    internal_due_on=date(2026, 4, 20),
)
ASSIGNED = AppealAssigned(
    unit="housing",
    main_executor="worker",
    co_executors=("helper",),
    assigned_by="clerk",
    resolution="Please look at the roof.",
    internal_due=chosen(date(2026, 4, 20)),
)
ACCEPTED = AppealAccepted(unit="housing", accepted_by="head")
IN_WORK = (REGISTERED, ASSIGNED, ACCEPTED)
DRAFT = DraftReply(text=TEXT, initials_by=("lawyer",), signatory="director")
DRAFTED = ReplyDrafted(
    text=TEXT, digest=DIGEST, author="worker", initials_by=("lawyer",), signatory="director"
)
INITIALLED = ReplyInitialled(digest=DIGEST, initialled_by="lawyer")
SIGNED = ReplySigned(digest=DIGEST, signed_by="director")
READY = (*IN_WORK, DRAFTED, INITIALLED, SIGNED)
DISPATCH = DispatchReply(
    letter_number="12-4", dispatched_on=TODAY, way=DispatchWay.POST, interim=False
)
DISPATCHED = AppealReplyDispatched(
    digest=DIGEST,
    letter_number="12-4",
    dispatched_on=TODAY,
    way=DispatchWay.POST,
    interim=False,
)
INTERIM = replace(DISPATCHED, interim=True)
ANSWERED = (*READY, DISPATCHED)
CLOSED = (*ANSWERED, AppealClosed(result=Result.SATISFIED, file_index="05-12"))
FORWARD = ForwardAppeal(
    body="Ministry of Health",
    letter_number="5/1",
    letter_date=TODAY,
    reason="not ours",
    applicant_notified_on=TODAY,
)
FORWARDED = AppealForwarded(
    body="Ministry of Health", letter_number="5/1", letter_date=TODAY, applicant_notified_on=TODAY
)
COPY = Copy(body="City executive", letter_number="5/2", letter_date=TODAY)
LEAVE = LeaveUnconsidered(ground=Ground.FINAL_COURT_DECISION, reason="judgment of 2025")
UNCONSIDERED = AppealLeftUnconsidered(
    ground=Ground.FINAL_COURT_DECISION, applicant_notified_on=None, left_on=TODAY
)
WITHDRAWN = AppealWithdrawn(asked_on=TODAY)
MERGED = AppealMerged(into=OTHER)
EXTEND = ExtendTerm(reason="an inquiry was sent", applicant_notified_on=TODAY)
EXTENDED = AppealTermExtended(
    due=due(date(2026, 6, 8), granted=(Granted(length=30, decided_on=TODAY),)),
    length=30,
    unit=Unit.WORKING_DAYS,
    applicant_notified_on=TODAY,
)
REQUEST_FOR_INFORMATION = replace(
    REGISTERED,
    kind=AppealKind.INFORMATION_REQUEST,
    due=due(date(2026, 4, 15), "az-i-gen", "2005"),
    forward_due=due(date(2026, 4, 13), "az-i-fwd", "2005"),
    no_consideration_due=due(date(2026, 4, 13), "az-i-def", "2005"),
)
SUSPEND = SuspendTerm(ground="request-corrected", reason="unclear", applicant_notified_on=TODAY)
SUSPENDED = AppealTermSuspended(
    due=replace(
        REQUEST_FOR_INFORMATION.due,
        pauses=(Pause(ground="request-corrected", from_date=TODAY),),
    ),
    ground="request-corrected",
    since=TODAY,
    applicant_notified_on=TODAY,
)
RESUMED = AppealTermResumed(
    due=replace(
        REQUEST_FOR_INFORMATION.due, restarts=(Restart(on=TODAY, ground="request-corrected"),)
    ),
    on=TODAY,
)
URGENT = replace(
    REGISTERED,
    due=due(
        date(2026, 4, 7),
        "az-a-urg",
        at=NOON + timedelta(hours=22),
        since_at=NOON - timedelta(hours=2),
    ),
)
EARLIER = NOON - timedelta(hours=3)
CORRECT_RECEIPT = CorrectEntry(
    entry="received_at", value=EARLIER.isoformat(), approved_by="chief", reason="stamped at nine"
)
RECEIPT_CORRECTED = EntryCorrected(
    entry="received_at", value=EARLIER.isoformat(), approved_by="chief"
)
TERM_CORRECTED = AppealTermCorrected(
    due=replace(URGENT.due, at=NOON + timedelta(hours=21), since_at=EARLIER)
)
OLD_CALENDAR = replace(
    REGISTERED,
    due=replace(REGISTERED.due, on=date(2026, 4, 24)),
)
RETURNED = AppealReturned(
    unit="housing",
    forward_due=REGISTERED.forward_due,
    no_consideration_due=REGISTERED.no_consideration_due,
)
RECOMPUTE = RecomputeDueDates(decision=OTHER)
MOVED = DueDatesMoved(
    decision=OTHER,
    moved=(MovedDue(clock="answer", was=date(2026, 4, 24), due=REGISTERED.due),),
)
ASK = AskForInformation(question="When was it repaired?", due_on=date(2026, 4, 10), unit="repairs")
ASKED = InformationAsked(
    request_id=REQUEST,
    question="When was it repaired?",
    due=chosen(date(2026, 4, 10)),
    unit="repairs",
)
RECORD_ANSWER = RecordInformation(request_id=REQUEST, answer="In May.", received_on=TODAY)
RECEIVED = InformationReceived(request_id=REQUEST, answer="In May.", received_on=TODAY)
CONTROL = PutUnderControl(reason="asked by the minister", check_on=date(2026, 4, 15))
CONTROLLED = ControlEstablished(controller="clerk", check_on=date(2026, 4, 15))
LIFT = TakeOffControl(reason="answered")
LIFTED = ControlLifted(controller="clerk")
DOCUMENT = Document(name="scan.pdf", media_type="application/pdf", size=9, sha256=SHA)
ATTACHED = DocumentAttached(document=DOCUMENT)
NOTIFY, NOTIFIED = notice_on("answer", REGISTERED.due.on)
CORRECT = CorrectEntry(entry="topic", value="roofs", approved_by="chief", reason="mistyped")
CORRECTED = EntryCorrected(entry="topic", value="roofs", approved_by="chief")
LEGACY = replace(REGISTERED, legacy_number="M-118/24", registered_on=date(2024, 3, 1))
END_THERE = RecordLegacyOutcome(ended_on=date(2024, 4, 2), due_on=date(2024, 3, 29))
ENDED_THERE = LegacyOutcomeRecorded(
    ended_on=date(2024, 4, 2), result=None, due_on=date(2024, 3, 29)
)

ENDINGS = {
    Stage.FORWARDED: FORWARDED,
    Stage.UNCONSIDERED: UNCONSIDERED,
    Stage.WITHDRAWN: WITHDRAWN,
    Stage.MERGED: MERGED,
}

Success = tuple[Sequence[Event], Command, Actor, Event]
SUCCESSES: list[Success] = [
    ((), REGISTER, CLERK, REGISTERED),
    (
        (REGISTERED,),
        ReclassifyAppeal(kind=AppealKind.INFORMATION_REQUEST, reason="asks for a document"),
        CLERK,
        AppealReclassified(
            kind=AppealKind.INFORMATION_REQUEST,
            due=REQUEST_FOR_INFORMATION.due,
            forward_due=REQUEST_FOR_INFORMATION.forward_due,
            no_consideration_due=REQUEST_FOR_INFORMATION.no_consideration_due,
        ),
    ),
    ((REGISTERED,), FORWARD, CLERK, FORWARDED),
    (
        (REGISTERED,),
        SendCopies(copies=(COPY,), reason="partly theirs", applicant_notified_on=TODAY),
        CLERK,
        AppealCopiesSent(copies=(COPY,), applicant_notified_on=TODAY),
    ),
    ((REGISTERED,), ASSIGN, CLERK, ASSIGNED),
    ((REGISTERED, ASSIGNED), AcceptAppeal(), HEAD, ACCEPTED),
    ((REGISTERED, ASSIGNED), ReturnAppeal(reason="not ours"), HEAD, RETURNED),
    (IN_WORK, EXTEND, WORKER, EXTENDED),
    ((REQUEST_FOR_INFORMATION,), SUSPEND, CLERK, SUSPENDED),
    ((REQUEST_FOR_INFORMATION, SUSPENDED), ResumeTerm(reason="clear now"), CLERK, RESUMED),
    ((OLD_CALENDAR,), RECOMPUTE, CLERK, MOVED),
    ((REGISTERED,), LEAVE, CLERK, UNCONSIDERED),
    (
        (REGISTERED, UNCONSIDERED),
        TakeUpAgain(reason="the judgment was annulled"),
        CLERK,
        AppealTakenUpAgain(due=due(date(2026, 4, 27), "az-a-reopen", since_at=NOON)),
    ),
    (READY, DISPATCH, CLERK, DISPATCHED),
    (IN_WORK, WithdrawAppeal(asked_on=TODAY), CLERK, WITHDRAWN),
    ((REGISTERED,), MergeAppeal(into=OTHER, reason="the same matter"), CLERK, MERGED),
    ((REGISTERED,), NoteMergedAppeal(appeal_id=OTHER), CLERK, MergedAppealNoted(appeal_id=OTHER)),
    (ANSWERED, CloseAppeal(result=Result.SATISFIED, file_index="05-12"), CLERK, CLOSED[-1]),
    ((LEGACY,), END_THERE, CLERK, ENDED_THERE),
    (
        CLOSED,
        ReopenAppeal(reason="the court asked for it"),
        CLERK,
        AppealReopened(due=due(date(2026, 4, 27), since_at=NOON)),
    ),
    (IN_WORK, DRAFT, WORKER, DRAFTED),
    (
        READY,
        ReviseReply(text=NEW_TEXT),
        WORKER,
        ReplyRevised(text=NEW_TEXT, digest=digest_of(NEW_TEXT), author="worker", revision=2),
    ),
    (
        (*IN_WORK, DRAFTED),
        ReturnReply(digest=DIGEST, reason="too short"),
        LAWYER,
        ReplyReturned(digest=DIGEST, returned_by="lawyer"),
    ),
    ((*IN_WORK, DRAFTED), InitialReply(digest=DIGEST), LAWYER, INITIALLED),
    ((*IN_WORK, DRAFTED, INITIALLED), SignReply(digest=DIGEST), DIRECTOR, SIGNED),
    ((REGISTERED,), ASK, CLERK, ASKED),
    ((REGISTERED, ASKED), RECORD_ANSWER, CLERK, RECEIVED),
    ((REGISTERED,), CONTROL, CLERK, CONTROLLED),
    ((*ANSWERED, CONTROLLED), LIFT, CLERK, LIFTED),
    ((REGISTERED,), AttachDocument(document=DOCUMENT), CLERK, ATTACHED),
    ((REGISTERED,), AddNote(text="She called."), CLERK, NoteAdded(text="She called.")),
    ((REGISTERED,), NOTIFY, CLERK, NOTIFIED),
    ((REGISTERED,), CORRECT, CLERK, CORRECTED),
]


def appeal(*events: Event) -> Spec:
    return Spec(decide, evolve, *events)


def state(*events: Event) -> Appeal:
    standing = appeal(*events).state
    assert isinstance(standing, Appeal)
    return standing


@pytest.mark.parametrize(
    ("before", "command", "by", "event"), SUCCESSES, ids=[type(s[1]).__name__ for s in SUCCESSES]
)
def test_every_command_leads_to_its_event(
    before: Sequence[Event], command: Command, by: Actor, event: Event
) -> None:
    appeal(*before).when(command, by).then(event)


def test_no_command_and_no_event_is_left_out_above() -> None:
    in_test_repeat = set(get_args(RepeatCommand)) | set(get_args(RepeatEvent))
    assert {type(command) for _, command, _, _ in SUCCESSES} == set(
        get_args(AppealCommand)
    ) - in_test_repeat
    assert {type(event) for *_, event in SUCCESSES} == set(get_args(AppealEvent)) - {
        AppealTermCorrected,
        *in_test_repeat,
    }


def test_a_corrected_receipt_moves_the_term_that_runs_from_it() -> None:
    appeal(URGENT).when(CORRECT_RECEIPT).then(RECEIPT_CORRECTED, TERM_CORRECTED)
    appeal(REGISTERED).when(CORRECT_RECEIPT).then(RECEIPT_CORRECTED)
    closed = (URGENT, *CLOSED[1:])
    appeal(*closed).when(CORRECT_RECEIPT).then(RECEIPT_CORRECTED)


def test_every_event_survives_being_stored() -> None:
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(AppealEvent)
    for *_, event in SUCCESSES:
        assert decoder.decode(msgspec.json.encode(event)) == event


def test_an_appeal_is_registered_once() -> None:
    appeal(REGISTERED).when(REGISTER).refused(AlreadyBegun)


@pytest.mark.parametrize("command", [c for _, c, _, _ in SUCCESSES if c is not REGISTER])
def test_nothing_happens_before_registration(command: Command) -> None:
    appeal().when(command).refused(NotYetBegun)


def test_no_event_comes_before_registration() -> None:
    with pytest.raises(NotYetBegun):
        evolve(None, ASSIGNED)


def test_registration_day_may_follow_the_day_of_receipt() -> None:
    saturday_night = datetime(2026, 4, 4, 23, 50, tzinfo=BAKU)
    [event] = appeal().when(replace(REGISTER, received_at=saturday_night)).happens()
    assert isinstance(event, AppealRegistered)
    assert event.registered_on == TODAY
    assert event.received_at == datetime(2026, 4, 4, 19, 50, tzinfo=UTC)
    assert event.received_at.tzinfo is UTC


def test_registration_before_receipt_is_refused() -> None:
    baku = timezone(timedelta(hours=4))
    after_midnight = datetime(2026, 4, 4, 0, 30, tzinfo=baku)
    appeal().when(
        replace(REGISTER, received_at=after_midnight, registered_on=date(2026, 4, 3))
    ).refused(RegisteredBeforeReceipt)


@pytest.mark.parametrize(
    "command",
    [
        replace(REGISTER, received_at=NOON + timedelta(minutes=1)),
        replace(REGISTER, registered_on=TODAY + timedelta(days=1)),
        replace(
            REGISTER,
            covering_letter=CoveringLetter(
                body="Ombudsman", letter_number="9", letter_date=TODAY + timedelta(days=1)
            ),
        ),
    ],
)
def test_what_lies_in_the_future_is_not_registered(command: RegisterAppeal) -> None:
    appeal().when(command).refused(DatedInTheFuture)


def test_the_number_is_of_the_year_of_registration() -> None:
    old = replace(
        REGISTER,
        received_at=datetime(2024, 12, 30, 8, tzinfo=UTC),
        registered_on=date(2024, 12, 31),
        legacy_number="M-118/24",
    )
    [event] = appeal().when(old).happens()
    assert isinstance(event, AppealRegistered)
    assert (event.number.year, event.legacy_number) == (2024, "M-118/24")
    assert event.due.on == date(2025, 1, 21)


def test_an_information_request_is_due_in_seven_working_days() -> None:
    [event] = appeal().when(replace(REGISTER, kind=AppealKind.INFORMATION_REQUEST)).happens()
    assert isinstance(event, AppealRegistered)
    assert event == REQUEST_FOR_INFORMATION


ANAR = Person(surname="Əliyev", name="Anar")


@pytest.mark.parametrize(
    ("applicant", "people"),
    [
        (Individual(person=ANAR), ["applicant"]),
        (Collective(signatories=(ANAR, Person(name="Vəli"))), ["signatory-1", "signatory-2"]),
        (
            Represented(person=ANAR, representative=ANAR, authority="power of attorney 5"),
            ["applicant", "representative"],
        ),
        (
            LegalEntity(name="Dam MMC", legal_address="Baku", representative=ANAR),
            ["representative"],
        ),
        (LegalEntity(name="Dam MMC", legal_address="Baku"), []),
        (Anonymous(contact="+994 50 000 00 00"), []),
    ],
)
def test_everyone_new_in_an_appeal_gets_an_id(applicant: Applicant, people: list[str]) -> None:
    [event] = appeal().when(replace(REGISTER, applicant=applicant)).happens()
    assert isinstance(event, AppealRegistered)
    assert event.reachable
    stored = msgspec.json.encode(event.applicant).decode()
    assert all(str(context().derive_id(part)) in stored for part in people)
    owned = people and people[0] != "representative"
    assert state(event).owner == (context().derive_id(people[0]) if owned else None)


def test_a_known_applicant_keeps_their_id_and_owns_the_text() -> None:
    assert state(REGISTERED).owner == LELA


def test_a_person_without_name_is_no_applicant() -> None:
    nameless = Individual(person=Person(phone="+994 50 000 00 00"))
    appeal().when(replace(REGISTER, applicant=nameless)).refused(NamelessApplicant)


def test_a_collective_has_two_signatures_or_more() -> None:
    alone = Collective(signatories=(ANAR,))
    appeal().when(replace(REGISTER, applicant=alone)).refused(CollectiveOfOne)
    [event] = (
        appeal().when(replace(REGISTER, applicant=replace(alone, further_signatures=41))).happens()
    )
    assert isinstance(event, AppealRegistered)


def test_an_anonymous_appeal_without_contact_is_counted_but_not_answered() -> None:
    [event] = appeal().when(replace(REGISTER, applicant=Anonymous())).happens()
    assert event == UNREACHABLE
    appeal(UNREACHABLE, ASSIGNED, ACCEPTED).when(DRAFT, WORKER).refused(ApplicantUnreachable)
    appeal(UNREACHABLE, *READY[1:]).when(DISPATCH).refused(ApplicantUnreachable)
    appeal(UNREACHABLE).when(EXTEND).refused(ApplicantUnreachable)


def test_an_anonymous_appeal_is_forwarded_or_left_without_a_notice() -> None:
    unsaid = replace(FORWARD, applicant_notified_on=None)
    appeal(UNREACHABLE).when(unsaid).then(replace(FORWARDED, applicant_notified_on=None))
    appeal(UNREACHABLE).when(FORWARD).refused(ApplicantUnreachable)
    appeal(UNREACHABLE).when(LEAVE).then(UNCONSIDERED)
    noticed = replace(LEAVE, applicant_notified_on=TODAY)
    appeal(UNREACHABLE).when(noticed).refused(ApplicantUnreachable)
    told = replace(UNCONSIDERED, applicant_notified_on=TODAY, left_on=None)
    appeal(REGISTERED).when(noticed).then(told)


def test_the_applicant_learns_of_forwarding_at_the_same_time() -> None:
    unsaid = replace(FORWARD, applicant_notified_on=None)
    appeal(REGISTERED).when(unsaid).refused(ApplicantNotNotified)
    appeal(REGISTERED).when(SendCopies(copies=(COPY,), reason="partly theirs")).refused(
        ApplicantNotNotified
    )


@pytest.mark.parametrize(
    ("before", "command"),
    [
        (IN_WORK, replace(FORWARD, letter_date=TODAY + timedelta(days=1))),
        (IN_WORK, replace(FORWARD, applicant_notified_on=TODAY + timedelta(days=1))),
        (IN_WORK, replace(EXTEND, applicant_notified_on=TODAY + timedelta(days=1))),
        (IN_WORK, replace(LEAVE, applicant_notified_on=TODAY + timedelta(days=1))),
        (IN_WORK, WithdrawAppeal(asked_on=TODAY + timedelta(days=1))),
        (READY, replace(DISPATCH, dispatched_on=TODAY + timedelta(days=1))),
    ],
)
def test_what_happened_has_no_date_to_come(before: Sequence[Event], command: Command) -> None:
    appeal(*before).when(command).refused(DatedInTheFuture)


def test_nothing_is_sent_before_registration() -> None:
    yesterday = TODAY - timedelta(days=1)
    appeal(*READY).when(replace(DISPATCH, dispatched_on=yesterday)).refused(BeforeRegistration)


def test_reclassification_needs_another_kind() -> None:
    same = ReclassifyAppeal(kind=AppealKind.COMPLAINT, reason="as it was")
    appeal(REGISTERED).when(same).refused(KindUnchanged)


def test_a_reclassified_appeal_may_be_overdue_at_once() -> None:
    [event] = (
        appeal(REGISTERED)
        .when(ReclassifyAppeal(kind=AppealKind.INFORMATION_REQUEST, reason="r"), days_later=20)
        .happens()
    )
    assert isinstance(event, AppealReclassified)
    assert event.due.on == date(2026, 4, 15)
    assert state(REGISTERED, event).received_at == REGISTERED.received_at


def test_reclassification_keeps_the_extension_as_far_as_the_new_kind_allows_it() -> None:
    appeal(*IN_WORK, EXTENDED).when(
        ReclassifyAppeal(kind=AppealKind.INFORMATION_REQUEST, reason="r")
    ).then(
        AppealReclassified(
            kind=AppealKind.INFORMATION_REQUEST,
            due=replace(
                REQUEST_FOR_INFORMATION.due,
                on=date(2026, 4, 24),
                granted=(Granted(length=7, decided_on=TODAY),),
            ),
            forward_due=REQUEST_FOR_INFORMATION.forward_due,
            no_consideration_due=REQUEST_FOR_INFORMATION.no_consideration_due,
        )
    )


def test_a_complaint_never_goes_to_whom_it_is_about() -> None:
    for command in (
        replace(ASSIGN, unit="repairs"),
        replace(ASSIGN, main_executor="foreman"),
        replace(ASSIGN, co_executors=("helper", "foreman")),
    ):
        appeal(REGISTERED).when(command).refused(ComplainedOfMayNotExamine)


def test_nor_do_they_write_check_or_sign_its_reply() -> None:
    foreman = official("foreman", "repairs")
    appeal(*IN_WORK).when(DRAFT, foreman).refused(ComplainedOfMayNotExamine)
    appeal(*READY).when(ReviseReply(text=NEW_TEXT), foreman).refused(ComplainedOfMayNotExamine)
    for command in (
        replace(DRAFT, initials_by=("foreman",)),
        replace(DRAFT, signatory="foreman"),
    ):
        appeal(*IN_WORK).when(command, WORKER).refused(ComplainedOfMayNotExamine)


def test_nor_as_somebodys_deputy() -> None:
    foreman = official("foreman", "repairs", on_behalf_of="worker")
    appeal(*IN_WORK).when(DRAFT, foreman).refused(ComplainedOfMayNotExamine)
    appeal(*READY).when(ReviseReply(text=NEW_TEXT), foreman).refused(ComplainedOfMayNotExamine)


def test_each_executor_is_named_once() -> None:
    appeal(REGISTERED).when(replace(ASSIGN, co_executors=("worker",))).refused(ExecutorNamedTwice)


def test_the_internal_due_date_lies_between_today_and_the_legal_one() -> None:
    early = replace(ASSIGN, internal_due_on=TODAY - timedelta(days=1))
    late = replace(ASSIGN, internal_due_on=date(2026, 4, 28))
    appeal(REGISTERED).when(early).refused(DueInThePast)
    appeal(REGISTERED).when(late).refused(InternalDueTooLate)


def test_an_appeal_can_be_assigned_anew_but_not_the_same_way() -> None:
    appeal(*IN_WORK).when(ASSIGN).refused(AlreadyAssigned)
    appeal(*IN_WORK).when(replace(ASSIGN, unit="legal")).then(replace(ASSIGNED, unit="legal"))
    later = replace(ASSIGN, internal_due_on=None)
    appeal(*IN_WORK).when(later).then(replace(ASSIGNED, internal_due=None))


def test_a_returned_appeal_is_assigned_again() -> None:
    returned = (REGISTERED, ASSIGNED, RETURNED)
    standing = state(*returned)
    assert (standing.stage, standing.unit, standing.executors) == (Stage.REGISTERED, None, ())
    assert "housing" in standing.units
    appeal(*returned).when(ASSIGN).then(ASSIGNED)


def test_what_runs_again_on_return_follows_the_calendar_as_it_is_then() -> None:
    ctx = replace(context(HEAD), terms=TERMS_WITH_A_HOLIDAY)
    (event,) = decide(ReturnAppeal(reason="not ours"), state(REGISTERED, ASSIGNED), ctx)
    assert isinstance(event, AppealReturned)
    before = REGISTERED.forward_due, REGISTERED.no_consideration_due
    after = event.forward_due, event.no_consideration_due
    for was, now in zip(before, after, strict=True):
        assert was
        assert now == TERMS_WITH_A_HOLIDAY.recompute(was)
        assert now.on > was.on
    standing = state(REGISTERED, ASSIGNED, event)
    assert (standing.forward_due, standing.no_consideration_due) == after


def test_only_the_assigned_unit_or_its_executor_accepts() -> None:
    appeal(REGISTERED, ASSIGNED).when(AcceptAppeal(), LAWYER).refused(NotTheAssignedUnit)
    appeal(REGISTERED, ASSIGNED).when(AcceptAppeal(), official("helper", "legal")).then(
        replace(ACCEPTED, accepted_by="helper")
    )


def test_acceptance_needs_an_assignment() -> None:
    appeal(REGISTERED).when(AcceptAppeal(), HEAD).refused(NotWaitingForAcceptance)
    appeal(*IN_WORK).when(ReturnAppeal(reason="r"), HEAD).refused(NotWaitingForAcceptance)


def test_taking_up_again_starts_a_new_term_from_the_beginning() -> None:
    before = (*IN_WORK, EXTENDED, UNCONSIDERED)
    [event] = appeal(*before).when(TakeUpAgain(reason="r"), days_later=7).happens()
    again = state(*before, event)
    assert (again.due.rule, again.due.since) == ("az-a-reopen", date(2026, 4, 13))
    assert again.due.on == date(2026, 5, 4)
    assert (again.stage, again.due.granted, again.unit) == (Stage.REGISTERED, (), None)
    assert again.registered_on == TODAY


def test_a_reopened_appeal_is_reclassified_within_its_new_term() -> None:
    [reopened] = appeal(*CLOSED).when(ReopenAppeal(reason="r"), days_later=30).happens()
    [event] = (
        appeal(*CLOSED, reopened)
        .when(ReclassifyAppeal(kind=AppealKind.INFORMATION_REQUEST, reason="r"), days_later=30)
        .happens()
    )
    assert isinstance(event, AppealReclassified)
    assert event.due.on == date(2026, 5, 15)


def test_only_what_was_left_unconsidered_is_taken_up_again() -> None:
    appeal(REGISTERED).when(TakeUpAgain(reason="r")).refused(NotLeftUnconsidered)


def test_a_reply_is_drafted_once_the_unit_has_accepted() -> None:
    appeal(REGISTERED, ASSIGNED).when(DRAFT, WORKER).refused(NotInWork)


def test_a_reply_goes_out_with_a_signature_on_its_present_text() -> None:
    appeal(*IN_WORK).when(DISPATCH).refused(ReplyNotSigned)
    appeal(*IN_WORK, DRAFTED, INITIALLED).when(DISPATCH).refused(ReplyNotSigned)
    revised = ReplyRevised(text=NEW_TEXT, digest=digest_of(NEW_TEXT), author="worker", revision=2)
    appeal(*READY, revised).when(DISPATCH).refused(ReplyNotSigned)


def test_an_interim_reply_leaves_room_for_the_next() -> None:
    appeal(*READY).when(replace(DISPATCH, interim=True)).then(INTERIM)
    appeal(*READY, INTERIM).when(DISPATCH).refused(ReplyNotSigned)
    appeal(*READY, INTERIM).when(ReviseReply(text=NEW_TEXT), WORKER).refused(NoReplyDrafted)
    appeal(*READY, INTERIM).when(DRAFT, WORKER).then(DRAFTED)


def test_a_dispatched_reply_is_not_revised() -> None:
    appeal(*ANSWERED).when(ReviseReply(text=NEW_TEXT), WORKER).refused(AlreadyAnswered)
    appeal(*ANSWERED).when(DISPATCH).refused(AlreadyAnswered)


@pytest.mark.parametrize("result", list(Result))
def test_the_result_has_to_be_true(result: Result) -> None:
    needed = CLOSED_FROM[result]
    missing = NotYetAnswered if needed is Stage.ANSWERED else ResultNotFitting
    close = CloseAppeal(result=result)
    appeal(*IN_WORK).when(close).refused(missing)
    for stage, ending in ENDINGS.items():
        if stage is needed:
            appeal(*IN_WORK, ending).when(close).then(AppealClosed(result=result, file_index=None))
        else:
            appeal(*IN_WORK, ending).when(close).refused(missing)
    if needed is not Stage.ANSWERED:
        appeal(*ANSWERED).when(close).refused(ResultNotFitting)


def test_an_interim_reply_does_not_close() -> None:
    close = CloseAppeal(result=Result.EXPLAINED)
    appeal(*READY, INTERIM).when(close).refused(NotYetAnswered)


def test_only_a_closed_appeal_is_reopened() -> None:
    appeal(*ANSWERED).when(ReopenAppeal(reason="r")).refused(NotClosed)


def test_a_reopened_appeal_waits_for_a_new_reply() -> None:
    [event] = appeal(*CLOSED).when(ReopenAppeal(reason="r"), days_later=7).happens()
    again = state(*CLOSED, event)
    assert (again.stage, again.reply, again.result) == (Stage.REGISTERED, None, None)
    assert again.due.on == date(2026, 5, 4)


NEEDS_OPEN = [
    command
    for _, command, _, _ in SUCCESSES
    if not isinstance(
        command,
        RegisterAppeal
        | TakeUpAgain
        | NoteMergedAppeal
        | CloseAppeal
        | ReopenAppeal
        | RecordInformation
        | PutUnderControl
        | TakeOffControl
        | AttachDocument
        | AddNote
        | CorrectEntry
        | RecomputeDueDates
        | GiveDeadlineNotice,
    )
]


@pytest.mark.parametrize("command", NEEDS_OPEN, ids=[type(c).__name__ for c in NEEDS_OPEN])
def test_what_is_over_is_left_alone(command: Command) -> None:
    appeal(*CLOSED).when(command, WORKER).refused(AppealIsClosed)
    appeal(*ANSWERED).when(command, WORKER).refused(AlreadyAnswered)
    for ending in ENDINGS.values():
        appeal(*READY, ending).when(command, WORKER).refused(AppealHasEnded)


def test_a_closed_appeal_is_not_closed_again() -> None:
    appeal(*CLOSED).when(CloseAppeal(result=Result.SATISFIED)).refused(AppealIsClosed)


def test_an_appeal_that_ended_in_an_older_register_is_closed() -> None:
    assert state(LEGACY, ENDED_THERE).stage is Stage.CLOSED
    appeal(LEGACY, ENDED_THERE).when(END_THERE).refused(AppealIsClosed)


def test_an_appeal_of_our_own_register_can_not_have_ended_in_another() -> None:
    appeal(REGISTERED).when(RecordLegacyOutcome(ended_on=TODAY)).refused(NotFromAnOlderRegister)


@pytest.mark.parametrize(
    ("ended_on", "refusal"),
    [(date(2024, 2, 29), BeforeRegistration), (TODAY + timedelta(days=1), DatedInTheFuture)],
)
def test_it_ended_between_its_registration_and_today(
    ended_on: date, refusal: type[Refusal]
) -> None:
    appeal(LEGACY).when(RecordLegacyOutcome(ended_on=ended_on)).refused(refusal)


@pytest.mark.parametrize("over", [CLOSED, ANSWERED, *((*IN_WORK, e) for e in ENDINGS.values())])
def test_the_record_of_what_is_over_still_takes_notes_answers_and_corrections(
    over: Sequence[Event],
) -> None:
    appeal(*over).when(AddNote(text="She called.")).then(NoteAdded(text="She called."))
    appeal(*over).when(AttachDocument(document=DOCUMENT)).then(ATTACHED)
    appeal(*over).when(CORRECT).then(CORRECTED)
    appeal(over[0], ASKED, *over[1:]).when(RECORD_ANSWER).then(RECEIVED)
    appeal(*over).when(NoteMergedAppeal(appeal_id=OTHER)).then(MergedAppealNoted(appeal_id=OTHER))


def test_an_appeal_is_not_merged_into_itself() -> None:
    appeal(REGISTERED).when(MergeAppeal(into=CASE, reason="r")).refused(MergedIntoItself)
    appeal(REGISTERED).when(NoteMergedAppeal(appeal_id=CASE)).refused(MergedIntoItself)


def test_a_merged_appeal_is_noted_once() -> None:
    noted = MergedAppealNoted(appeal_id=OTHER)
    assert appeal(REGISTERED, noted).when(NoteMergedAppeal(appeal_id=OTHER)).happens() == []


def test_control_lasts_until_the_final_reply_or_another_end() -> None:
    appeal(*READY, CONTROLLED).when(LIFT).refused(ControlUntilAnswered)
    appeal(*READY, CONTROLLED, INTERIM).when(LIFT).refused(ControlUntilAnswered)
    for end in (DISPATCHED, *ENDINGS.values()):
        appeal(*READY, CONTROLLED, end).when(LIFT).then(LIFTED)


def test_what_is_not_controlled_is_not_taken_off() -> None:
    appeal(REGISTERED).when(LIFT).refused(NotUnderControl)


def test_an_answered_appeal_may_be_put_under_control_but_not_an_ended_one() -> None:
    appeal(*ANSWERED).when(CONTROL).then(CONTROLLED)
    appeal(*CLOSED).when(CONTROL).refused(AppealIsClosed)
    appeal(REGISTERED, FORWARDED).when(CONTROL).refused(AppealHasEnded)


def test_a_document_is_attached_once() -> None:
    appeal(REGISTERED, ATTACHED).when(AttachDocument(document=DOCUMENT)).refused(AlreadyAttached)


@pytest.mark.parametrize(
    ("entry", "value", "stored", "standing"),
    [
        ("topic", "roofs", "roofs", "roofs"),
        ("region", "az-gan", "az-gan", "az-gan"),
        ("social_category", "veteran", "veteran", "veteran"),
        ("channel", "by-hand", "by-hand", Channel.BY_HAND),
        (
            "received_at",
            "2026-04-05T10:00:00+04:00",
            "2026-04-05T06:00:00+00:00",
            datetime(2026, 4, 5, 6, tzinfo=UTC),
        ),
    ],
)
def test_a_corrected_entry_holds_from_then_on(
    entry: str, value: str, stored: str, standing: object
) -> None:
    correct = replace(CORRECT, entry=entry, value=value)
    corrected = EntryCorrected(entry=entry, value=stored, approved_by="chief")
    appeal(REGISTERED).when(correct).then(corrected)
    assert getattr(state(REGISTERED, corrected), entry) == standing
    appeal(REGISTERED, corrected).when(correct).refused(EntryUnchanged)


def test_a_corrected_receipt_is_of_a_year_that_calendars_know() -> None:
    correct = replace(CORRECT, entry="received_at", value="0001-01-01T00:00:00+14:00")
    appeal(REGISTERED).when(correct).refused(CorrectionNotFitting)


def test_a_corrected_subject_is_text_of_the_applicant() -> None:
    appeal(REGISTERED).when(replace(CORRECT, entry="subject", value="The roof leaked")).then(
        EntryCorrected(entry="subject", text="The roof leaked", approved_by="chief")
    )


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("topic", "Not a code"),
        ("channel", "pigeon"),
        ("received_at", "yesterday"),
        ("received_at", "2026-04-05T10:00:00"),
        ("subject", "x" * 501),
    ],
)
def test_a_correction_has_to_fit_its_entry(entry: str, value: str) -> None:
    appeal(REGISTERED).when(replace(CORRECT, entry=entry, value=value)).refused(
        CorrectionNotFitting
    )


def test_a_corrected_receipt_lies_before_registration() -> None:
    future = replace(CORRECT, entry="received_at", value="2026-04-07T10:00:00+04:00")
    appeal(REGISTERED).when(future).refused(DatedInTheFuture)
    appeal(REGISTERED).when(future, days_later=3).refused(RegisteredBeforeReceipt)


def test_the_due_date_is_not_corrected_by_hand() -> None:
    appeal(REGISTERED).when(replace(CORRECT, entry="due")).refused(NotCorrectable)


def test_nobody_approves_their_own_correction() -> None:
    appeal(REGISTERED).when(replace(CORRECT, approved_by="clerk")).refused(OwnApproval)


def test_all_who_took_part_are_known_to_access_control() -> None:
    standing = state(*READY, ASKED, CONTROLLED)
    assert standing.units == {"records", "housing", "repairs"}
    assert standing.workers == {"clerk", "worker", "helper", "head", "lawyer", "director"}


def sealed(value: object, kind: inspect.Type, *, personal: bool = False) -> object:
    """The value as it is read without any key."""
    match kind:
        case inspect.Metadata(type=inner, extra=extra):
            return sealed(value, inner, personal=personal or bool((extra or {}).get("personal")))
        case inspect.UnionType(types=types) if value is not None:
            structs = [t for t in types if isinstance(t, inspect.StructType)]
            chosen = next((t for t in structs if t.cls is type(value)), None)
            other = next(t for t in types if not isinstance(t, inspect.NoneType))
            return sealed(value, chosen or other, personal=personal)
        case inspect.StructType(fields=fields) if isinstance(value, msgspec.Struct):
            return replace(
                value, **{f.name: sealed(getattr(value, f.name), f.type) for f in fields}
            )
        case inspect.VarTupleType(item_type=item) if isinstance(value, tuple):
            return tuple(sealed(v, item) for v in value)
        case _ if personal and value is not None:
            return "[sealed]" if isinstance(value, str) else None
        case _:
            return value


@pytest.mark.parametrize(
    ("before", "event"),
    [(b, e) for b, _, _, e in SUCCESSES],
    ids=[type(e).__name__ for *_, e in SUCCESSES],
)
def test_the_state_never_depends_on_what_is_sealed(before: Sequence[Event], event: Event) -> None:
    story = (*before, event)
    seal = [cast("Event", sealed(e, inspect.type_info(type(e)))) for e in story]
    assert "Lalə" not in str(seal)
    assert "roof leaks" not in str(seal)
    assert state(*seal) == state(*story)


ACTORS = [CLERK, HEAD, WORKER, LAWYER, DIRECTOR, official("foreman", "repairs")]
COMMANDS: list[Command] = [
    *(command for _, command, _, _ in SUCCESSES[1:]),
    *(CloseAppeal(result=result) for result in Result),
    replace(DISPATCH, interim=True),
    replace(ASSIGN, unit="repairs"),
    replace(ASSIGN, internal_due_on=None),
    ReclassifyAppeal(kind=AppealKind.APPLICATION, reason="r"),
    SignReply(digest=digest_of(NEW_TEXT)),
    InitialReply(digest=digest_of(NEW_TEXT)),
]


@settings(max_examples=150, deadline=None)
@given(
    start=st.sampled_from([(REGISTERED,), (UNREACHABLE,), IN_WORK, READY, ANSWERED, CLOSED]),
    steps=st.lists(
        st.tuples(
            st.sampled_from(COMMANDS),
            st.sampled_from(ACTORS),
            st.integers(min_value=0, max_value=9),
        ),
        max_size=25,
    ),
)
def test_no_order_of_commands_breaks_an_appeal(
    start: Sequence[Event], steps: list[tuple[Any, Any, int]]
) -> None:
    standing, at = state(*start), NOON
    for command, by, days in steps:
        before, at = standing, at + timedelta(days=days)
        try:
            events = decide(command, standing, context(by, at))
        except Refusal:
            continue
        for event in events:
            standing = evolve(standing, event)  # type: ignore[arg-type]
        assert before.units <= standing.units
        assert before.workers <= standing.workers
        assert before.documents <= standing.documents
        assert (standing.number, standing.registered_on) == (before.number, before.registered_on)
        assert set(standing.executors) <= standing.workers
        assert standing.unit not in standing.complained_of_units
        assert not standing.complained_of & set(standing.executors)
        assert (standing.stage is Stage.CLOSED) == (standing.result is not None)
        assert (standing.unit is None) == (not standing.executors)
        if standing.stage in {Stage.ASSIGNED, Stage.IN_WORK}:
            assert standing.unit
        if standing.stage is Stage.ANSWERED:
            assert standing.reachable
            assert standing.reply
            assert standing.reply.signed_by
