"""Matters that bring most people back: repeats received in a period, and in the one before."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

import numpy as np
from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.sql import SQL, Composable

from projections.pages import Mark, checked, day_of, decode, encode
from projections.ties import STOOD, Ties, ids_in, ties_at

_ORDER = "-received"
_TOLD = ("appeal", "number", "topic", "unit", "received_on")


class MatterBy(StrEnum):
    """What repeats are counted by. The value is the read model's column."""

    TOPIC = "topic"
    REGION = "region"
    UNIT = "unit"
    KIND = "kind"


class Span(Struct, frozen=True):
    """Days of receipt, both included."""

    since: date
    until: date


class MattersAsked(Struct, frozen=True, kw_only=True):
    """Recorded time is the position ``at``. Repeats that came after the day ``on`` are not told."""

    at: int
    on: date
    period: Span
    before: Span
    zone: str
    sight: tuple[str, dict[str, Any]]
    topic: str | None = None
    region: str | None = None
    unit: str | None = None
    kind: str | None = None

    @property
    def values(self) -> dict[str, Any]:
        return {
            "at": self.at,
            "on": self.on,
            "since": self.period.since,
            "until": min(self.period.until, self.on),
            "before_since": self.before.since,
            "before_until": min(self.before.until, self.on),
            "zone": self.zone,
            **self.sight[1],
            **{name: getattr(self, name) for name in _FILTERS if getattr(self, name) is not None},
        }

    @property
    def conditions(self) -> list[str]:
        found = [
            "nth = 1 AND ever_repeat",
            STOOD,
            self.sight[0],
            IS_REPEAT.format(sight=self.sight[0]),
        ]
        return found + [f"{n} = %({n})s" for n in _FILTERS if getattr(self, n) is not None]


class Repeats(Struct, frozen=True):
    """How many repeats came in the period asked for, and in the one before."""

    repeats: int
    before: int


class GroupRepeats(Struct, frozen=True, kw_only=True):
    """A person's matter. ``appeal`` is the first in ``sight`` of its group."""

    appeal: UUID
    number: str | None
    topic: str
    unit: str
    received_on: date
    repeats: int
    before: int


class Repeat(Struct, frozen=True, kw_only=True):
    case_id: UUID
    number: str | None
    kind: str
    topic: str
    region: str | None
    unit: str
    received_on: date


class RepeatPage(Struct, frozen=True):
    rows: list[Repeat]
    cursor: str | None


_FILTERS = ("topic", "region", "unit", "kind")
_RECEIVED_ON = "(received_at AT TIME ZONE %(zone)s)::date"
IS_REPEAT = (
    "EXISTS (SELECT FROM read_models.repeat_links link WHERE link.case_id = answers.case_id "  # noqa: S608
    f"AND verdict = 'repeat' AND {STOOD} AND EXISTS (SELECT FROM (SELECT * FROM "
    f"read_models.answers of_earlier WHERE of_earlier.case_id = link.earlier AND {STOOD}) seen "
    "WHERE {sight})) AND NOT EXISTS (SELECT FROM read_models.repeat_links link "
    f"WHERE link.case_id = answers.case_id AND verdict = 'merged' AND {STOOD})"
)
_WITHIN = (
    "received_at >= (%(since)s::timestamp AT TIME ZONE %(zone)s) AND received_at < "
    "((%(until)s::date + 1)::timestamp AT TIME ZONE %(zone)s)"
)
_WITHIN_BEFORE = _WITHIN.replace("%(since)s", "%(before_since)s").replace(
    "%(until)s", "%(before_until)s"
)


async def count_matters(
    conn: AsyncConnection[Any], asked: MattersAsked, by: MatterBy
) -> dict[tuple[str | None, ...], Repeats]:
    """Repeats in sight, of an earlier appeal in sight, by a column of theirs."""
    conditions = [*asked.conditions, f"({_WITHIN}) OR ({_WITHIN_BEFORE})"]
    query = SQL(
        "SELECT {by}, count(*) FILTER (WHERE {within})::int8, "
        "count(*) FILTER (WHERE {before})::int8 "
        "FROM read_models.answers WHERE {where} GROUP BY {by}"
    ).format(
        by=SQL(by.value), within=SQL(_WITHIN), before=SQL(_WITHIN_BEFORE), where=_all(conditions)
    )
    cursor = conn.cursor(binary=True)
    await cursor.execute(query, asked.values, prepare=False)
    return {(group,): Repeats(*counts) for group, *counts in await cursor.fetchall()}


