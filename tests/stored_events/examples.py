"""The stored form of an event of every type and version, and how it has to be read."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid5
from zlib import crc32

from msgspec import json, to_builtins

from domain.case import Event
from domain.envelope import Recorded
from domain.kinds import EVENTS, KINDS
from infra.keys import PersonKey
from infra.mapper import EventMapper, stored_name
from infra.rows import StreamRow
from tests.domain.spec import CASE, COMMAND, NOON
from tests.instances import Maker

FOLDER = Path(__file__).parent
KEY = PersonKey(bytes(range(32)))


class OneKey(dict[UUID, PersonKey]):
    """The same fixed key for everyone."""

    def __missing__(self, _owner: UUID) -> PersonKey:
        return KEY

    def get(self, owner: UUID, _default: object = None) -> PersonKey:
        return self[owner]


def file_of(event_type: type[Event], version: int) -> Path:
    return FOLDER / f"{stored_name(event_type)}.{version}.json"


def reading_of(stored: Path) -> Path:
    """The file that says how the stored bytes have to be read."""
    return stored.with_suffix(".read.json")


def examples_missing() -> list[type[Event]]:
    """The events whose present version has no example."""
    return [event for event in EVENTS if not file_of(event, event.VERSION).exists()]


def write(event_type: type[Event]) -> None:
    """One line for each form the event can take."""
    maker = Maker(crc32(stored_name(event_type).encode()) % 9_000)
    mapper = EventMapper()
    stored = [
        mapper.seal(mapper.take_apart(around(event)), OneKey()).state
        for event in maker.events(event_type)
    ]
    file = file_of(event_type, event_type.VERSION)
    file.write_bytes(b"\n".join(stored) + b"\n")
    reading_of(file).write_bytes(shown(read(file)))


def around(event: Event) -> Recorded:
    """The event in a full envelope."""
    kind = next(kind for kind in KINDS.values() if type(event) in kind.events)
    event_id = uuid5(COMMAND, stored_name(event))
    return Recorded(
        originator_id=CASE,
        originator_version=7,
        kind=kind.kind,
        event=event,
        event_id=event_id,
        owner=uuid5(event_id, "owner"),
        actor="aliyev",
        unit="records",
        client="tests",
        command_id=COMMAND,
        correlation_id=uuid5(event_id, "thread"),
        recorded_at=NOON + timedelta(microseconds=123_456),
        on_behalf_of="director",
        cause_id=uuid5(event_id, "cause"),
        reason="Səbəb: şəxsi",
        position=0,
    )


def read(stored: Path) -> list[Recorded]:
    """The stored bytes as today's program reads them."""
    name = stored.name.split(".")[0]
    rows = [StreamRow(CASE, 7, name, line, 0) for line in stored.read_bytes().splitlines()]
    return EventMapper().read_all(rows, lambda _owners: OneKey())


def shown(recorded: list[Recorded]) -> bytes:
    """All is told but that nothing is lacking, which the first readings don't say."""
    readings = to_builtins(recorded)
    for reading in readings:
        if not reading["lacking"]:
            del reading["lacking"]
    return json.format(json.encode(readings, order="sorted"), indent=1) + b"\n"
