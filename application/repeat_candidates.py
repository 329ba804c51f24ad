"""What a new appeal may be a repeat of: whoever is alike and whatever is alike, weighed together.

Nothing here decides: people do, and what they decided stands before any likeness.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice, zip_longest
from types import MappingProxyType
from typing import Protocol, TypeVar
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from application.likeness import Likeness, Reason
from application.matter_likeness import matter_likenesses, start_of
from application.matter_rarity import Rarity
from application.person_likeness import likenesses
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
_PAIRS, _PAIRS_EACH = 120, 6
"""So many are compared with those who ask together; with each of very many, at least so many."""
_NARROW_KEYS = 600
_SHARING = 20
"""A key that more of those who ask share doesn't tell them apart: so many of them are compared."""
_STRONGEST = ("fin", "em", "phg", "gsph")
_MATTERS_COMPARED = 30
"""Of other people's: those that share most. Whatever else is whose, its matter is compared."""
_NAMES = "gs"
_REPRESENTATIVE = "representative"
_PEOPLE_WITH_BROAD = 5
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


class SeenPerson(Protocol):
    """Somebody of a case in sight."""

    @property
    def case_id(self) -> UUID: ...
    @property
    def person_id(self) -> UUID: ...
    @property
    def part(self) -> str: ...
    @property
    def card(self) -> Card: ...


class SeenMatter(Protocol):
    """What a part of a case in sight is about."""

    @property
    def case_id(self) -> UUID: ...
    @property
    def card(self) -> MatterCard: ...


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
    """Of many people only the narrow keys: whoever is worth a look shares one.

    Of very many the strongest of each of them, then the next of each, up to a limit.
    """
    keys = [sorted(block_keys(card), key=_strength) for card in asked.people]
    few = len(asked.people) <= _PEOPLE_WITH_BROAD
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


class Found(Struct, frozen=True, kw_only=True):
    """What the register has in sight: ``with_key`` by the keys shared, ``beside`` in other ways.

    ``known`` are persons who are of those who ask, by id or by decisions; ``apart`` were told apart
    from them. ``one_with`` has who is one with whom by decisions: who is like one of them is like
    all. ``arrived`` tells when each case did.
    """

    with_key: Mapping[str, Sequence[SeenPerson]]
    beside: Sequence[SeenPerson]
    matters: Sequence[SeenMatter]
    namesakes: Mapping[str, int]
    known: frozenset[UUID] = frozenset()
    apart: frozenset[UUID] = frozenset()
    one_with: Mapping[UUID, Sequence[UUID]] = MappingProxyType({})
    arrived: Mapping[UUID, datetime] = MappingProxyType({})

    def age(self, case: UUID) -> float:
        """By which the newest come first."""
        return -self.arrived[case].timestamp() if case in self.arrived else 0.0


class Weighed(Struct, frozen=True, kw_only=True):
    """Whatever is worth a look, the likeliest first. ``cut``: some were not compared."""

    candidates: list[Candidate]
    cut: bool


def asking(people: Iterable[tuple[str, PersonT]]) -> list[PersonT]:
    """Those who ask, of people after their parts: not who speaks for somebody who is there."""
    named = list(people)
    own = [person for part, person in named if part != _REPRESENTATIVE]
    return own or [person for _, person in named]


def weighed(asked: Asked, found: Found, models: Models, around: Surroundings) -> Weighed:
    """Whatever is worth a look, the likeliest first, of those the newest, one of each case."""
    somebody, cut = _people(asked, found, models.people, around.people)
    theirs = {case for case, person in somebody.items() if person.worth_a_look}
    matters = _matters(asked, found, theirs, models.matters, around)
    candidates = [
        Candidate(case_id=case, person=somebody.get(case), matter=matters.get(case))
        for case in {*somebody, *matters}
    ]
    worth = [each for each in candidates if each.same_person or each.same_matter]
    worth.sort(key=lambda each: (*each.order, found.age(each.case_id), each.case_id))
    return Weighed(candidates=worth, cut=cut)


def shown_to(likeness: Likeness, shown: Fields) -> Likeness:
    """The likeness for a reader to whom only these fields of the other case are shown."""
    if Field.CONTACT in shown:
        return likeness
    open_ones = [r for r in likeness.reasons if r.code.partition("-")[0] not in CONTACT]
    weight = sum(r.weight for r in likeness.reasons) - sum(r.weight for r in open_ones)
    if len(open_ones) == len(likeness.reasons):
        return likeness
    return replace(likeness, reasons=(*open_ones, Reason(WITHHELD, round(weight, 2))))


