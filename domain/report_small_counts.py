"""Which figures of a report are kept from analysts: small counts, and what would give them away."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TypeVar

from domain.case import NotFitting
from domain.report_definition import FLOWS, KINDS, METRICS, FigureKey, Measure
from domain.report_period import Grain, PeriodKind, ReportPeriod
from domain.small_counts import SMALLEST_TOLD

_NO_COUNTS = frozenset({Measure.AMOUNT, Measure.MEAN, Measure.MEDIAN})
_PARTS: Mapping[str, tuple[str, ...]] = {
    "appeal.answered": ("appeal.answered-on-time", "appeal.answered-late"),
    "appeal.received": ("appeal.repeats",),
    "media-inquiry.answered": ("media-inquiry.answered-on-time", "media-inquiry.answered-late"),
    "assignment.fulfilled": ("assignment.fulfilled-on-time", "assignment.fulfilled-late"),
    "appeal.closing": ("appeal.overdue-open",),
    "media-inquiry.closing": ("media-inquiry.overdue-open",),
    "assignment.closing": ("assignment.overdue-open",),
}
"""A figure, and those that count a part of the same; the rest of it is no figure."""
_REST = " the rest"

Line = frozenset[FigureKey]
Number = TypeVar("Number", bound=float)


class EndedQuartersOnly(NotFitting):
    """Other periods would give small counts away: analysts ask for an ended quarter, as of now.

    The difference of a month and its quarter, or of two states of a running one, is such a count.
    """


def require_ended_quarter(period: ReportPeriod, today: date) -> None:
    """Raise EndedQuartersOnly for a period of another kind, and for one that isn't over."""
    if period.kind is not PeriodKind.QUARTERLY or period.last >= today:
        raise EndedQuartersOnly


def without_course(figures: Mapping[FigureKey, Number]) -> dict[FigureKey, Number]:
    """All but what is told by the steps of the period.

    They would be its months, which analysts aren't told: not even in which of them there is
    something to tell.
    """
    return {key: n for key, n in figures.items() if key.by not in frozenset(Grain)}


def kept_back(figures: Mapping[FigureKey, float]) -> frozenset[FigureKey]:
    """The figures that aren't told.

    Counts of fewer than five, and as many more as it takes that no line of the report gives one
    away: a whole with its breakdown, with its parts, or the balance of a unit. What isn't told of a
    line are two counts at least, and five together. What is reckoned from a count, such as a mean,
    goes with it.
    """
    counts = {key: int(n) for key, n in figures.items() if _is_count(key)}
    lines = [*_breakdowns(counts), *_balances(counts), *_parts(counts)]
    found = {key for key, n in counts.items() if 0 < n < SMALLEST_TOLD}
    settled = False
    while not settled:
        more = {key for line in lines if (key := _companion(line, counts, found))}
        settled = not more
        found |= more
    return frozenset((found | _reckoned(figures, found)) & figures.keys())


def _companion(
    line: Line, counts: Mapping[FigureKey, int], found: set[FigureKey]
) -> FigureKey | None:
    """What has to be kept back too, where what is kept back of the line could be reckoned."""
    inside = line & found
    if not inside:
        return None
    if len(inside) > 1 and sum(counts[key] for key in inside) >= SMALLEST_TOLD:
        return None
    return min(line - found, key=lambda key: (counts[key], key), default=None)


def _is_count(key: FigureKey) -> bool:
    return METRICS[key.metric].measure not in _NO_COUNTS


def _breakdowns(counts: Mapping[FigureKey, int]) -> Iterator[Line]:
    lines: dict[tuple[str, str], set[FigureKey]] = {}
    for key, n in counts.items():
        if key.by and n:
            whole = FigureKey(key.metric)
            lines.setdefault((key.metric, key.by), {whole} & counts.keys()).add(key)
    yield from map(frozenset, lines.values())


def _balances(counts: Mapping[FigureKey, int]) -> Iterator[Line]:
    places = {(key.by, key.value) for key in counts if key.by in ("", "unit")}
    for kind in KINDS:
        for by, value in places:
            sides = (FigureKey(f"{kind}.{flow}", by, value) for flow in FLOWS)
            yield frozenset(side for side in sides if counts.get(side))


def _parts(counts: dict[FigureKey, int]) -> Iterator[Line]:
    """Each figure with what it is made up of. The rest of it is entered among the *counts*."""
    for whole, names in _PARTS.items():
        for key in [key for key in counts if key.metric == whole and counts[key]]:
            parts = [FigureKey(name, key.by, key.value) for name in names]
            told = [part for part in parts if counts.get(part)]
            rest = FigureKey(whole + _REST, key.by, key.value)
            counts[rest] = counts[key] - sum(counts[part] for part in told)
            if told:
                yield frozenset({key, *told} | ({rest} if counts[rest] > 0 else set()))


def _reckoned(figures: Mapping[FigureKey, float], found: set[FigureKey]) -> set[FigureKey]:
    """Sums and means of what is kept back, or of fewer than five."""
    counted_by = {
        (metric.kind, metric.occurrence): metric.id
        for metric in METRICS.values()
        if metric.measure is Measure.COUNT and metric.on_time is None and metric.repeat is None
    }
    gone: set[FigureKey] = set()
    for key in figures.keys() - found:
        metric = METRICS[key.metric]
        count = counted_by.get((metric.kind, metric.occurrence))
        if _is_count(key) or count is None:
            continue
        of = FigureKey(count, key.by, key.value)
        if of in found or 0 < figures.get(of, SMALLEST_TOLD) < SMALLEST_TOLD:
            gone |= {key, FigureKey(key.metric)}
    return gone
