"""A command on its way to the log, and the answer that comes back."""

import os
import time
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from msgspec import Struct, json

from application.caller import Caller
from domain.case import CaseKind, Command, Event
from domain.envelope import Recorded
from domain.kinds import KINDS


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
        """SHA-256 of what is asked; the same key with another digest is another request.

        A beginning command is the same whatever id its case would have got.
        """
        begins = isinstance(self.command, KINDS[self.kind].begins)
        case = None if begins else self.case_id
        asked = (self.kind, type(self.command).__name__, case, self.command)
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
    """The other case named in the request isn't there, or not of this kind, or not yours to see."""


class DatabaseGone(Exception):
    """The database can't be reached: send it again later, with the same Idempotency-Key.

    Whether it was recorded is not known; with the key it will not be recorded twice.
    """


_ALL_BITS = (1 << 128) - 1
_FORM = 0xF << 76 | 0x3 << 62
_VERSION_8 = 8 << 76 | 2 << 62
"""Where a UUID says its version and variant, and what one of our own making says there."""


def new_case_id() -> UUID:
    """A version 7 UUID: ids made one after the other are stored side by side.

    So a batch of new cases touches few pages.
    """
    moment = time.time_ns() // 1_000_000
    bits = int.from_bytes(os.urandom(10))
    return UUID(int=moment << 80 | 7 << 76 | (bits >> 4 & 0xFFF) << 64 | 2 << 62 | bits >> 18)


def event_id(order: Order, index: int) -> UUID:
    """The command's id, counted on: the same each time the same order is decided."""
    return UUID(int=(order.command_id.int + 1 + index) & _ALL_BITS)


def enveloped(
    order: Order, event: Event, index: int, *, version: int, owner: UUID, thread: UUID, at: datetime
) -> Recorded:
    """What the order gave, as it goes into the log; *index* counts its events from 0."""
    actor = order.by.actor
    return Recorded(
        originator_id=order.case_id,
        originator_version=version,
        kind=order.kind,
        event=event,
        event_id=event_id(order, index),
        owner=owner,
        actor=actor.official,
        on_behalf_of=actor.on_behalf_of,
        unit=actor.unit,
        client=actor.client,
        command_id=order.command_id,
        cause_id=order.cause_id,
        correlation_id=thread,
        recorded_at=at,
        reason=getattr(order.command, "reason", None),
    )


def derived_id(order: Order, what: str) -> UUID:
    """The id of *what* the order makes; the time in the case's id leads here too."""
    drawn = sha256(order.command_id.bytes + what.encode()).digest()
    bits = int.from_bytes(order.case_id.bytes[:6] + drawn[:10])
    return UUID(int=bits & ~_FORM | _VERSION_8)