def _people(
    asked: Asked, found: Found, model: PersonWeights, people: int
) -> tuple[dict[UUID, Somebody], bool]:
    """Of each case whoever is likest; and whether some were not compared."""
    keys_of_card = [block_keys(card) for card in asked.people]
    with_key: dict[str, list[int]] = {}
    for at, keys in enumerate(keys_of_card):
        for key in keys:
            with_key.setdefault(key, []).append(at)
    shared: _Shared = {}
    cut = False
    for key, others in found.with_key.items():
        sharing = with_key.get(key, [])
        cut |= len(sharing) > _SHARING and bool(others)
        for other in others:
            for at in sharing[:_SHARING]:
                pair = at, other.case_id, other.person_id, other.part
                shared[pair] = shared.get(pair, (0.0, other))[0] + 1 / len(others), other
    for other in found.beside:
        for at in range(len(asked.people[:_PEOPLE_WITH_BROAD])):
            shared.setdefault((at, other.case_id, other.person_id, other.part), (1.0, other))
    pairs, left_out = _compared(shared, found, len(asked.people))
    distinct = list(dict.fromkeys((at, other.card) for at, other in pairs))
    counted = [_namesakes(keys_of_card[at], found.namesakes) for at, _ in distinct]
    cards = [(asked.people[at], card) for at, card in distinct]
    told = dict(zip(distinct, likenesses(cards, model, people, counted), strict=True))
    likest: dict[UUID, Likeness] = {}
    for at, other in pairs:
        likeness = told[at, other.card]
        for person in found.one_with.get(other.person_id, (other.person_id,)):
            if person not in likest or likeness.score > likest[person].score:
                likest[person] = likeness
    best: dict[UUID, Somebody] = {}
    for _, other in pairs:
        if other.person_id in found.apart:
            continue
        somebody = Somebody(
            person_id=other.person_id,
            part=other.part,
            known=other.person_id in found.known,
            likeness=likest[other.person_id],
        )
        before = best.get(other.case_id)
        if before is None or _likelier(somebody) > _likelier(before):
            best[other.case_id] = somebody
    return best, cut or left_out


_Shared = dict[tuple[int, UUID, UUID, str], tuple[float, SeenPerson]]
"""By who asks and who was found: how rare it is what they share."""


def _compared(
    shared: _Shared, found: Found, asking: int
) -> tuple[list[tuple[int, SeenPerson]], bool]:
    """The pairs to compare: all who are known, and as many others with each who asks.

    Those that share the rarest keys first, of these the newest. Who is entered in the same words in
    several cases is compared once.
    """
    each = max(_PAIRS // max(asking, 1), _PAIRS_EACH)
    by_rarity = sorted(shared.items(), key=lambda item: (-item[1][0], found.age(item[0][1])))
    cards: dict[int, set[Card]] = {}
    pairs: list[tuple[int, SeenPerson]] = []
    cut = False
    for (at, *_), (_, other) in by_rarity:
        compared = cards.setdefault(at, set())
        if other.person_id not in found.known and other.card not in compared:
            if len(compared) >= each:
                cut = True
                continue
            compared.add(other.card)
        pairs.append((at, other))
    return pairs, cut


def _matters(
    asked: Asked, found: Found, theirs: Collection[UUID], model: MatterWeights, around: Surroundings
) -> dict[UUID, Likeness]:
    """Of each case whatever in it is likest.

    *theirs* are cases of the same person, where nobody else's letters have to be reckoned with.
    """
    if asked.matter is None:
        return {}
    pairs = [(asked.matter, other.card) for other in found.matters]
    told = matter_likenesses(pairs, model, around.rarity)
    by_chance = start_of(model, None) - start_of(model, around.people)
    best: dict[UUID, Likeness] = {}
    for other, likeness in zip(found.matters, told, strict=True):
        score = likeness.score
        if likeness.probable and other.case_id not in theirs:
            score = round(score - by_chance, 2)
        before = best.get(other.case_id)
        if before is None or score > before.score:
            best[other.case_id] = replace(
                likeness,
                score=score,
                joined=likeness.joined and score >= model.joined,
                probable=likeness.probable and score >= model.probable,
            )
    return best


def _likelier(somebody: Somebody) -> tuple[bool, float]:
    return somebody.known, somebody.likeness.score


def _namesakes(keys: Iterable[str], counts: Mapping[str, int]) -> int | None:
    return next((counts[key] for key in keys if key in counts), None)


def _strength(key: str) -> int:
    sort = _sort(key)
    return _STRONGEST.index(sort) if sort in _STRONGEST else len(_STRONGEST)


def _sort(key: str) -> str:
    return key.partition(":")[0]
