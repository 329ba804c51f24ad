"""The destruction: what is personal in cases, or of one person, is made unreadable for ever."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, assert_never
from uuid import UUID

from msgspec import Meta
from msgspec.structs import replace

from domain.case import (
    ANSWERING_FOR_FILES,
    AlreadyBegun,
    CaseKind,
    Command,
    Context,
    Event,
    NotFitting,
    NotYetBegun,
    OfficialId,
    Other,
    Refusal,
    RegistrationNumber,
    ShortText,
    UnitId,
    Value,
)
from domain.keeping import why_kept
from domain.retention import NO_RULES, RetentionRules, subkind_of

KIND = CaseKind.DESTRUCTION
BOOK = "d"
APPROVERS = 2
MOST_CASES = 200
"""In one destruction: all of its cases are destroyed in one transaction, under the log's lock."""


class Stage(StrEnum):
    """``carried-out``: decided and recorded, the keys are being destroyed."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CARRIED_OUT = "carried-out"
    COMPLETED = "completed"


class Ground(StrEnum):
    """Why it may be destroyed; the last two are for one person's data, before its time."""

    RETENTION = "retention"
    REQUEST = "request"
    COURT_ORDER = "court-order"


CaseIds = Annotated[tuple[UUID, ...], Meta(max_length=MOST_CASES)]


class DueCase(Value):
    """A case whose time is over, with the rule that says so."""

    case_id: UUID
    rule: str
    ended_on: date
    may_go_on: date


class DestructionProposed(Event, tag="destruction-proposed"):
    """``cases`` are for the ground of retention, ``person`` for the others."""

    number: RegistrationNumber
    ground: Ground
    cases: tuple[DueCase, ...]
    person: UUID | None
    proposed_on: date
    registering_unit: UnitId
    proposed_by: OfficialId
    deputy: OfficialId | None = None


class DestructionApproved(Event, tag="destruction-approved"):
    """``approvals`` counts this one; with the second the destruction is carried out.

    ``deputy`` is who approved it on behalf of ``approved_by``: neither of them may do so again.
    """

    approved_by: OfficialId
    approvals: int
    deputy: OfficialId | None = None


class DestructionRefused(Event, tag="destruction-refused"):
    refused_by: OfficialId


class DestructionWithdrawn(Event, tag="destruction-withdrawn"):
    withdrawn_by: OfficialId


class SparedCase(Value):
    """A proposed case that stays. ``why``: hung-on, not-due, or what `keeping.why_kept` says."""

    case_id: UUID
    why: str


class DestructionCarriedOut(Event, tag="destruction-carried-out"):
    """``owners`` are those whose keys are destroyed, ``kept`` those that other cases still need.

    Of an erasure, ``cases`` are those in which the person's data was. ``looked_at`` is the log's
    position when the owners were looked up.
    """

    cases: tuple[UUID, ...]
    owners: tuple[UUID, ...]
    kept: tuple[UUID, ...] = ()
    spared: tuple[SparedCase, ...] = ()
    looked_at: int | None = None


class DestructionCompleted(Event, tag="destruction-completed"):
    """Nothing is left of it in the database. ``kept`` counts keys that were needed again."""

    keys: int
    kept: int
    documents: int


class ProposeDestruction(Command):
    """Cases whose retention is over, or one person's data at their request or by a court's order.

    Two others have to approve it. What they and the proposer say of one person's data is sealed
    under that person's key, and goes with it.
    """

    ground: Ground = Ground.RETENTION
    cases: CaseIds = ()
    person: UUID | None = None
    reason: ShortText | None = None


class ApproveDestruction(Command):
    """The proposer can't, and nobody can twice."""


class RefuseDestruction(Command):
    reason: ShortText


class WithdrawDestruction(Command):
    """The proposer takes it back; possible until it is carried out."""

    reason: ShortText


class CarryOutDestruction(Command):
    cases: CaseIds
    owners: tuple[UUID, ...]
    kept: tuple[UUID, ...] = ()
    spared: tuple[SparedCase, ...] = ()
    looked_at: int | None = None


class CompleteDestruction(Command):
    keys: int
    kept: int
    documents: int


class NothingToDestroy(NotFitting):
    """Name cases for the ground of retention, and one person for any other."""


