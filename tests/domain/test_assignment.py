"""An assignment from the hand of its author to an accepted result."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, cast, get_args
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.appeal import CorrectionNotFitting, EntryUnchanged
from domain.assignment import (
    AcceptanceAlreadyDecided,
    AcceptAssignment,
    AcceptResult,
    AlreadyAnExecutor,
    AskForExtension,
    Assignment,
    AssignmentAccepted,
    AssignmentCancelled,
    AssignmentCommand,
    AssignmentDelegated,
    AssignmentEvent,
    AssignmentExtended,
    AssignmentExtensionAsked,
    AssignmentExtensionRefused,
    AssignmentGiven,
    AssignmentHasEnded,
    AssignmentIsRejected,
    AssignmentNotAccepted,
    AssignmentPartContributed,
    AssignmentProgressReported,
    AssignmentReassigned,
    AssignmentRejected,
    AssignmentResultAccepted,
    AssignmentResultReturned,
    AssignmentResultSubmitted,
    CancelAssignment,
    CoExecutor,
    CoExecutorDueTooLate,
    ContributeToAssignment,
    ControlledUntilDone,
    DatedBeforeTheAssignment,
    DelegateAssignment,
    ExtensionAlreadyAsked,
    GiveAssignment,
    GrantExtension,
    NoExtensionAsked,
    NoResultSubmitted,
    NotACoExecutor,
    NotAnExtension,
    NotAuthorOrController,
    NotTheAuthor,
    NotTheMainExecutor,
    ReassignAssignment,
    RefuseExtension,
    RejectAssignment,
    ReportProgress,
    ResultAwaitsDecision,
    ReturnResult,
    SameExecutorTwice,
    Source,
    SourceCaseNotFitting,
    Stage,
    SubmitResult,
    decide,
    evolve,
)
from domain.case import (
    Actor,
    AlreadyBegun,
    Command,
    Event,
    NotYetBegun,
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
from domain.information import DatedInTheFuture, DueInThePast
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
from tests.domain.spec import CLERK, Spec, context, official

TODAY = date(2026, 4, 6)
YESTERDAY = date(2026, 4, 5)
TOMORROW = date(2026, 4, 7)
FRIDAY = date(2026, 4, 10)
NEXT_FRIDAY = date(2026, 4, 17)
APPEAL = UUID("00000000-0000-7000-8000-0000000000a1")
CITIZEN = UUID("00000000-0000-7000-8000-0000000000b1")

HEAD = official("head", "office")
ENGINEER = official("engineer", "roads")
LAWYER = official("lawyer", "legal")
DRIVER = official("driver", "transport")
DEPUTY = official("deputy", "office", on_behalf_of="head")
INSPECTOR = official("inspector", "control")

LAWYERS_PART = CoExecutor(official="lawyer", unit="legal", due_on=TOMORROW)


def due(day: date) -> Due:
    return Due(on=day, rule="chosen", rule_version="1", calendar_version="plain")


GIVE = GiveAssignment(
    source=Source.APPEAL,
    source_case=APPEAL,
    person_id=CITIZEN,
    text="Have the road to Mrs Aliyeva's house mended.",
    unit="roads",
    main_executor="engineer",
    co_executors=(LAWYERS_PART,),
    due_on=FRIDAY,
)
GIVEN = AssignmentGiven(
    number=RegistrationNumber(book="t", year=2026, sequence=7),
    registered_on=TODAY,
    registering_unit="office",
    author="head",
    source=Source.APPEAL,
    source_case=APPEAL,
    person_id=CITIZEN,
    text="Have the road to Mrs Aliyeva's house mended.",
    unit="roads",
    main_executor="engineer",
    co_executors=(LAWYERS_PART,),
    due=due(FRIDAY),
    confidential=False,
)
ACCEPTED = AssignmentAccepted(accepted_by="engineer")
REJECTED = AssignmentRejected(rejected_by="engineer")
DELEGATE = DelegateAssignment(unit="transport", main_executor="driver", reason="on leave")
DELEGATED = AssignmentDelegated(delegated_by="engineer", unit="transport", main_executor="driver")
REASSIGN = ReassignAssignment(unit="transport", main_executor="driver", reason="their road")
REASSIGNED = AssignmentReassigned(
    unit="transport", main_executor="driver", co_executors=(), due=due(FRIDAY)
)
PROGRESS = ReportProgress(text="The gravel is there.", percent=40)
CONTRIBUTE = ContributeToAssignment(text="The land is the municipality's.")
ASK = AskForExtension(due_on=NEXT_FRIDAY, reason="rain")
ASKED = AssignmentExtensionAsked(asked_by="engineer", due=due(NEXT_FRIDAY))
GRANTED = AssignmentExtended(granted_by="head", due=due(NEXT_FRIDAY))
SUBMIT = SubmitResult(text="The road is mended.")
SUBMITTED = AssignmentResultSubmitted(
    text="The road is mended.", submitted_by="engineer", submitted_on=TODAY
)
RETURN = ReturnResult(reason="no photographs")
RETURNED = AssignmentResultReturned(returned_by="head", returns=1)
FULFILLED = AssignmentResultAccepted(accepted_by="head")
CANCEL = CancelAssignment(reason="the road was closed")
CANCELLED = AssignmentCancelled(cancelled_by="head")
CONTROL = PutUnderControl(reason="the minister asks")
CONTROLLED = ControlEstablished(controller="inspector")
LIFT = TakeOffControl(reason="done")
DOCUMENT = Document(name="road.jpg", media_type="image/jpeg", size=9, sha256="a" * 64)
ATTACHED = DocumentAttached(document=DOCUMENT)
NOTIFY, NOTIFIED = notice_on("assignment", GIVEN.due.on)
CORRECT = CorrectEntry(
    entry="text", value="Have the bridge mended.", approved_by="head", reason="misread"
)

IN_WORK = (GIVEN, ACCEPTED)
AWAITING = (*IN_WORK, SUBMITTED)
DONE = (*AWAITING, FULFILLED)

SUCCESSES: list[tuple[Sequence[Event], Command, Actor, Event]] = [
    ((), GIVE, HEAD, GIVEN),
    ((GIVEN,), AcceptAssignment(), ENGINEER, ACCEPTED),
    ((GIVEN,), RejectAssignment(reason="not our road"), ENGINEER, REJECTED),
    ((GIVEN, REJECTED), REASSIGN, HEAD, REASSIGNED),
    (IN_WORK, DELEGATE, ENGINEER, DELEGATED),
    (
        IN_WORK,
        PROGRESS,
        ENGINEER,
        AssignmentProgressReported(text="The gravel is there.", reported_by="engineer", percent=40),
    ),
    (
        IN_WORK,
        CONTRIBUTE,
        LAWYER,
        AssignmentPartContributed(
            text="The land is the municipality's.", contributed_by="lawyer", contributed_on=TODAY
        ),
    ),
    (IN_WORK, ASK, ENGINEER, ASKED),
    ((*IN_WORK, ASKED), GrantExtension(), HEAD, GRANTED),
    (
        (*IN_WORK, ASKED),
        RefuseExtension(reason="there is time"),
        HEAD,
        AssignmentExtensionRefused(refused_by="head"),
    ),
    (IN_WORK, SUBMIT, ENGINEER, SUBMITTED),
    (AWAITING, RETURN, HEAD, RETURNED),
    (AWAITING, AcceptResult(), HEAD, FULFILLED),
    (IN_WORK, CANCEL, HEAD, CANCELLED),
    ((GIVEN,), CONTROL, INSPECTOR, CONTROLLED),
    ((*DONE[:1], CONTROLLED, *DONE[1:]), LIFT, INSPECTOR, ControlLifted(controller="inspector")),
    ((GIVEN,), AttachDocument(document=DOCUMENT), ENGINEER, ATTACHED),
    ((GIVEN,), AddNote(text="She called."), CLERK, NoteAdded(text="She called.")),
    ((GIVEN,), NOTIFY, CLERK, NOTIFIED),
    (
        (GIVEN,),
        CORRECT,
        CLERK,
        EntryCorrected(entry="text", text="Have the bridge mended.", approved_by="head"),
    ),
]


def assignment(*events: Event) -> Spec:
    return Spec(decide, evolve, *events)


def state(*events: Event) -> Assignment:
    standing = assignment(*events).state
    assert isinstance(standing, Assignment)
    return standing


@pytest.mark.parametrize(
    ("before", "command", "by", "event"), SUCCESSES, ids=[type(s[1]).__name__ for s in SUCCESSES]
)
def test_every_command_leads_to_its_event(
    before: Sequence[Event], command: Command, by: Actor, event: Event
) -> None:
    assignment(*before).when(command, by).then(event)


def test_no_command_and_no_event_is_left_out_above() -> None:
    assert {type(command) for _, command, _, _ in SUCCESSES} == set(get_args(AssignmentCommand))
    assert {type(event) for *_, event in SUCCESSES} == set(get_args(AssignmentEvent))


def test_every_event_survives_being_stored() -> None:
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(AssignmentEvent)
    for *_, event in SUCCESSES:
        assert decoder.decode(msgspec.json.encode(event)) == event


@pytest.mark.parametrize("command", [c for _, c, _, _ in SUCCESSES if c is not GIVE])
def test_nothing_happens_before_it_is_given(command: Command) -> None:
    assignment().when(command).refused(NotYetBegun)


def test_no_event_comes_before_it_is_given() -> None:
    with pytest.raises(NotYetBegun):
        evolve(None, ACCEPTED)


def test_an_assignment_is_given_once() -> None:
    assignment(GIVEN).when(GIVE, HEAD).refused(AlreadyBegun)


def test_an_author_may_put_it_under_control_from_the_start() -> None:
    assignment().when(replace(GIVE, under_control=True), HEAD).then(
        GIVEN, ControlEstablished(controller="head")
    )


def test_a_deputy_gives_in_the_name_of_the_official() -> None:
    assignment().when(GIVE, DEPUTY).then(GIVEN)


def test_an_assignment_may_stand_alone() -> None:
    alone = replace(GIVE, source=Source.MEETING, source_case=None, source_reference="minutes 4")
    assignment().when(alone, HEAD).then(
        replace(GIVEN, source=Source.MEETING, source_case=None, source_reference="minutes 4")
    )


@pytest.mark.parametrize(
    ("source", "case"),
    [
        (Source.APPEAL, None),
        (Source.RECEPTION, None),
        (Source.MEDIA_INQUIRY, None),
        (Source.MEETING, APPEAL),
        (Source.HIGHER_BODY, APPEAL),
        (Source.NONE, APPEAL),
    ],
)
def test_a_case_is_named_exactly_where_it_comes_from_one(source: Source, case: UUID | None) -> None:
    command = replace(GIVE, source=source, source_case=case)
    assignment().when(command, HEAD).refused(SourceCaseNotFitting)


def test_it_is_not_due_before_today() -> None:
    assignment().when(replace(GIVE, due_on=YESTERDAY), HEAD).refused(DueInThePast)


def test_one_given_at_a_hearing_is_taken_in_the_day_after() -> None:
    command = replace(GIVE, registered_on=TODAY, due_on=TODAY, co_executors=())
    assignment().when(command, HEAD, days_later=1).then(
        replace(GIVEN, due=due(TODAY), co_executors=())
    )


def test_it_may_be_due_today() -> None:
    command = replace(GIVE, due_on=TODAY, co_executors=())
    assignment().when(command, HEAD).then(replace(GIVEN, due=due(TODAY), co_executors=()))


def test_an_older_register_is_taken_over_with_its_dates() -> None:
    old = replace(
        GIVE,
        registered_on=date(2024, 5, 1),
        due_on=date(2024, 5, 20),
        co_executors=(),
        legacy_number="T-88",
    )
    assignment().when(old, HEAD).then(
        replace(
            GIVEN,
            number=RegistrationNumber(book="t", year=2024, sequence=7),
            registered_on=date(2024, 5, 1),
            due=due(date(2024, 5, 20)),
            co_executors=(),
            legacy_number="T-88",
        )
    )
    assignment().when(replace(old, due_on=date(2024, 4, 30)), HEAD).refused(DueInThePast)


def test_it_is_not_registered_in_the_future() -> None:
    assignment().when(replace(GIVE, registered_on=TOMORROW), HEAD).refused(DatedInTheFuture)


def test_a_part_is_due_no_later_than_the_whole_and_no_earlier_than_today() -> None:
    late = replace(LAWYERS_PART, due_on=NEXT_FRIDAY)
    past = replace(LAWYERS_PART, due_on=YESTERDAY)
    assignment().when(replace(GIVE, co_executors=(late,)), HEAD).refused(CoExecutorDueTooLate)
    assignment().when(replace(GIVE, co_executors=(past,)), HEAD).refused(DueInThePast)


def test_each_executor_is_named_once() -> None:
    same_as_main = replace(LAWYERS_PART, official="engineer")
    for named in ((same_as_main,), (LAWYERS_PART, LAWYERS_PART)):
        assignment().when(replace(GIVE, co_executors=named), HEAD).refused(SameExecutorTwice)


EXECUTORS_COMMANDS: list[Command] = [
    AcceptAssignment(),
    RejectAssignment(reason="no"),
    DELEGATE,
    PROGRESS,
    ASK,
    SUBMIT,
]


@pytest.mark.parametrize("command", EXECUTORS_COMMANDS)
def test_only_the_main_executor_executes(command: Command) -> None:
    assignment(GIVEN).when(command, HEAD).refused(NotTheMainExecutor)


@pytest.mark.parametrize("command", [AcceptAssignment(), RejectAssignment(reason="no")])
def test_it_is_accepted_or_rejected_once(command: Command) -> None:
    assignment(*IN_WORK).when(command, ENGINEER).refused(AcceptanceAlreadyDecided)
    assignment(GIVEN, REJECTED).when(command, ENGINEER).refused(AcceptanceAlreadyDecided)


@pytest.mark.parametrize("command", [PROGRESS, ASK, SUBMIT])
def test_execution_begins_with_acceptance(command: Command) -> None:
    assignment(GIVEN).when(command, ENGINEER).refused(AssignmentNotAccepted)


@pytest.mark.parametrize("command", [DELEGATE, PROGRESS, ASK, SUBMIT])
def test_what_is_rejected_goes_back_to_its_author(command: Command) -> None:
    assignment(GIVEN, REJECTED).when(command, ENGINEER).refused(AssignmentIsRejected)
    assignment(GIVEN, REJECTED).when(CONTRIBUTE, LAWYER).refused(AssignmentIsRejected)


@pytest.mark.parametrize("command", [DELEGATE, PROGRESS, ASK, SUBMIT])
def test_a_submitted_result_is_decided_on_first(command: Command) -> None:
    assignment(*AWAITING).when(command, ENGINEER).refused(ResultAwaitsDecision)
    assignment(*AWAITING).when(CONTRIBUTE, LAWYER).refused(ResultAwaitsDecision)
    assignment(*AWAITING).when(REASSIGN, HEAD).refused(ResultAwaitsDecision)


def test_a_delegate_becomes_main_executor_and_accepts_anew() -> None:
    delegated = state(*IN_WORK, DELEGATED)
    assert delegated.main_executor == "driver"
    assert delegated.stage is Stage.GIVEN
    assignment(*IN_WORK, DELEGATED).when(AcceptAssignment(), DRIVER).then(
        AssignmentAccepted(accepted_by="driver")
    )


def test_the_chain_of_delegation_is_kept() -> None:
    onwards = AssignmentDelegated(delegated_by="driver", unit="roads", main_executor="smith")
    assert state(GIVEN, DELEGATED, onwards).delegators == ("engineer", "driver")


@pytest.mark.parametrize("to", ["driver", "engineer", "lawyer"])
def test_nobody_gets_it_by_delegation_twice(to: str) -> None:
    command = replace(DELEGATE, main_executor=to)
    assignment(GIVEN, DELEGATED).when(command, DRIVER).refused(AlreadyAnExecutor)


def test_reassigning_starts_with_new_executors() -> None:
    reassigned = state(GIVEN, DELEGATED, ASKED, REASSIGNED)
    assert reassigned.stage is Stage.GIVEN
    assert reassigned.co_executors == ()
    assert reassigned.delegators == ()
    assert reassigned.extension_asked is None


def test_reassigning_may_set_another_due_date() -> None:
    command = replace(REASSIGN, due_on=NEXT_FRIDAY, co_executors=(LAWYERS_PART,))
    assignment(GIVEN).when(command, HEAD).then(
        replace(REASSIGNED, due=due(NEXT_FRIDAY), co_executors=(LAWYERS_PART,))
    )
    past = replace(REASSIGN, due_on=YESTERDAY)
    assignment(GIVEN).when(past, HEAD).refused(DueInThePast)


def test_an_overdue_assignment_may_be_reassigned_as_it_is() -> None:
    assignment(GIVEN).when(REASSIGN, HEAD, days_later=30).then(REASSIGNED)


def test_reassigning_names_executors_that_fit() -> None:
    twice = replace(REASSIGN, main_executor="lawyer", co_executors=(LAWYERS_PART,))
    late = replace(REASSIGN, co_executors=(replace(LAWYERS_PART, due_on=NEXT_FRIDAY),))
    same = replace(REASSIGN, main_executor="engineer")
    assignment(GIVEN).when(twice, HEAD).refused(SameExecutorTwice)
    assignment(GIVEN).when(late, HEAD).refused(CoExecutorDueTooLate)
    assignment(GIVEN).when(same, HEAD).refused(AlreadyAnExecutor)


@pytest.mark.parametrize("command", [REASSIGN, CANCEL])
def test_only_the_author_reassigns_and_cancels(command: Command) -> None:
    assignment(GIVEN, CONTROLLED).when(command, INSPECTOR).refused(NotTheAuthor)


def test_only_co_executors_contribute() -> None:
    assignment(*IN_WORK).when(CONTRIBUTE, ENGINEER).refused(NotACoExecutor)


def test_a_co_executor_need_not_wait_for_the_main_one() -> None:
    assert assignment(GIVEN).when(CONTRIBUTE, LAWYER).happens()


@pytest.mark.parametrize(
    ("day", "refusal"), [(TOMORROW, DatedInTheFuture), (YESTERDAY, DatedBeforeTheAssignment)]
)
def test_results_and_parts_are_dated_between_registration_and_today(
    day: date, refusal: type[Refusal]
) -> None:
    assignment(*IN_WORK).when(replace(SUBMIT, submitted_on=day), ENGINEER).refused(refusal)
    assignment(*IN_WORK).when(replace(CONTRIBUTE, contributed_on=day), LAWYER).refused(refusal)


def test_a_result_may_be_entered_the_day_after() -> None:
    command = replace(SUBMIT, submitted_on=TODAY)
    assignment(*IN_WORK).when(command, ENGINEER, days_later=1).then(SUBMITTED)


def test_an_extension_is_later_than_the_present_date() -> None:
    assignment(*IN_WORK).when(replace(ASK, due_on=FRIDAY), ENGINEER).refused(NotAnExtension)
    another = GrantExtension(due_on=FRIDAY)
    assignment(*IN_WORK, ASKED).when(another, HEAD).refused(NotAnExtension)


def test_an_extension_is_not_granted_into_the_past() -> None:
    late = assignment(*IN_WORK, ASKED)
    late.when(GrantExtension(), HEAD, days_later=20).refused(DueInThePast)
    late.when(GrantExtension(due_on=date(2026, 4, 30)), HEAD, days_later=20).then(
        replace(GRANTED, due=due(date(2026, 4, 30)))
    )


def test_one_extension_is_asked_for_at_a_time() -> None:
    assignment(*IN_WORK, ASKED).when(ASK, ENGINEER).refused(ExtensionAlreadyAsked)
    later = replace(ASK, due_on=date(2026, 4, 30))
    assert assignment(*IN_WORK, ASKED, GRANTED).when(later, ENGINEER).happens()


@pytest.mark.parametrize("command", [GrantExtension(), RefuseExtension(reason="no")])
def test_an_extension_is_decided_on_when_asked_for(command: Command) -> None:
    assignment(*IN_WORK).when(command, HEAD).refused(NoExtensionAsked)
    assignment(*AWAITING[:2], ASKED, SUBMITTED).when(command, HEAD).refused(NoExtensionAsked)


def test_a_granted_extension_moves_the_due_date() -> None:
    assert state(*IN_WORK, ASKED, GRANTED).due == due(NEXT_FRIDAY)


OVERSEERS_COMMANDS: list[Command] = [
    GrantExtension(),
    RefuseExtension(reason="no"),
    AcceptResult(),
    RETURN,
]


@pytest.mark.parametrize("command", OVERSEERS_COMMANDS)
def test_others_than_author_and_controller_do_not_judge(command: Command) -> None:
    assignment(*IN_WORK).when(command, INSPECTOR).refused(NotAuthorOrController)


@pytest.mark.parametrize("command", OVERSEERS_COMMANDS)
def test_nobody_judges_their_own_execution(command: Command) -> None:
    own = replace(GIVEN, main_executor="head")
    controls = ControlEstablished(controller="engineer")
    assignment(own).when(command, HEAD).refused(NotAuthorOrController)
    assignment(*IN_WORK, controls).when(command, ENGINEER).refused(NotAuthorOrController)


def test_the_controller_may_accept_the_result() -> None:
    assignment(GIVEN, CONTROLLED, ACCEPTED, SUBMITTED).when(AcceptResult(), INSPECTOR).then(
        AssignmentResultAccepted(accepted_by="inspector")
    )


@pytest.mark.parametrize("command", [AcceptResult(), RETURN])
def test_a_result_is_judged_when_submitted(command: Command) -> None:
    assignment(*IN_WORK).when(command, HEAD).refused(NoResultSubmitted)


def test_returns_are_counted() -> None:
    assert state(*AWAITING, RETURNED).stage is Stage.ACCEPTED
    assignment(*AWAITING, RETURNED, SUBMITTED).when(RETURN, HEAD).then(replace(RETURNED, returns=2))


def test_it_stays_under_control_until_it_is_done() -> None:
    for before in ((), (ACCEPTED,), (ACCEPTED, SUBMITTED)):
        controlled = assignment(GIVEN, CONTROLLED, *before)
        controlled.when(LIFT, INSPECTOR).refused(ControlledUntilDone)
    assignment(GIVEN, CONTROLLED, CANCELLED).when(LIFT, INSPECTOR).then(
        ControlLifted(controller="inspector")
    )


def test_control_is_one_officials() -> None:
    assignment(GIVEN, CONTROLLED).when(CONTROL, HEAD).refused(AlreadyUnderControl)
    assignment(GIVEN, CONTROLLED, CANCELLED).when(LIFT, HEAD).refused(NotTheController)
    assignment(GIVEN).when(LIFT, HEAD).refused(NotUnderControl)


@pytest.mark.parametrize("end", [(ACCEPTED, SUBMITTED, FULFILLED), (CANCELLED,)])
@pytest.mark.parametrize(
    "command", [*EXECUTORS_COMMANDS, *OVERSEERS_COMMANDS, REASSIGN, CONTRIBUTE, CANCEL, CONTROL]
)
def test_an_ended_assignment_is_left_alone(end: Sequence[Event], command: Command) -> None:
    assignment(GIVEN, *end).when(command, HEAD).refused(AssignmentHasEnded)


def test_the_record_of_an_ended_assignment_stays_open() -> None:
    for command in (AddNote(text="Filed."), AttachDocument(document=DOCUMENT), CORRECT):
        assert assignment(*DONE).when(command).happens()


def test_a_document_is_attached_once() -> None:
    again = AttachDocument(document=DOCUMENT)
    assignment(GIVEN, ATTACHED).when(again).refused(AlreadyAttached)


def test_executors_are_changed_by_reassigning_not_by_correction() -> None:
    command = replace(CORRECT, entry="main_executor", value="driver")
    assignment(GIVEN).when(command).refused(NotCorrectable)


def test_an_assignment_is_made_confidential_afterwards() -> None:
    hide = replace(CORRECT, entry="confidential", value="true")
    given = assignment(GIVEN)
    given.when(hide).then(EntryCorrected(entry="confidential", approved_by="head", value="true"))
    assert given.state.confidential
    given.when(hide).refused(EntryUnchanged)
    given.when(replace(hide, value="perhaps")).refused(CorrectionNotFitting)


def test_everyone_involved_is_known_to_access_control() -> None:
    everyone = state(GIVEN, CONTROLLED, DELEGATED)
    assert everyone.units == {"office", "roads", "legal", "transport"}
    assert everyone.workers == {"head", "engineer", "lawyer", "inspector", "driver"}
    assert everyone.owner == CITIZEN
    assert not everyone.confidential


def test_those_who_were_replaced_stay_known_to_access_control() -> None:
    reassigned = state(GIVEN, REASSIGNED)
    assert reassigned.units == {"office", "roads", "legal", "transport"}
    assert reassigned.workers == {"head", "engineer", "lawyer", "driver"}


ACTORS = [HEAD, DEPUTY, ENGINEER, LAWYER, DRIVER, INSPECTOR]
STEPS = st.tuples(
    st.sampled_from([command for _, command, _, _ in SUCCESSES]),
    st.sampled_from(ACTORS),
    st.integers(min_value=0, max_value=12),
)


@given(st.lists(STEPS, max_size=40))
def test_whatever_is_tried_the_assignment_stays_sound(
    steps: list[tuple[Command, Actor, int]],
) -> None:
    standing: Assignment | None = evolve(None, GIVEN)
    for command, by, days_later in steps:
        before = standing
        ctx = context(by, context().at + timedelta(days=days_later))
        try:
            events = decide(cast("AssignmentCommand", command), standing, ctx)
        except Refusal:
            continue
        for event in events:
            standing = evolve(standing, cast("AssignmentEvent", event))
        assert before is not None
        assert standing is not None
        assert events
        assert not before.ended or standing.stage is before.stage
        assert before.units <= standing.units
        assert before.workers <= standing.workers
        assert before.returns <= standing.returns
        assert standing.due.on >= before.due.on
        assert standing.main_executor not in standing.delegators
        assert standing.main_executor not in {co.official for co in standing.co_executors}
        assert not (standing.ended and standing.extension_asked)
