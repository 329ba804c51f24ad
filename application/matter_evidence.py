"""What of two texts agrees and what doesn't, each as a number. What isn't told is no evidence."""

from enum import StrEnum

import numpy as np

from application.matter_columns import Columns, Numbers, ReadCard, Weights, by_sort
from application.matter_rarity import SORTS, Sort
from application.one_or_many import Fact, Facts, at_least, at_most

(
    _STEM, _VALUE, _NUMBER, _KIND, _HOUSE, _STREET, _PLACE, _DAY, _MONTH, _NAME, _COMPLAINED_OF,
) = map(int, Sort)  # fmt: skip
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
_DETAILS = tuple(
    EVIDENCE.index(one) for one in (Evidence.PLACE, Evidence.HOUSE, Evidence.NUMBER, Evidence.NAME)
)
_A_DAY = EVIDENCE.index(Evidence.DAY)
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
    of_words = sort == Sort.STEM
    found = pieces(
        told=((columns.told[left] > 0) & (columns.told[right] > 0)).T,
        count=by_sort(pair, sort, len(left)).T,
        shared=by_sort(pair, sort, len(left), weight).T,
        rare=np.bincount(pair[of_words], rarer(weight[of_words]), minlength=len(left)),
        mass=columns.mass[left] + columns.mass[right],
        topics=(columns.topic[left], columns.topic[right]),
        regions=(columns.region[left], columns.region[right]),
    )
    return np.stack(found, axis=1).astype(np.float64)


def evidence_of(one: ReadCard, other: ReadCard) -> list[float]:
    """The same of one pair, as the desk compares them."""
    count, shared = [0] * len(SORTS), [0.0] * len(SORTS)
    rare = 0.0
    own, others = one.weights, other.weights
    for token in own.keys() & others.keys():
        weight = min(own[token], others[token])
        sort = SORTS[token[0]]
        count[sort] += 1
        shared[sort] += weight
        if sort == _STEM:
            rare += rarer(weight)
    return pieces(
        told=[a and b for a, b in zip(one.told, other.told, strict=True)],
        count=count,
        shared=shared,
        rare=rare,
        mass=one.mass + other.mass,
        topics=_numbered(one.topic, other.topic),
        regions=_numbered(one.region, other.region),
    )


def rarer(weight: Fact) -> Fact:
    return at_least(weight - _RARE, 0.0)


def pieces(
    *,
    told: Facts,
    count: Facts,
    shared: Facts,
    rare: Fact,
    mass: Fact,
    topics: tuple[Fact, Fact],
    regions: tuple[Fact, Fact],
) -> list[Fact]:
    """Each of ``EVIDENCE``, in that order, of one pair or columns of many.

    By sort: whether both have ``told`` any, the ``count`` of what is shared, and what that weighs.
    Topics and regions are numbers, nought where there is none.
    """
    differs = [both & (found == 0) for both, found in zip(told, count, strict=True)]
    (topic, other_topic), (region, other_region) = topics, regions
    return [
        (topic == other_topic) & (topic > 0),
        (topic != other_topic) & (topic > 0) & (other_topic > 0),
        (region == other_region) & (region > 0),
        (region != other_region) & (region > 0) & (other_region > 0),
        shared[_COMPLAINED_OF],
        differs[_COMPLAINED_OF],
        shared[_STREET] + shared[_PLACE],
        differs[_STREET] | ((told[_STREET] == 0) & differs[_PLACE]),
        shared[_HOUSE],
        differs[_HOUSE],
        shared[_VALUE],
        count[_NUMBER],
        at_least(count[_KIND] - count[_NUMBER], 0),
        count[_DAY],
        differs[_DAY],
        at_most(count[_MONTH], 1),
        differs[_MONTH],
        shared[_NAME],
        differs[_NAME],
        at_most(rare, _RARE_ENOUGH),
        shared[_STEM] / at_least(mass - shared[_STEM], 1e-9),
    ]


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


def share_a_detail(found: Facts) -> Fact:
    """Whether the places, numbers, days and names that a pair shares are rare enough together.

    ``found`` is each of ``EVIDENCE`` of one pair, or columns of many.
    """
    return sum(found[at] for at in _DETAILS) + found[_A_DAY] * _OF_A_DAY >= _DETAIL


def _numbered(one: str, other: str) -> tuple[int, int]:
    return 1 if one else 0, (1 if one == other else 2) if other else 0