async def list_repeats(
    conn: AsyncConnection[Any], asked: MattersAsked, *, cursor: str | None, limit: int
) -> RepeatPage:
    """The repeats received in the period, the latest first. Raises CursorInvalid, LimitInvalid."""
    conditions, values = [*asked.conditions, _WITHIN], asked.values | {"limit": checked(limit) + 1}
    if cursor is not None:
        mark = decode(cursor, _ORDER)
        values |= {"after": day_of(mark), "after_case": mark.case_id}
        conditions.append(f"({_RECEIVED_ON}, case_id) < (%(after)s::date, %(after_case)s::uuid)")
    query = SQL(
        "SELECT case_id, (SELECT number FROM read_models.register r "
        "WHERE r.case_id = answers.case_id), kind, topic, region, unit, {received} "
        "FROM read_models.answers WHERE {where} ORDER BY 7 DESC, case_id DESC LIMIT %(limit)s"
    ).format(received=SQL(_RECEIVED_ON), where=_all(conditions))
    reader = conn.cursor(binary=True)
    await reader.execute(query, values, prepare=False)
    found = [
        Repeat(**dict(zip(Repeat.__struct_fields__, row, strict=True)))
        for row in await reader.fetchall()
    ]
    rows, more = found[:limit], None
    if len(found) > limit:
        more = encode(Mark(_ORDER, rows[-1].received_on.isoformat(), rows[-1].case_id))
    return RepeatPage(rows, more)


async def largest_groups(
    conn: AsyncConnection[Any], asked: MattersAsked, limit: int
) -> list[GroupRepeats]:
    """The groups with most repeats in the period, each named by its first appeal in sight."""
    ties = await ties_at(conn, asked.at, asked.on, asked.zone, asked.sight)
    now, before = await _repeats_by_group(conn, asked, ties)
    leading = sorted(now, key=lambda group: (-now[group], group))[:limit]
    firsts = [_first(ties, group) for group in leading]
    told = await _told(conn, asked, firsts)
    return [
        GroupRepeats(
            **dict(zip(_TOLD, told[appeal], strict=True)),
            repeats=now[group],
            before=before[group],
        )
        for group, appeal in zip(leading, firsts, strict=True)
    ]


async def _repeats_by_group(
    conn: AsyncConnection[Any], asked: MattersAsked, ties: Ties
) -> tuple[Counter[int], Counter[int]]:
    conditions = [*asked.conditions, f"({_WITHIN}) OR ({_WITHIN_BEFORE})"]
    query = SQL("SELECT case_id, {within}, {before} FROM read_models.answers WHERE {where}").format(
        within=SQL(_WITHIN), before=SQL(_WITHIN_BEFORE), where=_all(conditions)
    )
    cursor = conn.cursor(binary=True)
    await cursor.execute(query, asked.values, prepare=False)
    groups = dict(zip(ids_in(ties.repeats), ties.of_group.tolist(), strict=True))
    now: Counter[int] = Counter()
    before: Counter[int] = Counter()
    for case, within, within_before in await cursor.fetchall():
        if case in groups:
            now.update([groups[case]] * within)
            before.update([groups[case]] * within_before)
    return now, before


def _first(ties: Ties, group: int) -> UUID:
    members = np.flatnonzero(ties.group_of == group)
    first = members[np.argmin(ties.arrived[members])]
    return ids_in(ties.cases[first : first + 1])[0]


async def _told(
    conn: AsyncConnection[Any], asked: MattersAsked, appeals: Sequence[UUID]
) -> dict[UUID, tuple[Any, ...]]:
    query = SQL(
        "SELECT case_id, (SELECT number FROM read_models.register r "
        "WHERE r.case_id = answers.case_id), topic, unit, {received} FROM read_models.answers "
        "WHERE nth = 1 AND case_id = ANY(%(appeals)s::uuid[]) AND {stood}"
    ).format(received=SQL(_RECEIVED_ON), stood=SQL(STOOD))
    cursor = conn.cursor(binary=True)
    await cursor.execute(query, asked.values | {"appeals": list(appeals)}, prepare=False)
    return {row[0]: row for row in await cursor.fetchall()}


def _all(conditions: Sequence[str]) -> Composable:
    return SQL(" AND ".join(f"({each})" for each in conditions))
