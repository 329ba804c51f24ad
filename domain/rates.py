"""Shares and the ratio of two counts, each with how far chance alone may have moved it."""

from math import sqrt
from statistics import NormalDist

from msgspec import Struct

CONFIDENCE = 0.95


class Ratio(Struct, frozen=True):
    """``low`` and ``high`` bound it; None is without end, or that there is nothing to compare."""

    ratio: float | None
    low: float | None
    high: float | None


class Bounds(Struct, frozen=True):
    low: float
    high: float


def wilson(part: int, whole: int, confidence: float = CONFIDENCE) -> Bounds:
    """Wilson's score interval of the share *part* of *whole*, which has to be above 0."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, square = part / whole, z * z
    middle = (share + square / (2 * whole)) / (1 + square / whole)
    spread = share * (1 - share) / whole + square / (4 * whole * whole)
    reach = z * sqrt(spread) / (1 + square / whole)
    low = 0.0 if part == 0 else max(0.0, middle - reach)
    high = 1.0 if part == whole else min(1.0, middle + reach)
    return Bounds(low, high)


def ratio_of_counts(before: int, after: int, confidence: float = CONFIDENCE) -> Ratio:
    """*after* to *before*, two counts of what happens by chance in spans of equal length.

    Of so many in both together, how many come after is told by the two rates alone: the bounds
    are those of that share (Graham, Mao and Nam 2003).
    """
    both = before + after
    if not both:
        return Ratio(None, None, None)
    share = wilson(after, both, confidence)
    high = share.high / (1 - share.high) if share.high < 1 else None
    return Ratio(after / before if before else None, share.low / (1 - share.low), high)
