"""What a chart looks like on a page, and in print."""

from typing import Literal

from msgspec import Struct

from infra.typesetting.letters import FAMILIES


class Theme(Struct, frozen=True, kw_only=True):
    """``colours`` are those of parts, in their order. ``font`` is None where the page sets it.

    ``width`` is in pixels. Where it is ``linked``, a chart leads to cases and tells its numbers.
    """

    colours: tuple[str, ...]
    text: str
    grid: str
    background: str
    font: str | None
    text_size: int
    width: int | Literal["container"]
    linked: bool


PAGE = Theme(
    colours=tuple(f"var(--chart-{place})" for place in (1, 2, 3, 4)),
    text="var(--chart-text)",
    grid="var(--chart-grid)",
    background="transparent",
    font=None,
    text_size=12,
    width="container",
    linked=True,
)
"""Colours are variables of the style sheet, so that a page's theme and its print change a chart
without drawing it again."""
PRINT = Theme(
    colours=("#1f3a5f", "#b9c6d6", "#c98a1b", "#4c9a6f"),
    text="#1d2733",
    grid="#e3e8ee",
    background="white",
    font=", ".join(FAMILIES),
    text_size=10,
    width=600,
    linked=False,
)
