"""How like two people are: the evidence of each pair weighed by a model, with its reasons."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from math import exp, log, log1p

import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from application.likeness import Likeness, Reason
from application.one_or_many import Fact
from application.person_columns import Numbers
from application.person_evidence import Comparing, Levels
from application.person_levels import ALIKE, DIFFERENT, ENDING, LEVELS, NEAR, SAME, SOUNDS, Sort
from application.person_pair import levels_of
from domain.person_card import Card
from domain.person_weights import PersonWeights, Weight

Weights = NDArray[np.float64]
_NAMES = (Sort.GIVEN, Sort.SURNAME, Sort.PATRONYMIC)
_AGREES = tuple(level in {SAME, SOUNDS, ENDING} for level in range(max(map(len, LEVELS.values()))))
_AGREE = np.array(_AGREES)
_NEARLY = np.zeros(len(_AGREE), dtype=np.bool_)
_NEARLY[[NEAR, ALIKE]] = True
_MISSPELT = {Sort.GIVEN: "given-misspelt", Sort.SURNAME: "surname-misspelt"}
RARITIES = (*(str(sort) for sort in _NAMES), *_MISSPELT.values())
"""Whose rarity counts: names that agree, and names that nearly do, as the rarer is spelt."""
_RAREST = 2.5
"""A name seen once is misspelt or new, in a list of any size."""
_SAYS_NOTHING = 0.05
RELATIVES, STRANGERS = "relatives", "strangers"
_GIVEN, _FIN = list(Sort).index(Sort.GIVEN), list(Sort).index(Sort.FIN)
_SURNAME = list(Sort).index(Sort.SURNAME)
_SAME_FIN = LEVELS[Sort.FIN].index("same")
_SHORT_OF_JOINED = 0.5
"""Another given name alone keeps a pair so far from being taken for one, short of the same FIN."""
RARE, COMMON = "names-rare", "names-common"
_BY_SIGN = ""
"""Which of the two it is, the weight tells."""
CODES = {sort: tuple(f"{sort}-{level}" for level in levels) for sort, levels in LEVELS.items()}
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
        self.tables, self.spoken = _tables(model)
        self.usual = {name: rarity.usual for name, rarity in model.rarity.items()}
        self.people = people
        strangers = model.start.stranger - log(max(people, 1) / model.people)
        self.start = Weight(model.start.relative, strangers)
        self.knows_relatives = self.tables[Sort.GIVEN][DIFFERENT].relative < 0

    def against(self, levels: dict[Sort, Levels], rarity: dict[str, Weights]) -> Weights:
        """The odds of each pair against two relatives, and against two strangers: two columns."""
        found = np.tile(structs.astuple(self.start), (len(levels[Sort.GIVEN]), 1))
        for sort, of_sort in levels.items():
            found += np.array([*map(structs.astuple, self.tables[sort])])[of_sort]
        for name, values in rarity.items():
            found += values[:, None] * np.array(structs.astuple(self.model.rarity[name].weight))
        if self.knows_relatives:
            apart = _told_apart(levels[Sort.GIVEN], levels[Sort.FIN])
            found[apart, 0] = np.minimum(found[apart, 0], self._against_relatives)
        return found

    def of_columns(self) -> Iterator[tuple[float, float]]:
        """The weights of the levels, of the rarities and of the start, in the order of `LEVELS`."""
        for sort in Sort:
            yield from map(structs.astuple, self.tables[sort][1:])
        for name in RARITIES:
            yield structs.astuple(self.model.rarity[name].weight)
        yield structs.astuple(self.start)

    def told(self, levels: Sequence[int], rarity: Mapping[str, float]) -> Likeness:
        """The likeness of a pair whose evidence is known, with its reasons.

        ``levels`` are in the order of `Sort`.
        """
        relative, stranger = self.start.relative, self.start.stranger
        spoken = [
            of_sort[level] for of_sort, level in zip(self.spoken, levels, strict=True) if level
        ]
        if rarity:
            weights = [(value, self.model.rarity[name].weight) for name, value in rarity.items()]
            against_relative = sum(value * weight.relative for value, weight in weights)
            against_stranger = sum(value * weight.stranger for value, weight in weights)
            spoken.append((_BY_SIGN, against_relative, against_stranger))
        for _, against_relative, against_stranger in spoken:
            relative += against_relative
            stranger += against_stranger
        if self.knows_relatives and _told_apart(levels[_GIVEN], levels[_FIN]):
            relative = min(relative, self._against_relatives)
        apart = relative - stranger
        share = 1 / (1 + exp(max(-50.0, min(50.0, apart))))
        others = 1 - share
        reasons = [
            Reason(code or (RARE if says > 0 else COMMON), says)
            for code, against_relative, against_stranger in spoken
            if abs(says := round(against_relative * share + against_stranger * others, 2))
            >= _SAYS_NOTHING
        ]
        reasons.sort(key=_weightiest)
        score = min(relative, stranger) - log1p(exp(-abs(apart)))
        return Likeness(
            round(score, 2),
            score >= self.model.joined,
            score >= self.model.probable,
            tuple(reasons),
            RELATIVES if apart <= 0 else STRANGERS,
        )

    def of_namesakes(self, count: int) -> float:
        """How much rarer than usual a given name with a surname is that so many have."""
        usual = min(self.usual["given"] + self.usual["surname"], log(max(self.people, 2) / 2))
        return log(max(self.people, 1) / count) - usual

    @property
    def _against_relatives(self) -> float:
        return self.model.joined - _SHORT_OF_JOINED


Spoken = tuple[str, float, float]
"""The code of a level, and its weights against relatives and strangers."""
_Tables = tuple[dict[Sort, list[Weight]], list[list[Spoken]]]
_READ: dict[str, tuple[PersonWeights, _Tables]] = {}
"""The tables of each model that was used, so that the desk needn't lay them out for each look."""


