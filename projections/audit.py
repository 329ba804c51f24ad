"""What is asked of the past: all that happened around a case, a person or an official, and who saw.

Events come from the trail, reads and refusals from the access records, orders that the domain
refused to policies from where these put them: one order in time over all of them.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from msgspec import DecodeError, Struct, ValidationError, json
from psycopg import AsyncConnection
from psycopg.rows import class_row, tuple_row
from psycopg.sql import SQL, Composed

from domain.access_record import REFUSED
from infra.rows import COLUMNS, StreamRow
from projections.pages import CursorInvalid, checked, position_of


class Subject(StrEnum):
    """What a trail is of."""

    CASE = "case"
    THREAD = "thread"
    PERSON = "person"
    OFFICIAL = "official"
    UNIT = "unit"


class What(StrEnum):
    """Which part of it is asked for."""

    EVENTS = "events"
    READS = "reads"
    REFUSALS = "refusals"
    ALL = "all"


class Happening(Struct, frozen=True, kw_only=True):
    """An event, a read or a refusal; ``name`` is the event's stored name, or the action.

    ``number`` is an event's position, and the id of an access record; of an order refused to a
    policy the position of the event that the policy reacted to, and ``key`` the policy.
    """

    what: str
    at: datetime
    source: int
    number: int
    key: str
    name: str
    official: str
    on_behalf_of: str | None
    unit: str
    client: str
    roles: list[str]
    cases: list[UUID]
    version: int | None
    operation: str | None
    problem: str | None
    reason: str | None
    query: dict[str, Any] | None
    person: UUID | None
    thread: UUID | None
    position: int | None


class Trail(Struct, frozen=True, kw_only=True):
    """A page in the order of time. ``position`` is what the events are true for."""

    happenings: list[Happening]
    cursor: str | None
    position: int


class Reader(Struct, kw_only=True):
    """Somebody who saw a case: through which actions and clients, how often, first and last."""

    official: str
    first_at: datetime
    last_at: datetime
    times: int
    actions: list[str]
    clients: list[str]
    units: list[str]
    on_behalf_of: list[str]
    events_recorded: int


class _After(Struct, frozen=True, array_like=True):
    at: datetime
    source: int
    number: int
    key: str


_EVENTS, _ACCESSES, _ORDERS = range(3)
_NOT_SEEN = sorted(REFUSED)

_OF_EVENT: dict[Subject, SQL] = {
    Subject.CASE: SQL("t.case_id = %(of)s"),
    Subject.THREAD: SQL("t.correlation_id = %(of)s"),
    Subject.PERSON: SQL("t.case_id = ANY(%(cases)s)"),
    Subject.OFFICIAL: SQL("(t.official = %(of)s OR t.on_behalf_of = %(of)s)"),
    Subject.UNIT: SQL("t.unit = %(of)s"),
}
_OF_ACCESS: dict[Subject, SQL] = {
    Subject.CASE: SQL("a.cases @> ARRAY[%(of)s::uuid]"),
    Subject.THREAD: SQL("(a.thread = %(of)s OR a.cases && %(cases)s::uuid[])"),
    Subject.PERSON: SQL("(a.person = %(of)s OR a.cases && %(cases)s::uuid[])"),
    Subject.OFFICIAL: SQL("(a.official = %(of)s OR a.on_behalf_of = %(of)s)"),
    Subject.UNIT: SQL("a.unit = %(of)s"),
}
_CASES_OF: dict[Subject, SQL] = {
    Subject.THREAD: SQL("SELECT case_id FROM read_models.threads WHERE correlation_id = %(of)s"),
    Subject.PERSON: SQL(
        "SELECT DISTINCT case_id FROM read_models.parties WHERE person_id = %(of)s"
    ),
}

_TAKEN = SQL(
    "SELECT 'event', t.recorded_at, {source}, t.position, '', t.event, t.official, "
    "t.on_behalf_of, t.unit, t.client, '{{}}'::text[], ARRAY[t.case_id], t.version, NULL::text, "
    "NULL::text, NULL::text, NULL::jsonb, NULL::uuid, t.correlation_id, t.position "
    "FROM read_models.trail t WHERE {of} AND t.recorded_at >= %(since)s "
    "AND t.recorded_at < %(until)s "
    "AND (t.recorded_at, {source}, t.position) > (%(at)s, %(source)s, %(number)s) "
    "ORDER BY t.recorded_at, t.position LIMIT %(limit)s"
)
_SEEN = SQL(
    "SELECT CASE WHEN a.action = ANY(%(refused)s) THEN 'refusal' ELSE 'read' END, a.at, {source}, "
    "a.id, '', a.action, a.official, a.on_behalf_of, a.unit, a.client, a.roles, a.cases, "
    "NULL::bigint, a.operation, a.problem, a.reason, a.query, a.person, a.thread, a.position "
    "FROM karguzar.accesses a WHERE {of} AND {which} AND a.at >= %(since)s AND a.at < %(until)s "
    "AND (a.at, {source}, a.id) > (%(at)s, %(source)s, %(number)s) "
    "ORDER BY a.at, a.id LIMIT %(limit)s"
)
_ORDERED = SQL(
    "SELECT 'refusal', r.refused_at, {source}, r.position, r.policy, 'order-refused', r.policy, "
    "coalesce(t.on_behalf_of, t.official), t.unit, 'karguzar-policies', '{{}}'::text[], "
    "ARRAY[t.case_id], t.version, NULL::text, r.refusal, NULL::text, NULL::jsonb, NULL::uuid, "
    "t.correlation_id, r.position FROM karguzar.refused_orders r "
    "JOIN karguzar.register_events e ON e.notification_id = r.position "
    "JOIN read_models.trail t ON t.case_id = e.originator_id AND t.version = e.originator_version "
    "WHERE {of} AND r.refused_at >= %(since)s AND r.refused_at < %(until)s "
    "AND (r.refused_at, {source}, r.position, r.policy) "
    "> (%(at)s, %(source)s, %(number)s, %(key)s) "
    "ORDER BY r.refused_at, r.position, r.policy LIMIT %(limit)s"
)


async def trail(
    conn: AsyncConnection[Any],
    subject: Subject,
    of: UUID | str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    what: What = What.ALL,
    cursor: str | None = None,
    limit: int = 50,
) -> Trail:
    """A page of what happened from *since* on and before *until*. Raises CursorInvalid."""
    after = _decoded(cursor) if cursor else None
    values: dict[str, Any] = {
        "of": of,
        "cases": await _cases_of(conn, subject, of),
        "since": since or "-infinity",
        "until": until or "infinity",
        "at": after.at if after else "-infinity",
        "source": after.source if after else -1,
        "number": after.number if after else 0,
        "key": after.key if after else "",
        "refused": _NOT_SEEN,
        "limit": checked(limit) + 1,
    }
    query = SQL("SELECT {position}, found.* FROM (SELECT) AS one LEFT JOIN ({parts}) ").format(
        position=position_of("trail"),
        parts=SQL(" UNION ALL ").join(SQL("({})").format(p) for p in _parts(subject, what)),
    ) + SQL("AS found ({columns}) ON true ORDER BY at, source, number, key LIMIT %(limit)s").format(
        columns=SQL(", ").join(map(SQL, Happening.__struct_fields__))
    )
    reading = conn.cursor(binary=True, row_factory=tuple_row)
    await reading.execute(query, values, prepare=False)
    rows = await reading.fetchall()
    names = Happening.__struct_fields__
    found = [Happening(**dict(zip(names, row[1:], strict=True))) for row in rows if row[1]]
    following = None
    if len(found) > limit:
        found = found[:limit]
        last = found[-1]
        following = _encoded(_After(last.at, last.source, last.number, last.key))
    return Trail(happenings=found, cursor=following, position=rows[0][0])


async def seen_by(
    conn: AsyncConnection[Any], case_id: UUID, before: datetime | None = None
) -> list[Reader]:
    """Everyone who was shown the case before *before*, or recorded an event in it; by first time.

    Who only tried, and was refused, has not seen it; nor has who asked this, which shows nothing
    of the case. A trail does.
    """
    values = {
        "case_id": case_id,
        "before": before or "infinity",
        "refused": _NOT_SEEN,
        "asked": ["audit.seen-by", "audit seen-by"],
    }
    reading = conn.cursor(row_factory=class_row(Reader))
    await reading.execute(_READERS, values)
    return await reading.fetchall()


async def rows_of_cases(conn: AsyncConnection[Any], cases: Sequence[UUID]) -> list[StreamRow]:
    """The stored events of these cases, in the order of the log."""
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    await cursor.execute(
        f"SELECT {COLUMNS} FROM karguzar.register_events e "  # noqa: S608 - a constant
        "WHERE originator_id = ANY(%b) ORDER BY notification_id",
        (list(cases),),
    )
    return [StreamRow(*row) for row in await cursor.fetchall()]


_READERS = (
    "SELECT official, min(at) AS first_at, max(at) AS last_at, "
    "count(*) FILTER (WHERE NOT recorded) AS times, "
    "array_agg(DISTINCT action ORDER BY action) AS actions, "
    "array_agg(DISTINCT client ORDER BY client) AS clients, "
    "array_agg(DISTINCT unit ORDER BY unit) AS units, "
    "coalesce(array_agg(DISTINCT on_behalf_of ORDER BY on_behalf_of) "
    "FILTER (WHERE on_behalf_of IS NOT NULL), '{}') AS on_behalf_of, "
    "count(*) FILTER (WHERE recorded) AS events_recorded FROM ("
    "SELECT official, on_behalf_of, unit, client, action, at, false AS recorded "
    "FROM karguzar.accesses WHERE cases @> ARRAY[%(case_id)s::uuid] AND at < %(before)s "
    "AND action <> ALL(%(refused)s) AND operation <> ALL(%(asked)s) "
    "UNION ALL SELECT official, on_behalf_of, unit, client, 'event-recorded', recorded_at, true "
    "FROM read_models.trail WHERE case_id = %(case_id)s AND recorded_at < %(before)s"
    ") AS seen GROUP BY official ORDER BY first_at, official"
)


def _parts(subject: Subject, what: What) -> list[Composed]:
    of_event, of_access = _OF_EVENT[subject], _OF_ACCESS[subject]
    parts = []
    if what in (What.EVENTS, What.ALL):
        parts.append(_TAKEN.format(source=_EVENTS, of=of_event))
    if what is not What.EVENTS:
        which = {
            What.READS: SQL("a.action <> ALL(%(refused)s)"),
            What.REFUSALS: SQL("a.action = ANY(%(refused)s)"),
        }.get(what, SQL("true"))
        parts.append(_SEEN.format(source=_ACCESSES, of=of_access, which=which))
    if what in (What.REFUSALS, What.ALL):
        parts.append(_ORDERED.format(source=_ORDERS, of=of_event))
    return parts


async def _cases_of(conn: AsyncConnection[Any], subject: Subject, of: UUID | str) -> list[UUID]:
    if subject not in _CASES_OF:
        return []
    reading = conn.cursor(row_factory=tuple_row)
    await reading.execute(_CASES_OF[subject], {"of": of})
    return [case for (case,) in await reading.fetchall()]


def _encoded(after: _After) -> str:
    return urlsafe_b64encode(json.encode(after)).decode().rstrip("=")


def _decoded(cursor: str) -> _After:
    try:
        plain = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        after = json.decode(plain, type=_After)
    except (ValueError, DecodeError, ValidationError):
        raise CursorInvalid(CursorInvalid.__doc__) from None
    if after.at.tzinfo is None or not 0 <= after.number < 1 << 63 or "\0" in after.key:
        raise CursorInvalid(CursorInvalid.__doc__)
    return after
