"""Precision and recall of pairs, counted by hand."""

import numpy as np
import pytest

from tests.benchmarks.linkage.scores import Found, Score


@pytest.fixture
def found() -> Found:
    """Six rows: people 1, 1, 1, 2, 2, 3. One true pair of 1 was never compared."""
    return Found(
        np.array([1, 1, 1, 2, 2, 3]),
        left=np.array([1, 0, 4, 3, 5]),
        right=np.array([0, 5, 3, 5, 4]),
        score=np.array([9.0, 7.0, 5.0, 3.0, 3.0]),
        households=np.array([1, 1, 1, 1, 1, 3]),
    )


def test_a_true_pair_that_was_not_compared_is_lost(found: Found) -> None:
    assert found.true() == 4
    assert found.at(5.0) == Score(found=3, right=2, true=4, kin=0)
    assert found.at(5.0).precision == pytest.approx(2 / 3)
    assert found.at(5.0).recall == pytest.approx(1 / 2)
    assert found.at(5.0).f1 == pytest.approx(4 / 7)
    assert found.compared() == pytest.approx(2 / 4)


def test_a_pair_is_of_the_half_of_its_first_row(found: Found) -> None:
    assert found.true(1) == 3
    assert found.true(0) == 1
    assert found.at(0.0, 1) == Score(found=2, right=1, true=3, kin=0)
    assert found.at(0.0, 0) == Score(found=3, right=1, true=1, kin=0)


def test_the_best_threshold_joins_no_pair_that_costs_more_than_it_brings(found: Found) -> None:
    assert found.best_threshold(1) == 9.0
    assert found.best_threshold(0) == 5.0


def test_pairs_of_one_score_are_joined_together() -> None:
    tied = Found(np.array([2, 2, 4, 4]), np.array([0, 0, 2]), np.array([1, 2, 3]), np.ones(3))
    assert tied.recall_at(0.99, 0) == 0.0
    assert tied.recall_at(0.60, 0) == 1.0


def test_recall_is_read_where_the_half_is_precise_enough(found: Found) -> None:
    assert found.recall_at(1.0, 1) == pytest.approx(1 / 3)
    assert found.threshold_for(1.0, 1) == 9.0
    assert found.threshold_for(1.0, 0) == 5.0


def test_kin_taken_for_one_are_counted() -> None:
    joined = Found(
        np.array([1, 2, 3]),
        np.array([0, 1]),
        np.array([1, 2]),
        np.array([2.0, 1.0]),
        households=np.array([1, 1, 3]),
    )
    assert joined.at(0.0).kin == 1


def test_of_two_lists_only_pairs_across_count() -> None:
    linked = Found(
        np.array([1, 2, 1, 3]),
        np.array([0, 0, 1]),
        np.array([1, 2, 3]),
        np.array([3.0, 2.0, 1.0]),
        across=2,
    )
    assert linked.true() == 1
    assert linked.at(0.0) == Score(found=2, right=1, true=1)


def test_nothing_found_is_no_recall() -> None:
    none = np.zeros(0, dtype=np.int64)
    nothing = Found(np.array([1, 1]), none, none, none)
    assert nothing.at(0.0).recall == 0.0
    assert nothing.recall_at(0.99, 1) == 0.0
    assert nothing.best_threshold(1) == float("inf")
