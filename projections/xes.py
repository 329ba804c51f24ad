"""The event log in XES (IEEE 1849-2016): a trace for each case."""

from collections.abc import AsyncIterator
from datetime import datetime
from xml.sax.saxutils import quoteattr

from projections.event_log import EventLog, LoggedCase, LoggedEvent

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">
 <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
 <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
 <extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
 <extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
 <global scope="trace">
  <string key="concept:name" value=""/>
 </global>
 <global scope="event">
  <string key="concept:name" value=""/>
  <date key="time:timestamp" value="1970-01-01T00:00:00.000000+00:00"/>
 </global>
 <classifier name="Activity" keys="concept:name"/>
"""
_TAIL = "</log>\n"
_TOLD = ("kind", "subkind", "unit", "channel", "topic", "result")


async def xes(log: EventLog) -> AsyncIterator[str]:
    """The file in pieces, a case at a time."""
    yield _HEAD
    cases = log.cases()
    case = await anext(cases, None)
    events: list[LoggedEvent] = []
    async for event in log.events(by_case=True):
        while case is not None and case.case != event.case:
            yield _trace(case, events)
            events = []
            case = await anext(cases, None)
        events.append(event)
    if case is not None:
        yield _trace(case, events)
    yield _TAIL


def _trace(case: LoggedCase, events: list[LoggedEvent]) -> str:
    told = [("concept:name", case.case), ("thread", case.thread)]
    told += [(name, value) for name in _TOLD if (value := getattr(case, name)) is not None]
    lines = [" <trace>", *(f"  {_text(key, value)}" for key, value in told)]
    for event in events:
        lines += [
            "  <event>",
            f"   {_text('concept:name', event.activity)}",
            f"   {_date('time:timestamp', event.at)}",
            f"   {_text('org:resource', event.resource)}",
            f"   {_text('org:group', event.unit)}",
            f"   {_text('lifecycle:transition', 'complete')}",
            "  </event>",
        ]
    return "\n".join([*lines, " </trace>\n"])


def _text(key: str, value: str) -> str:
    return f"<string key={quoteattr(key)} value={quoteattr(value)}/>"


def _date(key: str, at: datetime) -> str:
    return f"<date key={quoteattr(key)} value={quoteattr(at.isoformat(timespec='microseconds'))}/>"
