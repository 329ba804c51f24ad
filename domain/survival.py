"""How long it takes until something comes back, from those watched only for a part of the time."""

from collections.abc import Mapping
from math import exp, log, sqrt
from statistics import NormalDist
from typing import Annotated

from msgspec import Meta, Struct

Share = Annotated[float, Meta(ge=0, le=1)]
CONFIDENCE = 0.95


class Watched(Struct, frozen=True):
    """How many came back on a day, and of how many the watch ended with it, still away."""

    back: int = 0
    censored: int = 0


class Point(Struct, frozen=True, kw_only=True):
    """``away`` is the share not back by the end of ``day``, between ``low`` and ``high``.

    ``at_risk`` were watched and away when the day began. Once nobody is away any more there is
    nothing to reckon bounds from.
    """

    day: int
    at_risk: int
    back: int
    censored: int
    away: Share
    low: Share | None
    high: Share | None


def kaplan_meier(watched: Mapping[int, Watched], confidence: float = CONFIDENCE) -> list[Point]:
    """The curve, a point for each day on which any came back or the watch over any ended.

    Whoever's watch ends on a day was at risk on that day. Bounds are Greenwood's on the scale of
    log(-log), which keeps them between 0 and 1.
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    at_risk = sum(each.back + each.censored for each in watched.values())
    away, variance = 1.0, 0.0
    points = []
    for day in sorted(watched):
        back, censored = watched[day].back, watched[day].censored
        staying = at_risk - back
        away *= staying / at_risk
        if staying:
            variance += back / (at_risk * staying)
        low, high = _bounds(away, variance, z)
        points.append(
            Point(
                day=day,
                at_risk=at_risk,
                back=back,
                censored=censored,
                away=away,
                low=low,
                high=high,
            )
        )
        at_risk = staying - censored
    return points


def _bounds(away: float, variance: float, z: float) -> tuple[float | None, float | None]:
    if away == 1:
        return 1.0, 1.0
    if away == 0:
        return None, None
    reach = z * sqrt(variance) / log(away)
    return away ** exp(-reach), away ** exp(reach)


def day_by_which(points: list[Point], share: float) -> int | None:
    """The first day by which this *share* was back; None where so many are never seen back."""
    return next((point.day for point in points if point.away <= 1 - share), None)
