"""Where tables and keys stand in a TOML file, which the standard library's reader doesn't tell."""

import re

_TABLE = re.compile(r"\s*(\[\[?)\s*([\w.-]+)\s*\]")
_KEY = re.compile(r"\s*([\w-]+)\s*=")
_LONG_TEXT = ('"""', "'''")

Lines = dict[tuple[str, int, str | None], int]
"""The line of the n-th table of a name (n from 0, key None), and of each key in it."""


def lines_of(text: str) -> Lines:
    """Keys before the first table are in the table "". Only bare keys and names are found."""
    lines: Lines = {}
    count: dict[str, int] = {}
    table, number, inside = "", 0, False
    for line, content in enumerate(text.splitlines(), 1):
        begins_inside = inside
        inside ^= sum(content.count(quotes) for quotes in _LONG_TEXT) % 2 == 1
        if begins_inside:
            continue
        if found := _TABLE.match(content):
            table = found[2]
            number = count.get(table, 0)
            count[table] = number + 1
            lines.setdefault((table, number, None), line)
        elif found := _KEY.match(content):
            lines.setdefault((table, number, found[1]), line)
    return lines
