"""Bars of a table, drawn from a Vega-Lite specification without a network."""

import threading
from functools import cache
from typing import Any

import vl_convert

from infra.reports.document import Table
from infra.typesetting.letters import FAMILIES, FONTS, settable

MOST_BARS = 15
"""What a chart shows of a longer table, the largest first."""
_COLOURS = ("#1f3a5f", "#b9c6d6")
_FONT = ", ".join(FAMILIES)
_INK, _SOFT = "#1d2733", "#5b6673"
_LONGEST_LABEL = 220
_PIXELS = 2

_one_at_a_time = threading.Lock()


def as_svg(table: Table, width: int = 460) -> str | None:
    """The table's bars as SVG; None where it has none to draw."""
    spec = specification(table, width)
    if spec is None:
        return None
    _with_fonts()
    with _one_at_a_time:
        return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))


def as_png(table: Table, width: int = 460) -> bytes | None:
    """The same as PNG."""
    spec = specification(table, width)
    if spec is None:
        return None
    _with_fonts()
    with _one_at_a_time:
        return bytes(vl_convert.vegalite_to_png(spec, scale=_PIXELS, allowed_base_urls=[]))


def specification(table: Table, width: int) -> dict[str, Any] | None:
    """In Vega-Lite: a bar for each row, or as many beside each other as columns are drawn."""
    rows = [row for row in table.rows if any(_number(row[column]) for column in table.bars)]
    if not rows:
        return None
    rows = sorted(rows, key=lambda row: -_number(row[table.bars[0]]))[:MOST_BARS]
    names = [settable(table.columns[column].heading) for column in table.bars]
    values = [
        {"label": settable(str(row[0])), "series": name, "value": _number(row[column])}
        for row in rows
        for name, column in zip(names, table.bars, strict=True)
    ]
    order = list(dict.fromkeys(value["label"] for value in values))
    several = len(names) > 1
    position: dict[str, Any] = {
        "y": {
            "field": "label",
            "type": "nominal",
            "sort": order,
            "title": None,
            "axis": {"labelLimit": _LONGEST_LABEL},
        },
        "x": {
            "field": "value",
            "type": "quantitative",
            "title": None,
            "axis": {"tickCount": 5, "format": "d"},
        },
    }
    if several:
        position["yOffset"] = {"field": "series", "sort": names}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": values},
        "width": width,
        "height": {"step": 9 if several else 18},
        "mark": {"type": "bar"},
        "encoding": position
        | {
            "color": {
                "field": "series",
                "type": "nominal",
                "sort": names,
                "scale": {"domain": names, "range": list(_COLOURS[: len(names)])},
                "legend": {"orient": "top", "title": None} if several else None,
            }
        },
        "config": {
            "font": _FONT,
            "background": "white",
            "view": {"stroke": None},
            "axis": {
                "labelColor": _INK,
                "labelFontSize": 10,
                "gridColor": "#e3e8ee",
                "domainColor": _SOFT,
                "tickColor": _SOFT,
            },
            "legend": {"labelColor": _INK, "labelFontSize": 10},
        },
    }


def _number(cell: Any) -> float:
    return cell if isinstance(cell, int | float) else 0


@cache
def _with_fonts() -> None:
    vl_convert.register_font_directory(str(FONTS))
