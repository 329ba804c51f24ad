"""The cause (səbəb) that people come back for, the proposals to remove it, and what came of them.

Repeat appeals and their causes are found, and proposals made to remove these (statute 001 3.1.5,
6.1.6).
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, assert_never
from uuid import UUID

from msgspec import Meta
from msgspec.structs import replace

from domain import notice
from domain.appeal import Appeal
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
    PersonalLongText,
    PersonalText,
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

KIND = CaseKind.CAUSE
BOOK = "c"

Topics = Annotated[tuple[Code, ...], Meta(min_length=1, max_length=20)]
Units = Annotated[tuple[UnitId, ...], Meta(max_length=50)]
Appeals = Annotated[tuple[UUID, ...], Meta(max_length=200)]


class CauseKind(StrEnum):
    """The closed list of what brings people back."""

    UNCLEAR_ANSWER = "unclear-answer"
    LATE_ANSWER = "late-answer"
    MATTER_NOT_SETTLED = "matter-not-settled"
    WRONG_DECISION = "wrong-decision"
    RULE_OR_PROCEDURE = "rule-or-procedure"
    LACK_OF_INFORMATION = "lack-of-information"
    OTHER = "other-cause"


class Stage(StrEnum):
    """``being-removed`` once a proposal is adopted, ``removed`` once all adopted are carried out.

    A cause stays open until it is closed or withdrawn.
    """

    NAMED = "cause-named"
    BEING_REMOVED = "being-removed"
    REMOVED = "removed"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


OPEN = frozenset({Stage.NAMED, Stage.BEING_REMOVED, Stage.REMOVED})


class Decision(StrEnum):
    """Where a proposal stands."""

    PROPOSED = "proposed"
    ADOPTED = "adopted"
    REFUSED = "refused"
    CARRIED_OUT = "carried-out"


class CauseNamed(Event, tag="cause-named"):
    """Its matters are the appeals on ``topics``: those of ``units``, or of all without any."""

    number: RegistrationNumber
    kind: CauseKind
    title: PersonalText
    description: PersonalLongText
    topics: tuple[Code, ...]
    units: tuple[UnitId, ...]
    cases: tuple[UUID, ...]
    registered_on: date
    naming_unit: UnitId
    named_by: OfficialId


class CauseEvidenceAdded(Event, tag="cause-evidence-added"):
    cases: tuple[UUID, ...]
    added_by: OfficialId


class CauseEvidenceWithdrawn(Event, tag="cause-evidence-withdrawn"):
    cases: tuple[UUID, ...]
    withdrawn_by: OfficialId


class RemovalProposed(Event, tag="removal-proposed"):
    """``deputy`` is who proposed for the official, if somebody did; so in the events below."""

    removal_id: UUID
    text: PersonalLongText
    unit: UnitId
    due: Due
    proposed_on: date
    proposed_by: OfficialId
    deputy: OfficialId | None


class RemovalAdopted(Event, tag="removal-adopted"):
    """``unit`` is that of the proposal, ``due`` the day until which it has to carry it out."""

    removal_id: UUID
    unit: UnitId
    due: Due
    adopted_by: OfficialId
    deputy: OfficialId | None


class RemovalRefused(Event, tag="removal-refused"):
    removal_id: UUID
    refused_by: OfficialId
    deputy: OfficialId | None


class RemovalCarriedOut(Event, tag="removal-carried-out"):
    """``outstanding`` are the adopted proposals that are still left to carry out."""

    removal_id: UUID
    outstanding: int
    carried_out_on: date
    reported_by: OfficialId
    deputy: OfficialId | None


class CauseClosed(Event, tag="cause-closed"):
    closed_by: OfficialId


class CauseWithdrawn(Event, tag="cause-withdrawn"):
    withdrawn_by: OfficialId


class NameCause(Command):
    """What brings people back. ``title`` and ``description`` name no citizen.

    Its matters are the appeals on ``topics`` that the ``units`` answer, or any unit where none is
    named. ``cases`` are appeals that show it, with all that belong to their groups.
    """

    kind: CauseKind
    title: PersonalText
    description: PersonalLongText
    topics: Topics
    units: Units = ()
    cases: Appeals = ()


class AddCauseEvidence(Command):
    """More appeals that show the cause."""

    cases: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=200)]


class WithdrawCauseEvidence(Command):
    """These appeals don't show the cause, or may not be told to all that read it any more.

    It can be done after the cause has ended, too.
    """

    cases: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=200)]
    reason: ShortText


class ProposeRemoval(Command):
    """What ``unit`` should do, by ``due_on``, so that people needn't come back."""

    text: PersonalLongText
    unit: UnitId
    due_on: date


