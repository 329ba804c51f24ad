"""The figures of returns as an answer tells them: what is small is kept from analysts."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from domain.rates import wilson
from domain.small_counts import SMALLEST_TOLD, hidden, total_told
from domain.survival import Point, Watched, day_by_which, kaplan_meier
from projections.returns import By, Figure, Group

MOST_CURVES = 20
_OUTCOMES = ("returned", "stayed", "too-early")


class Share(Struct, frozen=True, kw_only=True):
    """``count`` ``of`` so many. ``low`` and ``high``: how far chance alone may have moved it."""

    count: int
    of: int
    share: float | None
    low: float | None
    high: float | None


class Figures(Struct, frozen=True, kw_only=True):
    """What is told of a group of answers. What is null is kept from analysts, being small.

    ``returned`` is of the answers that ``had_time``: given so long ago that the days within which
    a return counts are over. ``returned_so_far`` takes in those that came back before, or later.
    ``on_time_returned`` is of the answers on time that had time: on time, and back all the same.
    ``first_time_right`` is of the first answers in their matter that had time: neither came
    anybody back nor was the answer set aside. ``set_aside``: begun anew with nobody back.
    """

    group: dict[str, str | None]
    answers: int | None
    had_time: int | None
    had_time_share: float | None
    returned: Share | None
    returned_so_far: int | None
    on_time: Share | None
    on_time_returned: Share | None
    first_time_right: Share | None
    set_aside: int | None


class Curve(Struct, frozen=True, kw_only=True):
    """``median_days``: by when half had come back, null where it was never seen to be half.

    For analysts five have come back between one point and the next, and no more is told of each;
    nor is ``returned``, from which that of the figures would tell those who came late.
    """

    group: dict[str, str | None]
    answers: int | None
    returned: int | None
    median_days: int | None
    points: list["CurvePoint"]


class CurvePoint(Struct, frozen=True, kw_only=True):
    """``away`` is the share of answers after which nobody was back by the end of ``day``."""

    day: int
    away: float
    low: float | None
    high: float | None
    at_risk: int | None
    back: int | None
    censored: int | None


Counts = Mapping[Figure, int]


def figures(
    by: Sequence[By], groups: Mapping[Group, Counts], *, small_told: bool
) -> tuple[list[Figures], Figures]:
    """A row for each group, and the total."""
    total = {figure: sum(each[figure] for each in groups.values()) for figure in Figure}
    rows = {group: _told(by, group, counts) for group, counts in groups.items()}
    whole = _told((), (), total)
    if not small_told:
        rows = _without_small(groups, rows)
        whole = _whole_without_small(groups, whole)
    ordered = sorted(
        rows.values(),
        key=lambda row: (-(row.returned.count if row.returned else 0), str(row.group)),
    )
    return ordered if by else [], whole


def _told(by: Sequence[By], group: Group, counts: Counts) -> Figures:
    had_time = counts[Figure.HAD_TIME]
    return Figures(
        group=dict(zip(by, group, strict=True)),
        answers=counts[Figure.ANSWERS],
        had_time=had_time,
        had_time_share=had_time / counts[Figure.ANSWERS] if counts[Figure.ANSWERS] else None,
        returned=share(counts[Figure.RETURNED], had_time),
        returned_so_far=counts[Figure.RETURNED_SO_FAR],
        on_time=share(counts[Figure.ON_TIME], counts[Figure.ANSWERS]),
        on_time_returned=share(counts[Figure.ON_TIME_RETURNED], counts[Figure.ON_TIME_HAD_TIME]),
        first_time_right=share(counts[Figure.FIRST_TIME_RIGHT], counts[Figure.FIRST_ANSWERS]),
        set_aside=counts[Figure.SET_ASIDE],
    )


def share(count: int, of: int) -> Share:
    if not of:
        return Share(count=count, of=of, share=None, low=None, high=None)
    bounds = wilson(count, of)
    return Share(count=count, of=of, share=count / of, low=bounds.low, high=bounds.high)


def _without_small(
    groups: Mapping[Group, Counts], rows: Mapping[Group, Figures]
) -> dict[Group, Figures]:
    """The rows with what analysts are told: answers, and those that had time and came back.

    The rest of a row is of the same answers, told apart in other ways.
    """
    unseen = hidden(_cells(groups))
    sums = hidden({group: counts[Figure.ANSWERS] for group, counts in groups.items()})
    found = {}
    for group, row in rows.items():
        outcome_hidden = any((*group, outcome) in unseen for outcome in _OUTCOMES)
        found[group] = _bare(row, answers=group not in sums, outcomes=not outcome_hidden)
    return found


def _bare(row: Figures, *, answers: bool, outcomes: bool) -> Figures:
    outcomes = outcomes and answers
    return Figures(
        group=row.group,
        answers=row.answers if answers else None,
        had_time=row.had_time if outcomes else None,
        had_time_share=row.had_time_share if outcomes else None,
        returned=row.returned if outcomes else None,
        returned_so_far=None,
        on_time=None,
        on_time_returned=None,
        first_time_right=None,
        set_aside=None,
    )


def _whole_without_small(groups: Mapping[Group, Counts], whole: Figures) -> Figures:
    cells = _cells(groups)
    columns: dict[Group, int] = {}
    for (*_, outcome), count in cells.items():
        columns[(outcome,)] = columns.get((outcome,), 0) + count
    told = total_told(cells)
    return _bare(whole, answers=told, outcomes=told and not hidden(columns))


def _cells(groups: Mapping[Group, Counts]) -> dict[Group, int]:
    """Each answer once: what became of it, by its group."""
    cells: dict[Group, int] = {}
    for group, counts in groups.items():
        had_time, returned = counts[Figure.HAD_TIME], counts[Figure.RETURNED]
        each = (returned, had_time - returned, counts[Figure.ANSWERS] - had_time)
        for outcome, count in zip(_OUTCOMES, each, strict=True):
            cells[(*group, outcome)] = count
    return cells


def curves(
    by: By | None, watched: Mapping[Group, Mapping[int, Watched]], *, small_told: bool
) -> list[Curve]:
    """The curve of each group, those with most answers first."""
    sizes = {
        group: sum(each.back + each.censored for each in days.values())
        for group, days in watched.items()
    }
    leading = sorted(watched, key=lambda group: (-sizes[group], str(group)))[:MOST_CURVES]
    unseen = frozenset() if small_told else hidden(sizes)
    return [
        _curve(by, group, watched[group], sizes[group], small_told=small_told)
        for group in leading
        if group not in unseen
    ]


def _curve(
    by: By | None, group: Group, days: Mapping[int, Watched], size: int, *, small_told: bool
) -> Curve:
    points = kaplan_meier(days)
    returned = sum(each.back for each in days.values())
    half = day_by_which(points, 0.5)
    named: dict[str, str | None] = {by: group[0]} if by else {}
    if small_told:
        told = [_point(point, whole=True) for point in points]
        return Curve(group=named, answers=size, returned=returned, median_days=half, points=told)
    coarse = _coarse(points)
    seen = {point.day for point in coarse}
    large = returned >= SMALLEST_TOLD and size - returned >= SMALLEST_TOLD
    return Curve(
        group=named,
        answers=size,
        returned=None,
        median_days=half if half in seen else None,
        points=[_point(point, whole=False) for point in coarse] if large else [],
    )


def _coarse(points: Sequence[Point]) -> list[Point]:
    """The points by which another five had come back."""
    found, since = [], 0
    for point in points:
        since += point.back
        if since >= SMALLEST_TOLD:
            found.append(point)
            since = 0
    return found


def _point(point: Point, *, whole: bool) -> CurvePoint:
    return CurvePoint(
        day=point.day,
        away=point.away,
        low=point.low,
        high=point.high,
        at_risk=point.at_risk if whole else None,
        back=point.back if whole else None,
        censored=point.censored if whole else None,
    )
