"""The identity: whether two persons in the register are one, as an official decided.

Each pair has one case, whose id follows from the two, so that nobody decides on it twice.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, assert_never
from uuid import UUID, uuid5

from msgspec import Meta
from msgspec.structs import replace

from domain import record, secrecy
from domain.case import (
    CaseKind,
    Command,
    Context,
    Event,
    NotFitting,
    NotYetBegun,
    OfficialId,
    Refusal,
    RegistrationNumber,
    ShortText,
    UnitId,
    Value,
)
from domain.evidence_codes import ModelName
from domain.keeping import ContentGone, gone
from domain.links import Link
from domain.record import Correctable, CorrectEntry, EntryCorrected
from domain.repeat import Spoken, kept

KIND = CaseKind.IDENTITY
BOOK = "i"
CORRECTABLE = Correctable(coded=frozenset({secrecy.ENTRY}))
_PAIRS = UUID("6b617267-757a-6172-0000-706169727321")

Pair = Annotated[tuple[UUID, ...], Meta(min_length=2, max_length=2)]


class Stage(StrEnum):
    """What stands: the two are one, or two, or nothing is decided."""

    CONSIDERED = "considered"
    JOINED = "joined"
    TOLD_APART = "told-apart"
    WITHDRAWN = "withdrawn"


class Subject(StrEnum):
    """What is compared."""

    PERSONS = "persons"


class IdentityConsidered(Event, tag="identity-considered"):
    """``persons`` are sorted; ``cases`` are those in which they appear, in the same order."""

    number: RegistrationNumber
    persons: Pair
    cases: Pair
    confidential: bool
    registered_on: date
    registering_unit: UnitId
    considered_by: OfficialId


class PersonsJoined(Event, tag="persons-joined"):
    """The two are one person. ``confidential``: a case that showed it is.

    ``units`` are those that both cases concern: they see it, and the ``deciding_unit``.
    """

    persons: Pair
    cases: Pair
    confidential: bool
    evidence: Spoken
    model: ModelName | None
    decided_by: OfficialId
    deciding_unit: UnitId
    units: tuple[UnitId, ...]


class PersonsToldApart(Event, tag="persons-told-apart"):
    """The two are two, however alike they look; the rest as in ``persons-joined``."""

    persons: Pair
    cases: Pair
    confidential: bool
    evidence: Spoken
    model: ModelName | None
    decided_by: OfficialId
    deciding_unit: UnitId
    units: tuple[UnitId, ...]


class IdentityDecisionWithdrawn(Event, tag="identity-decision-withdrawn"):
    persons: Pair
    withdrawn_by: OfficialId


class DecideIdentity(Command):
    """Whether two ``persons`` are the ``same``; ``because``: a case in which each appears.

    ``evidence`` is what was shown for and against, by the ``model`` of that name.
    """

    persons: Pair
    same: bool
    because: Pair
    evidence: Spoken = ()
    model: ModelName | None = None
    reason: ShortText | None = None


class WithdrawIdentityDecision(Command):
    """The decision was wrong, whichever it was; the pair may be decided anew."""

    reason: ShortText


class SamePerson(NotFitting):
    """These are the same person already: name two."""


class PersonNotInCase(NotFitting):
    """The person doesn't appear in the case that is named for them: name one in which they do."""


class IdentityDecided(Refusal):
    """It has been decided on these two persons: withdraw that decision first."""


class NoIdentityDecision(Refusal):
    """No decision on these two persons stands: there is nothing to withdraw."""


class PersonsContradicted(Refusal):
    """This would join persons who were told apart: withdraw that decision first."""

    def __init__(self, one: UUID, other: UUID, identity: UUID) -> None:
        super().__init__(
            f"This would join the persons {one} and {other}, who were told apart: withdraw that "
            f"decision first, in the identity {identity}."
        )
        self.one, self.other, self.identity = one, other, identity


class PersonsJoinedBefore(Refusal):
    """The two persons are joined by other decisions: withdraw one of these first."""

    def __init__(self, one: UUID, other: UUID, identity: UUID) -> None:
        super().__init__(
            f"The two are joined by the decision on {one} and {other}: withdraw it first, in the "
            f"identity {identity}."
        )
        self.one, self.other, self.identity = one, other, identity


BEGINS = DecideIdentity
IdentityCommand = DecideIdentity | WithdrawIdentityDecision | CorrectEntry
IdentityEvent = (
    IdentityConsidered
    | PersonsJoined
    | PersonsToldApart
    | IdentityDecisionWithdrawn
    | EntryCorrected
)


class Identity(Value):
    """``units`` are those of the last decision, which stood on other cases than one before it."""

    number: RegistrationNumber
    persons: Pair
    confidential: bool
    units: frozenset[str]
    workers: frozenset[str]
    stage: Stage = Stage.CONSIDERED
    owner: UUID | None = None


