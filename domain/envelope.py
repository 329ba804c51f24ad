"""An event as recorded: what happened, and who, for whom, when, why and through what."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from domain.case import CaseKind, Event


class Recorded(Struct, frozen=True, kw_only=True):
    """``originator_id`` is the case; ``position`` its place in the log, 0 before it is stored.

    ``owner`` names the key that seals the event's personal text: a person, or the case itself.
    ``correlation_id`` is the thread: a visit, its assignments and its appeal share one.
    ``lacking``: some of it can't be opened any more.
    ``recorded_at`` is aware UTC and ours; business dates belong to the event.
    """

    originator_id: UUID
    originator_version: int
    kind: CaseKind
    event: Event
    event_id: UUID
    owner: UUID
    actor: str
    unit: str
    client: str
    command_id: UUID
    correlation_id: UUID
    recorded_at: datetime
    on_behalf_of: str | None = None
    cause_id: UUID | None = None
    reason: str | None = None
    position: int = 0
    lacking: bool = False
