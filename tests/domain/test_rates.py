"""Bounds of shares and ratios, against scipy and a published example."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rates import Ratio, ratio_of_counts, wilson


@given(st.integers(1, 500), st.data())
def test_shares_have_wilsons_bounds(whole: int, data: st.DataObject) -> None:
    # More than a second to load, which every process of the tests would pay.
    from scipy import stats  # type: ignore[import-untyped]  # noqa: PLC0415

    part = data.draw(st.integers(0, whole))
    bounds = wilson(part, whole)
    expected = stats.binomtest(part, whole).proportion_ci(method="wilson")
    assert (bounds.low, bounds.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_a_share_that_newcombe_published_has_his_bounds() -> None:
    """Newcombe 1998, table I: 15 of 148, method 3."""
    bounds = wilson(15, 148)
    assert (bounds.low, bounds.high) == pytest.approx((0.0624, 0.1605), abs=5e-5)


def test_a_ratio_lies_between_its_bounds_and_turns_with_the_counts() -> None:
    fell = ratio_of_counts(40, 20)
    assert fell.ratio == 0.5
    assert fell.low is not None
    assert fell.high is not None
    assert fell.low < 0.5 < fell.high < 1
    rose = ratio_of_counts(20, 40)
    assert rose.low == pytest.approx(1 / fell.high)
    assert rose.high == pytest.approx(1 / fell.low)


def test_what_can_not_be_compared_is_left_out() -> None:
    assert ratio_of_counts(0, 0) == Ratio(None, None, None)
    none_before = ratio_of_counts(0, 8)
    assert (none_before.ratio, none_before.high) == (None, None)
    assert none_before.low is not None
    assert none_before.low > 1
    none_after = ratio_of_counts(8, 0)
    assert (none_after.ratio, none_after.low) == (0.0, 0.0)
    assert none_after.high is not None
    assert none_after.high < 1
