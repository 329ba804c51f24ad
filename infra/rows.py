"""A stored event as it stands in the log."""

from uuid import UUID

from msgspec import Struct

COLUMNS = (
    "e.originator_id, e.originator_version, e.topic, e.state, e.notification_id, "
    "EXISTS (SELECT FROM karguzar.register_events d WHERE d.topic = 'content-destroyed' "
    "AND d.originator_id = e.originator_id AND d.originator_version > e.originator_version)"
)
"""What makes a `StreamRow`, of `karguzar.register_events e`."""


class StreamRow(Struct, frozen=True):
    """A stored event as it stands in the log.

    ``destroyed``: the content of its case was destroyed later, wherever reading ended. Those who
    open what is sealed read it with `COLUMNS`.
    """

    case_id: UUID
    version: int
    topic: str
    state: bytes
    position: int
    destroyed: bool = False