def case_id_of(command: DecideIdentity) -> UUID:
    """The one case of the pair, whichever of the two is named first."""
    one, other = sorted(command.persons)
    return uuid5(_PAIRS, f"{one} {other}")


def decide(command: IdentityCommand, identity: Identity | None, ctx: Context) -> list[Event]:
    if isinstance(command, DecideIdentity):
        return _decide(command, identity, ctx)
    if not identity:
        raise NotYetBegun
    match command:
        case WithdrawIdentityDecision():
            if identity.stage is Stage.WITHDRAWN:
                raise NoIdentityDecision
            who = ctx.by.principal
            return [IdentityDecisionWithdrawn(persons=identity.persons, withdrawn_by=who)]
        case CorrectEntry():
            if command.entry == secrecy.ENTRY:
                command = secrecy.required(command, confidential=identity.confidential)
            return record.decide(command, frozenset(), CORRECTABLE, ctx)
        case _:
            assert_never(command)


def _decide(command: DecideIdentity, identity: Identity | None, ctx: Context) -> list[Event]:
    one, other = command.persons
    if one == other:
        raise SamePerson
    cases = [ctx.others[case].state for case in command.because]
    for person, case in zip(command.persons, cases, strict=True):
        if gone(case):
            raise ContentGone
        if person not in persons_in(case):
            raise PersonNotInCase
    if identity and identity.stage in (Stage.JOINED, Stage.TOLD_APART):
        raise IdentityDecided
    _require_consistent(command, ctx)
    by_person = dict(zip(command.persons, command.because, strict=True))
    persons = min(one, other), max(one, other)
    shown = by_person[persons[0]], by_person[persons[1]]
    confidential = any(case.confidential for case in cases)
    events: list[Event] = []
    if not identity:
        events.append(
            IdentityConsidered(
                number=ctx.next_number(BOOK, ctx.today.year),
                persons=persons,
                cases=shown,
                confidential=confidential,
                registered_on=ctx.today,
                registering_unit=ctx.by.unit,
                considered_by=ctx.by.principal,
            )
        )
    shared = frozenset[str].intersection(*(frozenset(case.units) for case in cases))
    values: dict[str, Any] = {
        "persons": persons,
        "cases": shown,
        "confidential": confidential,
        "evidence": kept(command.evidence),
        "model": command.model,
        "decided_by": ctx.by.principal,
        "deciding_unit": ctx.by.unit,
        "units": tuple(sorted(shared)),
    }
    events.append(PersonsJoined(**values) if command.same else PersonsToldApart(**values))
    return events


def _require_consistent(command: DecideIdentity, ctx: Context) -> None:
    one, other = command.persons
    if command.same:
        if against := ctx.links.against(one, other):
            raise PersonsContradicted(against.one, against.other, against.decided_in)
    elif way := ctx.links.way(one, other):
        last = way[-1]
        raise PersonsJoinedBefore(last.one, last.other, last.decided_in)


def persons_in(case: Any) -> frozenset[UUID]:
    """Everybody who appears in a case of any kind, by the ids they have there."""
    visits = getattr(case, "visits", {})
    found = {*getattr(case, "persons", ()), *(visit.person_id for visit in visits.values())}
    return frozenset(found | ({case.owner} if case.owner else set()))


def standing_links(case_id: UUID, identity: Identity) -> list[Link]:
    """The link that the decision makes, where one stands."""
    if identity.stage not in (Stage.JOINED, Stage.TOLD_APART):
        return []
    one, other = identity.persons
    return [Link(one, other, identity.stage is Stage.JOINED, case_id)]


def evolve(identity: Identity | None, event: IdentityEvent) -> Identity:
    if isinstance(event, IdentityConsidered):
        return Identity(
            number=event.number,
            persons=event.persons,
            confidential=event.confidential,
            units=frozenset({event.registering_unit}),
            workers=frozenset({event.considered_by}),
        )
    if not identity:
        raise NotYetBegun
    match event:
        case PersonsJoined():
            return _decided(identity, Stage.JOINED, event)
        case PersonsToldApart():
            return _decided(identity, Stage.TOLD_APART, event)
        case IdentityDecisionWithdrawn(withdrawn_by=who):
            return replace(identity, stage=Stage.WITHDRAWN, workers=identity.workers | {who})
        case EntryCorrected(value=value):
            return replace(identity, confidential=secrecy.told(value))
        case _:
            assert_never(event)


def _decided(identity: Identity, stage: Stage, event: PersonsJoined | PersonsToldApart) -> Identity:
    return replace(
        identity,
        stage=stage,
        confidential=identity.confidential or event.confidential,
        units=frozenset((event.deciding_unit, *event.units)),
        workers=identity.workers | {event.decided_by},
    )
