"""How like two texts are in their matter: the evidence of each pair weighed by a model."""

from collections.abc import Sequence
from math import log
from operator import mul

import numpy as np
from numpy.typing import NDArray

from application.likeness import Likeness, Reason
from application.matter_columns import Numbers, ReadCard, Weights
from application.matter_evidence import EVIDENCE, evidence_of, share_a_detail
from application.matter_rarity import Rarity
from application.one_or_many import Fact
from domain.matter_card import MatterCard
from domain.matter_weights import MatterWeights

CODES = tuple(f"matter-{each}" for each in EVIDENCE)
_NAMES = tuple(map(str, EVIDENCE))
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
    read: dict[int, ReadCard] = {}
    for card in (card for pair in pairs for card in pair):
        if id(card) not in read:
            read[id(card)] = ReadCard(card, rarity)
    start, weights = start_of(model, among), _weights_of(model)
    likenesses = []
    for one, other in pairs:
        found = evidence_of(read[id(one)], read[id(other)])
        score = start + sum(map(mul, found, weights))
        shares = share_a_detail(found)
        tells = tell_enough(shares, _length(one, model), _length(other, model))
        likenesses.append(_told(found, score, model, weights, shares=shares, tells=tells))
    return likenesses


def told(found: Weights, of_pairs: Weights, telling: Mask, model: MatterWeights) -> list[Likeness]:
    """The likenesses of pairs whose evidence is known, with their reasons."""
    weights = _weights_of(model)
    shared = share_a_detail(found.T)
    of_each = zip(found.tolist(), of_pairs.tolist(), shared.tolist(), telling.tolist(), strict=True)
    return [
        _told(row, score, model, weights, shares=shares, tells=tells)
        for row, score, shares, tells in of_each
    ]


def _told(
    found: Sequence[float],
    score: float,
    model: MatterWeights,
    weights: Sequence[float],
    *,
    shares: bool,
    tells: bool,
) -> Likeness:
    """Without a detail that is shared none is joined: words alone find the topic."""
    if not tells:
        return _CANNOT_TELL
    reasons = [
        Reason(code, says)
        for code, weight, amount in zip(CODES, weights, found, strict=True)
        if amount and (says := round(amount * weight, 2))
    ]
    reasons.sort(key=_weightiest)
    return Likeness(
        round(score, 2),
        score >= model.joined and shares,
        score >= model.probable,
        tuple(reasons),
    )


def weights_of(model: MatterWeights) -> Weights:
    """The weights in the order of ``EVIDENCE``; what the model doesn't name weighs nothing."""
    return np.array(_weights_of(model))


def _weights_of(model: MatterWeights) -> list[float]:
    weigh = model.weights.get
    return [weigh(each, 0.0) for each in _NAMES]


def start_of(model: MatterWeights, among: int | None) -> float:
    return model.start - log(max((among or 0) / model.texts, 1.0))


Length = tuple[Fact, Fact]
"""Whether a text is long enough to be compared as it is, and whether with a shared detail."""


def _length(card: MatterCard, model: MatterWeights) -> Length:
    return len(card.words) >= model.words, len(card.words) + card.details >= model.few


class Lengths:
    """Of each text of a list whether it is long enough."""

    def __init__(self, cards: Sequence[MatterCard], model: MatterWeights) -> None:
        lengths = [_length(card, model) for card in cards]
        self._long, self._short = np.array(lengths, np.bool_).reshape(-1, 2).T

    def of(self, at: Numbers) -> Length:
        return self._long[at], self._short[at]


def tell_enough(share_a_detail: Fact, one: Length, other: Length) -> Fact:
    """Topic and a few words are shared by any two subjects; only a detail tells them apart."""
    return (one[0] & other[0]) | (one[1] & other[1] & share_a_detail)


def _weightiest(reason: Reason) -> tuple[float, str]:
    return -abs(reason.weight), reason.code
