"""Identities: two persons joined or told apart, once, by somebody who saw them in two cases."""

from typing import Any
from uuid import UUID

import pytest
from msgspec import Struct
from msgspec.structs import replace

from domain import identity
from domain.case import Command, Context, Event, Other, Refusal
from domain.evidence_codes import EvidenceCode
from domain.identity import (
    DecideIdentity,
    Identity,
    IdentityConsidered,
    IdentityDecided,
    IdentityDecisionWithdrawn,
    NoIdentityDecision,
    PersonNotInCase,
    PersonsContradicted,
    PersonsJoined,
    PersonsJoinedBefore,
    PersonsToldApart,
    SamePerson,
    Stage,
    WithdrawIdentityDecision,
    case_id_of,
    persons_in,
    standing_links,
)
from domain.keeping import AS_USUAL, ContentGone, Keeping
from domain.links import Link, Links
from domain.record import CorrectEntry, EntryCorrected
from domain.repeat import EvidenceSpoken
from tests.domain.spec import CASE, context, official

ANA, BELA, CEM = (UUID(int=n) for n in (21, 22, 23))
LETTER, VISIT = UUID(int=31), UUID(int=32)
SPOKEN = (EvidenceSpoken(code=EvidenceCode.GIVEN_SAME, weight=9),)


class Case(Struct, frozen=True):
    """As much of another case as an identity looks at."""

    persons: frozenset[UUID] = frozenset({ANA, BELA})
    units: frozenset[str] = frozenset({"records", "pensions"})
    confidential: bool = False
    owner: UUID | None = None
    keeping: Keeping = AS_USUAL


class Visit(Struct, frozen=True):
    person_id: UUID


class Session(Struct, frozen=True):
    visits: dict[UUID, Visit]
    owner: UUID | None = None


def ctx(*links: Link, first: Any = None, second: Any = None) -> Context:
    cases = {LETTER: Other(first or Case(), 1), VISIT: Other(second or Case(), 1)}
    return replace(context(), others=cases, links=Links(links))


def joining(**changes: Any) -> DecideIdentity:
    plain = DecideIdentity(
        persons=(BELA, ANA), same=True, because=(LETTER, VISIT), evidence=SPOKEN, model="people-1"
    )
    return replace(plain, **changes)


def after(*events: Event) -> Identity | None:
    state: Identity | None = None
    for event in events:
        state = identity.evolve(state, event)  # type: ignore[arg-type]
    return state


def happens(command: Command, where: Context, *before: Event) -> list[Event]:
    return identity.decide(command, after(*before), where)  # type: ignore[arg-type]


def refused(refusal: type[Refusal], command: Command, where: Context, *before: Event) -> Refusal:
    with pytest.raises(Refusal) as raised:
        happens(command, where, *before)
    assert raised.type is refusal
    return raised.value


JOINED = happens(joining(), ctx())
WITHDRAWN = IdentityDecisionWithdrawn(persons=(ANA, BELA), withdrawn_by="clerk")


def test_two_persons_are_joined_by_a_decision_with_its_evidence() -> None:
    considered, joined = JOINED
    assert isinstance(considered, IdentityConsidered)
    assert str(considered.number) == "I-7/2026"
    assert joined == PersonsJoined(
        persons=(ANA, BELA),
        cases=(VISIT, LETTER),
        confidential=False,
        evidence=SPOKEN,
        model="people-1",
        decided_by="clerk",
        deciding_unit="records",
        units=("pensions", "records"),
    )
    state = after(*JOINED)
    assert state is not None
    assert state.stage is Stage.JOINED
    assert standing_links(CASE, state) == [Link(ANA, BELA, joins=True, decided_in=CASE)]


def test_two_persons_are_told_apart_likewise() -> None:
    _, apart = happens(joining(same=False), ctx())
    assert isinstance(apart, PersonsToldApart)


def test_the_case_of_a_pair_is_the_same_whoever_is_named_first() -> None:
    assert case_id_of(joining()) == case_id_of(joining(persons=(ANA, BELA), same=False))
    assert case_id_of(joining()) != case_id_of(joining(persons=(ANA, CEM)))


