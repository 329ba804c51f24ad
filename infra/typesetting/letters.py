"""What our fonts have a letter for: PDF/A takes no text that can't be shown."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

FONTS = Path(__file__).parent / "fonts"
FAMILIES = ("Noto Sans", "Noto Sans Georgian")
WEIGHTS = ("Regular", "Bold")
NO_LETTER = "\N{REPLACEMENT CHARACTER}"

_LINES = frozenset("\t\n\r")
_TURNING = frozenset(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
"""They make a line read in another order than it is stored."""
_NOT_IN_PDF = frozenset("\x00\ufeff")
_SEGMENTS = 4


def settable(content: Any) -> Any:
    """Plain *content* with NO_LETTER for each character that can't be set; keys stay."""
    if isinstance(content, str):
        known = letters()
        return "".join(each if each in known else NO_LETTER for each in content)
    if isinstance(content, Mapping):
        return {name: settable(value) for name, value in content.items()}
    if isinstance(content, Sequence):
        return [settable(each) for each in content]
    return content


@cache
def letters() -> frozenset[str]:
    """The characters that can be set, in every weight."""
    of_weights = [
        {letter for family in FAMILIES for letter in letters_of(family, weight)}
        for weight in WEIGHTS
    ]
    return frozenset(set.intersection(*of_weights) | _LINES) - _TURNING - _NOT_IN_PDF


def letters_of(family: str, weight: str) -> Iterator[str]:
    """What one font has a glyph for: its cmap, format 4 (OpenType, 'cmap')."""
    data = (FONTS / f"{family.replace(' ', '')}-{weight}.ttf").read_bytes()

    def number(at: int, size: int = 2) -> int:
        return int.from_bytes(data[at : at + size], "big")

    tables = {data[at : at + 4]: number(at + 8, 4) for at in range(12, 12 + 16 * number(4), 16)}
    cmap = tables[b"cmap"]
    for record in range(cmap + 4, cmap + 4 + 8 * number(cmap + 2), 8):
        table = cmap + number(record + 4, 4)
        if number(table) != _SEGMENTS:
            continue
        length = number(table + 6)
        for segment in range(table, table + length, 2):
            last, first = number(segment + 14), number(segment + 16 + length)
            delta, place = number(segment + 16 + 2 * length), segment + 16 + 3 * length
            offset = number(place)
            for code in range(first, last + 1):
                if offset:
                    glyph = number(place + offset + 2 * (code - first))
                else:
                    glyph = (code + delta) & 0xFFFF
                if glyph:
                    yield chr(code)
