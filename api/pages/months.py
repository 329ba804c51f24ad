"""How a share or a mean moved by the month: a chart, and the same as lines of a table."""

from collections.abc import Callable, Sequence
from datetime import date

from msgspec import Struct

from api.dashboard_pages import MonthStep
from api.pages.words import NOTHING, Words
from infra.charts.specification import MINUTES, SHARE, Measure, Point, Spec, over_time
from infra.charts.theme import PAGE


class MonthLine(Struct, frozen=True, kw_only=True):
    """All as text. ``of`` is how many the value is of."""

    month: str
    value: str
    of: str
    year_ago: str


class MonthsDrawn(Struct, frozen=True, kw_only=True):
    """``told`` is the chart in a sentence, for whoever doesn't see it."""

    name: str
    spec: Spec
    told: str
    lines: list[MonthLine]


def shares_drawn(what: str, steps: Sequence[MonthStep], words: Words) -> MonthsDrawn | None:
    return _drawn(what, steps, words, SHARE, words.percent)


def minutes_drawn(what: str, steps: Sequence[MonthStep], words: Words) -> MonthsDrawn | None:
    def written(minutes: float | None) -> str:
        return NOTHING if minutes is None else words.duration(minutes)

    return _drawn(what, steps, words, MINUTES, written)


def _drawn(
    what: str,
    steps: Sequence[MonthStep],
    words: Words,
    measure: Measure,
    written: Callable[[float | None], str],
) -> MonthsDrawn | None:
    """None where fewer than two months have anything to tell: that is no course."""
    told = [step for step in steps if step.value is not None]
    if len(told) < 2:  # noqa: PLR2004 - a line has two ends
        return None
    name, last = words(f"figures.by_month.{what}"), told[-1]
    spec = over_time(
        _points([(step.starts_on, step.value) for step in steps]),
        _points([(step.starts_on, step.year_ago) for step in steps]),
        (words("figures.by_month.now"), words("figures.columns.year_ago")),
        words.language,
        PAGE,
        measure,
    )
    return MonthsDrawn(
        name=name,
        spec=spec,
        told=words(
            "figures.by_month.told",
            name=name,
            since=words.month(steps[0].starts_on),
            until=words.month(steps[-1].starts_on),
            month=words.month(last.starts_on),
            now=written(last.value),
            year_ago=written(last.year_ago),
        ),
        lines=[
            MonthLine(
                month=words.month(step.starts_on),
                value=written(step.value),
                of=words.number(step.of),
                year_ago=written(step.year_ago),
            )
            for step in steps
        ],
    )


def _points(values: Sequence[tuple[date, float | None]]) -> list[Point]:
    return [Point(on=on, count=value) for on, value in values]