class ErasureReasonMissing(NotFitting):
    """Say why this person's data is to be destroyed, such as the number of the letter."""


class PersonUnknown(NotFitting):
    """The register has no data of such a person: correct the id."""


class AlreadyProposed(Refusal):
    """A destruction of this is proposed already: decide that one first."""


class CaseNamedTwice(NotFitting):
    """Each case is named once."""


class NotDueYet(Refusal):
    """A case of these has to be kept: see the retention list for what may go."""


class OwnProposal(Refusal):
    """A destruction is approved by two people who did not propose it."""


class ApprovedBefore(Refusal):
    """You have approved it already: somebody else has to."""


class NotProposer(Refusal):
    """Only whoever proposed the destruction takes it back; others refuse it."""


class NotOpenToDecision(Refusal):
    """This destruction has been decided, withdrawn or carried out already."""


class NotApprovedYet(Refusal):
    """Two people have to approve the destruction first."""


BEGINS = ProposeDestruction
DestructionCommand = (
    ProposeDestruction
    | ApproveDestruction
    | RefuseDestruction
    | WithdrawDestruction
    | CarryOutDestruction
    | CompleteDestruction
)
DestructionEvent = (
    DestructionProposed
    | DestructionApproved
    | DestructionRefused
    | DestructionWithdrawn
    | DestructionCarriedOut
    | DestructionCompleted
)


class Destruction(Value):
    number: RegistrationNumber
    ground: Ground
    cases: tuple[UUID, ...]
    person: UUID | None
    proposers: frozenset[str]
    units: frozenset[str]
    workers: frozenset[str]
    approvers: frozenset[str] = frozenset()
    approvals: int = 0
    stage: Stage = Stage.PROPOSED
    confidential: bool = False
    owner: UUID | None = None


def decide(
    command: DestructionCommand, destruction: Destruction | None, ctx: Context
) -> list[Event]:
    if isinstance(command, ProposeDestruction):
        if destruction:
            raise AlreadyBegun
        return [_propose(command, ctx)]
    if not destruction:
        raise NotYetBegun
    match command:
        case ApproveDestruction():
            return [_approve(destruction, ctx)]
        case RefuseDestruction():
            _require_undecided(destruction)
            return [DestructionRefused(refused_by=ctx.by.principal)]
        case WithdrawDestruction():
            _require_undecided(destruction)
            if _who(ctx).isdisjoint(destruction.proposers):
                raise NotProposer
            return [DestructionWithdrawn(withdrawn_by=ctx.by.principal)]
        case CarryOutDestruction():
            return [_carry_out(command, destruction, ctx)]
        case CompleteDestruction(keys=keys, kept=kept, documents=documents):
            if destruction.stage is not Stage.CARRIED_OUT:
                raise NotOpenToDecision
            return [DestructionCompleted(keys=keys, kept=kept, documents=documents)]
        case _:
            assert_never(command)


def _propose(command: ProposeDestruction, ctx: Context) -> DestructionProposed:
    by_time = command.ground is Ground.RETENTION
    if (bool(command.cases), command.person is None) != (by_time, by_time):
        raise NothingToDestroy
    if command.person and not command.reason:
        raise ErasureReasonMissing
    if len(set(command.cases)) < len(command.cases):
        raise CaseNamedTwice
    rules, today = ctx.retention or NO_RULES, ctx.today
    due = [
        due_case(case_id, ctx.others.get(case_id), rules, today)
        for case_id in (command.cases if by_time else ())
    ]
    return DestructionProposed(
        number=ctx.next_number(BOOK, ctx.today.year),
        ground=command.ground,
        cases=tuple(due),
        person=command.person,
        proposed_on=ctx.today,
        registering_unit=ctx.by.unit,
        proposed_by=ctx.by.principal,
        deputy=_deputy(ctx),
    )


def due_case(case_id: UUID, case: Other | None, rules: RetentionRules, today: date) -> DueCase:
    """What may go by which rule. Raises NotDueYet, which tells why it may not."""
    if case is None:
        raise NotDueYet(f"There is no case {case_id}.")
    kind = _kind_of(case)
    if why := why_kept(kind, case.state):
        raise NotDueYet(f"{case_id} has to be kept: {_WHY[why]}.")
    rule = rules.of(kind, subkind_of(kind, case.state))
    if rule is None or case.ended_on is None:
        raise NotDueYet(f"{case_id} has to be kept: no rule says for how long.")
    may_go_on = rule.may_go_on(case.ended_on)
    if may_go_on > today:
        raise NotDueYet(f"{case_id} has to be kept until {may_go_on} by the rule {rule.id}.")
    return DueCase(case_id=case_id, rule=rule.id, ended_on=case.ended_on, may_go_on=may_go_on)


