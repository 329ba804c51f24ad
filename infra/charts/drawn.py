"""A chart as a picture, drawn by the browser's own Vega-Lite without a network."""

import threading
from functools import cache

import vl_convert

from infra.charts.specification import Spec
from infra.typesetting.letters import FONTS, settable

VEGA_LITE = "6.4"
"""The version that pages draw with."""
_PIXELS = 2

_one_at_a_time = threading.Lock()


def as_svg(spec: Spec) -> str:
    """The chart as SVG; what our fonts have no letter for shows as NO_LETTER."""
    _with_fonts()
    with _one_at_a_time:
        return str(
            vl_convert.vegalite_to_svg(settable(spec), vl_version=VEGA_LITE, allowed_base_urls=[])
        )


def as_png(spec: Spec) -> bytes:
    """The same as PNG."""
    _with_fonts()
    with _one_at_a_time:
        return bytes(
            vl_convert.vegalite_to_png(
                settable(spec), vl_version=VEGA_LITE, scale=_PIXELS, allowed_base_urls=[]
            )
        )


@cache
def _with_fonts() -> None:
    vl_convert.register_font_directory(str(FONTS))
