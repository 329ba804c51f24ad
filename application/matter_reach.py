"""The most that a letter can score beside another: far less to reckon than how like the two are."""

from application.matter_columns import ReadCard
from application.matter_evidence import Evidence, rarer
from application.matter_likeness import start_of
from application.matter_rarity import SORTS, Rarity, Sort, tokens_of
from domain.matter_card import MatterCard
from domain.matter_weights import MatterWeights

_RARITY_OF = {
    Sort.VALUE: Evidence.NUMBER,
    Sort.HOUSE: Evidence.HOUSE,
    Sort.STREET: Evidence.PLACE,
    Sort.PLACE: Evidence.PLACE,
    Sort.NAME: Evidence.NAME,
    Sort.COMPLAINED_OF: Evidence.COMPLAINED_OF,
}
_COUNT_OF = {
    Sort.NUMBER: Evidence.COUNT,
    Sort.KIND: Evidence.OTHER_COUNT,
    Sort.DAY: Evidence.DAY,
    Sort.MONTH: Evidence.MONTH,
}
_DIFFERING = (
    Evidence.OTHER_COMPLAINED_OF,
    Evidence.OTHER_PLACE,
    Evidence.OTHER_HOUSE,
    Evidence.OTHER_DAY,
    Evidence.OTHER_MONTH,
    Evidence.OTHER_NAME,
)


class Reach:
    """Of one letter. What is shared counts with the rarity that it has here, which is the most."""

    def __init__(self, card: MatterCard, model: MatterWeights, rarity: Rarity) -> None:
        self._topic, self._region = card.topic, card.region
        self._weights = {each: max(model.weights.get(each, 0.0), 0.0) for each in Evidence}
        self._start = start_of(model, None) + sum(self._weights[each] for each in _DIFFERING)
        read = ReadCard(card, rarity)
        self._adds = {
            token: self._most(SORTS[token[0]], weight, read.mass)
            for token, weight in read.weights.items()
        }

    def of(self, other: MatterCard) -> float:
        """No less than what the other letter scores, however like it is."""
        adds = self._adds
        shared = adds.keys() & tokens_of(other)
        return self._start + self._coded(other) + sum(map(adds.__getitem__, shared))

    def _coded(self, other: MatterCard) -> float:
        topic = Evidence.TOPIC if self._topic == other.topic else Evidence.OTHER_TOPIC
        region = Evidence.REGION if self._region == other.region else Evidence.OTHER_REGION
        return self._weights[topic] + self._weights[region]

    def _most(self, sort: Sort, weight: float, mass: float) -> float:
        """What a token adds at most. Of words: by its rarity, and by its part of all of them."""
        weights = self._weights
        if sort is Sort.STEM:
            part = weight / mass if mass else 0.0
            rare = float(rarer(weight))
            return weights[Evidence.RARE_WORDS] * rare + weights[Evidence.WORDS] * part
        if sort in _COUNT_OF:
            return weights[_COUNT_OF[sort]]
        return weights[_RARITY_OF[sort]] * weight