def _tables(model: PersonWeights) -> _Tables:
    """Of each sort the weights of its levels, by their numbers; and the same with their codes."""
    known = _READ.get(model.version)
    if known is None or known[0] is not model:
        tables = {sort: _table(model, sort) for sort in Sort}
        spoken = [
            [
                (code, weight.relative, weight.stranger)
                for code, weight in zip(CODES[sort], table, strict=True)
            ]
            for sort, table in tables.items()
        ]
        known = _READ[model.version] = (model, (tables, spoken))
    return known[1]


def _table(model: PersonWeights, sort: Sort) -> list[Weight]:
    weights = model.levels.get(sort, {})
    return [weights.get(level, _NOTHING) for level in LEVELS[sort]]


def _told_apart(given: Fact, fin: Fact) -> Fact:
    return (given == DIFFERENT) & (fin != _SAME_FIN)


def _weightiest(reason: Reason) -> tuple[float, str]:
    return -abs(reason.weight), reason.code


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
    weighing = Weighing(model, people)
    found = []
    for (one, other), count in zip(pairs, namesakes or repeat(None, len(pairs)), strict=True):
        levels = levels_of(one, other)
        rare: dict[str, float] = {}
        if count and _AGREES[levels[_GIVEN]] and _AGREES[levels[_SURNAME]]:
            half = weighing.of_namesakes(count) / 2
            rare = {"given": half, "surname": half}
        found.append(weighing.told(levels, rare))
    return found


def told(
    levels: Mapping[Sort, Levels], rarity: Mapping[str, Weights], weighing: Weighing
) -> list[Likeness]:
    """The likenesses of pairs whose evidence is known, with their reasons."""
    of_pairs = zip(*(levels[sort].tolist() for sort in Sort), strict=True)
    if not rarity:
        return [weighing.told(each, {}) for each in of_pairs]
    of_names = zip(*(values.tolist() for values in rarity.values()), strict=True)
    return [
        weighing.told(each, dict(zip(rarity, rare, strict=True)))
        for each, rare in zip(of_pairs, of_names, strict=True)
    ]
