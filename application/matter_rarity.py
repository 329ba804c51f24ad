"""How rare what two texts share is: a street that half of the town writes from says little."""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import IntEnum
from math import log

from domain.matter_card import MatterCard
from domain.matter_findings import STEM
from domain.matter_words import Counted, Place

_TOPIC_NEEDS = 20
"""A topic's own shares count as much as those of all texts when it has so many of them."""
_LEAST = 2
_NAME = 5
_HOUSE, _STREET = str(Counted.HOUSE), str(Place.STREET)
_GROWING = frozenset(
    map(
        str,
        (Counted.HOUR, Counted.DAY, Counted.WEEK, Counted.MONTH, Counted.YEAR, Counted.TIMES),
    )
)
"""What grows from one letter to the next is no contradiction."""


class Sort(IntEnum):
    """What a token tells of a text.

    ``VALUE``: a number, whatever it counts; ``KIND``: that something is counted at all.
    """

    STEM = 0
    VALUE = 1
    NUMBER = 2
    KIND = 3
    HOUSE = 4
    STREET = 5
    PLACE = 6
    DAY = 7
    MONTH = 8
    NAME = 9
    COMPLAINED_OF = 10


SORTS = dict(zip("wvnkhspdmac", Sort, strict=True))
"""The letter with which a token of each sort begins."""


def tokens_of(card: MatterCard) -> set[str]:
    """All that a card may share with another. Three months by themselves are no detail."""
    tokens = {"w" + word[:STEM] for word in card.words}
    for number in card.numbers:
        what, _, value = number.partition(":")
        if what == _HOUSE:
            tokens.add("h" + value)
            continue
        if what not in _GROWING or len(value) > 1:
            tokens.add("v" + value)
        if what:
            tokens.add("n" + number)
            if what not in _GROWING:
                tokens.add("k" + what)
    for place in card.places:
        tokens.add(("s" if place[0] == _STREET else "p") + place[2 : 2 + _NAME])
    for day in card.dates:
        if not day.endswith("-00"):
            tokens.add("d" + day[5:])
        if day[5:7] != "00":
            tokens.add("m" + day[5:7])
    for name in card.names:
        tokens.add("a" + name[:_NAME])
    for one in card.complained_of:
        tokens.add("c" + one)
    return tokens


class Rarity:
    """From the share of texts that each token is in, of all texts and within each topic."""

    def __init__(
        self,
        shares: Mapping[str, float],
        texts: int,
        by_topic: Mapping[str, tuple[Mapping[str, float], int]] | None = None,
    ) -> None:
        """``by_topic`` has shares within a topic, and how many texts it has."""
        self._shares = shares
        self._texts = max(texts, 1)
        self._by_topic = by_topic or {}
        self._known: dict[str, _Weights] = {}

    def of_topic(self, topic: str) -> dict[str, float]:
        """The weight of each token in texts of a topic: the logarithm of one in so many."""
        known = self._known.get(topic)
        if known is None:
            known = self._known[topic] = _Weights(self, topic)
        return known

    def weight(self, token: str, topic: str) -> float:
        share = max(self._shares.get(token, 0.0), min(1.0, _LEAST / self._texts))
        of_topic, texts = self._by_topic.get(topic, ({}, 0))
        within = (of_topic.get(token, 0.0) * texts + _TOPIC_NEEDS * share) / (texts + _TOPIC_NEEDS)
        return max(0.0, -log(max(share, within)))


class _Weights(dict[str, float]):
    def __init__(self, rarity: Rarity, topic: str) -> None:
        super().__init__()
        self._rarity = rarity
        self._topic = topic

    def __missing__(self, token: str) -> float:
        self[token] = weight = self._rarity.weight(token, self._topic)
        return weight


def rarity_of(cards: Iterable[MatterCard]) -> Rarity:
    """From the texts at hand: a whole list, or a sample of the newest."""
    texts: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    within: dict[str, Counter[str]] = {}
    for card in cards:
        texts[card.topic] += 1
        tokens = tokens_of(card)
        counts.update(tokens)
        within.setdefault(card.topic, Counter()).update(tokens)
    total = max(texts.total(), 1)
    return Rarity(
        {token: count / total for token, count in counts.items()},
        total,
        {
            topic: ({token: count / texts[topic] for token, count in found.items()}, texts[topic])
            for topic, found in within.items()
        },
    )
