"""Charts as Vega-Lite specifications: a page's browser draws them, and `drawn` for print."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from babel import Locale
from msgspec import Struct

from infra.charts.theme import Theme

Spec = dict[str, Any]

_HEIGHT = 200
_BAR = 30
_ROW, _ROW_OF_SEVERAL = 18, 24
_TICKS = 6
_MONTHS_ALONE = frozenset({"ru"})
"""Where a month without a day has a form of its own. Babel gives those of other languages as the
language's that it read first, since they share one table."""
_LINES = {"title": None, "symbolType": "stroke", "symbolSize": 300}


class Point(Struct, frozen=True, kw_only=True):
    """So many on the day, or in the month that begins with it; where it is None a line breaks."""

    on: date
    count: float | None
    url: str | None = None


class Measure(Struct, frozen=True, kw_only=True):
    """What points of a course are: how an axis and, by its ``sign``, a pointer are told of them."""

    sign: str
    axis: str
    ends: tuple[float, float] | None = None
    step: float | None = None


COUNT = Measure(sign="Σ", axis=",d", step=1)
SHARE = Measure(sign=" ", axis=".0%", ends=(0, 1))
MINUTES = Measure(sign=" ", axis=",d", step=1)


class Bar(Struct, frozen=True, kw_only=True):
    """One part of the bar called ``name``."""

    name: str
    part: str
    count: float
    url: str | None = None


class Part(Struct, frozen=True, kw_only=True):
    """What bars are made of; the theme colours parts in their order."""

    part: str
    name: str


def over_time(
    now: Sequence[Point],
    before: Sequence[Point],
    names: tuple[str, str],
    language: str,
    theme: Theme,
    measure: Measure = COUNT,
) -> Spec:
    """A period, and the same period a year earlier drawn over it as a broken line.

    The points of *before* have the days of *now*, not their own. *names*: this period, the other.
    """
    rows = [
        {"on": point.on.isoformat(), "count": point.count, "part": name} | _way(point, theme)
        for name, points in zip(names, (now, before), strict=True)
        for point in points
    ]
    monthly = _monthly(now or before)
    return _chart(
        language,
        theme,
        monthly=monthly,
        data={"values": rows},
        height=_HEIGHT,
        mark={"type": "line", "point": {"size": 24, "filled": True}},
        encoding={
            "x": {
                "field": "on",
                "type": "temporal",
                "scale": {"type": "utc"},
                "axis": _axis(
                    format="%b" if monthly else "%-d %b",
                    values=_ticks([point.on for point in now or before]),
                    grid=False,
                ),
            },
            "y": _counts(measure, domain=False),
            "color": {
                "field": "part",
                "scale": {"domain": list(names), "range": list(theme.colours[:2])},
                "legend": _LINES,
            },
            "strokeDash": {
                "field": "part",
                "scale": {"domain": list(names), "range": [[1, 0], [4, 4]]},
                "legend": _LINES,
            },
            **_read("part", theme=theme, measure=measure),
        },
    )


def split(rows: Sequence[Bar], parts: Sequence[Part], language: str, theme: Theme) -> Spec:
    """Lying bars of one length, in the order given, each showing the shares of its parts."""
    order = {part.part: place for place, part in enumerate(parts)}
    names = {part.part: part.name for part in parts}
    values = [
        {
            "name": row.name,
            "part": names[row.part],
            "place": order[row.part],
            "count": row.count,
        }
        | _way(row, theme)
        for row in rows
    ]
    return _chart(
        language,
        theme,
        data={"values": values},
        height=_BAR * len({row.name for row in rows}),
        mark={"type": "bar", "height": {"band": 0.62}, "cornerRadius": 1},
        encoding={
            "y": _names(list(dict.fromkeys(row.name for row in rows))),
            "x": {
                "field": "count",
                "type": "quantitative",
                "stack": "normalize",
                "axis": _axis(format=".0%", tickCount=4, domain=False, grid=False),
            },
            "color": _parts(parts, theme),
            "order": {"field": "place", "type": "quantitative"},
            **_read("name", "part", theme=theme),
        },
    )


