"""The pairs of one matter in a whole list of texts, whoever wrote them."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from msgspec import Struct

from application.likeness import Likeness
from application.matter_candidates import candidates
from application.matter_columns import Columns
from application.matter_evidence import evidence, share_a_detail
from application.matter_likeness import Lengths, start_of, tell_enough, told, weights_of
from application.matter_rarity import rarity_of
from domain.matter_card import MatterCard
from domain.matter_weights import MatterWeights


class MatterPair(Struct, frozen=True):
    """Places in the list, the smaller first."""

    left: int
    right: int
    likeness: Likeness


def matter_pairs(
    cards: Sequence[MatterCard],
    model: MatterWeights,
    progress: Callable[[int], None] = lambda _: None,
) -> Iterator[MatterPair]:
    """Every probable pair. ``progress`` is told how many more texts have been compared.

    The evidence and its weights are those of the desk; the list itself tells what is rare in it.
    """
    columns = Columns(cards, rarity_of(cards))
    weights = weights_of(model)
    start = start_of(model, len(cards))
    lengths = Lengths(cards, model)
    for texts, left, right in candidates(columns):
        shown = evidence(columns, left, right)
        score = shown @ weights + start
        enough = tell_enough(share_a_detail(shown.T), lengths.of(left), lengths.of(right))
        (kept,) = np.nonzero(enough & (score >= model.probable))
        found = told(shown[kept], score[kept], enough[kept], model)
        for one, other, likeness in zip(
            left[kept].tolist(), right[kept].tolist(), found, strict=True
        ):
            yield MatterPair(one, other, likeness)
        progress(texts)
