"""The finding: what an auditor found, the unit's answer to it, and the remedies that follow.

Monitoring ends in findings and proposals to remedy them (statute 001 6.3.1-6.3.7).
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, assert_never
from uuid import UUID

from msgspec import Meta
from msgspec.structs import replace

from domain import notice, record, secrecy
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
from domain.due import Due
from domain.hand import Hand
from domain.information import DatedInTheFuture, DueInThePast
from domain.notice import NONE_GIVEN, DeadlineNoticeGiven, GiveDeadlineNotice, Given
from domain.record import Correctable, CorrectEntry, EntryCorrected

KIND = CaseKind.FINDING
BOOK = "f"
CORRECTABLE = Correctable(coded=frozenset({secrecy.ENTRY}))

Version = Annotated[int, Meta(ge=1, le=1_000_000)]


class FindingKind(StrEnum):
    """The closed list of what a finding may be about."""

    LATE = "late"
    SKIPPED_STEP = "skipped-step"
    OUT_OF_ORDER = "out-of-order"
    WRONG_ANSWER = "wrong-answer"
    UNFOUNDED_EXTENSION = "unfounded-extension"
    CONFIDENTIALITY = "confidentiality"
    CONFLICT_OF_INTEREST = "conflict-of-interest"
    REPORT_DIFFERS = "report-differs"
    OTHER = "other-finding"


class Stage(StrEnum):
    """Whose turn it is. A finding stays open until its remedies are carried out."""

    AWAITING_ANSWER = "awaiting-answer"
    AWAITING_JUDGEMENT = "awaiting-judgement"
    ANSWER_ACCEPTED = "answer-accepted"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


OPEN = frozenset({Stage.AWAITING_ANSWER, Stage.AWAITING_JUDGEMENT, Stage.ANSWER_ACCEPTED})


class Evidence(Value):
    """An event in the log: the case, and the version that the event made of it."""

    case_id: UUID
    version: Version


EvidenceList = Annotated[tuple[Evidence, ...], Meta(max_length=200)]


class FindingOpened(Event, tag="finding-opened"):
    """On ``source_case``, or on the unit's work without one.

    ``answerer`` alone answers; without one whoever heads the unit does. ``may_not_judge`` are the
    officials of the case as it stood.
    """

    number: RegistrationNumber
    kind: FindingKind
    source_case: UUID | None
    unit: UnitId
    answerer: OfficialId | None
    text: PersonalLongText
    evidence: EvidenceList
    due: Due
    confidential: bool
    registered_on: date
    opening_unit: UnitId
    opened_by: OfficialId
    may_not_judge: tuple[OfficialId, ...]


class AnswererNamed(Event, tag="answerer-named"):
    """From now on ``answerer`` alone answers. Whoever was named before still sees the finding."""

    answerer: OfficialId
    named_by: OfficialId


class FindingAnswered(Event, tag="finding-answered", omit_defaults=True):
    """``deputy`` is who answered for the official, if somebody did.

    The first of these events tell no day.
    """

    text: PersonalLongText
    evidence: EvidenceList
    answered_by: OfficialId
    deputy: OfficialId | None = None
    answered_on: date | None = None


class FindingAnswerAccepted(Event, tag="finding-answer-accepted"):
    accepted_by: OfficialId


class FindingAnswerRejected(Event, tag="finding-answer-rejected"):
    """The unit answers anew, by ``due``."""

    rejected_by: OfficialId
    due: Due


class RemedyProposed(Event, tag="remedy-proposed"):
    remedy_id: UUID
    text: PersonalLongText
    due: Due
    proposed_by: OfficialId


class RemedyCarriedOut(Event, tag="remedy-carried-out", omit_defaults=True):
    """``deputy`` is who reported it for the official, if somebody did."""

    remedy_id: UUID
    carried_out_on: date
    reported_by: OfficialId
    deputy: OfficialId | None = None


class FindingWithdrawn(Event, tag="finding-withdrawn"):
    withdrawn_by: OfficialId


class FindingClosed(Event, tag="finding-closed"):
    closed_by: OfficialId


class OpenFinding(Command):
    """On a case, named as ``source_case``, or on a unit's work without one.

    ``text`` says what was done wrongly and names no citizen: it is shown wherever the finding is.
    A finding with evidence from a confidential case is confidential, and names its ``answerer``.
    """

    kind: FindingKind
    unit: UnitId
    text: PersonalLongText
    answer_due_on: date
    evidence: EvidenceList = ()
    source_case: UUID | None = None
    answerer: OfficialId | None = None


class NameAnswerer(Command):
    """Name the official of the unit who answers: the first one, or another than was named."""

    answerer: OfficialId


class AnswerFinding(Command):
    """The unit's answer, with events that speak for it; its ``text`` names no citizen."""

    text: PersonalLongText
    evidence: EvidenceList = ()


