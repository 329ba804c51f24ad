"""What of two texts agrees and what doesn't, each as a number. What isn't told is no evidence."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from application.matter_columns import Columns, Numbers, Weights, by_sort
from application.matter_rarity import Sort

_RARE = 4.0
_RARE_ENOUGH = 3.0
"""Words are what texts of a topic have in common, rare topics too: more of them say no more."""
_ROWS = 50_000


class Evidence(StrEnum):
    """Its value is its name in the model; what begins with ``other`` is told by both, and differs.

    Places, names, houses, numbers, rare words and who is complained of have the rarity of what is
    shared as their amount, ``words`` (the text itself) a part of one; the rest is counted.
    """

    TOPIC = "topic"
    OTHER_TOPIC = "other-topic"
    REGION = "region"
    OTHER_REGION = "other-region"
    COMPLAINED_OF = "complained-of"
    OTHER_COMPLAINED_OF = "other-complained-of"
    PLACE = "place"
    OTHER_PLACE = "other-place"
    HOUSE = "house"
    OTHER_HOUSE = "other-house"
    NUMBER = "number"
    COUNT = "count"
    OTHER_COUNT = "other-count"
    DAY = "day"
    OTHER_DAY = "other-day"
    MONTH = "month"
    OTHER_MONTH = "other-month"
    NAME = "name"
    OTHER_NAME = "other-name"
    RARE_WORDS = "rare-words"
    WORDS = "words"


EVIDENCE = tuple(Evidence)
_DETAILS = (Evidence.PLACE, Evidence.HOUSE, Evidence.NUMBER, Evidence.NAME)
_OF_A_DAY = 4.0
_DETAIL = 3.0


def evidence(columns: Columns, left: Numbers, right: Numbers) -> Weights:
    """A row for each pair of cards, a column for each of ``EVIDENCE``."""
    if len(left) > _ROWS:
        starts = range(0, len(left), _ROWS)
        return np.concatenate(
            [evidence(columns, left[at : at + _ROWS], right[at : at + _ROWS]) for at in starts]
        )
    pair, at, beside = _shared(columns, left, right)
    sort = columns.sort[at]
    weight = np.minimum(columns.weight[at], columns.weight[beside])
    count = by_sort(pair, sort, len(left))
    shared = by_sort(pair, sort, len(left), weight)
    of_words = sort == Sort.STEM
    rare = np.bincount(pair[of_words], np.maximum(weight[of_words] - _RARE, 0), minlength=len(left))
    both = (columns.told[left] > 0) & (columns.told[right] > 0)
    differs = (both & (count == 0)).astype(np.float64)
    union = columns.mass[left] + columns.mass[right] - shared[:, Sort.STEM]
    topics, regions = columns.topic[left], columns.region[left]
    topic, region = topics == columns.topic[right], regions == columns.region[right]
    found: dict[Evidence, NDArray[np.generic]] = {
        Evidence.TOPIC: topic & (topics > 0),
        Evidence.OTHER_TOPIC: ~topic & (topics > 0) & (columns.topic[right] > 0),
        Evidence.REGION: region & (regions > 0),
        Evidence.OTHER_REGION: ~region & (regions > 0) & (columns.region[right] > 0),
        Evidence.COMPLAINED_OF: shared[:, Sort.COMPLAINED_OF],
        Evidence.OTHER_COMPLAINED_OF: differs[:, Sort.COMPLAINED_OF],
        Evidence.PLACE: shared[:, Sort.STREET] + shared[:, Sort.PLACE],
        Evidence.OTHER_PLACE: np.where(
            both[:, Sort.STREET], differs[:, Sort.STREET], differs[:, Sort.PLACE]
        ),
        Evidence.HOUSE: shared[:, Sort.HOUSE],
        Evidence.OTHER_HOUSE: differs[:, Sort.HOUSE],
        Evidence.NUMBER: shared[:, Sort.VALUE],
        Evidence.COUNT: count[:, Sort.NUMBER],
        Evidence.OTHER_COUNT: np.maximum(count[:, Sort.KIND] - count[:, Sort.NUMBER], 0),
        Evidence.DAY: count[:, Sort.DAY],
        Evidence.OTHER_DAY: differs[:, Sort.DAY],
        Evidence.MONTH: np.minimum(count[:, Sort.MONTH], 1.0),
        Evidence.OTHER_MONTH: differs[:, Sort.MONTH],
        Evidence.NAME: shared[:, Sort.NAME],
        Evidence.OTHER_NAME: differs[:, Sort.NAME],
        Evidence.RARE_WORDS: np.minimum(rare, _RARE_ENOUGH),
        Evidence.WORDS: shared[:, Sort.STEM] / np.maximum(union, 1e-9),
    }
    return np.stack([found[each] for each in EVIDENCE], axis=1).astype(np.float64)


def _shared(columns: Columns, left: Numbers, right: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Each shared token: the pair, the token's place among the left card's and the right's."""
    lengths = columns.first[left + 1] - columns.first[left]
    pair = np.repeat(np.arange(len(left)), lengths)
    before = np.cumsum(lengths) - lengths
    at = np.arange(len(pair)) - before[pair] + columns.first[left][pair]
    wanted = right[pair] * columns.tokens + columns.token[at]
    beside = np.minimum(np.searchsorted(columns.key, wanted), max(len(columns.key) - 1, 0))
    hit = columns.key[beside] == wanted if len(columns.key) else np.zeros(0, np.bool_)
    return pair[hit], at[hit], beside[hit]


def share_a_detail(found: Weights) -> NDArray[np.bool_]:
    """Whether the places, numbers, days and names that a pair shares are rare enough together."""
    details = found[:, [EVIDENCE.index(one) for one in _DETAILS]].sum(axis=1)
    details += found[:, EVIDENCE.index(Evidence.DAY)] * _OF_A_DAY
    shared: NDArray[np.bool_] = details >= _DETAIL
    return shared
