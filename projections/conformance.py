"""Conformance: one row for each rule that a unit broke in a case, kept as the log goes on."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, json
from psycopg import AsyncConnection
from psycopg.sql import SQL

from domain import conformance
from domain.case_course import TAKES as COURSE_TAKES
from domain.case_course import Course, Place
from domain.conformance import Breach, Rule
from domain.envelope import Recorded
from domain.kinds import EVENTS
from projections.groups import Group
from projections.pages import Mark, Page, checked, decode, encode, instant_of, page
from projections.readmodel import Rows

VERSION = 1
GROUP = Group.LATER
KEY = ("case_id", "rule", "unit")
TAKES = conformance.TAKES
IGNORED = frozenset(str(event.__struct_config__.tag) for event in EVENTS if event not in TAKES)
_STANDING = "standing"
_NO_UNIT = ""
_ORDER = "-since"


class Row(Struct):
    """``versions`` and ``positions`` are those of the events that show it.

    The row named standing breaks nothing and is of no unit: its ``memory`` is the course of the
    case so far.
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
    """A rule that a unit broke in a case, with what a list shows of the case."""

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
    standing = rows.get((case, _STANDING, _NO_UNIT))
    before = _recall(standing.memory) if standing else None
    course, found = conformance.take(before, recorded)
    if course is None:
        return
    if standing is None:
        standing = _row(recorded, course, _STANDING, _NO_UNIT, ())
        rows[case, _STANDING, _NO_UNIT] = standing
        standing.memory = _remember(course).decode()
    elif type(recorded.event) in COURSE_TAKES:
        standing.memory = _remember(course).decode()
    for breach in found:
        _add(rows, recorded, course, breach)


def _add(rows: Rows, recorded: Recorded, course: Course, breach: Breach) -> None:
    case = recorded.originator_id
    if breach.makes_good:
        _make_good(rows, breach.places[0])
    key = (case, breach.rule.value, breach.unit)
    row = rows.get(key)
    if row is None:
        rows[key] = _row(recorded, course, breach.rule.value, breach.unit, breach.places)
    else:
        more = [place for place in breach.places if place.version not in row.versions]
        row.versions = [*row.versions, *(place.version for place in more)]
        row.positions = [*row.positions, *(place.position for place in more)]


def _make_good(rows: Rows, place: Place) -> None:
    """The step that was missing has come after all, whichever unit has the case by now."""
    for key, row in list(rows.items()):
        if row.rule == Rule.STEP_SKIPPED.value and place.version in row.versions:
            row.versions = [version for version in row.versions if version != place.version]
            row.positions = [position for position in row.positions if position != place.position]
            if not row.versions:
                del rows[key]


def _row(
    recorded: Recorded, course: Course, rule: str, unit: str, places: tuple[Place, ...]
) -> Row:
    return Row(
        case_id=recorded.originator_id,
        rule=rule,
        kind=recorded.kind.value,
        unit=unit,
        imported=course.imported,
        since=recorded.recorded_at,
        versions=[place.version for place in places],
        positions=[place.position for place in places],
        memory=None,
    )


async def broken_rules(
    conn: AsyncConnection[Any], asked: Asked, *, cursor: str | None = None, limit: int = 50
) -> Page[Broken]:
    """The cases that break a rule, the latest first, whoever asks. Raises CursorInvalid."""
    conditions, values = _conditions(asked)
    values["limit"] = checked(limit) + 1
    if cursor is not None:
        mark = decode(cursor, _ORDER)
        rule, _, unit = mark.part.partition(" ")
        values |= {"after": instant_of(mark), "after_case": mark.case_id}
        values |= {"after_rule": rule, "after_unit": unit}
        conditions.append(
            "(c.since, c.case_id, c.rule, c.unit) < "
            "(%(after)s::timestamptz, %(after_case)s, %(after_rule)s, %(after_unit)s)"
        )
    query = SQL(
        "SELECT c.case_id, c.rule, c.kind, c.unit, c.imported, c.since, c.versions, c.positions, "
        "register.number, register.confidential FROM read_models.conformance c "
        "JOIN read_models.register USING (case_id) WHERE {where} "
        "ORDER BY c.since DESC, c.case_id DESC, c.rule DESC, c.unit DESC LIMIT %(limit)s"
    ).format(where=SQL(" AND ").join(map(SQL, conditions)))
    order_by = SQL("since DESC, case_id DESC, rule DESC, unit DESC")
    found, position = await page(conn, query, order_by, values, "conformance", "register")
    rows = [Broken(*row) for row in found[:limit]]
    following = None
    if len(found) > limit:
        last = rows[-1]
        part = f"{last.rule} {last.unit}"
        following = encode(Mark(_ORDER, last.since.isoformat(), last.case_id, part))
    return Page(rows=rows, cursor=following, position=position)


async def totals(
    conn: AsyncConnection[Any], asked: Asked, *, confidential: bool
) -> tuple[list[Total], int]:
    """In how many cases each unit broke each rule, and the position that is true for.

    Confidential cases are counted only where they may be told of.
    """
    conditions, values = _conditions(asked)
    if not confidential:
        conditions.append("NOT register.confidential")
    query = SQL(
        "SELECT c.rule, c.unit, count(*) AS cases, "
        "count(*) FILTER (WHERE c.imported) AS imported "
        "FROM read_models.conformance c JOIN read_models.register USING (case_id) "
        "WHERE {where} GROUP BY c.rule, c.unit"
    ).format(where=SQL(" AND ").join(map(SQL, conditions)))
    order_by = SQL("rule, unit")
    found, position = await page(conn, query, order_by, values, "conformance", "register")
    return [Total(*row) for row in found], position


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
