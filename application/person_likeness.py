"""How like two people are: the evidence of each pair weighed by a model, with its reasons."""

from collections.abc import Iterator, Mapping, Sequence
from math import log

import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from application.likeness import Likeness, Reason
from application.person_columns import Columns, Numbers
from application.person_evidence import LEVELS, Comparing, Levels, Sort
from domain.person_card import Card
from domain.person_weights import PersonWeights, Weight

Weights = NDArray[np.float64]
_NAMES = (Sort.GIVEN, Sort.SURNAME, Sort.PATRONYMIC)
_AGREE = np.zeros(max(map(len, LEVELS.values())), dtype=np.bool_)
_AGREE[[1, 2, 8]] = True
_NEARLY = np.zeros(len(_AGREE), dtype=np.bool_)
_NEARLY[[5, 6]] = True
_MISSPELT = {Sort.GIVEN: "given-misspelt", Sort.SURNAME: "surname-misspelt"}
RARITIES = (*(str(sort) for sort in _NAMES), *_MISSPELT.values())
"""Whose rarity counts: names that agree, and names that nearly do, as the rarer is spelt."""
_RAREST = 2.5
"""A name seen once is misspelt or new, in a list of any size."""
_SAYS_NOTHING = 0.05
RELATIVES, STRANGERS = "relatives", "strangers"
_DIFFERENT = LEVELS[Sort.GIVEN].index("different")
_SHORT_OF_JOINED = 0.5
"""Another given name alone keeps a pair so far from being taken for one, short of the same FIN."""
RARE, COMMON = "names-rare", "names-common"
CODES = {sort: tuple(f"{sort}-{level}" for level in levels) for sort, levels in LEVELS.items()}
_BY_NAME = sorted(Sort)
_NOTHING = Weight(0.0, 0.0)


class Rarities(Struct, frozen=True):
    """How rare each name is in the list at hand: the logarithm of one in so many, by its number."""

    given: Weights
    surname: Weights
    patronymic: Weights

    @classmethod
    def in_list(cls, comparing: Comparing) -> "Rarities":
        columns, names = comparing.columns, comparing.names
        return cls(
            given=_rarity(columns.given, names.sound),
            surname=_rarity(columns.surname, names.stem),
            patronymic=_rarity(columns.patronymic, names.sound),
        )


def _rarity(column: Numbers, heard: Numbers) -> Weights:
    of_rows = heard[column[column > 0]]
    counts = np.bincount(of_rows, minlength=int(heard.max()) + 1 if len(heard) else 1)
    rarity: Weights = np.log(max(len(of_rows), 1) / np.maximum(counts, 1))
    return rarity[heard]


class Weighing:
    """A model for a register of so many people."""

    def __init__(self, model: PersonWeights, people: int) -> None:
        self.model = model
        self.tables = _tables(model)
        self.usual = {name: rarity.usual for name, rarity in model.rarity.items()}
        self.start = np.array([model.start.relative, model.start.stranger])
        self.start[1] -= log(max(people, 1) / model.people)
        self.knows_relatives = bool(self.tables[Sort.GIVEN][_DIFFERENT, 0] < 0)

    def against(self, levels: dict[Sort, Levels], rarity: dict[str, Weights]) -> Weights:
        """The odds of each pair against two relatives, and against two strangers: two columns."""
        found = np.tile(self.start, (len(levels[Sort.GIVEN]), 1))
        for sort, of_sort in levels.items():
            found += self.tables[sort][of_sort]
        for name, values in rarity.items():
            found += self.rare(name, values)
        if self.knows_relatives:
            apart = _told_apart(levels)
            found[apart, 0] = np.minimum(found[apart, 0], self.model.joined - _SHORT_OF_JOINED)
        return found

    def of_columns(self) -> Iterator[tuple[float, float]]:
        """The weights of the levels, of the rarities and of the start, in the order of `LEVELS`."""
        for sort in Sort:
            yield from map(tuple, self.tables[sort][1:])
        for name in RARITIES:
            yield structs.astuple(self.model.rarity[name].weight)
        yield (self.start[0], self.start[1])

    def rare(self, sort: str, values: Weights) -> Weights:
        """What names that agree are worth for being rare, of which ``values`` tell how rare."""
        weight = self.model.rarity[sort].weight
        worth: Weights = values[:, None] * np.array([weight.relative, weight.stranger])
        return worth


_READ: dict[str, tuple[PersonWeights, dict[Sort, Weights]]] = {}
"""The tables of each model that was used, so that the desk needn't lay them out for each look."""


def _tables(model: PersonWeights) -> dict[Sort, Weights]:
    known = _READ.get(model.version)
    if known is None or known[0] is not model:
        known = _READ[model.version] = (model, {sort: _table(model, sort) for sort in Sort})
    return known[1]


def _table(model: PersonWeights, sort: Sort) -> Weights:
    weights = model.levels.get(sort, {})
    return np.array([structs.astuple(weights.get(level, _NOTHING)) for level in LEVELS[sort]])