def bars(rows: Sequence[Bar], parts: Sequence[Part], language: str, theme: Theme) -> Spec:
    """Lying bars as long as their counts, in the order given, those of a name beside each other."""
    names = {part.part: part.name for part in parts}
    values = [
        {"name": row.name, "part": names[row.part], "count": row.count} | _way(row, theme)
        for row in rows
    ]
    order = list(dict.fromkeys(row.name for row in rows))
    several = len(parts) > 1
    beside = {"yOffset": {"field": "part", "sort": list(names.values())}} if several else {}
    return _chart(
        language,
        theme,
        data={"values": values},
        height=(_ROW_OF_SEVERAL if several else _ROW) * len(order),
        mark={"type": "bar", "cornerRadius": 1},
        encoding={
            "y": _names(order),
            "x": _counts(),
            **beside,
            "color": _parts(parts, theme),
            **_read("name", "part", theme=theme),
        },
    )


def _chart(language: str, theme: Theme, *, monthly: bool = False, **said: Any) -> Spec:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": theme.width,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": _config(language, theme, monthly=monthly),
        **said,
    }


def _config(language: str, theme: Theme, *, monthly: bool) -> Spec:
    return {
        **({"font": theme.font} if theme.font else {}),
        "aria": False,
        "mark": {"aria": False},
        "background": theme.background,
        "view": {"stroke": None},
        "axis": {
            "labelColor": theme.text,
            "labelFontSize": theme.text_size,
            "titleColor": theme.text,
            "gridColor": theme.grid,
            "domainColor": theme.grid,
            "tickColor": theme.grid,
        },
        "legend": {
            "orient": "top",
            "direction": "horizontal",
            "labelColor": theme.text,
            "labelFontSize": theme.text_size,
            "labelLimit": 220,
            "columns": 2,
        },
        "locale": _locale(language, monthly=monthly),
    }


def _locale(language: str, *, monthly: bool) -> Spec:
    """Numbers and months as CLDR has them, in the form that Vega takes."""
    cldr = Locale.parse(language)
    symbols = cldr.number_symbols.get("latn", cldr.number_symbols)
    months, days = cldr.months["format"], cldr.days["format"]
    if monthly and language in _MONTHS_ALONE:
        months = cldr.months["stand-alone"]
    return {
        "number": {
            "decimal": symbols["decimal"],
            "thousands": symbols["group"],
            "grouping": [3],
            "currency": ["", ""],
        },
        "time": {
            "dateTime": "%x, %X",
            "date": "%d.%m.%Y",
            "time": "%H:%M:%S",
            "periods": ["AM", "PM"],
            "days": [days["wide"][day] for day in (6, 0, 1, 2, 3, 4, 5)],
            "shortDays": [days["abbreviated"][day] for day in (6, 0, 1, 2, 3, 4, 5)],
            "months": [months["wide"][month] for month in range(1, 13)],
            "shortMonths": [months["abbreviated"][month] for month in range(1, 13)],
        },
    }


def _counts(measure: Measure = COUNT, **said: Any) -> Spec:
    step = {"tickMinStep": measure.step} if measure.step else {}
    return {
        "field": "count",
        "type": "quantitative",
        **({"scale": {"domain": list(measure.ends)}} if measure.ends else {}),
        "axis": _axis(format=measure.axis, tickCount=4, **step, **said),
    }


def _names(order: Sequence[str]) -> Spec:
    return {
        "field": "name",
        "type": "nominal",
        "sort": order,
        "axis": _axis(ticks=False, grid=False, labelLimit=190, labelPadding=8),
    }


def _way(drawn: Point | Bar, theme: Theme) -> Spec:
    return {"url": drawn.url} if theme.linked else {}


def _read(*fields: str, theme: Theme, measure: Measure = COUNT) -> Spec:
    """What a pointer is told, and where it leads."""
    if not theme.linked:
        return {}
    told = [{"field": field, "title": " "} for field in fields]
    counted = {"field": "count", "type": "quantitative", "title": measure.sign}
    if measure is not COUNT:
        counted["format"] = measure.axis
    return {
        "tooltip": [*told, counted],
        "href": {"field": "url"},
    }


def _axis(**said: Any) -> Spec:
    return {"title": None, **said}


def _parts(parts: Sequence[Part], theme: Theme) -> Spec:
    return {
        "field": "part",
        "type": "nominal",
        "scale": {
            "domain": [part.name for part in parts],
            "range": list(theme.colours[: len(parts)]),
        },
        "legend": {"title": None, "symbolType": "square"} if len(parts) > 1 else None,
    }


def _ticks(days: Sequence[date]) -> list[str]:
    """As many of the days as a phone has room to name, evenly apart."""
    return [day.isoformat() for day in days[:: -(-len(days) // _TICKS) or 1]]


def _monthly(points: Sequence[Point]) -> bool:
    return all(point.on.day == 1 for point in points)
