"""Kaplan-Meier curves, by hand, as others tell them, and as scipy reckons them."""

import warnings
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.survival import Point, Watched, day_by_which, kaplan_meier

# Freireich's 6-MP arm (1963): weeks in remission, + for those last seen in remission.
REMISSION = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
BY_LIFELINES = {
    6: (0.857143, 0.619718, 0.951552),
    7: (0.806723, 0.563147, 0.922809),
    10: (0.752941, 0.503200, 0.889362),
    13: (0.690196, 0.431610, 0.849066),
    16: (0.627451, 0.367511, 0.804912),
    22: (0.537815, 0.267779, 0.746791),
    23: (0.448179, 0.188052, 0.680143),
    35: (0.448179, 0.188052, 0.680143),
}
"""lifelines 0.30.3: KaplanMeierFitter().fit(T, E), its estimate and 95 % bounds; median 23."""


def watched(days: list[tuple[int, bool]]) -> dict[int, Watched]:
    back = Counter(day for day, came in days if came)
    censored = Counter(day for day, came in days if not came)
    return {day: Watched(back[day], censored[day]) for day in {*back, *censored}}


def away_on(points: list[Point], day: int) -> float:
    """The share not back by the end of *day*."""
    return next((point.away for point in reversed(points) if point.day <= day), 1.0)


def test_those_last_seen_away_leave_without_coming_back() -> None:
    """Five: back on days 2 and 4, last seen away on 2, 3 and 5."""
    curve = kaplan_meier({2: Watched(1, 1), 3: Watched(0, 1), 4: Watched(1, 0), 5: Watched(0, 1)})
    assert [(point.day, point.at_risk) for point in curve] == [(2, 5), (3, 3), (4, 2), (5, 1)]
    assert [point.away for point in curve] == pytest.approx([4 / 5, 4 / 5, 2 / 5, 2 / 5])
    assert (away_on(curve, 1), away_on(curve, 3), day_by_which(curve, 0.5)) == (1.0, 0.8, 4)


def test_a_published_example_comes_out_as_lifelines_tells_it() -> None:
    days = [(int(each.rstrip("+")), "+" not in each) for each in REMISSION.split()]
    curve = kaplan_meier(watched(days))
    told = {point.day: (point.away, point.low, point.high) for point in curve}
    for day, expected in BY_LIFELINES.items():
        assert told[day] == pytest.approx(expected, abs=1e-6)
    assert day_by_which(curve, 0.5) == 23
    assert day_by_which(curve, 0.6) is None


def test_where_nobody_is_left_there_are_no_bounds() -> None:
    (point,) = kaplan_meier({3: Watched(2, 0)})
    assert (point.away, point.low, point.high) == (0.0, None, None)
    (point,) = kaplan_meier({3: Watched(0, 2)})
    assert (point.away, point.low, point.high) == (1.0, 1.0, 1.0)
    assert kaplan_meier({}) == []


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=2, max_size=60))
def test_it_is_what_scipy_estimates(days: list[tuple[int, bool]]) -> None:
    # More than a second to load, which every process of the tests would pay.
    from scipy import stats  # type: ignore[import-untyped]  # noqa: PLC0415

    curve = kaplan_meier(watched(days))
    sample = stats.CensoredData(
        uncensored=[day for day, came in days if came],
        right=[day for day, came in days if not came],
    )
    survival = stats.ecdf(sample).sf
    assert [point.day for point in curve] == survival.quantiles.tolist()
    assert [point.away for point in curve] == pytest.approx(survival.probabilities.tolist())
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # It warns of bounds that it doesn't know either, where all are back or none.
        warnings.simplefilter("ignore", RuntimeWarning)
        bounds = survival.confidence_interval(method="log-log")
    for point, low, high in zip(
        curve, bounds.low.probabilities, bounds.high.probabilities, strict=True
    ):
        if 0 < point.away < 1:
            assert (point.low, point.high) == pytest.approx((low, high))
