"""What a new appeal may be a repeat of: whoever is alike and whatever is alike, weighed together.

Nothing here decides: people do, and what they decided stands before any likeness.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice, zip_longest
from types import MappingProxyType
from typing import TypeVar
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from application.likeness import Likeness, Reason
from application.matter_rarity import Rarity
from application.rights import RIGHTS
from domain.appeal import RegisterAppeal
from domain.applicant import Applicant
from domain.case import CaseKind, Code, Command, OfficialId, PersonalLongText, PersonalText, UnitId
from domain.evidence_codes import CONTACT, EvidenceCode
from domain.matter_card import MatterCard, matter_keys
from domain.matter_weights import MatterWeights
from domain.person_card import BROAD, Card, block_keys
from domain.person_weights import PersonWeights
from domain.personal_fields import Field, Fields
from domain.reception import RegisterVisit

PersonT = TypeVar("PersonT")

MOST = 25
"""So many candidates are told, the likeliest first."""
_NARROW_KEYS = 600
_STRONGEST = ("fin", "em", "phg", "gsph")
_MATTERS_COMPARED = 30
"""Of other people's: those that share most. Whatever else is whose, its matter is compared."""
_NAMES = "gs"
_REPRESENTATIVE = "representative"
PEOPLE_WITH_BROAD = 5
WITHHELD = str(EvidenceCode.CONTACT_WITHHELD)
"""Stands for all that contact details say, where the reader doesn't see any in that case."""


REGISTERING = RIGHTS[CaseKind.APPEAL][RegisterAppeal] | RIGHTS[CaseKind.RECEPTION][RegisterVisit]
"""Who may have a draft compared: whoever may register it."""


class LookForRepeats(Command):
    """An appeal, a call or a visit that is being registered, as far as it is known."""

    applicant: Applicant
    topic: Code | None = None
    subject: PersonalText | None = None
    text: PersonalLongText | None = None
    region: Code | None = None
    complained_of_units: tuple[UnitId, ...] = ()
    complained_of: tuple[OfficialId, ...] = ()


class Models(Struct, frozen=True, kw_only=True):
    """What evidence weighs, of people and of matters."""

    people: PersonWeights
    matters: MatterWeights

    @property
    def name(self) -> str:
        """As decisions name it."""
        return f"{self.people.version} {self.matters.version}"


class Surroundings(Struct, frozen=True, kw_only=True):
    """About how many people the register has, and how rare in it what texts say is.

    ``common`` tells about how many have each of the commonest tokens.
    """

    people: int
    rarity: Rarity
    common: Mapping[int, int] = MappingProxyType({})


class Asked(Struct, frozen=True, kw_only=True):
    """Whom an appeal is of, and what about; ``persons`` are those of them whose id is known.

    ``open``: it has not ended yet, so that it may still be merged.
    """

    people: Sequence[Card]
    persons: frozenset[UUID] = frozenset()
    matter: MatterCard | None = None
    complained_of: frozenset[str] = frozenset()
    open: bool = True


class Keys(Struct, frozen=True, kw_only=True):
    """The keys by which candidates are looked for. ``cut``: those who ask have more of them."""

    narrow: list[str]
    broad: list[str]
    names: list[str]
    of_matter: list[str]
    cut: bool


class Somebody(Struct, frozen=True, kw_only=True):
    """Who in a case is likest to whoever asks. ``known``: it is they, by id or by a decision."""

    person_id: UUID
    part: str
    known: bool
    likeness: Likeness

    @property
    def worth_a_look(self) -> bool:
        return self.known or self.likeness.probable


class Candidate(Struct, frozen=True, kw_only=True):
    case_id: UUID
    person: Somebody | None
    matter: Likeness | None

    @property
    def same_person(self) -> bool:
        return self.person is not None and self.person.worth_a_look

    @property
    def same_matter(self) -> bool:
        return self.matter is not None and self.matter.probable

    @property
    def order(self) -> tuple[int, float]:
        """The likeliest first: who and what, then who, then what."""
        rank = 2 * self.same_person + self.same_matter
        of_person = self.person.likeness.score if self.person else 0.0
        of_matter = self.matter.score if self.matter else 0.0
        return -rank, -of_person - of_matter


def keys_of(asked: Asked) -> Keys:
    """Of many people only the narrow keys: nearly whoever is worth a look shares one.

    Of very many the strongest of each of them, then the next of each, up to a limit.
    """
    keys = [sorted(block_keys(card), key=_strength) for card in asked.people]
    few = len(asked.people) <= PEOPLE_WITH_BROAD
    broad = list(dict.fromkeys(key for of in keys for key in of if _sort(key) in BROAD))
    of_each = [[key for key in of if _sort(key) not in BROAD] for of in keys]
    narrow = dict.fromkeys(key for layer in zip_longest(*of_each) for key in layer if key)
    return Keys(
        narrow=list(islice(narrow, _NARROW_KEYS)),
        broad=broad if few else [],
        names=[key for key in broad if _sort(key) == _NAMES] if few else [],
        of_matter=list(matter_keys(asked.matter)) if asked.matter else [],
        cut=len(narrow) > _NARROW_KEYS,
    )


def nearest(with_key: Mapping[str, Collection[UUID]]) -> set[UUID]:
    """Of the cases that share keys of the matter those that share the rarest and the most."""
    shared: dict[UUID, float] = {}
    for cases in with_key.values():
        for case in cases:
            shared[case] = shared.get(case, 0.0) + 1 / len(cases)
    ranked = sorted(shared, key=lambda case: (-shared[case], case.bytes))
    return set(ranked[:_MATTERS_COMPARED])


def asking(people: Iterable[tuple[str, PersonT]]) -> list[PersonT]:
    """Those who ask, of people after their parts: not who speaks for somebody who is there."""
    named = list(people)
    own = [person for part, person in named if part != _REPRESENTATIVE]
    return own or [person for _, person in named]


def shown_to(likeness: Likeness, shown: Fields) -> Likeness:
    """The likeness for a reader to whom only these fields of the other case are shown."""
    if Field.CONTACT in shown:
        return likeness
    open_ones = [r for r in likeness.reasons if r.code.partition("-")[0] not in CONTACT]
    weight = sum(r.weight for r in likeness.reasons) - sum(r.weight for r in open_ones)
    if len(open_ones) == len(likeness.reasons):
        return likeness
    return replace(likeness, reasons=(*open_ones, Reason(WITHHELD, round(weight, 2))))


def _strength(key: str) -> int:
    sort = _sort(key)
    return _STRONGEST.index(sort) if sort in _STRONGEST else len(_STRONGEST)


def _sort(key: str) -> str:
    return key.partition(":")[0]
