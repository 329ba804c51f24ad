"""The log as process mining reads it: cases, and what happened in them, naming nobody.

Cases and officials stand under pseudonyms of one purpose; what is confidential now is left out,
for the past too. An instant is the minute in which the event was recorded and, as microseconds,
its place among those of that minute: sorting by it keeps the order and gives no more away.
"""

from collections.abc import AsyncIterator, Callable, Collection
from datetime import datetime
from typing import Any

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed

from domain.case import CaseKind
from infra.pseudonyms import Pseudonyms

MODELS = ("register_history", "trail")
BATCH = 10_000

NOT_CONFIDENTIAL = (
    "JOIN read_models.register_history AS now ON now.case_id = {of}.case_id "
    "AND now.until_position IS NULL AND NOT now.confidential"
)
"""Joins what isn't confidential as it stands, whatever it was at an earlier position."""

TOLD_AT = (
    "date_trunc('minute', t.recorded_at) + interval '1 microsecond' * (row_number() OVER ("
    "PARTITION BY date_trunc('minute', t.recorded_at) ORDER BY t.position) - 1)"
)
"""The instant of an event of ``read_models.trail AS t``, among those that are told with it."""


class LoggedCase(Struct, frozen=True, kw_only=True):
    """A case as it was known at the log's position."""

    case: str
    thread: str
    kind: str
    subkind: str
    unit: str
    channel: str | None
    topic: str | None
    result: str | None


class LoggedEvent(Struct, frozen=True, kw_only=True):
    """``activity`` is the event's stored name, ``resource`` who recorded it, in ``unit``."""

    case: str
    thread: str
    nth: int
    activity: str
    at: datetime
    resource: str
    unit: str


class EventLog:
    """The log up to ``position``, of the kinds given or of all."""

    def __init__(
        self,
        conn: AsyncConnection[Any],
        position: int,
        pseudonyms: Pseudonyms,
        kinds: Collection[CaseKind] = (),
    ) -> None:
        """*conn* is inside a transaction that sees one moment."""
        self._conn = conn
        self._values = {
            "position": position,
            "kinds": [kind.value for kind in kinds] or None,
        }
        self._pseudonyms = pseudonyms
        self.told: Callable[[int], object] = lambda events: None  # noqa: ARG005
        """Hears of each batch of events how many they are."""

    async def counts(self) -> tuple[int, int]:
        """How many cases and events there are to tell."""
        cursor = self._conn.cursor(row_factory=tuple_row)
        await cursor.execute(
            SQL("SELECT count(DISTINCT t.case_id), count(*) FROM {}").format(_EVENTS), self._values
        )
        cases, events = await cursor.fetchone() or (0, 0)
        return cases, events

    async def activities(self) -> list[str]:
        """The stored names of what happened, each once."""
        return await self._names("t.event", _EVENTS)

    async def kinds(self) -> list[str]:
        return await self._names("c.kind", _CASES)

    async def cases(self) -> AsyncIterator[LoggedCase]:
        """All cases, those begun first first."""
        query = SQL(
            "SELECT c.case_id, c.correlation_id, c.kind, c.subkind, c.unit, c.channel, c.topic, "
            "c.result FROM {} ORDER BY c.case_id"
        ).format(_CASES)
        names = LoggedCase.__struct_fields__[2:]
        async for case_id, thread, *rest in self._rows("logged_cases", query):
            yield LoggedCase(
                case=self._pseudonyms.of_case(case_id),
                thread=self._pseudonyms.of_thread(thread),
                **dict(zip(names, rest, strict=True)),
            )

    async def threads(self) -> AsyncIterator[str]:
        """What the events belong to, each once."""
        query = SQL("SELECT DISTINCT t.correlation_id FROM {}").format(_EVENTS)
        async for (thread,) in self._rows("logged_threads", query):
            yield self._pseudonyms.of_thread(thread)

    async def events(self, *, by_case: bool) -> AsyncIterator[LoggedEvent]:
        """All events in the order of the log or, *by_case*, those of one case together."""
        query = SQL(
            "SELECT t.case_id, t.correlation_id, t.version, t.event, {at} AS at, t.official, "
            "t.unit FROM {events} ORDER BY {order}"
        ).format(
            at=SQL(TOLD_AT),
            events=_EVENTS,
            order=SQL("t.case_id, t.version" if by_case else "t.position"),
        )
        rows = self._rows("logged_events", query, self.told)
        async for case_id, thread, nth, activity, at, official, unit in rows:
            yield LoggedEvent(
                case=self._pseudonyms.of_case(case_id),
                thread=self._pseudonyms.of_thread(thread),
                nth=nth,
                activity=activity,
                at=at,
                resource=self._pseudonyms.of_official(official),
                unit=unit,
            )

    async def _names(self, column: str, of: Composed) -> list[str]:
        cursor = self._conn.cursor(row_factory=tuple_row)
        await cursor.execute(
            SQL("SELECT DISTINCT {} FROM {} ORDER BY 1").format(SQL(column), of), self._values
        )
        return [name for (name,) in await cursor.fetchall()]

    async def _rows(
        self, name: str, query: Composed, told: Callable[[int], object] | None = None
    ) -> AsyncIterator[tuple[Any, ...]]:
        async with self._conn.cursor(name, binary=True, row_factory=tuple_row) as cursor:
            await cursor.execute(query, self._values)
            while rows := await cursor.fetchmany(BATCH):
                for row in rows:
                    yield row
                if told:
                    told(len(rows))


_OF_KIND = "(%(kinds)s::text[] IS NULL OR c.kind = ANY(%(kinds)s))"
_THERE = (
    "c.since_position <= %(position)s "
    "AND (c.until_position IS NULL OR c.until_position > %(position)s)"
)
_CASES = SQL("read_models.register_history AS c {now} WHERE {there} AND {kind}").format(
    now=SQL(NOT_CONFIDENTIAL.format(of="c")), there=SQL(_THERE), kind=SQL(_OF_KIND)
)
_EVENTS = SQL(
    "read_models.trail AS t "
    "JOIN read_models.register_history AS c ON c.case_id = t.case_id AND {there} "
    "{now} WHERE t.position <= %(position)s AND {kind}"
).format(now=SQL(NOT_CONFIDENTIAL.format(of="t")), there=SQL(_THERE), kind=SQL(_OF_KIND))