class AdoptRemoval(Command):
    """The unit has to carry the proposal out, by the day proposed or by ``due_on``."""

    removal_id: UUID
    due_on: date | None = None
    reason: ShortText | None = None


class RefuseRemoval(Command):
    removal_id: UUID
    reason: ShortText


class ReportRemoval(Command):
    """The unit tells that it has carried out what was adopted."""

    removal_id: UUID
    carried_out_on: date


class CloseCause(Command):
    """Every proposal is decided on, one at least was carried out, and none is left to do."""


class WithdrawCause(Command):
    """It was no cause, or is another's part."""

    reason: ShortText


class NoAppeal(NotFitting):
    """Only appeals show a cause: name the appeal instead of the case that hangs on it."""


class ConfidentialAppeal(NotFitting):
    """A confidential appeal would be told to all units concerned: leave it out."""


class EvidenceKnown(Refusal):
    """All of these appeals are named already."""


class EvidenceNotNamed(Refusal):
    """None of these appeals is named as showing the cause: there is nothing to withdraw."""


class NoSuchRemoval(Refusal):
    """No proposal of this cause has this id."""


class RemovalDecided(Refusal):
    """It has been decided on this proposal: make another one."""


class RemovalNotAdopted(Refusal):
    """The proposal is not adopted, or was carried out already: there is nothing to report."""


class OwnRemoval(Refusal):
    """Nobody decides on their own proposal: somebody else has to."""


class NotTheRemovingUnit(Refusal):
    """Only the unit that has to carry the proposal out may report it."""


class CarriedOutBeforeProposal(NotFitting):
    """It can't have been carried out before it was proposed: correct the day."""


class RemovalsOutstanding(Refusal):
    """A proposal waits to be decided on or carried out: the cause is closed after all of them."""


class NothingCarriedOut(Refusal):
    """Nothing was carried out to remove the cause: withdraw it if it is none."""


class CauseHasEnded(Refusal):
    """The cause is closed or withdrawn: name it anew."""


BEGINS = NameCause
CauseCommand = (
    NameCause
    | AddCauseEvidence
    | WithdrawCauseEvidence
    | ProposeRemoval
    | AdoptRemoval
    | RefuseRemoval
    | ReportRemoval
    | CloseCause
    | WithdrawCause
    | GiveDeadlineNotice
)
CauseEvent = (
    CauseNamed
    | CauseEvidenceAdded
    | CauseEvidenceWithdrawn
    | RemovalProposed
    | RemovalAdopted
    | RemovalRefused
    | RemovalCarriedOut
    | CauseClosed
    | CauseWithdrawn
    | DeadlineNoticeGiven
)


class Removal(Value):
    """A proposal. ``hands`` are who proposed it, and for whom."""

    unit: str
    due: Due
    hands: frozenset[str]
    proposed_on: date
    decision: Decision = Decision.PROPOSED
    carried_out_on: date | None = None


class Cause(Value):
    """``units`` are all that are concerned, ``of_units`` those whose matters it is about."""

    number: RegistrationNumber
    kind: CauseKind
    topics: tuple[str, ...]
    of_units: tuple[str, ...]
    cases: tuple[UUID, ...]
    registered_on: date
    units: frozenset[str]
    workers: frozenset[str]
    removals: dict[UUID, Removal]
    ended: Stage | None = None
    confidential: bool = False
    owner: UUID | None = None
    notices: Given = NONE_GIVEN

    @property
    def running_clocks(self) -> dict[str, date]:
        """What the units have to carry out by which day, by the names that the lists use."""
        return {
            f"removal:{removal_id}": removal.due.on
            for removal_id, removal in self.removals.items()
            if removal.decision is Decision.ADOPTED
        }

    @property
    def stage(self) -> Stage:
        if self.ended:
            return self.ended
        decisions = {removal.decision for removal in self.removals.values()}
        if Decision.ADOPTED in decisions:
            return Stage.BEING_REMOVED
        return Stage.REMOVED if Decision.CARRIED_OUT in decisions else Stage.NAMED

    @property
    def removed_on(self) -> date | None:
        """The day on which the last of what was adopted was carried out, none while any isn't."""
        if self.stage is Stage.BEING_REMOVED:
            return None
        days = [each.carried_out_on for each in self.removals.values() if each.carried_out_on]
        return max(days, default=None)