def _kind_of(case: Other) -> CaseKind:
    assert case.kind is not None  # noqa: S101 - the desk tells it of every case
    return case.kind


_WHY: Mapping[str, str] = {
    "not-ended": "it hasn't ended",
    "under-control": "it is under control",
    "held-back": "somebody holds it from destruction",
    "destroyed-before": "its content is destroyed already",
}


def _approve(destruction: Destruction, ctx: Context) -> DestructionApproved:
    if destruction.stage is not Stage.PROPOSED:
        raise NotOpenToDecision
    if not _who(ctx).isdisjoint(destruction.proposers):
        raise OwnProposal
    if not _who(ctx).isdisjoint(destruction.approvers):
        raise ApprovedBefore
    return DestructionApproved(
        approved_by=ctx.by.principal,
        approvals=destruction.approvals + 1,
        deputy=_deputy(ctx),
    )


def _who(ctx: Context) -> frozenset[str]:
    return frozenset({ctx.by.official, ctx.by.principal})


def _deputy(ctx: Context) -> str | None:
    return ctx.by.official if ctx.by.on_behalf_of else None


def _carry_out(
    command: CarryOutDestruction, destruction: Destruction, ctx: Context
) -> DestructionCarriedOut:
    if destruction.stage is not Stage.APPROVED:
        raise NotApprovedYet
    for case_id in command.cases:
        case = ctx.others.get(case_id)
        if case is None:
            raise NotDueYet
        if destruction.person is None:
            due_case(case_id, case, ctx.retention or NO_RULES, ctx.today)
        elif (why := why_kept(_kind_of(case), case.state)) not in (None, "destroyed-before"):
            raise NotDueYet(f"{case_id} has to be kept: {_WHY[str(why)]}.")
    if destruction.person is None:
        told = {*command.cases, *(spared.case_id for spared in command.spared)}
        if told != set(destruction.cases):
            raise NotDueYet
    return DestructionCarriedOut(
        cases=command.cases,
        owners=command.owners,
        kept=command.kept,
        spared=command.spared,
        looked_at=command.looked_at,
    )


def _require_undecided(destruction: Destruction) -> None:
    if destruction.stage not in (Stage.PROPOSED, Stage.APPROVED):
        raise NotOpenToDecision


def evolve(destruction: Destruction | None, event: DestructionEvent) -> Destruction:
    if isinstance(event, DestructionProposed):
        return Destruction(
            number=event.number,
            ground=event.ground,
            cases=tuple(case.case_id for case in event.cases),
            person=event.person,
            proposers=_named(event.proposed_by, event.deputy),
            units=frozenset({event.registering_unit, ANSWERING_FOR_FILES}),
            workers=frozenset({event.proposed_by}),
            owner=event.person,
        )
    if not destruction:
        raise NotYetBegun
    match event:
        case DestructionApproved(approved_by=approver, approvals=approvals, deputy=deputy):
            return replace(
                destruction,
                approvers=destruction.approvers | _named(approver, deputy),
                approvals=approvals,
                workers=destruction.workers | {approver},
                stage=Stage.APPROVED if approvals >= APPROVERS else Stage.PROPOSED,
            )
        case DestructionRefused(refused_by=official):
            return _ended(destruction, Stage.REFUSED, official)
        case DestructionWithdrawn(withdrawn_by=official):
            return _ended(destruction, Stage.WITHDRAWN, official)
        case DestructionCarriedOut():
            return replace(destruction, stage=Stage.CARRIED_OUT)
        case DestructionCompleted():
            return replace(destruction, stage=Stage.COMPLETED)
        case _:
            assert_never(event)


def _named(official: str, deputy: str | None) -> frozenset[str]:
    return frozenset({official, deputy} if deputy else {official})


def _ended(destruction: Destruction, stage: Stage, official: str) -> Destruction:
    return replace(destruction, stage=stage, workers=destruction.workers | {official})