def test_a_person_is_not_joined_with_themselves() -> None:
    refused(SamePerson, joining(persons=(ANA, ANA)), ctx())


@pytest.mark.parametrize("same", [True, False])
def test_a_decided_pair_is_not_decided_again_until_it_was_withdrawn(same: bool) -> None:
    refused(IdentityDecided, joining(same=same), ctx(), *JOINED)
    (anew,) = happens(joining(same=same), ctx(), *JOINED, WITHDRAWN)
    assert type(anew) is (PersonsJoined if same else PersonsToldApart)


def test_a_withdrawn_decision_leaves_no_link_and_is_withdrawn_once() -> None:
    withdraw = WithdrawIdentityDecision(reason="Qardaşlardır")
    assert happens(withdraw, ctx(), *JOINED) == [WITHDRAWN]
    state = after(*JOINED, WITHDRAWN)
    assert state is not None
    assert standing_links(CASE, state) == []
    refused(NoIdentityDecision, withdraw, ctx(), *JOINED, WITHDRAWN)


def test_a_person_has_to_appear_in_the_case_named_for_them() -> None:
    refused(PersonNotInCase, joining(), ctx(first=Case(persons=frozenset({ANA}))))
    where = ctx(
        first=Session({UUID(int=1): Visit(BELA)}), second=Case(persons=frozenset(), owner=ANA)
    )
    assert persons_in(where.others[LETTER].state) == {BELA}
    assert persons_in(where.others[VISIT].state) == {ANA}


def test_what_was_told_apart_is_not_joined_by_a_detour() -> None:
    other = UUID(int=99)
    links = (
        Link(ANA, CEM, joins=True, decided_in=UUID(int=98)),
        Link(BELA, CEM, joins=False, decided_in=other),
    )
    refusal = refused(PersonsContradicted, joining(), ctx(*links))
    assert str(other) in str(refusal)


def test_what_others_join_is_not_told_apart() -> None:
    last = UUID(int=99)
    links = (
        Link(ANA, CEM, joins=True, decided_in=last),
        Link(BELA, CEM, joins=True, decided_in=UUID(int=98)),
    )
    refusal = refused(PersonsJoinedBefore, joining(same=False), ctx(*links))
    assert str(last) in str(refusal)


def test_of_a_confidential_case_the_identity_is_confidential() -> None:
    considered, _ = happens(joining(), ctx(second=Case(confidential=True)))
    assert isinstance(considered, IdentityConsidered)
    assert considered.confidential
    (anew,) = happens(joining(), ctx(second=Case(confidential=True)), *JOINED, WITHDRAWN)
    state = after(*JOINED, WITHDRAWN, anew)
    assert state is not None
    assert state.confidential


def test_units_that_both_cases_concern_see_it() -> None:
    events = happens(joining(), ctx(second=Case(units=frozenset({"pensions", "press"}))))
    assert _units(*events) == {"records", "pensions"}


def test_a_decision_made_anew_is_seen_by_its_own_units_and_no_longer_by_those_of_the_first() -> (
    None
):
    press = Case(units=frozenset({"press", "legal"}))
    where = replace(ctx(first=press, second=press), by=official("head", "press"))
    (anew,) = happens(joining(same=False), where, *JOINED, WITHDRAWN)
    assert _units(*JOINED, WITHDRAWN) == {"records", "pensions"}
    assert _units(*JOINED, WITHDRAWN, anew) == {"press", "legal"}


def _units(*events: Event) -> frozenset[str]:
    state = after(*events)
    assert state is not None
    return state.units


def test_nobody_is_joined_because_of_a_destroyed_case() -> None:
    gone = Case(keeping=Keeping(destroyed_by=UUID(int=5)))
    refused(ContentGone, joining(), ctx(first=gone))


def test_an_identity_is_made_confidential_afterwards() -> None:
    correct = CorrectEntry(entry="confidential", value="true", approved_by="head", reason="r")
    (event,) = happens(correct, ctx(), *JOINED)
    assert isinstance(event, EntryCorrected)
    state = after(*JOINED, event)
    assert state is not None
    assert state.confidential
