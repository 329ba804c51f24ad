"""Threads: which cases belong together, such as a visit, its assignments and its appeal."""

from uuid import UUID

from msgspec import Struct

from domain.envelope import Recorded
from domain.kinds import EVENTS
from projections.readmodel import Rows

VERSION = 1
KEY = ("case_id", "correlation_id")
TAKES = frozenset(EVENTS)
IGNORED: frozenset[str] = frozenset()


class Row(Struct):
    """A case's part in a thread; ``first_position`` is that of its first event in it."""

    case_id: UUID
    correlation_id: UUID
    kind: str
    first_position: int


def fold(rows: Rows, recorded: Recorded) -> None:
    key = (recorded.originator_id, recorded.correlation_id)
    if key not in rows:
        rows[key] = Row(*key, recorded.kind.value, recorded.position)
