"""Stored bytes <-> recorded events: short stored names, an envelope, personal parts sealed."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from operator import attrgetter
from typing import Any, cast
from uuid import UUID

from eventsourcing.persistence import Mapper, StoredEvent, Transcoder
from msgspec import Struct, convert, json, to_builtins

from domain.case import CaseKind, Event
from domain.envelope import Recorded
from domain.keeping import ContentDestroyed
from domain.kinds import EVENTS
from infra.blinding import LINKAGE, IdKeptForRegister
from infra.keys import Keys
from infra.rows import StreamRow
from infra.sealing import Plain, Plan, compile_plan, fill_sealed, put_back, take_out
from infra.upcasts import UPCASTS, Upcast

_REASON = "~reason"


class StoredState(Struct, kw_only=True, omit_defaults=True):
    """The JSON that is stored.

    ``data`` is the event without its personal parts; ``sealed`` holds those, per owner, as their
    key made them, bound to event and owner: base64 in JSON.
    """

    v: int
    kind: CaseKind
    id: UUID
    owner: UUID
    by: str
    unit: str
    client: str
    command: UUID
    thread: UUID
    at: datetime
    data: Plain
    behalf: str | None = None
    cause: UUID | None = None
    sealed: dict[UUID, bytes] | None = None


class Parts(Struct, frozen=True):
    """An event taken apart: ``data`` may be stored in the clear, ``personal`` only sealed."""

    recorded: Recorded
    data: Plain
    personal: dict[UUID, Plain]


class EventType(Struct, frozen=True):
    name: str
    cls: type[Event]
    version: int
    plan: Plan
    upcasts: tuple[Upcast, ...]


def stored_name(event: Event | type[Event]) -> str:
    """The tag chosen for this event, for ever."""
    return cast("str", event.__struct_config__.tag)


def _event_type(cls: type[Event]) -> EventType:
    name = stored_name(cls)
    lifts = tuple(UPCASTS[name, version] for version in range(1, cls.VERSION))
    return EventType(name, cls, cls.VERSION, compile_plan(cls), lifts)


EVENT_TYPES = {event_type.name: event_type for event_type in map(_event_type, EVENTS)}

_DESTROYED = stored_name(ContentDestroyed)

_encode = json.Encoder().encode
_decode = json.Decoder(StoredState).decode


class EventMapper(Mapper[UUID]):
    """Personal parts are sealed with the keys given, and opened only where keys are given."""

    def __init__(self) -> None:
        super().__init__(cast("Transcoder", None))

    def take_apart(self, recorded: Recorded) -> Parts:
        """The event's plain form and its personal parts: what has to be known before sealing.

        Raises IdKeptForRegister: what its own secret sealed could never be erased.
        """
        data: Plain = to_builtins(recorded.event, builtin_types=(UUID,))
        del data["event"]
        plan = EVENT_TYPES[stored_name(recorded.event)].plan
        personal = take_out(plan, data, recorded.owner)
        if recorded.reason is not None:
            personal.setdefault(recorded.owner, {})[_REASON] = recorded.reason
        parts = Parts(recorded, data, personal)
        if LINKAGE in (recorded.owner, *parts.personal):
            raise IdKeptForRegister
        return parts

    def seal(self, parts: Parts, keys: Keys) -> StoredEvent:
        """The event as it will be stored for ever. *keys* hold every owner's key."""
        recorded = parts.recorded
        event_id = recorded.event_id.bytes
        sealed = {
            owner: keys[owner].seal(_encode(values), event_id + owner.bytes)
            for owner, values in parts.personal.items()
        }
        state = StoredState(
            v=recorded.event.VERSION,
            kind=recorded.kind,
            id=recorded.event_id,
            owner=recorded.owner,
            by=recorded.actor,
            unit=recorded.unit,
            client=recorded.client,
            command=recorded.command_id,
            thread=recorded.correlation_id,
            at=recorded.recorded_at,
            data=parts.data,
            behalf=recorded.on_behalf_of,
            cause=recorded.cause_id,
            sealed=sealed or None,
        )
        return StoredEvent(
            recorded.originator_id,
            recorded.originator_version,
            stored_name(recorded.event),
            _encode(state),
        )

    def read(self, row: StreamRow) -> Recorded:
        """The event with its personal parts left sealed."""
        return _opened(row, _decode(row.state), {})

    def read_all(
        self, rows: Iterable[StreamRow], keys_of: Callable[[set[UUID]], Keys]
    ) -> list[Recorded]:
        """The events, opened with the keys that *keys_of* finds; an erased part stays sealed.

        So does what a case held before its destruction, whoever's keys still live.
        """
        stored = [(row, _decode(row.state)) for row in rows]
        gone = _gone_before(row for row, _ in stored)
        keys = keys_of(owners_of(state for row, state in stored if not gone(row)))
        return [_opened(row, state, {} if gone(row) else keys) for row, state in stored]

    async def read_all_async(
        self, rows: Iterable[StreamRow], keys_of: Callable[[set[UUID]], Awaitable[Keys]]
    ) -> list[Recorded]:
        """`read_all` where the keys have to be awaited."""
        stored = [(row, _decode(row.state)) for row in rows]
        gone = _gone_before(row for row, _ in stored)
        keys = await keys_of(owners_of(state for row, state in stored if not gone(row)))
        return [_opened(row, state, {} if gone(row) else keys) for row, state in stored]

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """The library's way in: for events without personal parts."""
        return self.seal(self.take_apart(domain_event), {})

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """The library's way out: personal parts stay sealed."""
        return self.read(
            StreamRow(
                cast("UUID", stored_event.originator_id),
                stored_event.originator_version,
                stored_event.topic,
                stored_event.state,
                0,
            )
        )


def owners_of(states: Iterable[StoredState]) -> set[UUID]:
    """Whose keys the personal parts of these stored events are sealed under."""
    return {owner for state in states for owner in (state.sealed or ())}


def _gone_before(rows: Iterable[StreamRow]) -> Callable[[StreamRow], bool]:
    """Whether a row is from before the destruction of its case, among the *rows* or behind them."""
    destroyed_at = {row.case_id: row.version for row in rows if row.topic == _DESTROYED}
    if not destroyed_at:
        return attrgetter("destroyed")
    return lambda row: row.destroyed or row.version < destroyed_at.get(row.case_id, 0)


def _opened(row: StreamRow, stored: StoredState, keys: Keys) -> Recorded:
    event_type = EVENT_TYPES[row.topic]
    data = stored.data
    reason = None
    lifts = event_type.upcasts[stored.v - 1 :]
    lacking = False
    if stored.sealed:
        event_id = stored.id.bytes
        for owner, part in stored.sealed.items():
            if (key := keys.get(owner)) and key.made(part):
                values = json.decode(key.open(part, event_id + owner.bytes))
                reason = values.pop(_REASON, reason)
                put_back(data, values)
            else:
                lacking = True
    for lift in lifts:
        data = lift(data, stored.at)
    if lacking or (stored.sealed and lifts):
        fill_sealed(event_type.plan, data)
    return Recorded(
        originator_id=row.case_id,
        originator_version=row.version,
        kind=stored.kind,
        event=convert(data, event_type.cls),
        event_id=stored.id,
        owner=stored.owner,
        actor=stored.by,
        unit=stored.unit,
        client=stored.client,
        command_id=stored.command,
        correlation_id=stored.thread,
        recorded_at=stored.at,
        on_behalf_of=stored.behalf,
        cause_id=stored.cause,
        reason=reason,
        position=row.position,
        lacking=lacking,
    )
