"""A stored event as it stands in the log."""

from uuid import UUID

from msgspec import Struct


class StreamRow(Struct, frozen=True):
    """A stored event as it stands in the log."""

    case_id: UUID
    version: int
    topic: str
    state: bytes
    position: int
