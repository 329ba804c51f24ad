"""Whoever is alike and whatever is alike among what the register has in sight, weighed together."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from application.likeness import Likeness
from application.matter_likeness import matter_likenesses, start_of
from application.matter_reach import Reach
from application.person_likeness import likenesses
from application.repeat_candidates import (
    PEOPLE_WITH_BROAD,
    Asked,
    Candidate,
    Models,
    Somebody,
    Surroundings,
)
from domain.matter_card import MatterCard
from domain.matter_weights import MatterWeights
from domain.person_card import Card, block_keys
from domain.person_weights import PersonWeights

_PAIRS, _PAIRS_EACH = 120, 6
"""So many are compared with those who ask together; with each of very many, at least so many.
Whoever only a letter leads to is counted apart."""
_SHARING = 20
"""A key that more of those who ask share doesn't tell them apart: so many of them are compared."""


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
    def shares(self) -> bool: ...
    @property
    def card(self) -> MatterCard: ...


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


def weighed(asked: Asked, found: Found, models: Models, around: Surroundings) -> Weighed:
    """Whatever is worth a look, the likeliest first, of those the newest, one of each case.

    Few have more in common than where they live or what they are called: so a letter is read where
    it shares a key with this one or is of the same person, and people who share no key of a person
    are compared where their letter is alike.
    """
    keys = [block_keys(card) for card in asked.people]
    sharing = {letter.case_id for letter in found.matters if letter.shares}
    beside, by_matter = _parted(found, sharing)
    of_persons = replace(found, beside=beside)
    somebody, cut = _people(asked, keys, of_persons, models.people, around.people)
    letters = _letters(asked, found, _theirs(somebody), models.matters, around)
    alike = {case for case, letter in letters.items() if letter.probable}
    theirs = [other for other in by_matter if other.case_id in alike]
    if theirs:
        of_letters = replace(found, with_key={}, beside=theirs)
        further, left_out = _people(asked, keys, of_letters, models.people, around.people)
        somebody, cut = _likeliest([*somebody.items(), *further.items()]), cut or left_out
    matters = _among_all(letters, _theirs(somebody), models.matters, around.people)
    candidates = [
        Candidate(case_id=case, person=somebody.get(case), matter=matters.get(case))
        for case in {*somebody, *matters}
    ]
    worth = [each for each in candidates if each.same_person or each.same_matter]
    worth.sort(key=lambda each: (*each.order, found.age(each.case_id), each.case_id))
    return Weighed(candidates=worth, cut=cut)


def _parted(found: Found, sharing: Collection[UUID]) -> tuple[list[SeenPerson], list[SeenPerson]]:
    """Of those beside whoever something of a person led to, and who is there by a letter alone."""
    of_persons: list[SeenPerson] = []
    of_letters: list[SeenPerson] = []
    for other in found.beside:
        named = other.person_id in found.known or other.person_id in found.one_with
        (of_persons if named or other.case_id not in sharing else of_letters).append(other)
    return of_persons, of_letters


def _people(
    asked: Asked,
    keys_of_card: Sequence[Sequence[str]],
    found: Found,
    model: PersonWeights,
    people: int,
) -> tuple[dict[UUID, Somebody], bool]:
    """Of each case whoever is likest; and whether some were not compared.

    *keys_of_card* are those of the people who ask, in their order.
    """
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
        for at in range(len(asked.people[:PEOPLE_WITH_BROAD])):
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
    somebody = (
        (
            other.case_id,
            Somebody(
                person_id=other.person_id,
                part=other.part,
                known=other.person_id in found.known,
                likeness=likest[other.person_id],
            ),
        )
        for _, other in pairs
        if other.person_id not in found.apart
    )
    return _likeliest(somebody), cut or left_out


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


def _letters(
    asked: Asked, found: Found, theirs: Collection[UUID], model: MatterWeights, around: Surroundings
) -> dict[UUID, Likeness]:
    """Of each case whatever in it is likest, between letters of one person.

    Of other people's only those that share a key, and enough to be worth a look.
    """
    if asked.matter is None:
        return {}
    reach = Reach(asked.matter, model, around.rarity)
    others = [
        other
        for other in found.matters
        if other.case_id in theirs or (other.shares and reach.of(other.card) >= model.probable)
    ]
    pairs = [(asked.matter, other.card) for other in others]
    best: dict[UUID, Likeness] = {}
    for other, letter in zip(others, matter_likenesses(pairs, model, around.rarity), strict=True):
        before = best.get(other.case_id)
        if before is None or (letter.probable, letter.score) > (before.probable, before.score):
            best[other.case_id] = letter
    return best


def _among_all(
    letters: Mapping[UUID, Likeness], theirs: Collection[UUID], model: MatterWeights, people: int
) -> dict[UUID, Likeness]:
    """The same, where those of anybody else have to be reckoned with but in *theirs*."""
    by_chance = start_of(model, None) - start_of(model, people)
    return {
        case: _less_likely(letter, by_chance, model)
        if letter.probable and case not in theirs
        else letter
        for case, letter in letters.items()
    }


def _less_likely(letter: Likeness, by: float, model: MatterWeights) -> Likeness:
    score = round(letter.score - by, 2)
    return replace(
        letter,
        score=score,
        joined=letter.joined and score >= model.joined,
        probable=letter.probable and score >= model.probable,
    )


def _likeliest(people: Iterable[tuple[UUID, Somebody]]) -> dict[UUID, Somebody]:
    """Of each case whoever of these is likeliest, the first of equals."""
    best: dict[UUID, Somebody] = {}
    for case, somebody in people:
        before = best.get(case)
        if before is None or _likelier(somebody) > _likelier(before):
            best[case] = somebody
    return best


def _theirs(somebody: Mapping[UUID, Somebody]) -> set[UUID]:
    """The cases of the same person, as far as can be said."""
    return {case for case, person in somebody.items() if person.worth_a_look}


def _likelier(somebody: Somebody) -> tuple[bool, float]:
    return somebody.known, somebody.likeness.score


def _namesakes(keys: Iterable[str], counts: Mapping[str, int]) -> int | None:
    return next((counts[key] for key in keys if key in counts), None)
