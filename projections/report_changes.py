"""What has changed in the occurrences of a period between two positions, and by which events."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.rows import tuple_row
from psycopg.sql import SQL

from domain.report_definition import COMES, GOES
from domain.report_period import ReportPeriod
from projections.figures import Scope

MOST_TOLD = 1_000


class Counted(Struct, frozen=True, kw_only=True):
    """An occurrence as it was counted. Before the period it counts in the opening alone."""

    occurrence: str
    kind: str
    on_day: date | None
    unit: str
    subkind: str
    official: str | None
    channel: str | None
    region: str | None
    topic: str | None
    applicant: str | None
    repeat: bool
    outcome: str | None
    on_time: bool | None
    amount: int


class Restating(Struct, frozen=True, kw_only=True):
    """The event at ``position``, with what it took away and what it brought.

    ``version`` is its place in its case. Where the case isn't for the reader to see any more, that
    and ``number`` are null and nothing else is told.
    """

    position: int
    event: str
    recorded_at: datetime
    case_id: UUID | None
    number: str | None
    version: int | None
    removed: list[Counted]
    added: list[Counted]


class Restated(Struct, frozen=True):
    """In the order of the log; ``more`` where there were more than MOST_TOLD."""

    events: list[Restating]
    more: bool


_COLUMNS = ", ".join(Counted.__struct_fields__)
_AT = "(convert_from(e.state, 'UTF8')::json ->> 'at')::timestamptz"
_COUNTS = (
    "(on_day BETWEEN %(first)s AND %(last)s AND occurrence <> 'standing' "
    "OR on_day < %(first)s AND occurrence = ANY(%(flows)s::text[]))"
)
_CHANGED = """
WITH changed AS (
    SELECT case_id, part, nth, since_position AS position, false AS removed, {columns}
    FROM read_models.occurrences_known
    WHERE memory IS NULL AND since_position > %(since)s AND since_position <= %(until)s
    AND {counted}
    UNION ALL
    SELECT case_id, part, nth, until_position, true, {columns}
    FROM read_models.occurrences_known
    WHERE memory IS NULL AND until_position > %(since)s AND until_position <= %(until)s
    AND {counted}
), differing AS (
    SELECT * FROM changed c WHERE NOT EXISTS (
        SELECT FROM changed o WHERE o.removed <> c.removed
        AND (o.position, o.case_id, o.part, o.nth) = (c.position, c.case_id, c.part, c.nth)
        AND ({of_o}) IS NOT DISTINCT FROM ({of_c})
    )
), told AS (
    SELECT DISTINCT position FROM differing ORDER BY position LIMIT %(most)s
)
SELECT d.position, e.topic, {at}, d.case_id,
    (SELECT number FROM read_models.register r WHERE r.case_id = d.case_id AND {sight}),
    e.originator_version, d.removed, {of_d}
FROM differing d JOIN told USING (position)
JOIN karguzar.register_events e ON e.notification_id = d.position
ORDER BY d.position, d.removed DESC, d.occurrence, d.part, d.nth
"""


async def restated(
    conn: AsyncConnection[Any],
    period: ReportPeriod,
    scope: Scope,
    since: int,
    until: int,
    sight: tuple[str, dict[str, Any]],
) -> Restated:
    """The events after *since* and up to *until* that changed what counts in the period.

    An event is told once, with all that it took away and brought. *sight* is the reader's, as SQL
    on cases as they are now: what has become confidential isn't told as it was.
    """
    counted = [_COUNTS]
    if scope.units is not None:
        counted.append("unit = ANY(%(units)s::text[])")
    if not scope.confidential:
        counted.append("NOT confidential")

    def of(name: str) -> SQL:
        return SQL(", ".join(f"{name}.{column}" for column in Counted.__struct_fields__))

    query = SQL(_CHANGED).format(
        columns=SQL(_COLUMNS),
        counted=SQL(" AND ".join(counted)),
        of_o=of("o"),
        of_c=of("c"),
        of_d=of("d"),
        at=SQL(_AT),
        sight=SQL(sight[0]),
    )
    values = {
        "since": since,
        "until": until,
        "first": period.first,
        "last": period.last,
        "flows": [*COMES, *GOES],
        "units": list(scope.units or ()),
        "most": MOST_TOLD + 1,
        **sight[1],
    }
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    await cursor.execute(query, values, prepare=False)
    events: dict[int, Restating] = {}
    for position, event, at, case_id, number, version, removed, *row in await cursor.fetchall():
        told = events.setdefault(
            position,
            Restating(
                position=position,
                event=event,
                recorded_at=at,
                case_id=case_id if number else None,
                number=number,
                version=version if number else None,
                removed=[],
                added=[],
            ),
        )
        if not number:
            continue
        occurrence = Counted(**dict(zip(Counted.__struct_fields__, row, strict=True)))
        (told.removed if removed else told.added).append(occurrence)
    found = list(events.values())
    return Restated(found[:MOST_TOLD], more=len(found) > MOST_TOLD)
