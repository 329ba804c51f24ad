"""Rules that are written once and asked of one pair, or of columns of many pairs at a time.

At the desk a dozen pairs are compared, for which numpy's calls cost more than what they do; in a
whole list there are millions. So a rule takes facts, plain values of one pair or arrays of many,
and uses what both of them understand: ``&`` and ``|``, comparisons, whole-number arithmetic.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

Fact = Any
"""A truth or number of one pair, or an array with that of each of many."""

Facts = Any
"""Several of them by their place: a list, or the rows of an array."""


def chosen(rules: Sequence[tuple[Fact, int]], otherwise: Fact) -> Fact:
    """What stands beside the first condition that holds."""
    if isinstance(rules[0][0], np.ndarray):
        found = np.full(len(rules[0][0]), otherwise, dtype=np.uint8)
        for condition, level in reversed(rules):
            found[condition] = level
        return found
    for condition, level in rules:
        if condition:
            return level
    return otherwise


def at_most(values: Fact, bound: float) -> Fact:
    return np.minimum(values, bound) if isinstance(values, np.ndarray) else min(values, bound)


def at_least(values: Fact, bound: float) -> Fact:
    return np.maximum(values, bound) if isinstance(values, np.ndarray) else max(values, bound)