class AcceptAnswer(Command):
    """The finding is settled by the answer, or by the remedies that are proposed."""


class RejectAnswer(Command):
    """The unit has to answer anew, by ``answer_due_on``."""

    reason: ShortText
    answer_due_on: date


class ProposeRemedy(Command):
    """What the unit should do so that it doesn't happen again (statute 001 6.3.7)."""

    text: PersonalLongText
    due_on: date


class ReportRemedy(Command):
    """The unit tells that a remedy was carried out."""

    remedy_id: UUID
    carried_out_on: date


class WithdrawFinding(Command):
    """The auditor found wrongly."""

    reason: ShortText


class CloseFinding(Command):
    """The answer was accepted, and every remedy was carried out."""


class EvidenceMissing(NotFitting):
    """An event named as evidence isn't in the log: name it by its case and version."""


class EvidenceNamedTwice(NotFitting):
    """Each event is named as evidence once."""


class ConfidentialEvidence(NotFitting):
    """Evidence of a confidential case: leave it out, or have the finding made confidential."""


class NobodyNamedToAnswer(Refusal):
    """It names nobody to answer: name who answers it first, then make it confidential."""


class AlreadyAnswers(Refusal):
    """This official is already the one to answer: name another."""


class AnswererJudges(NotFitting):
    """Whoever names who answers can't be the one: name another official."""


class FindingOnFinding(NotFitting):
    """A finding is about a case or a unit, not about another finding: reject its answer instead."""


class AnswererNeeded(NotFitting):
    """The finding is confidential: name the official of the unit who answers it."""


class OwnWork(Refusal):
    """Nobody judges a case that they worked on or answered for: another auditor has to do it."""


class NotTheConcernedUnit(Refusal):
    """Only the unit that the finding is about may do this, or the official named to answer."""


class HeadAnswers(Refusal):
    """The finding names nobody to answer: the unit's head does it, or a signatory of the unit."""


class NoAnswerAwaited(Refusal):
    """The finding waits for no answer now."""


class NoAnswerToJudge(Refusal):
    """There is no answer to judge: the unit has to answer first."""


class AnswerNotAccepted(Refusal):
    """The unit's answer has to be accepted before the finding is closed."""


class RemediesOutstanding(Refusal):
    """A remedy has not been carried out yet: the finding is closed after all of them."""


class NoSuchRemedy(Refusal):
    """No outstanding remedy of this finding has this id."""


class FindingHasEnded(Refusal):
    """The finding is closed or withdrawn: open another one."""


BEGINS = OpenFinding
FindingCommand = (
    OpenFinding
    | NameAnswerer
    | AnswerFinding
    | AcceptAnswer
    | RejectAnswer
    | ProposeRemedy
    | ReportRemedy
    | WithdrawFinding
    | CloseFinding
    | CorrectEntry
    | GiveDeadlineNotice
)
FindingEvent = (
    FindingOpened
    | AnswererNamed
    | FindingAnswered
    | FindingAnswerAccepted
    | FindingAnswerRejected
    | RemedyProposed
    | RemedyCarriedOut
    | FindingWithdrawn
    | FindingClosed
    | EntryCorrected
    | DeadlineNoticeGiven
)


class Remedy(Value):
    """What the unit should have done by ``due_on``."""

    remedy_id: UUID
    due_on: date


class Finding(Value):
    """``remedies`` are those not carried out yet."""

    number: RegistrationNumber
    kind: FindingKind
    source_case: UUID | None
    unit: str
    answerer: str | None
    due: Due
    confidential: bool
    units: frozenset[str]
    workers: frozenset[str]
    may_not_judge: frozenset[str]
    stage: Stage = Stage.AWAITING_ANSWER
    remedies: tuple[Remedy, ...] = ()
    notices: Given = NONE_GIVEN
    owner: UUID | None = None

    @property
    def running_clocks(self) -> dict[str, date]:
        """What the unit has to meet by which day, by the names that the lists use."""
        if self.stage not in OPEN:
            return {}
        remedies = {f"remedy:{each.remedy_id}": each.due_on for each in self.remedies}
        if self.stage is Stage.AWAITING_ANSWER:
            return {"finding-answer": self.due.on, **remedies}
        return remedies