def decide(command: CauseCommand, cause: Cause | None, ctx: Context) -> list[Event]:
    if isinstance(command, NameCause):
        if cause:
            raise AlreadyBegun
        return [_name(command, ctx)]
    if not cause:
        raise NotYetBegun
    if isinstance(command, GiveDeadlineNotice):
        return notice.decide(
            command,
            running=cause.running_clocks,
            given=cause.notices,
            workers=cause.workers,
            confidential=cause.confidential,
        )
    hand = Hand.of(ctx.by)
    if isinstance(command, WithdrawCauseEvidence):
        known = tuple(each for each in dict.fromkeys(command.cases) if each in cause.cases)
        if not known:
            raise EvidenceNotNamed
        return [CauseEvidenceWithdrawn(cases=known, withdrawn_by=hand.principal)]
    if cause.stage not in OPEN:
        raise CauseHasEnded
    match command:
        case AddCauseEvidence(cases=cases):
            _require_appeals(cases, ctx)
            fresh = tuple(each for each in dict.fromkeys(cases) if each not in cause.cases)
            if not fresh:
                raise EvidenceKnown
            return [CauseEvidenceAdded(cases=fresh, added_by=hand.principal)]
        case ProposeRemoval(text=text, unit=unit, due_on=due_on):
            return [
                RemovalProposed(
                    removal_id=ctx.derive_id("removal"),
                    text=text,
                    unit=unit,
                    due=_due(due_on, ctx),
                    proposed_on=ctx.today,
                    proposed_by=hand.principal,
                    deputy=hand.deputy,
                )
            ]
        case AdoptRemoval() | RefuseRemoval():
            return [_decide_on(command, cause, hand, ctx)]
        case ReportRemoval():
            return [_report(command, cause, hand, ctx)]
        case CloseCause():
            _require_settled(cause)
            return [CauseClosed(closed_by=hand.principal)]
        case WithdrawCause():
            if any(each.decision is Decision.ADOPTED for each in cause.removals.values()):
                raise RemovalsOutstanding
            return [CauseWithdrawn(withdrawn_by=hand.principal)]
        case _:
            assert_never(command)


def _name(command: NameCause, ctx: Context) -> CauseNamed:
    _require_appeals(command.cases, ctx)
    return CauseNamed(
        kind=command.kind,
        title=command.title,
        description=command.description,
        topics=tuple(dict.fromkeys(command.topics)),
        units=tuple(dict.fromkeys(command.units)),
        cases=tuple(dict.fromkeys(command.cases)),
        registered_on=ctx.today,
        naming_unit=ctx.by.unit,
        named_by=ctx.by.principal,
        number=ctx.next_number(BOOK, ctx.today.year),
    )


def _require_appeals(cases: tuple[UUID, ...], ctx: Context) -> None:
    named = [ctx.others[each].state for each in cases]
    if not all(isinstance(case, Appeal) for case in named):
        raise NoAppeal
    if any(case.confidential for case in named):
        raise ConfidentialAppeal


def _decide_on(
    command: AdoptRemoval | RefuseRemoval, cause: Cause, hand: Hand, ctx: Context
) -> RemovalAdopted | RemovalRefused:
    removal = _removal(command.removal_id, cause)
    if removal.decision is not Decision.PROPOSED:
        raise RemovalDecided
    if not removal.hands.isdisjoint(hand.people):
        raise OwnRemoval
    who, deputy = hand.principal, hand.deputy
    if isinstance(command, RefuseRemoval):
        return RemovalRefused(removal_id=command.removal_id, refused_by=who, deputy=deputy)
    return RemovalAdopted(
        removal_id=command.removal_id,
        unit=removal.unit,
        due=_due(command.due_on or removal.due.on, ctx),
        adopted_by=who,
        deputy=deputy,
    )


