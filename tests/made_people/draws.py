"""Weighted draws from one stream of random numbers."""

from bisect import bisect
from collections.abc import Mapping, Sequence
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Draw(Generic[T]):
    """One of some things, each as often as its weight says."""

    __slots__ = ("_last", "_sums", "things")

    def __init__(self, things: Sequence[T], weights: Sequence[float]) -> None:
        self.things = things
        *self._sums, self._last = accumulate(weights)

    def __call__(self, random: Random) -> T:
        return self.things[bisect(self._sums, random.random() * self._last)]


def ranked(things: Sequence[T], power: float) -> Draw[T]:
    """By rank, as Zipf has it: the n-th falls with n to the ``power``."""
    return Draw(things, [rank**-power for rank in range(1, len(things) + 1)])


def shared(shares: Mapping[str, float]) -> Draw[str]:
    return Draw(list(shares), list(shares.values()))


def counted(shares: Sequence[float]) -> Draw[int]:
    """A count from one on: shares of one, two, three and so on."""
    return Draw(range(1, len(shares) + 1), shares)
