"""Precision, recall and what is between, of pairs that were found in a list whose truth is known.

A true pair that was never compared is a lost one, like any other that wasn't found.
"""

from functools import cached_property
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Score(Struct, frozen=True):
    found: int
    right: int
    true: int
    kin: int = 0
    """Pairs of two people of one household that were taken for one."""

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        return 2 * self.right / max(self.found + self.true, 1)

    @property
    def kin_per_true_pair(self) -> float:
        return self.kin / max(self.true, 1)


class Found:
    """Pairs of a list's rows with their scores, and by ``truth`` which rows are one.

    The list has two halves, by the parity of the truth: one to choose a threshold on, the other to
    report. A pair belongs to the half of its first row, so that half of the wrong pairs that go
    across are counted in each. ``across``: only pairs of a row before it with one from it on count,
    as when one file is linked with another.
    """

    def __init__(
        self,
        truth: Numbers,
        left: NDArray[Any],
        right: NDArray[Any],
        score: NDArray[Any],
        *,
        households: Numbers | None = None,
        across: int | None = None,
    ) -> None:
        left, right = np.minimum(left, right), np.maximum(left, right)
        if across is not None:
            kept = (left < across) & (right >= across)
            left, right, score = left[kept], right[kept], score[kept]
        order = np.argsort(-score, kind="stable")
        self._truth, self._across = truth, across
        self.score = np.asarray(score, dtype=float)[order]
        self._left, self._right = left[order], right[order]
        self.same: Flags = truth[self._left] == truth[self._right]
        kin = np.zeros(len(order), dtype=np.bool_)
        if households is not None:
            kin = households[self._left] == households[self._right]
        self.kin: Flags = kin & ~self.same

    def half(self, parity: int) -> Flags:
        halves: Flags = self._truth[self._left] % 2 == parity
        return halves

    @cached_property
    def everywhere(self) -> Flags:
        return np.ones(len(self.score), dtype=np.bool_)

    def true(self, parity: int | None = None) -> int:
        """How many true pairs the list, or its half, has."""
        groups, counts = np.unique(self._truth, return_counts=True)
        pairs = counts * (counts - 1) // 2
        if self._across is not None:
            before, after = self._truth[: self._across], self._truth[self._across :]
            pairs = np.array([(before == one).sum() * (after == one).sum() for one in groups])
        chosen = slice(None) if parity is None else groups % 2 == parity
        return int(pairs[chosen].sum())

    def at(self, threshold: float, parity: int | None = None) -> Score:
        """With every pair joined whose score is at least ``threshold``."""
        chosen = self._chosen(parity) & (self.score >= threshold)
        return Score(
            int(chosen.sum()),
            int((chosen & self.same).sum()),
            self.true(parity),
            int((chosen & self.kin).sum()),
        )

    def compared(self, parity: int | None = None) -> float:
        """The share of true pairs that have a score at all."""
        return int((self._chosen(parity) & self.same).sum()) / max(self.true(parity), 1)

    def best_threshold(self, parity: int) -> float:
        """Where F1 is highest on this half. Not to be looked up on the half that is reported."""
        scores, right = self._ends(parity)
        if not len(scores):
            return float("inf")
        found = np.arange(1, len(scores) + 1)
        f1 = 2 * right / (found + self.true(parity))
        return float(scores[self._last_of_each(scores)][np.argmax(f1[self._last_of_each(scores)])])

    def threshold_for(self, precision: float, parity: int) -> float:
        """The lowest at which this half is that precise."""
        scores, right = self._ends(parity)
        last = self._last_of_each(scores)
        precise = right[last] / (last + 1) >= precision
        return float(scores[last][precise][-1]) if precise.any() else float("inf")

    def recall_at(self, precision: float, parity: int) -> float:
        """The recall where this half is that precise, read off it."""
        return self.at(self.threshold_for(precision, parity), parity).recall

    def _chosen(self, parity: int | None) -> Flags:
        return self.everywhere if parity is None else self.half(parity)

    def _ends(self, parity: int) -> tuple[NDArray[Any], NDArray[Any]]:
        half = self.half(parity)
        return self.score[half], np.cumsum(self.same[half])

    def _last_of_each(self, scores: NDArray[Any]) -> NDArray[np.intp]:
        """Pairs of one score are joined together or not at all."""
        return (
            np.flatnonzero(np.append(scores[1:] != scores[:-1], True))
            if len(scores)
            else (np.zeros(0, dtype=np.intp))
        )
