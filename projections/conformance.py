"""Conformance: one row for each rule that a case breaks, kept as the log goes on."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, json
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.sql import SQL

from domain import conformance
from domain.case_course import Course, Place
from domain.conformance import Breach, Rule
from domain.envelope import Recorded
from domain.kinds import EVENTS
from projections.pages import Mark, Page, checked, decode, encode, instant_of, page
from projections.readmodel import Rows

VERSION = 1
KEY = ("case_id", "rule")
TAKES = conformance.TAKES
IGNORED = frozenset(str(event.__struct_config__.tag) for event in EVENTS if event not in TAKES)
_STANDING = "standing"
_ORDER = "-since"


class Row(Struct):
    """``versions`` and ``positions`` are those of the events that show it.

    The row named standing breaks nothing: its ``memory`` is the course of the case so far.
    """

    case_id: UUID
    rule: str
    kind: str
    unit: str
    imported: bool
    since: datetime
    versions: list[int]
    positions: list[int]
    memory: str | None


class Broken(Struct, frozen=True):
    """A rule that a case breaks, with what a list shows of the case."""

    case_id: UUID
    rule: str
    kind: str
    unit: str
    imported: bool
    since: datetime
    versions: list[int]
    positions: list[int]
    number: str
    confidential: bool


class Total(Struct, frozen=True):
    """``imported`` of the ``cases`` come from an older register."""

    rule: str
    unit: str
    cases: int
    imported: int


class Asked(Struct, frozen=True, kw_only=True):
    """Every field given narrows the report; ``since`` is included, ``before`` is not."""

    rule: str | None = None
    unit: str | None = None
    imported: bool | None = None
    since: datetime | None = None
    before: datetime | None = None


_remember = json.Encoder().encode
_recall = json.Decoder(Course).decode


def fold(rows: Rows, recorded: Recorded) -> None:
    if type(recorded.event) not in TAKES:
        return
    case = recorded.originator_id
    standing = rows.get((case, _STANDING))
    before = _recall(standing.memory) if standing else None
    course, found = conformance.take(before, recorded)
    if course is None:
        return
    memory = _remember(course).decode()
    if standing:
        standing.memory = memory
    else:
        rows[case, _STANDING] = _row(recorded, course, _STANDING, (), memory)
    for breach in found:
        _add(rows, recorded, course, breach)


def _add(rows: Rows, recorded: Recorded, course: Course, breach: Breach) -> None:
    case = recorded.originator_id
    if breach.rule is Rule.STEP_TOO_EARLY:
        _make_good(rows, case, breach.places[0])
    row = rows.get((case, breach.rule.value))
    if row is None:
        row = _row(recorded, course, breach.rule.value, breach.places, None)
        rows[case, breach.rule.value] = row
    else:
        more = [place for place in breach.places if place.version not in row.versions]
        row.versions = [*row.versions, *(place.version for place in more)]
        row.positions = [*row.positions, *(place.position for place in more)]
    row.unit = breach.unit


def _make_good(rows: Rows, case: UUID, place: Place) -> None:
    """The step that was missing has come after all."""
    key = (case, Rule.STEP_SKIPPED.value)
    row = rows.get(key)
    if row is None:
        return
    row.versions = [version for version in row.versions if version != place.version]
    row.positions = [position for position in row.positions if position != place.position]
    if not row.versions:
        del rows[key]


def _row(
    recorded: Recorded, course: Course, rule: str, places: tuple[Place, ...], memory: str | None
) -> Row:
    return Row(
        case_id=recorded.originator_id,
        rule=rule,
        kind=recorded.kind.value,
        unit=course.unit,
        imported=course.imported,
        since=recorded.recorded_at,
        versions=[place.version for place in places],
        positions=[place.position for place in places],
        memory=memory,
    )


async def broken_rules(
    conn: AsyncConnection[Any], asked: Asked, *, cursor: str | None = None, limit: int = 50
) -> Page[Broken]:
    """The cases that break a rule, the latest first, whoever asks. Raises CursorInvalid."""
    conditions, values = _conditions(asked)
    values["limit"] = checked(limit) + 1
    if cursor is not None:
        mark = decode(cursor, _ORDER)
        values |= {"after": instant_of(mark), "after_case": mark.case_id, "after_rule": mark.part}
        conditions.append(
            "(c.since, c.case_id, c.rule) < "
            "(%(after)s::timestamptz, %(after_case)s, %(after_rule)s)"
        )
    query = SQL(
        "SELECT c.case_id, c.rule, c.kind, c.unit, c.imported, c.since, c.versions, c.positions, "
        "register.number, register.confidential FROM read_models.conformance c "
        "JOIN read_models.register USING (case_id) WHERE {where} "
        "ORDER BY c.since DESC, c.case_id DESC, c.rule DESC LIMIT %(limit)s"
    ).format(where=SQL(" AND ").join(map(SQL, conditions)))
    order_by = SQL("since DESC, case_id DESC, rule DESC")
    found, position = await page(conn, query, order_by, values, "conformance", "register")
    rows = [Broken(*row) for row in found[:limit]]
    following = None
    if len(found) > limit:
        last = rows[-1]
        following = encode(Mark(_ORDER, last.since.isoformat(), last.case_id, last.rule))
    return Page(rows=rows, cursor=following, position=position)


async def totals(conn: AsyncConnection[Any], asked: Asked) -> list[Total]:
    """How many cases break each rule, by the unit that had them."""
    conditions, values = _conditions(asked)
    cursor = conn.cursor(row_factory=class_row(Total))
    query = SQL(
        "SELECT c.rule, c.unit, count(*) AS cases, "
        "count(*) FILTER (WHERE c.imported) AS imported "
        "FROM read_models.conformance c WHERE {where} GROUP BY c.rule, c.unit "
        "ORDER BY c.rule, c.unit"
    ).format(where=SQL(" AND ").join(map(SQL, conditions)))
    await cursor.execute(query, values)
    return await cursor.fetchall()


def _conditions(asked: Asked) -> tuple[list[str], dict[str, Any]]:
    named = {
        "rule": "c.rule = %(rule)s",
        "unit": "c.unit = %(unit)s",
        "imported": "c.imported = %(imported)s",
        "since": "c.since >= %(since)s",
        "before": "c.since < %(before)s",
    }
    values = {name: getattr(asked, name) for name in named if getattr(asked, name) is not None}
    return ["c.rule <> 'standing'", *(named[name] for name in values)], values
