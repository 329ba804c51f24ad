"""How like two texts are in their matter: the evidence of each pair weighed by a model."""

from collections.abc import Sequence
from math import log

import numpy as np
from numpy.typing import NDArray

from application.likeness import Likeness, Reason
from application.matter_columns import Columns, Numbers, Weights
from application.matter_evidence import EVIDENCE, evidence, share_a_detail
from application.matter_rarity import Rarity
from domain.matter_card import MatterCard
from domain.matter_weights import MatterWeights

CODES = tuple(f"matter-{each}" for each in EVIDENCE)
CANNOT_TELL = "matter-cannot-tell"

_CANNOT_TELL = Likeness(0.0, joined=False, probable=False, reasons=(Reason(CANNOT_TELL, 0.0),))

Mask = NDArray[np.bool_]


def matter_likenesses(
    pairs: Sequence[tuple[MatterCard, MatterCard]],
    model: MatterWeights,
    rarity: Rarity,
    among: int | None = None,
) -> list[Likeness]:
    """How like the two of each pair are.

    ``among``: how many texts the pairs were sought in, where they were sought by what is in the
    texts. Chance likeness grows with it, so evidence has to. Without it, as for the letters of one
    person, nothing is taken off.

    Where the two say too little to be compared, the only reason is ``CANNOT_TELL`` and neither
    threshold is reached.
    """
    if not pairs:
        return []
    places: dict[int, int] = {}
    cards: list[MatterCard] = []
    for card in (card for pair in pairs for card in pair):
        if id(card) not in places:
            places[id(card)] = len(cards)
            cards.append(card)
    left = np.array([places[id(one)] for one, _ in pairs], np.int64)
    right = np.array([places[id(other)] for _, other in pairs], np.int64)
    columns = Columns(cards, rarity)
    found = evidence(columns, left, right)
    of_pairs = found @ weights_of(model) + start_of(model, among)
    telling = tell_enough(found, Lengths(cards, model), left, right)
    return told(found, of_pairs, telling, model)


def told(found: Weights, of_pairs: Weights, telling: Mask, model: MatterWeights) -> list[Likeness]:
    """The likenesses of pairs whose evidence is known, with their reasons.

    Without a detail that is shared none is joined: words alone find the topic.
    """
    joined = (of_pairs >= model.joined) & share_a_detail(found)
    weights = np.round(found * weights_of(model), 2).tolist()
    likenesses = []
    for row, score, may_join, tells in zip(
        weights, of_pairs.tolist(), joined.tolist(), telling.tolist(), strict=True
    ):
        if not tells:
            likenesses.append(_CANNOT_TELL)
            continue
        reasons = [Reason(code, weight) for code, weight in zip(CODES, row, strict=True) if weight]
        reasons.sort(key=_weightiest)
        likenesses.append(
            Likeness(round(score, 2), may_join, score >= model.probable, tuple(reasons))
        )
    return likenesses


def weights_of(model: MatterWeights) -> Weights:
    """The weights in the order of ``EVIDENCE``; what the model doesn't name weighs nothing."""
    return np.array([model.weights.get(each, 0.0) for each in EVIDENCE])


def start_of(model: MatterWeights, among: int | None) -> float:
    return model.start - log(max((among or 0) / model.texts, 1.0))


class Lengths:
    """Which texts are long enough to be compared as they are, or with a detail that is shared."""

    def __init__(self, cards: Sequence[MatterCard], model: MatterWeights) -> None:
        words = np.array([len(card.words) for card in cards], np.int64)
        details = np.array([card.details for card in cards], np.int64)
        self.long: Mask = words >= model.words
        self.short: Mask = words + details >= model.few


def tell_enough(found: Weights, lengths: Lengths, left: Numbers, right: Numbers) -> Mask:
    """Topic and a few words are shared by any two subjects; only a detail tells them apart."""
    return (lengths.long[left] & lengths.long[right]) | (
        lengths.short[left] & lengths.short[right] & share_a_detail(found)
    )


def _weightiest(reason: Reason) -> tuple[float, str]:
    return -abs(reason.weight), reason.code
