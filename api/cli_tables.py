"""Tables and histories on a terminal, however narrow: nothing in them is cut off."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from projections.history import Entry, Named

DAY_WIDTH = len("2026-01-01")
"""The least width of a day, or of an instant in two lines."""


class Acted(Protocol):
    """What tells who did it, for whom and why."""

    @property
    def who(self) -> Named: ...
    @property
    def on_behalf_of(self) -> Named | None: ...
    @property
    def reason(self) -> str | None: ...


def columns_of(*headings: str, least: Mapping[str, int] | None = None, **options: Any) -> Table:
    """A table whose cells go on in the next line; a column in *least* is never narrower."""
    made = Table(**options)
    for heading in headings:
        made.add_column(heading, overflow="fold", min_width=(least or {}).get(heading))
    return made


def show_history(console: Console, entries: Sequence[Entry], zone: ZoneInfo) -> None:
    """Each event with when it was recorded, by whom, for whom and why; in a pipe a line each."""
    for entry in entries:
        at = f"{entry.at.astimezone(zone):%Y-%m-%d %H:%M}"
        told = Text.assemble((at, "dim"), "  ", entry.sentence, acted(entry))
        console.print(told, soft_wrap=not console.is_terminal)


def acted(entry: Acted) -> Text:
    """Who, for whom and why, as it stands behind a sentence."""
    behind = f" [{entry.on_behalf_of.name}]" if entry.on_behalf_of else ""
    why = f": {entry.reason}" if entry.reason else ""
    return Text(f" ({entry.who.name}{behind}{why})", "dim")