def _report(command: ReportRemoval, cause: Cause, hand: Hand, ctx: Context) -> RemovalCarriedOut:
    removal = _removal(command.removal_id, cause)
    if removal.decision is not Decision.ADOPTED:
        raise RemovalNotAdopted
    if ctx.by.unit != removal.unit:
        raise NotTheRemovingUnit
    if command.carried_out_on > ctx.today:
        raise DatedInTheFuture
    if command.carried_out_on < removal.proposed_on:
        raise CarriedOutBeforeProposal
    adopted = [each for each in cause.removals.values() if each.decision is Decision.ADOPTED]
    return RemovalCarriedOut(
        removal_id=command.removal_id,
        outstanding=len(adopted) - 1,
        carried_out_on=command.carried_out_on,
        reported_by=hand.principal,
        deputy=hand.deputy,
    )


def _removal(removal_id: UUID, cause: Cause) -> Removal:
    if removal_id not in cause.removals:
        raise NoSuchRemoval
    return cause.removals[removal_id]


def _require_settled(cause: Cause) -> None:
    decisions = {removal.decision for removal in cause.removals.values()}
    if decisions & {Decision.PROPOSED, Decision.ADOPTED}:
        raise RemovalsOutstanding
    if Decision.CARRIED_OUT not in decisions:
        raise NothingCarriedOut


def _due(day: date, ctx: Context) -> Due:
    if day < ctx.today:
        raise DueInThePast
    return ctx.terms.choose(day)


def evolve(cause: Cause | None, event: CauseEvent) -> Cause:
    if isinstance(event, CauseNamed):
        return _named(event)
    if not cause:
        raise NotYetBegun
    match event:
        case CauseEvidenceAdded(cases=cases, added_by=who):
            return _joined(replace(cause, cases=cause.cases + cases), who)
        case CauseEvidenceWithdrawn(cases=withdrawn, withdrawn_by=who):
            left = tuple(each for each in cause.cases if each not in withdrawn)
            return _joined(replace(cause, cases=left), who)
        case RemovalProposed(unit=unit, proposed_by=who):
            proposed = _with(cause, event.removal_id, _proposed(event))
            return _joined(replace(proposed, units=proposed.units | {unit}), who)
        case RemovalAdopted(removal_id=removal_id, due=due, adopted_by=who):
            removal = cause.removals[removal_id]
            adopted = replace(removal, due=due, decision=Decision.ADOPTED)
            return _joined(_with(cause, removal_id, adopted), who)
        case RemovalRefused(removal_id=removal_id, refused_by=who):
            refused = replace(cause.removals[removal_id], decision=Decision.REFUSED)
            return _joined(_with(cause, removal_id, refused), who)
        case RemovalCarriedOut(removal_id=removal_id, carried_out_on=day, reported_by=who):
            removal = cause.removals[removal_id]
            done = replace(removal, decision=Decision.CARRIED_OUT, carried_out_on=day)
            return _joined(_with(cause, removal_id, done), who)
        case CauseClosed(closed_by=who):
            return _joined(replace(cause, ended=Stage.CLOSED), who)
        case CauseWithdrawn(withdrawn_by=who):
            return _joined(replace(cause, ended=Stage.WITHDRAWN), who)
        case DeadlineNoticeGiven():
            return replace(cause, notices=notice.evolve(cause.notices, event))
        case _:
            assert_never(event)


def _named(event: CauseNamed) -> Cause:
    return Cause(
        number=event.number,
        kind=event.kind,
        topics=event.topics,
        of_units=event.units,
        cases=event.cases,
        registered_on=event.registered_on,
        units=frozenset({event.naming_unit, *event.units}),
        workers=frozenset({event.named_by}),
        removals={},
    )


def _proposed(event: RemovalProposed) -> Removal:
    hands = Hand.told(event.proposed_by, event.deputy).people
    return Removal(unit=event.unit, due=event.due, hands=hands, proposed_on=event.proposed_on)


def _with(cause: Cause, removal_id: UUID, removal: Removal) -> Cause:
    return replace(cause, removals={**cause.removals, removal_id: removal})


def _joined(cause: Cause, who: str) -> Cause:
    return replace(cause, workers=cause.workers | {who})
