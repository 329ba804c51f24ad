"""A media inquiry from its receipt to its close, and what was published afterwards."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, cast, get_args
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

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
    AlreadyUnderControl,
    ControlEstablished,
    ControlLifted,
    NotTheController,
    NotUnderControl,
    PutUnderControl,
    TakeOffControl,
)
from domain.due import Due
from domain.information import (
    AskForInformation,
    DatedInTheFuture,
    InformationAsked,
    InformationReceived,
    NoSuchInformationRequest,
    RecordInformation,
)
from domain.media_inquiry import (
    AcknowledgeMediaInquiry,
    AlreadyAcknowledged,
    AnswerMediaInquiry,
    AnswerNotSigned,
    CloseMediaInquiry,
    ControlledUntilSettled,
    CoverageAlreadyLinked,
    CoverageLinked,
    CoverageNotTraceable,
    DatedBeforeTheInquiry,
    DeclineMediaInquiry,
    GiveInterview,
    HandOverMediaInquiry,
    InquiryAlreadySettled,
    InquiryRegisteredBeforeReceipt,
    InterviewGiven,
    LinkCoverage,
    Media,
    MediaInquiry,
    MediaInquiryAcknowledged,
    MediaInquiryAnswered,
    MediaInquiryClosed,
    MediaInquiryCommand,
    MediaInquiryDeclined,
    MediaInquiryEvent,
    MediaInquiryHandedOver,
    MediaInquiryIsClosed,
    MediaInquiryReceived,
    MediaInquiryReopened,
    MediaInquiryRouted,
    NameSpokesperson,
    NoSpokesperson,
    NothingToReopen,
    OneSpokespersonOnly,
    OutletDeadlineTooEarly,
    ReceiveMediaInquiry,
    ReopenMediaInquiry,
    Resolution,
    ResolutionNotFitting,
    RouteToSection,
    Section,
    SpokespersonNamed,
    Stage,
    Tone,
    Way,
    WrongSection,
    WrongValue,
    decide,
    evolve,
)
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
)
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
from tests.domain.notices import notice_on
from tests.domain.spec import BAKU, CLERK, NOON, Spec, context, official

TODAY = date(2026, 4, 6)
YESTERDAY = date(2026, 4, 5)
TOMORROW = date(2026, 4, 7)
THIS_MORNING = datetime(2026, 4, 6, 9, 30, tzinfo=BAKU)
TONIGHT = datetime(2026, 4, 6, 20, 0, tzinfo=BAKU)
JOURNALIST = UUID("00000000-0000-7000-8000-0000000000b1")
ANALYST = UUID("00000000-0000-7000-8000-0000000000b2")

EDITOR = official("editor", "press")
LAWYER = official("lawyer", "legal")
DIRECTOR = official("director", "office")
INSPECTOR = official("inspector", "control")

TEXT = "The insurance covers 3,315 services."
NEW_TEXT = "The insurance covers 3,316 services."
DIGEST = digest_of(TEXT)
MRS_RZAYEVA = Person(id=JOURNALIST, surname="Rzayeva", name="Nigar")

RECEIVE = ReceiveMediaInquiry(
    received_at=THIS_MORNING,
    outlet="Xəbər",
    media=Media.ONLINE,
    journalist=MRS_RZAYEVA,
    subject="Covered services",
    question="How many services does the insurance cover?",
    topic="insurance",
    outlet_deadline=TONIGHT,
    region="baku",
)
RECEIVED = MediaInquiryReceived(
    number=RegistrationNumber(book="m", year=2026, sequence=7),
    received_at=THIS_MORNING,
    registered_on=TODAY,
    registering_unit="records",
    registered_by="clerk",
    outlet="Xəbər",
    media=Media.ONLINE,
    journalist=MRS_RZAYEVA,
    subject="Covered services",
    question="How many services does the insurance cover?",
    topic="insurance",
    due=Due(
        on=date(2026, 4, 15),
        rule="az-m-inq",
        rule_version="2005",
        calendar_version="plain",
        since=TODAY,
    ),
    confidential=False,
    outlet_deadline=TONIGHT,
    region="baku",
)
ON_TELEVISION = replace(RECEIVED, media=Media.TV)
ACKNOWLEDGE = AcknowledgeMediaInquiry(way=Way.EMAIL)
ACKNOWLEDGED = MediaInquiryAcknowledged(way=Way.EMAIL, acknowledged_on=TODAY)
ROUTE = RouteToSection(section=Section.PRESS, unit="press", responsible="editor")
ROUTED = MediaInquiryRouted(section=Section.PRESS, unit="press", responsible="editor")
SPEAKER = NameSpokesperson(official="director")
SPEAKER_NAMED = SpokespersonNamed(official="director")
DRAFT = DraftReply(text=TEXT, initials_by=("lawyer",), signatory="director")
DRAFTED = ReplyDrafted(
    text=TEXT, digest=DIGEST, author="editor", initials_by=("lawyer",), signatory="director"
)
INITIALLED = ReplyInitialled(digest=DIGEST, initialled_by="lawyer")
SIGNED = ReplySigned(digest=DIGEST, signed_by="director")
REVISED = ReplyRevised(text=NEW_TEXT, digest=digest_of(NEW_TEXT), author="editor", revision=2)
ANSWER = AnswerMediaInquiry(way=Way.EMAIL)
ANSWERED = MediaInquiryAnswered(way=Way.EMAIL, answered_on=TODAY, digest=DIGEST)
INTERVIEW = GiveInterview()
INTERVIEWED = InterviewGiven(given_on=TODAY)
DECLINE = DeclineMediaInquiry(reason="a court is hearing it", journalist_notified_on=TODAY)
DECLINED = MediaInquiryDeclined(journalist_notified_on=TODAY)
HAND_OVER = HandOverMediaInquiry(
    body="Ministry of Health",
    handed_over_on=TODAY,
    journalist_notified_on=TODAY,
    letter_number="12/4",
    reason="their competence",
)
HANDED_OVER = MediaInquiryHandedOver(
    body="Ministry of Health",
    handed_over_on=TODAY,
    journalist_notified_on=TODAY,
    letter_number="12/4",
)
LINK = LinkCoverage(
    outlet="Xəbər", published_on=TODAY, tone=Tone.POSITIVE, url="https://xeber.example/1"
)
LINKED = CoverageLinked(
    coverage_id=context().derive_id("coverage"),
    outlet="Xəbər",
    published_on=TODAY,
    tone=Tone.POSITIVE,
    url="https://xeber.example/1",
)
CLOSE = CloseMediaInquiry(resolution=Resolution.ANSWERED)
CLOSED = MediaInquiryClosed(resolution=Resolution.ANSWERED)
REOPEN = ReopenMediaInquiry(reason="they ask on")
REOPENED = MediaInquiryReopened(due=replace(RECEIVED.due, since_at=NOON))
ASK = AskForInformation(question="How many?", due_on=TOMORROW, unit="statistics")
ASKED = InformationAsked(
    request_id=context().derive_id("information"),
    question="How many?",
    due=Due(on=TOMORROW, rule="chosen", rule_version="1", calendar_version="plain"),
    unit="statistics",
)
RECORD_ANSWER = RecordInformation(request_id=ASKED.request_id, answer="3,315", received_on=TODAY)
INFORMED = InformationReceived(request_id=ASKED.request_id, answer="3,315", received_on=TODAY)
CONTROL = PutUnderControl(reason="the minister asks")
CONTROLLED = ControlEstablished(controller="inspector")
LIFT = TakeOffControl(reason="done")
LIFTED = ControlLifted(controller="inspector")
DOCUMENT = Document(name="table.pdf", media_type="application/pdf", size=9, sha256="a" * 64)
ATTACHED = DocumentAttached(document=DOCUMENT)
NOTIFY, NOTIFIED = notice_on("answer", RECEIVED.due.on)
CORRECT = CorrectEntry(entry="media", value="tv", approved_by="director", reason="misheard")
CORRECTED = EntryCorrected(entry="media", value="tv", approved_by="director")

IN_WORK = (RECEIVED, ROUTED)
SIGNED_REPLY = (*IN_WORK, DRAFTED, INITIALLED, SIGNED)
SETTLED = (*SIGNED_REPLY, ANSWERED)
DONE = (*SETTLED, CLOSED)

SUCCESSES: list[tuple[Sequence[Event], Command, Actor, Event]] = [
    ((), RECEIVE, CLERK, RECEIVED),
    ((RECEIVED,), ACKNOWLEDGE, CLERK, ACKNOWLEDGED),
    ((RECEIVED,), ROUTE, CLERK, ROUTED),
    ((RECEIVED,), SPEAKER, CLERK, SPEAKER_NAMED),
    (SIGNED_REPLY, ANSWER, EDITOR, ANSWERED),
    ((*IN_WORK, SPEAKER_NAMED), INTERVIEW, EDITOR, INTERVIEWED),
    ((RECEIVED,), DECLINE, EDITOR, DECLINED),
    ((RECEIVED,), HAND_OVER, EDITOR, HANDED_OVER),
    (SETTLED, LINK, EDITOR, LINKED),
    (SETTLED, CLOSE, EDITOR, CLOSED),
    (DONE, REOPEN, EDITOR, REOPENED),
    (IN_WORK, DRAFT, EDITOR, DRAFTED),
    (SIGNED_REPLY, ReviseReply(text=NEW_TEXT), EDITOR, REVISED),
    (
        (*IN_WORK, DRAFTED),
        ReturnReply(digest=DIGEST, reason="too short"),
        LAWYER,
        ReplyReturned(digest=DIGEST, returned_by="lawyer"),
    ),
    ((*IN_WORK, DRAFTED), InitialReply(digest=DIGEST), LAWYER, INITIALLED),
    ((*IN_WORK, DRAFTED, INITIALLED), SignReply(digest=DIGEST), DIRECTOR, SIGNED),
    ((RECEIVED,), ASK, EDITOR, ASKED),
    ((RECEIVED, ASKED), RECORD_ANSWER, EDITOR, INFORMED),
    ((RECEIVED,), CONTROL, INSPECTOR, CONTROLLED),
    ((RECEIVED, CONTROLLED, DECLINED), LIFT, INSPECTOR, LIFTED),
    ((RECEIVED,), AttachDocument(document=DOCUMENT), CLERK, ATTACHED),
    ((RECEIVED,), AddNote(text="She called."), CLERK, NoteAdded(text="She called.")),
    ((RECEIVED,), NOTIFY, CLERK, NOTIFIED),
    (
        (replace(RECEIVED, due=replace(RECEIVED.due, on=date(2026, 4, 14))),),
        RecomputeDueDates(decision=UUID(int=9)),
        CLERK,
        DueDatesMoved(
            decision=UUID(int=9),
            moved=(MovedDue(clock="answer", was=date(2026, 4, 14), due=RECEIVED.due),),
        ),
    ),
    ((RECEIVED,), CORRECT, CLERK, CORRECTED),
]


def inquiry(*events: Event) -> Spec:
    return Spec(decide, evolve, *events)


def state(*events: Event) -> MediaInquiry:
    standing = inquiry(*events).state
    assert isinstance(standing, MediaInquiry)
    return standing


@pytest.mark.parametrize(
    ("before", "command", "by", "event"), SUCCESSES, ids=[type(s[1]).__name__ for s in SUCCESSES]
)
def test_every_command_leads_to_its_event(
    before: Sequence[Event], command: Command, by: Actor, event: Event
) -> None:
    inquiry(*before).when(command, by).then(event)


def test_no_command_and_no_event_is_left_out_above() -> None:
    assert {type(command) for _, command, _, _ in SUCCESSES} == set(get_args(MediaInquiryCommand))
    assert {type(event) for *_, event in SUCCESSES} == set(get_args(MediaInquiryEvent))


def test_every_event_survives_being_stored() -> None:
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(MediaInquiryEvent)
    for *_, event in SUCCESSES:
        assert decoder.decode(msgspec.json.encode(event)) == event


@pytest.mark.parametrize("command", [c for _, c, _, _ in SUCCESSES if c is not RECEIVE])
def test_nothing_happens_before_receipt(command: Command) -> None:
    inquiry().when(command).refused(NotYetBegun)


def test_no_event_comes_before_receipt() -> None:
    with pytest.raises(NotYetBegun):
        evolve(None, ACKNOWLEDGED)


def test_an_inquiry_is_received_once() -> None:
    inquiry(RECEIVED).when(RECEIVE).refused(AlreadyBegun)


def test_a_journalist_new_to_us_gets_an_id() -> None:
    stranger = replace(MRS_RZAYEVA, id=None)
    known = replace(stranger, id=context().derive_id("journalist"))
    inquiry().when(replace(RECEIVE, journalist=stranger)).then(replace(RECEIVED, journalist=known))


def test_without_the_outlets_deadline_only_ours_runs() -> None:
    inquiry().when(replace(RECEIVE, outlet_deadline=None)).then(
        replace(RECEIVED, outlet_deadline=None)
    )


def test_the_outlets_deadline_is_due_on_its_day_where_the_department_sits() -> None:
    late = datetime(2026, 4, 6, 23, 0, tzinfo=timezone(timedelta(hours=1)))
    scenario = inquiry().when(replace(RECEIVE, outlet_deadline=late))
    [received] = scenario.happens()
    assert isinstance(received, MediaInquiryReceived)
    assert received.outlet_deadline == late
    assert inquiry(received).state.running_clocks["outlet-deadline"] == TOMORROW


@pytest.mark.parametrize("deadline", [THIS_MORNING, THIS_MORNING - timedelta(minutes=1)])
def test_the_outlets_deadline_lies_after_receipt(deadline: datetime) -> None:
    command = replace(RECEIVE, outlet_deadline=deadline)
    inquiry().when(command).refused(OutletDeadlineTooEarly)


def test_receipt_and_registration_are_not_in_the_future() -> None:
    for command in (
        replace(RECEIVE, received_at=TONIGHT, outlet_deadline=None),
        replace(RECEIVE, registered_on=TOMORROW),
    ):
        inquiry().when(command).refused(DatedInTheFuture)


def test_registration_is_not_before_receipt() -> None:
    command = replace(RECEIVE, registered_on=YESTERDAY)
    inquiry().when(command).refused(InquiryRegisteredBeforeReceipt)


def test_receipt_just_after_midnight_counts_for_the_local_day() -> None:
    after_midnight = datetime(2026, 4, 6, 0, 30, tzinfo=BAKU)
    assert after_midnight.astimezone(UTC).date() == YESTERDAY
    command = replace(RECEIVE, received_at=after_midnight, registered_on=YESTERDAY)
    inquiry().when(command).refused(InquiryRegisteredBeforeReceipt)


def test_an_older_register_is_taken_over_with_its_dates() -> None:
    old = replace(
        RECEIVE,
        received_at=datetime(2024, 5, 1, 10, 0, tzinfo=BAKU),
        registered_on=date(2024, 5, 1),
        legacy_number="M-88",
    )
    [event] = inquiry().when(old).happens()
    assert isinstance(event, MediaInquiryReceived)
    assert event.number.year == 2024
    assert event.due.on == date(2024, 5, 10)
    assert event.legacy_number == "M-88"


@pytest.mark.parametrize("field", ["received_at", "outlet_deadline"])
def test_an_instant_without_its_offset_is_not_understood(field: str) -> None:
    body = {**msgspec.to_builtins(RECEIVE), field: "2026-04-06T09:30:00"}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, ReceiveMediaInquiry)


def test_receipt_is_acknowledged_once() -> None:
    inquiry(RECEIVED, ACKNOWLEDGED).when(ACKNOWLEDGE).refused(AlreadyAcknowledged)


def test_acknowledging_does_not_undo_routing() -> None:
    assert state(RECEIVED, ACKNOWLEDGED).stage is Stage.ACKNOWLEDGED
    assert state(*IN_WORK, ACKNOWLEDGED).stage is Stage.ROUTED


@pytest.mark.parametrize(
    ("media", "section"),
    [
        (Media.TV, Section.BROADCAST),
        (Media.RADIO, Section.BROADCAST),
        (Media.PRESS, Section.PRESS),
        (Media.ONLINE, Section.PRESS),
    ],
)
def test_television_and_radio_go_apart_from_the_rest(media: Media, section: Section) -> None:
    received = inquiry(replace(RECEIVED, media=media))
    [wrong] = set(Section) - {section}
    received.when(replace(ROUTE, section=wrong)).refused(WrongSection)
    received.when(replace(ROUTE, section=section)).then(replace(ROUTED, section=section))


def test_a_corrected_medium_decides_the_section() -> None:
    inquiry(RECEIVED, CORRECTED).when(ROUTE).refused(WrongSection)


def test_routing_the_same_way_again_changes_nothing() -> None:
    inquiry(*IN_WORK).when(ROUTE).then()


def test_another_official_of_the_section_may_take_over() -> None:
    inquiry(*IN_WORK).when(replace(ROUTE, responsible="reporter")).then(
        replace(ROUTED, responsible="reporter")
    )


def test_the_spokesperson_is_an_official_or_another_person() -> None:
    analyst = Person(id=ANALYST, surname="Quliyev")
    for command in (NameSpokesperson(), NameSpokesperson(official="director", person=analyst)):
        inquiry(RECEIVED).when(command).refused(OneSpokespersonOnly)
    inquiry(RECEIVED).when(NameSpokesperson(person=analyst)).then(SpokespersonNamed(person=analyst))
    assert state(RECEIVED, SpokespersonNamed(person=analyst)).spokesperson == ANALYST


def test_naming_the_same_official_again_changes_nothing() -> None:
    inquiry(RECEIVED, SPEAKER_NAMED).when(SPEAKER).then()


def test_an_interview_needs_a_spokesperson() -> None:
    inquiry(*IN_WORK).when(INTERVIEW).refused(NoSpokesperson)


@pytest.mark.parametrize(
    "before",
    [IN_WORK, (*IN_WORK, DRAFTED), (*IN_WORK, DRAFTED, INITIALLED), (*SIGNED_REPLY, REVISED)],
)
def test_an_answer_needs_the_signature_on_the_present_text(before: Sequence[Event]) -> None:
    inquiry(*before).when(ANSWER, EDITOR).refused(AnswerNotSigned)


DATED: list[tuple[Sequence[Event], Command, str]] = [
    (IN_WORK, ACKNOWLEDGE, "acknowledged_on"),
    (SIGNED_REPLY, ANSWER, "answered_on"),
    ((*IN_WORK, SPEAKER_NAMED), INTERVIEW, "given_on"),
    (IN_WORK, DECLINE, "journalist_notified_on"),
    (IN_WORK, HAND_OVER, "handed_over_on"),
    (IN_WORK, HAND_OVER, "journalist_notified_on"),
]


@pytest.mark.parametrize(("before", "command", "field"), DATED)
def test_what_was_done_is_dated_between_receipt_and_today(
    before: Sequence[Event], command: Command, field: str
) -> None:
    inquiry(*before).when(replace(command, **{field: TOMORROW})).refused(DatedInTheFuture)
    inquiry(*before).when(replace(command, **{field: YESTERDAY})).refused(DatedBeforeTheInquiry)


def test_a_refusal_may_be_recorded_before_the_journalist_knows() -> None:
    inquiry(RECEIVED).when(replace(DECLINE, journalist_notified_on=None)).then(
        MediaInquiryDeclined()
    )


HANDLING: list[Command] = [
    ACKNOWLEDGE,
    ROUTE,
    SPEAKER,
    ANSWER,
    INTERVIEW,
    DECLINE,
    HAND_OVER,
    ASK,
    CONTROL,
    DRAFT,
    ReviseReply(text=NEW_TEXT),
    ReturnReply(digest=DIGEST, reason="too short"),
    InitialReply(digest=DIGEST),
    SignReply(digest=DIGEST),
]


@pytest.mark.parametrize("command", HANDLING)
@pytest.mark.parametrize("outcome", [ANSWERED, INTERVIEWED, DECLINED, HANDED_OVER])
def test_a_settled_inquiry_is_reopened_to_do_more(outcome: Event, command: Command) -> None:
    inquiry(*SIGNED_REPLY, outcome).when(command, EDITOR).refused(InquiryAlreadySettled)


@pytest.mark.parametrize("command", [*HANDLING, CLOSE, RECORD_ANSWER])
def test_a_closed_inquiry_is_left_alone(command: Command) -> None:
    inquiry(*DONE).when(command, EDITOR).refused(MediaInquiryIsClosed)


def test_an_inquiry_without_a_draft_has_nothing_to_sign() -> None:
    inquiry(RECEIVED).when(SignReply(digest=DIGEST), DIRECTOR).refused(NoReplyDrafted)


def test_information_may_come_in_after_the_answer() -> None:
    inquiry(RECEIVED, ASKED, DECLINED).when(RECORD_ANSWER).then(INFORMED)


def test_information_is_recorded_for_a_request() -> None:
    inquiry(RECEIVED).when(RECORD_ANSWER).refused(NoSuchInformationRequest)


FITTING: dict[Event | None, set[Resolution]] = {
    None: {Resolution.WITHDRAWN, Resolution.NO_ANSWER_NEEDED},
    ANSWERED: {Resolution.ANSWERED},
    INTERVIEWED: {Resolution.INTERVIEW_GIVEN},
    DECLINED: {Resolution.DECLINED},
    HANDED_OVER: {Resolution.HANDED_OVER},
}


@pytest.mark.parametrize("resolution", Resolution)
@pytest.mark.parametrize("outcome", FITTING)
def test_the_resolution_fits_what_has_happened(
    outcome: Event | None, resolution: Resolution
) -> None:
    before = inquiry(*SIGNED_REPLY, *([outcome] if outcome else []))
    before.when(CloseMediaInquiry(resolution=resolution))
    if resolution in FITTING[outcome]:
        before.then(MediaInquiryClosed(resolution=resolution))
    else:
        before.refused(ResolutionNotFitting)


def test_an_open_inquiry_is_not_reopened() -> None:
    inquiry(*SIGNED_REPLY).when(REOPEN).refused(NothingToReopen)


def test_reopening_starts_our_term_and_the_reply_anew() -> None:
    inquiry(*SETTLED).when(REOPEN, days_later=7).then(
        MediaInquiryReopened(
            due=replace(
                RECEIVED.due,
                on=date(2026, 4, 22),
                since=TODAY + timedelta(days=7),
                since_at=NOON + timedelta(days=7),
            )
        )
    )
    reopened = state(*DONE, REOPENED)
    assert reopened.stage is Stage.ROUTED
    assert reopened.reply is None
    assert reopened.settled is None
    inquiry(*DONE, REOPENED).when(DRAFT, EDITOR).then(DRAFTED)


def test_an_inquiry_never_routed_is_reopened_as_received() -> None:
    assert state(RECEIVED, DECLINED, REOPENED).stage is Stage.RECEIVED


def test_coverage_is_linked_after_closing_too() -> None:
    inquiry(*DONE).when(LINK).then(LINKED)


def test_coverage_in_print_has_a_reference() -> None:
    in_print = replace(LINK, url=None, reference="no. 71, page 3")
    inquiry(RECEIVED).when(in_print).then(replace(LINKED, url=None, reference="no. 71, page 3"))
    inquiry(RECEIVED).when(replace(LINK, url=None)).refused(CoverageNotTraceable)


def test_coverage_is_linked_once() -> None:
    inquiry(RECEIVED, LINKED).when(LINK).refused(CoverageAlreadyLinked)


def test_coverage_has_been_published() -> None:
    inquiry(RECEIVED).when(replace(LINK, published_on=TOMORROW)).refused(DatedInTheFuture)


def test_coverage_is_linked_by_a_web_address_only() -> None:
    body = {**msgspec.to_builtins(LINK), "url": "javascript:alert(1)"}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, LinkCoverage)


def test_it_stays_under_control_until_it_is_settled() -> None:
    inquiry(*SIGNED_REPLY, CONTROLLED).when(LIFT, INSPECTOR).refused(ControlledUntilSettled)
    withdrawn = MediaInquiryClosed(resolution=Resolution.WITHDRAWN)
    inquiry(RECEIVED, CONTROLLED, withdrawn).when(LIFT, INSPECTOR).then(LIFTED)


def test_control_is_one_officials() -> None:
    inquiry(RECEIVED, CONTROLLED).when(CONTROL).refused(AlreadyUnderControl)
    inquiry(RECEIVED, CONTROLLED, DECLINED).when(LIFT).refused(NotTheController)
    inquiry(RECEIVED).when(LIFT).refused(NotUnderControl)


@pytest.mark.parametrize(
    ("entry", "value"), [("media", "tweet"), ("topic", "Mrs Rzayeva's tooth"), ("region", "")]
)
def test_a_coded_entry_is_corrected_to_a_code(entry: str, value: str) -> None:
    inquiry(RECEIVED).when(replace(CORRECT, entry=entry, value=value)).refused(WrongValue)


def test_a_corrected_text_is_sealed() -> None:
    inquiry(RECEIVED).when(replace(CORRECT, entry="subject", value="Fees")).then(
        EntryCorrected(entry="subject", text="Fees", approved_by="director")
    )


def test_the_due_date_is_not_corrected() -> None:
    inquiry(RECEIVED).when(replace(CORRECT, entry="due")).refused(NotCorrectable)


def test_the_record_of_a_closed_inquiry_stays_open() -> None:
    for command in (AddNote(text="Filed."), AttachDocument(document=DOCUMENT), CORRECT):
        assert inquiry(*DONE).when(command).happens()


def test_a_document_is_attached_once() -> None:
    again = AttachDocument(document=DOCUMENT)
    inquiry(RECEIVED, ATTACHED).when(again).refused(AlreadyAttached)


def test_everyone_involved_is_known_to_access_control() -> None:
    everyone = state(RECEIVED, ROUTED, ASKED, SPEAKER_NAMED, CONTROLLED, DRAFTED)
    assert everyone.units == {"records", "press", "statistics"}
    assert everyone.workers == {"clerk", "editor", "director", "inspector", "lawyer"}
    assert everyone.owner == JOURNALIST
    assert not everyone.confidential
    reviser = replace(REVISED, author="reporter")
    assert "reporter" in state(RECEIVED, DRAFTED, reviser).workers


ACTORS = [CLERK, EDITOR, LAWYER, DIRECTOR, INSPECTOR]
STEPS = st.tuples(
    st.sampled_from([command for _, command, _, _ in SUCCESSES]), st.sampled_from(ACTORS)
)


@given(st.sampled_from([RECEIVED, ON_TELEVISION]), st.lists(STEPS, max_size=40))
def test_whatever_is_tried_the_inquiry_stays_sound(
    first: MediaInquiryReceived, steps: list[tuple[Command, Actor]]
) -> None:
    standing: MediaInquiry | None = evolve(None, first)
    for command, by in steps:
        before = standing
        ctx = context(by)
        try:
            events = decide(cast("MediaInquiryCommand", command), standing, ctx)
        except Refusal:
            continue
        for event in events:
            standing = evolve(standing, cast("MediaInquiryEvent", event))
        assert before is not None
        assert standing is not None
        assert before.units <= standing.units
        assert before.workers <= standing.workers
        assert before.coverage <= standing.coverage
        if standing.settled is Resolution.ANSWERED:
            assert standing.reply
            assert standing.reply.signed_by
        if standing.settled and not standing.closed:
            assert standing.stage in {Stage.ANSWERED, Stage.DECLINED, Stage.HANDED_OVER}
        if before.closed:
            assert standing.closed or isinstance(command, ReopenMediaInquiry)
