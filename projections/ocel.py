"""The event log in OCEL 2.0 (JSON): cases of each kind are objects, and so are threads.

A thread is what a visit, its assignments and its appeal have in common: an event belongs to its
case and to its thread, so that the way from one case to the next can be followed.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import json

from projections.event_log import EventLog, LoggedCase, LoggedEvent

THREAD = "thread"
_OF_EVENT = ("resource", "unit")
_OF_CASE = ("subkind", "unit", "channel", "topic", "result")
_AT_FIRST = datetime(1970, 1, 1, tzinfo=UTC).isoformat()
"""OCEL's time of a value that an object had from the beginning."""


async def ocel(log: EventLog) -> AsyncIterator[bytes]:
    """The file in pieces."""
    yield b'{"eventTypes":'
    yield _types(await log.activities(), _OF_EVENT)
    yield b',\n"objectTypes":'
    kinds = await log.kinds()
    yield json.encode(
        [_type(kind, _OF_CASE) for kind in kinds] + ([_type(THREAD, ())] if kinds else [])
    )
    yield b',\n"objects":['
    comma = b"\n"
    async for thread in log.threads():
        yield comma + json.encode({"id": thread, "type": THREAD})
        comma = b",\n"
    async for case in log.cases():
        yield comma + json.encode(_object(case))
        comma = b",\n"
    yield b'],\n"events":['
    comma = b"\n"
    async for event in log.events(by_case=False):
        yield comma + json.encode(_event(event))
        comma = b",\n"
    yield b"]}\n"


def _types(names: Sequence[str], attributes: Sequence[str]) -> bytes:
    return json.encode([_type(name, attributes) for name in names])


def _type(name: str, attributes: Sequence[str]) -> dict[str, Any]:
    return {"name": name, "attributes": [{"name": each, "type": "string"} for each in attributes]}


def _object(case: LoggedCase) -> dict[str, Any]:
    values = ((name, getattr(case, name)) for name in _OF_CASE)
    return {
        "id": case.case,
        "type": case.kind,
        "attributes": [
            {"name": name, "time": _AT_FIRST, "value": value}
            for name, value in values
            if value is not None
        ],
        "relationships": [{"objectId": case.thread, "qualifier": THREAD}],
    }


def _event(event: LoggedEvent) -> dict[str, Any]:
    return {
        "id": f"{event.case}-{event.nth}",
        "type": event.activity,
        "time": event.at.isoformat(timespec="microseconds"),
        "attributes": [{"name": name, "value": getattr(event, name)} for name in _OF_EVENT],
        "relationships": [
            {"objectId": event.case, "qualifier": "case"},
            {"objectId": event.thread, "qualifier": THREAD},
        ],
    }
