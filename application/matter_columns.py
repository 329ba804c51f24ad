"""Cards with what is compared of them: one by one, and as columns of numbers for thousands."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import count

import numpy as np
from numpy.typing import NDArray

from application.matter_rarity import SORTS, Rarity, Sort, tokens_of
from domain.matter_card import MatterCard

Numbers = NDArray[np.int64]
Weights = NDArray[np.float64]
_STEM = next(letter for letter, sort in SORTS.items() if sort is Sort.STEM)


class ReadCard:
    """``weights`` by token; ``told``: whether it has any of each sort; ``mass``: of its words."""

    __slots__ = ("card", "mass", "region", "told", "topic", "weights")

    def __init__(self, card: MatterCard, rarity: Rarity) -> None:
        self.card = card
        self.topic, self.region = card.topic, card.region
        tokens = tokens_of(card)
        weight = rarity.of_topic(card.topic)
        self.weights = dict(zip(tokens, map(weight.__getitem__, tokens), strict=True))
        told = {token[0] for token in tokens}
        self.told = [letter in told for letter in SORTS]
        self.mass = sum([each for token, each in self.weights.items() if token[0] == _STEM])


class Columns:
    """Cards as they stand in a list.

    ``token``, ``sort`` and ``weight`` have an entry for each token of each card, those of card
    i from ``first[i]`` up to ``first[i + 1]``, in the order of ``token``. ``told`` counts them by
    card and sort; ``mass`` is the weight of all words of a card.
    """

    def __init__(self, cards: Sequence[MatterCard], rarity: Rarity) -> None:
        numbers: defaultdict[str, int] = defaultdict(count().__next__)
        tokens: list[int] = []
        weights: list[float] = []
        lengths = []
        for card in cards:
            found = tokens_of(card)
            tokens += map(numbers.__getitem__, found)
            weights += map(rarity.of_topic(card.topic).__getitem__, found)
            lengths.append(len(found))
        self.cards = len(cards)
        self.tokens = max(len(numbers), 1)
        self.first = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
        self.card = np.repeat(np.arange(len(cards)), lengths)
        order = np.argsort(self.card * self.tokens + np.array(tokens, np.int64), kind="stable")
        self.token = np.array(tokens, np.int64)[order]
        self.sort = np.array([SORTS[token[0]] for token in numbers], np.int64)[self.token]
        self.weight = np.array(weights, np.float64)[order]
        self.key = self.card * self.tokens + self.token
        self.told = by_sort(self.card, self.sort, len(cards))
        of_words = self.sort == Sort.STEM
        self.mass = np.bincount(self.card[of_words], self.weight[of_words], minlength=len(cards))
        self.topic = _numbered([card.topic for card in cards])
        self.region = _numbered([card.region for card in cards])


def by_sort(row: Numbers, sort: Numbers, rows: int, weights: Weights | None = None) -> Weights:
    """How many there are, or what they weigh together, in each row and of each sort."""
    cells = np.bincount(row * len(Sort) + sort, weights, minlength=rows * len(Sort))
    return cells.reshape(rows, len(Sort)).astype(np.float64)


def _numbered(values: Sequence[str]) -> Numbers:
    """A number for each value; nought where there is none."""
    numbers = {"": 0}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], np.int64)
