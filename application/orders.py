"""A command on its way to the log, and the answer that comes back."""

from hashlib import sha256
from uuid import UUID

from msgspec import Struct, json

from application.caller import Caller
from domain.case import CaseKind, Command


class Order(Struct, frozen=True, kw_only=True):
    """A command for one case. ``command_id`` makes a repeat harmless.

    ``expected_version`` is the version the client has seen; None means any. A beginning command
    without ``correlation_id`` begins a thread of its own.
    """

    kind: CaseKind
    case_id: UUID
    command: Command
    by: Caller
    command_id: UUID
    expected_version: int | None = None
    cause_id: UUID | None = None
    correlation_id: UUID | None = None

    def digest(self) -> bytes:
        """SHA-256 of what is asked; the same key with another digest is another request."""
        asked = (self.kind, type(self.command).__name__, self.case_id, self.command)
        return sha256(json.encode(asked)).digest()


class Receipt(Struct, frozen=True, kw_only=True):
    """``events`` are stored names; ``position`` is the last event's place in the log."""

    id: UUID
    version: int
    position: int
    events: tuple[str, ...]


class StaleVersion(Exception):
    """The case has changed since the version you have seen: read it again."""


class KeyUsedBefore(Exception):
    """This Idempotency-Key was used for another request: take a new one."""


class NoSuchCase(Exception):
    """There is no such case, or you may not see it."""


class NamedCaseMissing(Exception):
    """The other case named in the request isn't there, isn't of this kind, or isn't yours to see."""


class DatabaseGone(Exception):
    """The database can't be reached; nothing was recorded. Send the same request again later."""
