"""The trail: who recorded which event, when, for whom and through what."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from domain.envelope import Recorded
from domain.kinds import EVENTS
from infra.mapper import stored_name
from projections.groups import Group
from projections.readmodel import Rows

VERSION = 1
GROUP = Group.LATER
KEY = ("case_id", "version")
APPENDS = True
TAKES = frozenset(EVENTS)
IGNORED: frozenset[str] = frozenset()


class Row(Struct):
    """One event; ``event`` is its stored name."""

    case_id: UUID
    version: int
    position: int
    recorded_at: datetime
    official: str
    on_behalf_of: str | None
    unit: str
    client: str
    event: str
    correlation_id: UUID


def fold(rows: Rows, recorded: Recorded) -> None:
    case, version = recorded.originator_id, recorded.originator_version
    rows[case, version] = Row(
        case,
        version,
        recorded.position,
        recorded.recorded_at,
        recorded.actor,
        recorded.on_behalf_of,
        recorded.unit,
        recorded.client,
        stored_name(recorded.event),
        recorded.correlation_id,
    )