def decide(command: FindingCommand, finding: Finding | None, ctx: Context) -> list[Event]:
    if isinstance(command, OpenFinding):
        if finding:
            raise AlreadyBegun
        return [_open(command, ctx)]
    if not finding:
        raise NotYetBegun
    if isinstance(command, CorrectEntry):
        return _correct(command, finding, ctx)
    if isinstance(command, GiveDeadlineNotice):
        return notice.decide(
            command,
            running=finding.running_clocks,
            given=finding.notices,
            workers=finding.workers,
            confidential=finding.confidential,
        )
    if finding.stage not in OPEN:
        raise FindingHasEnded
    match command:
        case AnswerFinding() | ReportRemedy():
            return [_from_the_unit(command, finding, ctx)]
        case _:
            _require_judge(finding, ctx)
            return [_from_the_auditor(command, finding, ctx)]


def _open(command: OpenFinding, ctx: Context) -> FindingOpened:
    _require_evidence(command.evidence, ctx)
    named = [other.state for other in ctx.others.values()]
    case = ctx.others.get(command.source_case) if command.source_case else None
    if case and isinstance(case.state, Finding):
        raise FindingOnFinding
    officials = frozenset[str]().union(*map(_officials, named))
    if not officials.isdisjoint(_hands(ctx)):
        raise OwnWork
    confidential = any(state.confidential for state in named)
    if confidential and not command.answerer:
        raise AnswererNeeded
    return FindingOpened(
        kind=command.kind,
        source_case=command.source_case,
        unit=command.unit,
        answerer=command.answerer,
        text=command.text,
        evidence=command.evidence,
        due=_due(command.answer_due_on, ctx),
        confidential=confidential,
        registered_on=ctx.today,
        opening_unit=ctx.by.unit,
        opened_by=ctx.by.principal,
        may_not_judge=tuple(sorted(officials)),
        number=ctx.next_number(BOOK, ctx.today.year),
    )


def _officials(case: Any) -> frozenset[str]:
    """Whoever works on a case, and who wrote, checked, signed or handed in for one of them."""
    reply, submitted_by = getattr(case, "reply", None), getattr(case, "submitted_by", None)
    officials: frozenset[str] = case.workers
    if reply:
        officials |= reply.hands
    if submitted_by:
        officials |= submitted_by.people
    return officials


def _correct(command: CorrectEntry, finding: Finding, ctx: Context) -> list[Event]:
    _require_judge(finding, ctx)
    if command.entry == secrecy.ENTRY:
        command = secrecy.required(command, confidential=finding.confidential)
        if secrecy.told(command.value) and finding.stage in OPEN and not finding.answerer:
            raise NobodyNamedToAnswer
    return record.decide(command, frozenset(), CORRECTABLE, ctx)


def _from_the_unit(command: AnswerFinding | ReportRemedy, finding: Finding, ctx: Context) -> Event:
    if finding.answerer:
        if finding.answerer != ctx.by.principal:
            raise NotTheConcernedUnit
    elif ctx.by.unit != finding.unit:
        raise NotTheConcernedUnit
    elif not ctx.leads:
        raise HeadAnswers
    hand = Hand.of(ctx.by)
    match command:
        case AnswerFinding(text=text, evidence=evidence):
            if finding.stage is not Stage.AWAITING_ANSWER:
                raise NoAnswerAwaited
            _require_evidence(evidence, ctx)
            if not finding.confidential and any(o.state.confidential for o in ctx.others.values()):
                raise ConfidentialEvidence
            return FindingAnswered(
                text=text,
                evidence=evidence,
                answered_by=hand.principal,
                deputy=hand.deputy,
                answered_on=ctx.today,
            )
        case ReportRemedy(remedy_id=remedy_id, carried_out_on=day):
            if remedy_id not in {each.remedy_id for each in finding.remedies}:
                raise NoSuchRemedy
            if day > ctx.today:
                raise DatedInTheFuture
            return RemedyCarriedOut(
                remedy_id=remedy_id,
                carried_out_on=day,
                reported_by=hand.principal,
                deputy=hand.deputy,
            )
        case _:
            assert_never(command)


