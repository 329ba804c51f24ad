"""The figures that a unit may claim in its report, named as the reports name them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated

from msgspec import Meta

from domain.appeal import AppealKind, Channel, Result
from domain.case import Code, NotFitting, Value
from domain.report_definition import METRICS, Measure, Metric

Breakdown = Annotated[
    str, Meta(pattern=r"^[a-z]{1,20}=[a-z0-9][a-z0-9._-]{0,63}$(?!\n)", max_length=100)
]
Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]

_NOT_COUNTS = frozenset({Measure.MEAN, Measure.MEDIAN, Measure.NAMED})
_IN_MINUTES = "held-ball"
_NOT_OF_A_UNIT = frozenset({"unit", "official"})
"""A report is of one unit, and a unit doesn't claim how much each of its officials did."""


def _claimable(metric: Metric) -> bool:
    return metric.measure not in _NOT_COUNTS and metric.occurrence != _IN_MINUTES


CLAIMABLE: Mapping[str, frozenset[str]] = {
    name: frozenset(metric.by) - _NOT_OF_A_UNIT
    for name, metric in METRICS.items()
    if _claimable(metric)
}
"""The counts of cases, persons and steps, each with what it may be broken down by."""


def _rows_of(figure: str) -> list[tuple[str, str | None]]:
    broken = [
        (figure, f"{by}={value}")
        for by, values in _ON_THE_FORM.get(figure, {}).items()
        for value in values
    ]
    return [(figure, None), *broken]


_ON_THE_FORM: Mapping[str, Mapping[str, Iterable[str]]] = {
    "appeal.received": {"subkind": AppealKind, "channel": Channel, "repeat": ("first", "repeat")},
    "appeal.closed": {"outcome": Result},
}
FORM: tuple[tuple[str, str | None], ...] = tuple(
    row for figure in CLAIMABLE for row in _rows_of(figure)
)
"""The figures of the form: each in all, and broken down by the lists that are closed."""


class Figure(Value, omit_defaults=True):
    """One number by its name: in all, or of one ``breakdown``, such as ``channel=post``."""

    figure: Code
    value: Count
    breakdown: Breakdown | None = None

    @property
    def key(self) -> tuple[str, str | None]:
        return self.figure, self.breakdown


Figures = Annotated[tuple[Figure, ...], Meta(min_length=1, max_length=1_000)]


class Compared(Value, omit_defaults=True):
    """What the unit claimed, and what the register counted."""

    figure: Code
    claimed: int
    counted: int
    breakdown: Breakdown | None = None

    @property
    def differs(self) -> bool:
        return self.claimed != self.counted


class FigureGivenTwice(NotFitting):
    """Each figure is given once, in all and for each breakdown: leave the others out."""

    def __init__(self, figure: str) -> None:
        super().__init__(f"{figure} is given more than once: leave all but one out.")
        self.figure = figure


class FigureUnknown(NotFitting):
    """Reports of units have no such figure: take the names from the form."""

    def __init__(self, figure: str) -> None:
        super().__init__(f"Reports of units have no figure {figure}: take the names from the form.")
        self.figure = figure


class BreakdownUnknown(NotFitting):
    """The figure isn't broken down so: leave the breakdown out, or take another."""

    def __init__(self, figure: str, known: tuple[str, ...]) -> None:
        told = f"it may be by {', '.join(known)}" if known else "it stands for itself only"
        super().__init__(f"{figure} isn't broken down so: {told}.")
        self.figure = figure
        self.known = known


class FigureNotCounted(NotFitting):
    """What was counted lacks a figure of the report: count all that it claims."""


def require_claimable(figures: Iterable[Figure]) -> None:
    """Raise FigureUnknown, BreakdownUnknown or FigureGivenTwice, which name the figure."""
    keys = Counter(each.key for each in figures)
    for (figure, breakdown), times in keys.items():
        if figure not in CLAIMABLE:
            raise FigureUnknown(figure)
        if breakdown and breakdown.partition("=")[0] not in CLAIMABLE[figure]:
            raise BreakdownUnknown(figure, tuple(sorted(CLAIMABLE[figure])))
        if times > 1:
            raise FigureGivenTwice(" ".join(filter(None, (figure, breakdown))))


def compared(claimed: Iterable[Figure], counted: Iterable[Figure]) -> tuple[Compared, ...]:
    """Claim by claim. Raises FigureNotCounted where one has nothing to stand beside."""
    by_key = {each.key: each.value for each in counted}
    claims = tuple(claimed)
    if any(each.key not in by_key for each in claims):
        raise FigureNotCounted
    return tuple(
        Compared(
            figure=each.figure,
            breakdown=each.breakdown,
            claimed=each.value,
            counted=by_key[each.key],
        )
        for each in claims
    )
