from datetime import date
from uuid import UUID

import pytest
from msgspec.structs import replace

from domain.assignment import KIND as ASSIGNMENT
from domain.case import Actor, CaseKind, Context, Event, Other, Refusal
from domain.destruction import (
    ApprovedBefore,
    ApproveDestruction,
    CarryOutDestruction,
    CaseNamedTwice,
    Destruction,
    DestructionApproved,
    DestructionProposed,
    DestructionRefused,
    DestructionWithdrawn,
    Ground,
    NotApprovedYet,
    NotDueYet,
    NothingToDestroy,
    NotOpenToDecision,
    NotProposer,
    OwnProposal,
    ProposeDestruction,
    RefuseDestruction,
    Stage,
    WithdrawDestruction,
    decide,
    evolve,
)
from domain.keeping import (
    AlreadyHeld,
    ContentDestroyed,
    DestroyContent,
    HeldFromDestruction,
    HoldFromDestruction,
    Keeping,
    NotHeld,
    ReleaseHold,
    StillKept,
)
from domain.kinds import KINDS
from domain.retention import RetentionRule, RetentionRules, Starts
from tests.domain.spec import context, official
from tests.domain.test_assignment import GIVEN

CASE = UUID(int=1)
PERSON = UUID(int=2)
PROPOSER = official("controller")
ENDED = date(2020, 4, 6)
RULES = RetentionRules(
    (
        RetentionRule(
            id="keep",
            kind=ASSIGNMENT,
            starts=Starts.CLOSING,
            years=5,
            source="s",
            certainty="I",
        ),
    )
)
KIND = KINDS[ASSIGNMENT]


def ended(*events: Event) -> Other:
    case = KIND.evolve(None, GIVEN)
    case = replace(case, stage=type(case.stage)("cancelled"))
    for event in events:
        case = KIND.evolve(case, event)
    return Other(case, 3, ASSIGNMENT, ENDED)


def at(by: Actor = PROPOSER, case: Other | None = None) -> Context:
    others = {CASE: case or ended()}
    return replace(context(by), others=others, retention=RULES)


def proposed(by: Actor = PROPOSER) -> Destruction:
    (event,) = decide(ProposeDestruction(cases=(CASE,)), None, at(by))
    assert isinstance(event, DestructionProposed)
    return evolve(None, event)


def approved(destruction: Destruction, *names: str) -> Destruction:
    for name in names:
        (event,) = decide(ApproveDestruction(), destruction, at(official(name)))
        assert isinstance(event, DestructionApproved)
        destruction = evolve(destruction, event)
    return destruction


def test_a_proposal_names_rule_and_days_of_each_case() -> None:
    (event,) = decide(ProposeDestruction(cases=(CASE,)), None, at())
    assert isinstance(event, DestructionProposed)
    (due,) = event.cases
    assert (due.rule, due.ended_on, due.may_go_on) == ("keep", ENDED, date(2025, 4, 6))


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (ProposeDestruction(), NothingToDestroy),
        (ProposeDestruction(cases=(CASE,), person=PERSON), NothingToDestroy),
        (ProposeDestruction(ground=Ground.REQUEST), NothingToDestroy),
        (ProposeDestruction(cases=(CASE, CASE)), CaseNamedTwice),
        (ProposeDestruction(cases=(UUID(int=9),)), NotDueYet),
    ],
)
def test_what_cannot_be_proposed(command: ProposeDestruction, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        decide(command, None, at())


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (Other(KIND.evolve(None, GIVEN), 1, ASSIGNMENT, None), "it hasn't ended"),
        (ended(HeldFromDestruction()), "somebody holds it"),
        (ended(ContentDestroyed(destruction=CASE)), "destroyed already"),
        (replace(ended(), ended_on=date(2025, 1, 1)), "until 2030-01-01 by the rule keep"),
        (replace(ended(), kind=CaseKind.RECEPTION), "no rule says"),
    ],
)
def test_a_case_that_has_to_stay_says_why(case: Other, why: str) -> None:
    with pytest.raises(NotDueYet, match=why):
        decide(ProposeDestruction(cases=(CASE,)), None, at(case=case))


def test_two_approve_who_did_not_propose_it() -> None:
    once = approved(proposed(), "first")
    assert once.stage is Stage.PROPOSED
    assert approved(once, "second").stage is Stage.APPROVED


def test_neither_the_proposer_nor_a_deputy_of_either_side_approves() -> None:
    deputy = official("deputy", on_behalf_of="head")
    destruction = proposed(deputy)
    for by in (official("deputy"), official("head"), official("x", on_behalf_of="head")):
        with pytest.raises(OwnProposal):
            decide(ApproveDestruction(), destruction, at(by))
    destruction = approved(proposed(), "first")
    for by in (official("first"), official("first", on_behalf_of="other")):
        with pytest.raises(ApprovedBefore):
            decide(ApproveDestruction(), destruction, at(by))


def test_it_is_refused_by_others_and_withdrawn_by_the_proposer_until_it_is_carried_out() -> None:
    destruction = approved(proposed(), "first", "second")
    (refused,) = decide(RefuseDestruction(reason="Lazımdır"), destruction, at(official("head")))
    assert isinstance(refused, DestructionRefused)
    with pytest.raises(NotProposer):
        decide(WithdrawDestruction(reason="Səhv"), destruction, at(official("head")))
    (withdrawn,) = decide(WithdrawDestruction(reason="Səhv"), destruction, at())
    assert isinstance(withdrawn, DestructionWithdrawn)
    with pytest.raises(NotOpenToDecision):
        decide(ApproveDestruction(), evolve(destruction, refused), at(official("third")))


def test_it_is_carried_out_only_after_two_approvals_and_for_all_of_its_cases() -> None:
    whole = CarryOutDestruction(cases=(CASE,), owners=(CASE,))
    with pytest.raises(NotApprovedYet):
        decide(whole, approved(proposed(), "first"), at())
    destruction = approved(proposed(), "first", "second")
    with pytest.raises(NotDueYet):
        decide(CarryOutDestruction(cases=(), owners=()), destruction, at())
    with pytest.raises(NotDueYet, match="holds it"):
        decide(whole, destruction, at(case=ended(HeldFromDestruction())))
    assert decide(whole, destruction, at())


def test_a_hold_is_given_once_and_released_once() -> None:
    case = ended().state
    (held,) = KIND.decide(HoldFromDestruction(reason="Məhkəmə"), case, at())
    case = KIND.evolve(case, held)
    with pytest.raises(AlreadyHeld):
        KIND.decide(HoldFromDestruction(reason="Məhkəmə"), case, at())
    with pytest.raises(StillKept):
        KIND.decide(DestroyContent(destruction=CASE), case, at())
    (released,) = KIND.decide(ReleaseHold(reason="Bitdi"), case, at())
    case = KIND.evolve(case, released)
    assert case.keeping == Keeping()
    with pytest.raises(NotHeld):
        KIND.decide(ReleaseHold(reason="Bitdi"), case, at())
