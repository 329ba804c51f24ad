"""Findings: opened by an auditor, answered by the unit, judged, remedied."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import Struct
from msgspec.structs import replace

from domain import finding, notice
from domain.appeal import EntryUnchanged
from domain.case import Actor, Other, Refusal
from domain.finding import (
    AcceptAnswer,
    AlreadyAnswers,
    AnswererJudges,
    AnswererNamed,
    AnswererNeeded,
    AnswerFinding,
    AnswerNotAccepted,
    CloseFinding,
    ConfidentialEvidence,
    Evidence,
    EvidenceMissing,
    EvidenceNamedTwice,
    Finding,
    FindingAnswerAccepted,
    FindingAnswered,
    FindingAnswerRejected,
    FindingClosed,
    FindingHasEnded,
    FindingKind,
    FindingOnFinding,
    FindingOpened,
    FindingWithdrawn,
    HeadAnswers,
    NameAnswerer,
    NoAnswerAwaited,
    NoAnswerToJudge,
    NobodyNamedToAnswer,
    NoSuchRemedy,
    NotTheConcernedUnit,
    OpenFinding,
    OwnWork,
    ProposeRemedy,
    RejectAnswer,
    RemediesOutstanding,
    RemedyCarriedOut,
    RemedyProposed,
    ReportRemedy,
    WithdrawFinding,
)
from domain.hand import Hand
from domain.information import DatedInTheFuture, DueInThePast
from domain.notice import (
    ClockNotRunning,
    DeadlineNoticeGiven,
    DueDateMoved,
    GiveDeadlineNotice,
    NoticeAlreadyGiven,
    Recipient,
)
from domain.record import CorrectEntry, EntryCorrected, NotCorrectable
from domain.reply import (
    Reply,
    ReplyDrafted,
    ReplyEvent,
    ReplyInitialled,
    ReplyReturned,
    ReplySigned,
)
from domain.reply import evolve as evolve_reply
from tests.domain.spec import NOON, PLAIN_TERMS, Spec, context, official

AUDITOR = official("auditor", "audit")
HEAD = official("head", "pensions")
TODAY = NOON.date()
LATER = TODAY + timedelta(days=10)
DUE = PLAIN_TERMS.choose(LATER)
APPEAL = UUID(int=77)


class Case(Struct, frozen=True):
    """As much of another case as a finding looks at."""

    workers: frozenset[str] = frozenset({"executor"})
    confidential: bool = False
    reply: Reply | None = None
    submitted_by: Hand | None = None


def spec() -> Spec:
    return Spec(finding.decide, finding.evolve)


def command(**changes: Any) -> OpenFinding:
    plain = OpenFinding(
        kind=FindingKind.LATE, unit="pensions", text="Gec cavab verilib", answer_due_on=LATER
    )
    return replace(plain, **changes)


def opened_on(
    asked: OpenFinding, *cases: tuple[UUID, Any, int], by: Actor = AUDITOR
) -> FindingOpened:
    others = {case: Other(state, version) for case, state, version in cases}
    (event,) = finding.decide(asked, None, replace(context(by), others=others))
    assert isinstance(event, FindingOpened)
    return event


def refused(refusal: type[Refusal], asked: OpenFinding, *cases: Any, by: Actor = AUDITOR) -> None:
    with pytest.raises(Refusal) as raised:
        opened_on(asked, *cases, by=by)
    assert raised.type is refusal


OPENED = opened_on(command())
ANSWERED = FindingAnswered(text="Səhvdir", evidence=(), answered_by="head", answered_on=TODAY)
ACCEPTED = FindingAnswerAccepted(accepted_by="auditor")


def test_a_finding_on_a_case_names_its_events_and_whoever_may_not_judge() -> None:
    evidence = (Evidence(case_id=APPEAL, version=3),)
    event = opened_on(command(source_case=APPEAL, evidence=evidence), (APPEAL, Case(), 3))
    assert str(event.number) == "F-7/2026"
    assert (event.source_case, event.evidence) == (APPEAL, evidence)
    assert event.due == DUE
    assert event.may_not_judge == ("executor",)
    assert not event.confidential


def test_an_event_that_is_not_in_the_log_is_no_evidence() -> None:
    evidence = (Evidence(case_id=APPEAL, version=4),)
    refused(EvidenceMissing, command(evidence=evidence), (APPEAL, Case(), 3))
    refused(EvidenceMissing, command(evidence=evidence))
    refused(EvidenceNamedTwice, command(evidence=evidence * 2), (APPEAL, Case(), 4))


def test_a_finding_on_a_confidential_case_is_confidential_and_names_who_answers() -> None:
    hidden = (APPEAL, Case(confidential=True), 3)
    refused(AnswererNeeded, command(source_case=APPEAL), hidden)
    refused(AnswererNeeded, command(evidence=(Evidence(case_id=APPEAL, version=1),)), hidden)
    event = opened_on(command(source_case=APPEAL, answerer="head"), hidden)
    assert event.confidential
    assert finding.evolve(None, event).workers == {"auditor", "head"}


@pytest.mark.parametrize(
    "by", [official("executor", "audit"), official("auditor", "audit", on_behalf_of="executor")]
)
def test_nobody_opens_a_finding_on_their_own_work_nor_for_whoever_did_it(by: Actor) -> None:
    refused(OwnWork, command(source_case=APPEAL), (APPEAL, Case(), 3), by=by)


def test_a_finding_is_about_no_other_finding() -> None:
    state: Finding = finding.evolve(None, OPENED)
    refused(FindingOnFinding, command(source_case=APPEAL), (APPEAL, state, 1))


def test_the_answer_is_not_due_in_the_past() -> None:
    refused(DueInThePast, command(answer_due_on=TODAY - timedelta(days=1)))


def test_the_unit_answers() -> None:
    spec().given(OPENED).when(AnswerFinding(text="Səhvdir"), HEAD).then(ANSWERED)


@pytest.mark.parametrize("by", [AUDITOR, official("head", "press")])
def test_no_other_unit_answers(by: Actor) -> None:
    spec().given(OPENED).when(AnswerFinding(text="Səhvdir"), by).refused(NotTheConcernedUnit)


def test_where_somebody_is_named_to_answer_nobody_else_does() -> None:
    named = spec().given(opened_on(command(answerer="deputy")))
    named.when(AnswerFinding(text="Səhvdir"), HEAD).refused(NotTheConcernedUnit)
    answer = AnswerFinding(text="Səhvdir")
    (event,) = named.when(answer, official("x", "x", on_behalf_of="deputy")).happens()
    assert event == replace(ANSWERED, answered_by="deputy", deputy="x")


def test_without_somebody_named_the_units_head_answers_and_nobody_else_of_the_unit() -> None:
    executor = replace(context(official("executor", "pensions")), leads=False)
    answer = AnswerFinding(text="Səhvdir")
    open_to_the_unit = finding.evolve(None, OPENED)
    with pytest.raises(HeadAnswers):
        finding.decide(answer, open_to_the_unit, executor)
    named = finding.evolve(None, opened_on(command(answerer="executor")))
    (event,) = finding.decide(answer, named, executor)
    assert event == replace(ANSWERED, answered_by="executor")


def test_an_answer_takes_no_evidence_from_what_is_more_confidential_than_the_finding() -> None:
    answer = AnswerFinding(text="Səhvdir", evidence=(Evidence(case_id=APPEAL, version=1),))
    hidden = (APPEAL, Case(confidential=True), 1)
    ctx = replace(context(HEAD), others={APPEAL: Other(hidden[1], 1)})
    with pytest.raises(ConfidentialEvidence):
        finding.decide(answer, finding.evolve(None, OPENED), ctx)
    as_hidden = opened_on(command(source_case=APPEAL, answerer="head"), hidden)
    (event,) = finding.decide(answer, finding.evolve(None, as_hidden), ctx)
    assert isinstance(event, FindingAnswered)


def correct(value: str) -> CorrectEntry:
    return CorrectEntry(entry="confidential", value=value, approved_by="chief", reason="Məxfidir")


def test_a_finding_is_made_confidential_afterwards_if_it_names_who_answers() -> None:
    hidden = EntryCorrected(entry="confidential", value="true", approved_by="chief")
    spec().given(OPENED).when(correct("true"), AUDITOR).refused(NobodyNamedToAnswer)
    named = spec().given(opened_on(command(answerer="head")))
    named.when(correct("false"), AUDITOR).refused(EntryUnchanged)
    named.when(correct("true"), AUDITOR).then(hidden)
    assert named.state.confidential
    named.when(correct("false"), AUDITOR).then(replace(hidden, value="false"))
    assert not named.state.confidential
    over = spec().given(OPENED, FindingWithdrawn(withdrawn_by="auditor"))
    over.when(correct("true"), AUDITOR).then(hidden)


def test_who_answers_is_named_afterwards_and_may_then_be_kept_secret() -> None:
    given = spec().given(OPENED)
    given.when(NameAnswerer(answerer="auditor"), AUDITOR).refused(AnswererJudges)
    named = AnswererNamed(answerer="executor", named_by="auditor")
    given.when(NameAnswerer(answerer="executor"), AUDITOR).then(named)
    given.when(NameAnswerer(answerer="executor"), AUDITOR).refused(AlreadyAnswers)
    given.when(correct("true"), AUDITOR).then(
        EntryCorrected(entry="confidential", value="true", approved_by="chief")
    )
    answer = AnswerFinding(text="Səhvdir")
    given.when(answer, HEAD).refused(NotTheConcernedUnit)
    given.when(NameAnswerer(answerer="head"), official("executor", "audit")).refused(OwnWork)
    assert {"executor", "auditor"} <= given.state.workers
    given.when(answer, official("executor", "pensions")).then(
        replace(ANSWERED, answered_by="executor")
    )


def test_the_unit_is_told_of_what_it_has_to_meet_while_it_is_open() -> None:
    def told(clock: str, due_on: date) -> GiveDeadlineNotice:
        return GiveDeadlineNotice(
            clock=clock,
            stage=notice.Stage.OVERDUE,
            step="overdue",
            due_on=due_on,
            working_days_left=-1,
            recipients=(Recipient(official="head", role="unit-head"),),
        )

    watch = official("clock-watch", "audit")
    given = spec().given(OPENED)
    given.when(told("finding-answer", TODAY), watch).refused(DueDateMoved)
    (event,) = given.when(told("finding-answer", LATER), watch).happens()
    assert isinstance(event, DeadlineNoticeGiven)
    given.given(event).when(told("finding-answer", LATER), watch).refused(NoticeAlreadyGiven)
    given.given(ANSWERED).when(told("finding-answer", LATER), watch).refused(ClockNotRunning)
    (proposed,) = given.when(ProposeRemedy(text="Təlim", due_on=LATER), AUDITOR).happens()
    assert isinstance(proposed, RemedyProposed)
    given.given(proposed)
    assert given.state.running_clocks == {f"remedy:{proposed.remedy_id}": LATER}
    given.when(told(f"remedy:{proposed.remedy_id}", LATER), watch).happens()
    withdrawn = FindingWithdrawn(withdrawn_by="auditor")
    assert given.given(withdrawn).state.running_clocks == {}


def test_a_finding_is_corrected_by_no_one_who_may_not_judge_it_and_in_nothing_else() -> None:
    named = spec().given(opened_on(command(answerer="head")))
    named.when(correct("true"), HEAD).refused(OwnWork)
    named.when(replace(correct("x"), entry="text"), AUDITOR).refused(NotCorrectable)


def test_a_rejected_answer_is_given_anew_by_another_day() -> None:
    asked = RejectAnswer(reason="Sübut yoxdur", answer_due_on=LATER)
    rejected = FindingAnswerRejected(rejected_by="auditor", due=DUE)
    spec().given(OPENED, ANSWERED).when(asked, AUDITOR).then(rejected)
    again = spec().given(OPENED, ANSWERED, rejected)
    again.when(AnswerFinding(text="Səhvdir"), HEAD).then(ANSWERED)


def test_only_an_answer_is_judged_and_only_a_question_answered() -> None:
    spec().given(OPENED).when(AcceptAnswer(), AUDITOR).refused(NoAnswerToJudge)
    given = spec().given(OPENED, ANSWERED)
    given.when(AnswerFinding(text="Yenə"), HEAD).refused(NoAnswerAwaited)
    given.when(AcceptAnswer(), AUDITOR).then(ACCEPTED)


DEPUTY = official("dana", "pensions", on_behalf_of="head")


def test_a_deputy_who_answered_or_reported_judges_nothing_in_their_own_name() -> None:
    dana = official("dana", "audit")
    answered = spec().given(OPENED)
    answered.when(AnswerFinding(text="Səhvdir"), DEPUTY).then(replace(ANSWERED, deputy="dana"))
    answered.when(AcceptAnswer(), dana).refused(OwnWork)
    asked = spec().given(OPENED, ANSWERED)
    (proposed,) = asked.when(ProposeRemedy(text="Təlim", due_on=LATER), AUDITOR).happens()
    assert isinstance(proposed, finding.RemedyProposed)
    report = ReportRemedy(remedy_id=proposed.remedy_id, carried_out_on=TODAY)
    reported = asked.given(proposed, ACCEPTED)
    done = RemedyCarriedOut(
        remedy_id=proposed.remedy_id, carried_out_on=TODAY, reported_by="head", deputy="dana"
    )
    reported.when(report, DEPUTY).then(done)
    reported.when(CloseFinding(), dana).refused(OwnWork)


def replied(*events: ReplyEvent) -> Reply:
    reply = evolve_reply(None, DRAFTED)
    for event in events:
        reply = evolve_reply(reply, event)
    return reply


DRAFTED = ReplyDrafted(
    text="mətn",
    digest="0" * 64,
    author="executor",
    initials_by=("head",),
    signatory="director",
    deputy="writer",
)
RETURNED = ReplyReturned(digest="0" * 64, returned_by="director")
INITIALLED = ReplyInitialled(digest="0" * 64, initialled_by="head", deputy="checker")
SIGNED = ReplySigned(digest="0" * 64, signed_by="director", deputy="signer")
STEPS = replied(INITIALLED, SIGNED)


@pytest.mark.parametrize(
    ("case", "deputy"),
    [
        (Case(reply=STEPS), "writer"),
        (Case(reply=STEPS), "checker"),
        (Case(reply=STEPS), "signer"),
        (Case(reply=replied(INITIALLED, SIGNED, RETURNED)), "signer"),
        (Case(submitted_by=Hand(official="bearer", principal="executor")), "bearer"),
    ],
)
def test_a_deputy_who_had_a_hand_in_the_case_neither_opens_nor_judges(
    case: Case, deputy: str
) -> None:
    asked = command(source_case=APPEAL)
    refused(OwnWork, asked, (APPEAL, case, 3), by=official(deputy, "audit"))
    given = spec().given(opened_on(asked, (APPEAL, case, 3)), ANSWERED)
    given.when(AcceptAnswer(), official(deputy, "audit")).refused(OwnWork)


@pytest.mark.parametrize("name", ["executor", "head"])
def test_officials_of_the_case_and_whoever_answered_do_not_judge(name: str) -> None:
    event = opened_on(command(source_case=APPEAL), (APPEAL, Case(), 3))
    given = spec().given(event, ANSWERED)
    for judging in (AcceptAnswer(), CloseFinding(), WithdrawFinding(reason="Səhv")):
        given.when(judging, official(name, "audit")).refused(OwnWork)
        given.when(judging, official("x", "audit", on_behalf_of=name)).refused(OwnWork)


def test_a_finding_is_closed_after_its_remedies() -> None:
    given = spec().given(OPENED, ANSWERED)
    given.when(CloseFinding(), AUDITOR).refused(AnswerNotAccepted)
    (proposed,) = given.when(ProposeRemedy(text="Təlim", due_on=LATER), AUDITOR).happens()
    assert isinstance(proposed, finding.RemedyProposed)
    given.given(proposed, ACCEPTED).when(CloseFinding(), AUDITOR).refused(RemediesOutstanding)
    report = ReportRemedy(remedy_id=proposed.remedy_id, carried_out_on=TODAY)
    given.when(replace(report, remedy_id=APPEAL), HEAD).refused(NoSuchRemedy)
    given.when(replace(report, carried_out_on=LATER), HEAD).refused(DatedInTheFuture)
    given.when(report, AUDITOR).refused(NotTheConcernedUnit)
    done = RemedyCarriedOut(remedy_id=proposed.remedy_id, carried_out_on=TODAY, reported_by="head")
    given.when(report, HEAD).then(done)
    given.when(CloseFinding(), AUDITOR).then(FindingClosed(closed_by="auditor"))


@pytest.mark.parametrize(
    "ended", [FindingClosed(closed_by="auditor"), FindingWithdrawn(withdrawn_by="auditor")]
)
def test_nothing_is_done_with_a_finding_that_has_ended(ended: Any) -> None:
    over = spec().given(OPENED, ANSWERED, ACCEPTED, ended)
    over.when(AnswerFinding(text="Yenə"), HEAD).refused(FindingHasEnded)
    over.when(WithdrawFinding(reason="Səhv"), AUDITOR).refused(FindingHasEnded)