def _told_apart(levels: dict[Sort, Levels]) -> NDArray[np.bool_]:
    same_fin = LEVELS[Sort.FIN].index("same")
    apart: NDArray[np.bool_] = (levels[Sort.GIVEN] == _DIFFERENT) & (levels[Sort.FIN] != same_fin)
    return apart


def scores(against: Weights) -> Weights:
    """The odds against both: against whichever of the two is the likelier."""
    found: Weights = -np.logaddexp(-against[:, 0], -against[:, 1])
    return found


def rarity_of(
    comparing: Comparing,
    rarities: Rarities,
    usual: Mapping[str, float],
    levels: dict[Sort, Levels],
    left: Numbers,
    right: Numbers,
) -> dict[str, Weights]:
    """How much rarer than usual the names are that agree; nought for those that don't."""
    columns = comparing.columns
    order = levels[Sort.ORDER]
    turned = (order == 1) | (order == 3)  # noqa: PLR2004
    found: dict[str, Weights] = {}
    for sort in _NAMES:
        rare: Weights = getattr(rarities, sort)
        column = getattr(columns, sort)
        a, b = rare[column[left]], rare[column[right]]
        agree = np.where(_AGREE[levels[sort]], np.minimum(a, b) - usual[sort], 0.0)
        found[sort] = agree
        if sort in _MISSPELT:
            unlike = _NEARLY[levels[sort]] & ~turned
            found[_MISSPELT[sort]] = np.where(
                unlike, np.minimum(np.maximum(a, b) - usual[_MISSPELT[sort]], _RAREST), 0.0
            )
    return found


def likenesses(
    pairs: Sequence[tuple[Card, Card]],
    model: PersonWeights,
    people: int,
    namesakes: Sequence[int | None] | None = None,
) -> list[Likeness]:
    """How like the two of each pair are, in a register of so many ``people``.

    ``namesakes``: how many of them, as far as it is known, have the given name and surname that a
    pair agrees on. Without it names count as names of the usual rarity.
    """
    if not pairs:
        return []
    places: dict[int, int] = {}
    cards: list[Card] = []
    for card in (card for pair in pairs for card in pair):
        if id(card) not in places:
            places[id(card)] = len(cards)
            cards.append(card)
    comparing = Comparing(Columns.of(cards))
    left = np.array([places[id(one)] for one, _ in pairs], dtype=np.int32)
    right = np.array([places[id(other)] for _, other in pairs], dtype=np.int32)
    levels = comparing.levels(left, right)
    rarity = _of_namesakes(levels, model, people, namesakes) if namesakes else {}
    return told(levels, rarity, Weighing(model, people))


def _of_namesakes(
    levels: dict[Sort, Levels],
    model: PersonWeights,
    people: int,
    namesakes: Sequence[int | None],
) -> dict[str, Weights]:
    usual = min(
        model.rarity[Sort.GIVEN].usual + model.rarity[Sort.SURNAME].usual, log(max(people, 2) / 2)
    )
    rarer = np.array(
        [log(max(people, 1) / max(count, 1)) - usual if count else 0.0 for count in namesakes]
    )
    agree = _AGREE[levels[Sort.GIVEN]] & _AGREE[levels[Sort.SURNAME]]
    half = np.where(agree, rarer / 2, 0.0)
    return {Sort.GIVEN: half, Sort.SURNAME: half}


def told(
    levels: dict[Sort, Levels], rarity: dict[str, Weights], weighing: Weighing
) -> list[Likeness]:
    """The likenesses of pairs whose evidence is known, with their reasons."""
    model = weighing.model
    against = weighing.against(levels, rarity)
    of_pairs = scores(against)
    share = 1 / (1 + np.exp(np.clip(against[:, 0] - against[:, 1], -50, 50)))
    weights = np.stack([share, 1 - share], axis=1)
    said = [(weighing.tables[sort][levels[sort]] * weights).sum(axis=1) for sort in _BY_NAME]
    said.append(
        sum(
            (
                (weighing.rare(sort, values) * weights).sum(axis=1)
                for sort, values in rarity.items()
            ),
            np.zeros(len(against)),
        )
    )
    table = np.stack(said, axis=1).round(2)
    weightiest = np.argsort(-np.abs(table), axis=1, kind="stable")
    speaking = (np.abs(table) >= _SAYS_NOTHING).sum(axis=1).tolist()
    codes = [[CODES[sort][level] for level in levels[sort].tolist()] for sort in _BY_NAME]
    codes.append([RARE if weight > 0 else COMMON for weight in table[:, -1].tolist()])
    return [
        Likeness(
            score,
            joined,
            probable,
            tuple([Reason(codes[sort][at], row[sort]) for sort in order[:count]]),
            RELATIVES if of_kin else STRANGERS,
        )
        for at, (score, joined, probable, row, order, count, of_kin) in enumerate(
            zip(
                of_pairs.round(2).tolist(),
                (of_pairs >= model.joined).tolist(),
                (of_pairs >= model.probable).tolist(),
                table.tolist(),
                weightiest.tolist(),
                speaking,
                (share >= 0.5).tolist(),  # noqa: PLR2004
                strict=True,
            )
        )
    ]
