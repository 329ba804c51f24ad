"""Causes: named, their removal proposed, decided on by others, carried out and closed."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from domain import appeal, cause
from domain.case import Actor, Command, Context, Event, Other, Refusal
from domain.cause import (
    AddCauseEvidence,
    AdoptRemoval,
    CarriedOutBeforeProposal,
    Cause,
    CauseClosed,
    CauseEvidenceAdded,
    CauseEvidenceWithdrawn,
    CauseHasEnded,
    CauseKind,
    CauseNamed,
    CauseWithdrawn,
    CloseCause,
    ConfidentialAppeal,
    EvidenceKnown,
    EvidenceNotNamed,
    NameCause,
    NoAppeal,
    NoSuchRemoval,
    NothingCarriedOut,
    NotTheRemovingUnit,
    OwnRemoval,
    ProposeRemoval,
    RefuseRemoval,
    RemovalAdopted,
    RemovalCarriedOut,
    RemovalDecided,
    RemovalNotAdopted,
    RemovalProposed,
    RemovalRefused,
    RemovalsOutstanding,
    ReportRemoval,
    Stage,
    WithdrawCause,
    WithdrawCauseEvidence,
)
from domain.information import DatedInTheFuture, DueInThePast
from domain.notice import ClockNotRunning, GiveDeadlineNotice, Recipient
from domain.notice import Stage as NoticeStage
from tests.domain.spec import NOON, context, official
from tests.domain.test_appeal import REGISTERED, chosen

TODAY = NOON.date()
DUE = date(2026, 5, 4)
APPEAL, HIDDEN, OTHER_CASE = UUID(int=1), UUID(int=2), UUID(int=3)
OPEN_APPEAL = appeal.evolve(None, REGISTERED)
OTHERS = {
    APPEAL: Other(OPEN_APPEAL, 1),
    HIDDEN: Other(replace(OPEN_APPEAL, confidential=True), 1),
    OTHER_CASE: Other(object(), 1),
}
CONTROLLER, LEADER = official("controller", "agency"), official("leader", "agency")
HEAD, WORKER = official("head", "pensions"), official("worker", "pensions")
NAME = NameCause(
    kind=CauseKind.UNCLEAR_ANSWER,
    title="Grounds are missing",
    description="Refusals don't say why",
    topics=("pension", "benefit", "pension"),
    units=("pensions",),
    cases=(APPEAL,),
)
PROPOSE = ProposeRemoval(text="A form with grounds", unit="pensions", due_on=DUE)


class Told:
    """A cause and what followed; commands are given one after the other."""

    def __init__(self) -> None:
        self.state: Cause | None = None
        self.events: list[Event] = []

    def do(self, command: Command, by: Actor = CONTROLLER, **changes: Any) -> Any:
        ctx: Context = replace(context(by), others=OTHERS, **changes)
        events = cause.decide(command, self.state, ctx)  # type: ignore[arg-type]
        for event in events:
            self.state = cause.evolve(self.state, event)  # type: ignore[arg-type]
        self.events += events
        return events[-1]

    def refused(self, refusal: type[Refusal], command: Command, by: Actor = CONTROLLER) -> None:
        before = self.state
        with pytest.raises(refusal):
            self.do(command, by)
        assert self.state is before

    @property
    def stage(self) -> Stage:
        assert self.state is not None
        return self.state.stage


@pytest.fixture
def named() -> Told:
    told = Told()
    told.do(NAME)
    return told


@pytest.fixture
def proposed(named: Told) -> tuple[Told, UUID]:
    return named, named.do(PROPOSE).removal_id


def test_a_cause_is_named_with_a_number_its_topics_units_and_appeals(named: Told) -> None:
    (event,) = named.events
    assert isinstance(event, CauseNamed)
    assert str(event.number) == "C-7/2026"
    assert (event.topics, event.units) == (("pension", "benefit"), ("pensions",))
    assert (event.cases, event.named_by) == ((APPEAL,), "controller")
    assert named.state is not None
    assert named.state.units == {"agency", "pensions"}
    assert named.stage is Stage.NAMED


@pytest.mark.parametrize(
    ("case", "refusal"),
    [(HIDDEN, ConfidentialAppeal), (OTHER_CASE, NoAppeal)],
    ids=["hid", "other"],
)
def test_only_open_appeals_show_a_cause(case: UUID, refusal: type[Refusal]) -> None:
    Told().refused(refusal, replace(NAME, cases=(case,)))


def test_more_appeals_are_added_once(named: Told) -> None:
    named.refused(EvidenceKnown, AddCauseEvidence(cases=(APPEAL,)))
    named.refused(NoAppeal, AddCauseEvidence(cases=(OTHER_CASE,)))
    fresh = Told()
    fresh.do(replace(NAME, cases=()))
    added = fresh.do(AddCauseEvidence(cases=(APPEAL, APPEAL)), HEAD)
    assert added == CauseEvidenceAdded(cases=(APPEAL,), added_by="head")
    assert fresh.state is not None
    assert fresh.state.cases == (APPEAL,)


def test_a_proposal_is_adopted_by_another_carried_out_by_its_unit_and_the_cause_closed(
    proposed: tuple[Told, UUID],
) -> None:
    told, removal = proposed
    told.refused(RemovalsOutstanding, CloseCause())
    told.refused(RemovalNotAdopted, ReportRemoval(removal_id=removal, carried_out_on=TODAY), HEAD)
    told.refused(OwnRemoval, AdoptRemoval(removal_id=removal))
    adopted = told.do(AdoptRemoval(removal_id=removal), LEADER)
    assert adopted == RemovalAdopted(
        removal_id=removal, unit="pensions", due=chosen(DUE), adopted_by="leader", deputy=None
    )
    assert told.stage is Stage.BEING_REMOVED
    assert told.state is not None
    assert told.state.running_clocks == {f"removal:{removal}": DUE}
    told.refused(RemovalDecided, RefuseRemoval(removal_id=removal, reason="-"), LEADER)
    told.refused(RemovalsOutstanding, CloseCause())
    told.refused(RemovalsOutstanding, WithdrawCause(reason="-"))

    report = ReportRemoval(removal_id=removal, carried_out_on=TODAY)
    told.refused(NotTheRemovingUnit, report, LEADER)
    told.refused(DatedInTheFuture, replace(report, carried_out_on=DUE), WORKER)
    early = replace(report, carried_out_on=date(2026, 4, 5))
    told.refused(CarriedOutBeforeProposal, early, WORKER)
    assert told.do(report, WORKER) == RemovalCarriedOut(
        removal_id=removal,
        outstanding=0,
        carried_out_on=TODAY,
        reported_by="worker",
        deputy=None,
    )
    assert (told.stage, told.state.removed_on) == (Stage.REMOVED, TODAY)
    assert told.state.running_clocks == {}
    assert told.do(CloseCause()) == CauseClosed(closed_by="controller")
    told.refused(CauseHasEnded, PROPOSE)


def test_nobody_decides_on_their_own_proposal_through_a_deputy_either(named: Told) -> None:
    deputy = official("secretary", "agency", on_behalf_of="controller")
    removal = named.do(PROPOSE, deputy).removal_id
    for hand in (CONTROLLER, official("secretary", "agency"), deputy):
        named.refused(OwnRemoval, AdoptRemoval(removal_id=removal), hand)
        named.refused(OwnRemoval, RefuseRemoval(removal_id=removal, reason="-"), hand)


def test_an_appeal_is_taken_out_of_the_evidence_even_after_the_end(named: Told) -> None:
    assert named.state is not None
    shown = named.state.cases
    take_out = WithdrawCauseEvidence(cases=(*shown, OTHER_CASE), reason="Confidential now")
    named.do(WithdrawCause(reason="-"))
    assert named.do(take_out) == CauseEvidenceWithdrawn(cases=shown, withdrawn_by="controller")
    assert named.state.cases == ()
    named.refused(EvidenceNotNamed, take_out)


def test_a_refused_proposal_leaves_the_cause_open_for_another(
    proposed: tuple[Told, UUID],
) -> None:
    told, removal = proposed
    assert told.do(RefuseRemoval(removal_id=removal, reason="Too dear"), HEAD) == RemovalRefused(
        removal_id=removal, refused_by="head", deputy=None
    )
    assert told.stage is Stage.NAMED
    told.refused(NothingCarriedOut, CloseCause())
    assert isinstance(told.do(PROPOSE), RemovalProposed)


def test_a_cause_with_two_adopted_proposals_is_removed_after_both(named: Told) -> None:
    one = named.do(PROPOSE, derive_id=lambda _: UUID(int=11)).removal_id
    other = named.do(PROPOSE, derive_id=lambda _: UUID(int=12)).removal_id
    for removal in (one, other):
        named.do(AdoptRemoval(removal_id=removal, due_on=DUE), LEADER)
    done = named.do(ReportRemoval(removal_id=one, carried_out_on=TODAY), WORKER)
    assert (done.outstanding, named.stage) == (1, Stage.BEING_REMOVED)
    assert named.state is not None
    assert named.state.removed_on is None
    done = named.do(ReportRemoval(removal_id=other, carried_out_on=TODAY), WORKER)
    assert (done.outstanding, named.stage) == (0, Stage.REMOVED)
    assert named.state.removed_on == TODAY


def test_due_dates_lie_ahead_and_proposals_are_those_of_the_cause(
    proposed: tuple[Told, UUID],
) -> None:
    told, removal = proposed
    told.refused(DueInThePast, replace(PROPOSE, due_on=date(2026, 4, 5)))
    past = AdoptRemoval(removal_id=removal, due_on=date(2026, 4, 5))
    told.refused(DueInThePast, past, LEADER)
    told.refused(NoSuchRemoval, AdoptRemoval(removal_id=APPEAL), LEADER)
    told.refused(NoSuchRemoval, ReportRemoval(removal_id=APPEAL, carried_out_on=TODAY), WORKER)


def test_a_cause_that_is_none_is_withdrawn(named: Told) -> None:
    assert named.do(WithdrawCause(reason="Twice")) == CauseWithdrawn(withdrawn_by="controller")
    assert named.stage is Stage.WITHDRAWN
    named.refused(CauseHasEnded, AddCauseEvidence(cases=(APPEAL,)))


def test_notices_are_given_of_what_was_adopted_alone(proposed: tuple[Told, UUID]) -> None:
    told, removal = proposed
    notice = GiveDeadlineNotice(
        clock=f"removal:{removal}",
        stage=NoticeStage.OVERDUE,
        step="overdue",
        due_on=DUE,
        working_days_left=-1,
        recipients=(Recipient(official="head", role="unit-head"),),
    )
    told.refused(ClockNotRunning, notice)
    told.do(AdoptRemoval(removal_id=removal), LEADER)
    assert told.do(notice).recipients == notice.recipients
