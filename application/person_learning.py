"""Learns what evidence is worth from a list itself, without being told who is who.

For lists written by other habits than those the shipped model knows. Relatives can't be told from
one person without labels, so such a model has no weights against them: it is for lists in which
families don't stand side by side, and nothing that it finds is better than a hint.
"""

from collections.abc import Mapping
from math import log

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from application.person_columns import Numbers
from application.person_evidence import Comparing, Levels
from application.person_levels import LEVELS, Sort
from application.person_likeness import RARITIES, Rarities, Weights, rarity_of
from application.person_pairs import Prepared
from domain.person_weights import PersonWeights, Rarity, Weight

Chances = NDArray[np.float64]
_ROUNDS = 25
_ANY_PAIRS = 100_000
"""So many pairs are drawn from the whole list to see how two strangers compare."""
_SEED = 1
_AT_LEAST = 0.5
_NO_RELATIVES = 50.0
_FIRST_GUESS = {
    Sort.GIVEN: (1, 2),
    Sort.SURNAME: (1, 2),
    Sort.BORN: (1,),
    Sort.PHONE: (1,),
    Sort.FIN: (1,),
    Sort.EMAIL: (1,),
    Sort.ADDRESS: (1, 2, 3),
}
_ENOUGH = 2.5
_RARE = 0.6


class Evidence(Struct, frozen=True):
    """What speaks for and against each of some pairs."""

    levels: dict[Sort, Levels]
    rarity: dict[str, Weights]

    def chances(
        self, start: float, tables: Mapping[Sort, Chances], usual: Mapping[str, float]
    ) -> Chances:
        """How likely each pair is one person."""
        odds = np.full(len(self.levels[Sort.GIVEN]), start)
        for sort, of_sort in self.levels.items():
            odds += tables[sort][of_sort]
        for name, values in self.rarity.items():
            odds += np.where(values != 0, _RARE * (values - usual[name]), 0.0)
        return np.asarray(1 / (1 + np.exp(-np.clip(odds, -50, 50))))


def learn(prepared: Prepared, version: str = "people-0") -> PersonWeights:
    """Weights by expectation and maximisation over the pairs of the list that share a key.

    How two strangers compare is seen in pairs drawn from the whole list, for those that share a
    key are alike in what made the key. Each sort of evidence is taken to speak for itself; what
    isn't known says nothing. Joined is what is likelier one person than two.
    """
    comparing = Comparing(prepared.columns)
    rarities = Rarities.in_list(comparing)
    sharing = _evidence(comparing, rarities, prepared.left, prepared.right)
    people = len(prepared.columns)
    drawn = np.random.default_rng(_SEED).integers(0, people, (2, _ANY_PAIRS), dtype=np.int32)
    any_pairs = _evidence(comparing, rarities, *drawn[:, drawn[0] != drawn[1]])
    all_pairs = people * (people - 1) / 2
    chance = _guess(sharing.levels)
    among_any = np.zeros(len(any_pairs.levels[Sort.GIVEN]))
    start = 0.0
    usual: dict[str, float] = {}
    tables: dict[Sort, Chances] = {}
    times = all_pairs / max(len(among_any), 1)
    for _ in range(_ROUNDS):
        share = float(np.clip(chance.sum() / all_pairs, 1e-12, 0.5))
        start = log(share / (1 - share))
        tables = {
            sort: _table(
                sort,
                _counted(sort, sharing.levels[sort], chance),
                np.maximum(
                    _counted(sort, any_pairs.levels[sort], 1 - among_any) * times,
                    _counted(sort, sharing.levels[sort], 1 - chance),
                ),
                _AT_LEAST * times,
            )
            for sort in Sort
        }
        usual = {name: _usual(values, chance) for name, values in sharing.rarity.items()}
        chance = sharing.chances(start, tables, usual)
        among_any = any_pairs.chances(start, tables, usual)
    return _model(tables, start, people, version, usual)


def _evidence(comparing: Comparing, rarities: Rarities, left: Numbers, right: Numbers) -> Evidence:
    levels = comparing.levels(left, right)
    nought = dict.fromkeys(RARITIES, 0.0)
    return Evidence(levels, rarity_of(comparing, rarities, nought, levels, left, right))


def _usual(values: Weights, chance: Chances) -> float:
    agree = values != 0
    return float(np.average(values[agree], weights=chance[agree] + 1e-6)) if agree.any() else 0.0


def _guess(levels: Mapping[Sort, Levels]) -> Chances:
    """Pairs that agree on several things are thought to be one person, to begin with."""
    agree = sum(np.isin(levels[sort], good).astype(np.int8) for sort, good in _FIRST_GUESS.items())
    return np.where(np.asarray(agree) >= _ENOUGH, 0.95, 0.05)


def _counted(sort: Sort, levels: Levels, chance: Chances) -> Chances:
    """How many of the pairs have each level, what isn't known left out."""
    counts = np.bincount(levels, weights=chance, minlength=len(LEVELS[sort]))
    return counts[1:].astype(np.float64)


def _table(sort: Sort, same: Chances, other: Chances, at_least: float) -> Chances:
    """How much likelier each level is for one person than for two, as a logarithm."""
    if not other.any():
        return np.zeros(len(LEVELS[sort]))
    same, other = same + _AT_LEAST, other + at_least
    found: Chances = np.log(same / same.sum()) - np.log(other / other.sum())
    found[0] = max(found[0], 0.0)
    if "different" in LEVELS[sort]:
        at = LEVELS[sort].index("different") - 1
        found[at] = min(found[at], 0.0)
    return np.concatenate(([0.0], found))


def _model(
    tables: Mapping[Sort, Chances],
    start: float,
    people: int,
    version: str,
    usual: Mapping[str, float],
) -> PersonWeights:
    return PersonWeights(
        version=version,
        learnt_from="the list itself, without labels",
        people=people,
        joined=0.0,
        probable=-6.0,
        start=Weight(_NO_RELATIVES, round(start, 2)),
        rarity={
            name: Rarity(weight=Weight(0.0, _RARE), usual=round(value, 2))
            for name, value in usual.items()
        },
        levels={
            sort: {
                level: Weight(0.0, round(float(weight), 2))
                for level, weight in zip(LEVELS[sort][1:], table[1:], strict=True)
            }
            for sort, table in tables.items()
        },
    )
