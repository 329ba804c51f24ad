"""Charts drawn without a browser, and what is seen in them."""

import re
from html import unescape

from infra.charts.drawn import as_svg
from infra.charts.specification import Spec

_DRAWN = re.compile(r'class="mark-(?:line|symbol|rect) role-mark[^"]*".*?</g>', re.DOTALL)
_TEXT = re.compile(r">([^<>]+)</text>")


def drawn(spec: Spec) -> str:
    """At the width of a telephone, as a page would draw it."""
    return as_svg({**spec, "width": 400})


def marks(svg: str) -> tuple[int, list[str]]:
    """How many lines, points and bars there are, and all texts."""
    shapes = sum(group.count("<path") for group in _DRAWN.findall(svg))
    return shapes, [unescape(text) for text in _TEXT.findall(svg)]