def _from_the_auditor(
    command: NameAnswerer
    | AcceptAnswer
    | RejectAnswer
    | ProposeRemedy
    | WithdrawFinding
    | CloseFinding,
    finding: Finding,
    ctx: Context,
) -> Event:
    who = ctx.by.principal
    match command:
        case NameAnswerer(answerer=answerer):
            if answerer == finding.answerer:
                raise AlreadyAnswers
            if answerer in _hands(ctx):
                raise AnswererJudges
            return AnswererNamed(answerer=answerer, named_by=who)
        case AcceptAnswer():
            _require_answer(finding)
            return FindingAnswerAccepted(accepted_by=who)
        case RejectAnswer(answer_due_on=day):
            _require_answer(finding)
            return FindingAnswerRejected(rejected_by=who, due=_due(day, ctx))
        case ProposeRemedy(text=text, due_on=due_on):
            return RemedyProposed(
                remedy_id=ctx.derive_id("remedy"),
                text=text,
                due=_due(due_on, ctx),
                proposed_by=who,
            )
        case WithdrawFinding():
            return FindingWithdrawn(withdrawn_by=who)
        case CloseFinding():
            if finding.stage is not Stage.ANSWER_ACCEPTED:
                raise AnswerNotAccepted
            if finding.remedies:
                raise RemediesOutstanding
            return FindingClosed(closed_by=who)
        case _:
            assert_never(command)


def _hands(ctx: Context) -> frozenset[str]:
    """Whoever acts, and for whom: neither may have a part in what is judged."""
    return Hand.of(ctx.by).people


def _require_judge(finding: Finding, ctx: Context) -> None:
    if not finding.may_not_judge.isdisjoint(_hands(ctx)):
        raise OwnWork


def _require_answer(finding: Finding) -> None:
    if finding.stage is not Stage.AWAITING_JUDGEMENT:
        raise NoAnswerToJudge


def _require_evidence(evidence: tuple[Evidence, ...], ctx: Context) -> None:
    if len(set(evidence)) < len(evidence):
        raise EvidenceNamedTwice
    for each in evidence:
        case = ctx.others.get(each.case_id)
        if case is None or case.version < each.version:
            raise EvidenceMissing(
                f"There is no version {each.version} of the case {each.case_id}: "
                "name the event by its case and version."
            )


def _due(day: date, ctx: Context) -> Due:
    if day < ctx.today:
        raise DueInThePast
    return ctx.terms.choose(day)


def evolve(finding: Finding | None, event: FindingEvent) -> Finding:
    if isinstance(event, FindingOpened):
        return _opened(event)
    if not finding:
        raise NotYetBegun
    match event:
        case AnswererNamed(answerer=answerer, named_by=who):
            hands = finding.may_not_judge | {answerer}
            named = replace(finding, answerer=answerer, may_not_judge=hands)
            return _joined(_joined(named, answerer), who)
        case DeadlineNoticeGiven():
            return replace(finding, notices=notice.evolve(finding.notices, event))
        case FindingAnswered(answered_by=who, deputy=deputy):
            answered = replace(
                finding,
                stage=Stage.AWAITING_JUDGEMENT,
                may_not_judge=finding.may_not_judge | Hand.told(who, deputy).people,
            )
            return _joined(answered, who)
        case FindingAnswerAccepted(accepted_by=who):
            return _joined(replace(finding, stage=Stage.ANSWER_ACCEPTED), who)
        case FindingAnswerRejected(rejected_by=who, due=due):
            return _joined(replace(finding, stage=Stage.AWAITING_ANSWER, due=due), who)
        case RemedyProposed(remedy_id=remedy_id, due=due, proposed_by=who):
            remedy = Remedy(remedy_id=remedy_id, due_on=due.on)
            return _joined(replace(finding, remedies=(*finding.remedies, remedy)), who)
        case RemedyCarriedOut(remedy_id=remedy_id, reported_by=who, deputy=deputy):
            left = tuple(each for each in finding.remedies if each.remedy_id != remedy_id)
            hands = finding.may_not_judge | Hand.told(who, deputy).people
            reported = replace(finding, remedies=left, may_not_judge=hands)
            return _joined(reported, who)
        case FindingWithdrawn(withdrawn_by=who):
            return _joined(replace(finding, stage=Stage.WITHDRAWN), who)
        case FindingClosed(closed_by=who):
            return _joined(replace(finding, stage=Stage.CLOSED), who)
        case EntryCorrected(value=value):
            return replace(finding, confidential=secrecy.told(value))
        case _:
            assert_never(event)


def _opened(event: FindingOpened) -> Finding:
    return Finding(
        number=event.number,
        kind=event.kind,
        source_case=event.source_case,
        unit=event.unit,
        answerer=event.answerer,
        due=event.due,
        confidential=event.confidential,
        units=frozenset({event.opening_unit, event.unit}),
        workers=frozenset(filter(None, (event.opened_by, event.answerer))),
        may_not_judge=frozenset(filter(None, (*event.may_not_judge, event.answerer))),
    )


def _joined(finding: Finding, who: str) -> Finding:
    return replace(finding, workers=finding.workers | {who})
