"""What the rows of a case were: each for the positions at which it stood, beside those that stand.

A read model keeps its past where its module has ``has_past``. Its table then has two more columns:
the row was so from ``since_position`` up to, not with, ``until_position``, and without an end it
stands.
"""

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple

COLUMNS = ("since_position", "until_position")
TYPES = ("int8", "int8")
STANDING = "until_position IS NULL"

Key = tuple[Any, ...]
Values = tuple[Any, ...]


class PastRows:
    """The rows of one case, told after each event what they have become.

    ``standing`` has the values of each row and since when it stands so. Rows without a past, by
    *has_past*, are kept as they stand.
    """

    def __init__(self, has_past: Callable[[Any], bool]) -> None:
        self.standing: dict[Key, tuple[Values, int]] = {}
        self.ended: list[Values] = []
        self._has_past = has_past

    def become(self, rows: dict[Key, Any], position: int) -> None:
        """By the event at *position* the rows are these now."""
        standing = self.standing
        for key, row in rows.items():
            values = astuple(row)
            before = standing.get(key)
            if before is None:
                standing[key] = (values, position)
            elif before[0] != values:
                standing[key] = (values, self._end(row, before, position))
        if len(standing) > len(rows):
            for key in [key for key in standing if key not in rows]:
                values, since = standing.pop(key)
                self.ended.append((*values, since, position))

    def _end(self, row: Struct, before: tuple[Values, int], position: int) -> int:
        """The position since which the changed row stands so."""
        values, since = before
        if not self._has_past(row):
            return since
        self.ended.append((*values, since, position))
        return position

    def stored(self) -> Iterator[Values]:
        """All of them as the table has them."""
        yield from self.ended
        for values, since in self.standing.values():
            yield (*values, since, None)
