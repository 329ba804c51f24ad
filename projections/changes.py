"""What changed among the cases between two positions, and how the open ones came to be so many."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.sql import SQL, Composed

from projections.cases import OF_KIND, OPEN_STATES, CaseFilter, conditions_of
from projections.known_cases import asked_at, seen, there
from projections.pages import Mark, checked, decode, encode, page


class Change(StrEnum):
    """REGISTERED to LEFT are the balance of open cases; a case may be under more than one.

    REGISTERED: not in the register before. CLOSED: no longer open, whether it was open before or
    registered since. ENTERED and LEFT: open, and only afterwards or only before among those asked
    for, as when it came to another unit. NEWLY_OVERDUE: overdue on the later day, and not before
    on the earlier one.
    """

    REGISTERED = "registered"
    REOPENED = "reopened"
    ENTERED = "entered"
    CLOSED = "closed"
    LEFT = "left"
    NEWLY_OVERDUE = "newly-overdue"
    DUE_MOVED = "due-moved"
    STATE_CHANGED = "state-changed"
    UNIT_CHANGED = "unit-changed"


class Span(Struct, frozen=True, kw_only=True):
    """From one position and the business day then to another."""

    since: int
    since_on: date
    until: int
    until_on: date


class Balance(Struct, frozen=True, kw_only=True):
    """``opening`` and ``closing``, each counted by itself; ``changes`` lead from one to the other.

    ``seen`` is the position that the read model has come to.
    """

    opening: int
    closing: int
    changes: dict[Change, int]
    seen: int


class Side(Struct, frozen=True, kw_only=True):
    """How a case stood at one end; ``position`` and ``at`` are of the event that made it so."""

    position: int
    at: datetime
    state: str
    open: bool
    unit: str
    due_on: date | None


class Changed(Struct, frozen=True, kw_only=True):
    """``before`` is null for a case that wasn't there, or not in the reader's sight."""

    case_id: UUID
    kind: str
    number: str
    before: Side | None
    after: Side | None


class ChangedRows(Struct, frozen=True):
    """``seen`` is the position that the read model has come to."""

    rows: list[Changed]
    cursor: str | None
    seen: int


_BOTH_SEEN = "b_seen AND a_seen AND (b_in OR a_in)"
_WHICH: dict[Change, str] = {
    Change.REGISTERED: "is_new AND a_in",
    Change.REOPENED: "b_in AND NOT b_open AND a_in AND a_open",
    Change.ENTERED: "NOT is_new AND NOT b_in AND a_in AND a_open",
    Change.CLOSED: "(is_new OR b_in AND b_open) AND a_in AND NOT a_open",
    Change.LEFT: "b_in AND b_open AND NOT a_in",
    Change.NEWLY_OVERDUE: (
        "a_in AND a_open AND a_due_on < %(until_on)s "
        "AND NOT coalesce(b_open AND b_due_on < %(since_on)s, false)"
    ),
    Change.DUE_MOVED: f"{_BOTH_SEEN} AND b_due_on IS DISTINCT FROM a_due_on",
    Change.STATE_CHANGED: f"{_BOTH_SEEN} AND b_state <> a_state",
    Change.UNIT_CHANGED: f"{_BOTH_SEEN} AND b_unit <> a_unit",
}
_SIDE = ("since_position", "since_at", "state", "open", "unit", "due_on")
_WORKED_ON = [kind for kind, (states, _) in OF_KIND.items() if not OPEN_STATES.isdisjoint(states)]
_CASES = "kind IN ('" + "', '".join(_WORKED_ON) + "')"
"""Without those that are never open, such as decisions: they are no work that comes and goes."""


async def balance(
    conn: AsyncConnection[Any], span: Span, wanted: CaseFilter, sight: tuple[str, dict[str, Any]]
) -> Balance:
    """How many of the *wanted* were open at both ends, and what happened in between."""
    compared, values = _compared(span, wanted, sight)
    counts = [f"count(*) FILTER (WHERE {which})::int8" for which in _WHICH.values()]
    query = SQL(
        "SELECT ({opening}) AS opening, ({closing}), {counts} FROM ({compared}) AS compared"
    ).format(
        opening=_open_at("since", wanted, sight[0]),
        closing=_open_at("until", wanted, sight[0]),
        counts=SQL(", ").join(map(SQL, counts)),
        compared=compared,
    )
    found, seen_position = await page(conn, query, SQL("opening"), values, "register_history")
    opening, closing, *counted = found[0]
    return Balance(
        opening=opening,
        closing=closing,
        changes=dict(zip(_WHICH, counted, strict=True)),
        seen=seen_position,
    )


async def list_changed(
    conn: AsyncConnection[Any],
    span: Span,
    change: Change,
    wanted: CaseFilter,
    sight: tuple[str, dict[str, Any]],
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> ChangedRows:
    """One page of the cases under one *change*, those begun first first.

    Raises CursorInvalid, LimitInvalid.
    """
    compared, values = _compared(span, wanted, sight)
    which = _WHICH[change]
    if cursor is not None:
        which += " AND case_id > %(after_case)s"
        values["after_case"] = decode(cursor, change).case_id
    sides = ", ".join(
        f"CASE WHEN {side}_seen THEN {side}_{name} END" for side in "ba" for name in _SIDE
    )
    query = SQL(
        "SELECT case_id, kind, number, {sides} FROM ({compared}) AS compared WHERE {which} "
        "ORDER BY case_id LIMIT %(limit)s"
    ).format(sides=SQL(sides), compared=compared, which=SQL(which))
    values["limit"] = checked(limit) + 1
    found, seen_position = await page(conn, query, SQL("case_id"), values, "register_history")
    rows = [_changed(row) for row in found[:limit]]
    more = encode(Mark(change, "", rows[-1].case_id)) if len(found) > limit else None
    return ChangedRows(rows, more, seen_position)


def _compared(
    span: Span, wanted: CaseFilter, sight: tuple[str, dict[str, Any]]
) -> tuple[Composed, dict[str, Any]]:
    """Each case that changed, or came to be overdue, with both its ends beside each other.

    ``b`` is before and ``a`` after; ``seen``: in sight, ``in``: in sight and wanted.
    """
    conditions, values = conditions_of(wanted)
    in_sight = " AND ".join(seen(sight[0]) or ["true"])
    fits = " AND ".join(conditions or ["true"])

    def end(at: str, name: str) -> str:
        own = ", ".join(f"known.{column} AS {name}_{column}" for column in _SIDE)
        return (
            f"SELECT known.case_id, known.kind, known.number, {own}, "  # noqa: S608
            f"coalesce({in_sight}, false) AS {name}_seen, coalesce({fits}, false) AS {name}_fits "
            f"FROM read_models.register_history AS known "
            f"WHERE case_id IN (SELECT case_id FROM touched) AND {there(at)}"
        )

    query = (
        "WITH touched AS MATERIALIZED ("  # noqa: S608
        "SELECT case_id FROM read_models.register_history "
        f"WHERE since_position > %(since)s AND since_position <= %(until)s AND {_CASES} "
        "UNION SELECT case_id FROM read_models.register_history "
        "WHERE open AND int8range(since_position, until_position) @> %(until)s::int8 "
        "AND due_on < %(until_on)s"
        f"), b AS ({end('since', 'b')}), a AS ({end('until', 'a')}) "
        "SELECT a.*, b_since_position, b_since_at, b_state, b_open, b_unit, b_due_on, "
        "b.case_id IS NULL AS is_new, coalesce(b_seen, false) AS b_seen, "
        "coalesce(b_seen AND b_fits, false) AS b_in, a_seen AND a_fits AS a_in "
        "FROM a LEFT JOIN b USING (case_id)"
    )
    ends = {
        "since": span.since,
        "since_on": span.since_on,
        "until": span.until,
        "until_on": span.until_on,
    }
    return SQL("{}").format(SQL(query)), values | sight[1] | ends


def _open_at(at: str, wanted: CaseFilter, sight: str) -> SQL:
    asked = asked_at(0, wanted, sight, {}, at, only_open=True)
    return SQL(f"SELECT count(*) FROM {asked.source} WHERE {asked.where} AND {_CASES}")  # noqa: S608


def _changed(row: tuple[Any, ...]) -> Changed:
    case_id, kind, number, *sides = row
    width = len(_SIDE)
    return Changed(
        case_id=case_id,
        kind=kind,
        number=number,
        before=_side(sides[:width]),
        after=_side(sides[width:]),
    )


def _side(values: list[Any]) -> Side | None:
    position, at, state, is_open, unit, due_on = values
    if position is None:
        return None
    return Side(position=position, at=at, state=state, open=is_open, unit=unit, due_on=due_on)
