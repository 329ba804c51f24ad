"""Lists of cases from the register: filtered, in an order, a page at a time."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, assert_never
from uuid import UUID

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from domain import appeal, assignment, media_inquiry, reception
from domain.case import CaseKind
from projections.pages import CursorInvalid, Mark, Page, checked, columns, decode, encode, page
from projections.register import Row


class CaseOrder(StrEnum):
    """The newest first where there is a minus; cases without a due date come last."""

    NEWEST = "-registered_on"
    OLDEST = "registered_on"
    DUE = "due_on"
    LAST_RECEIVED = "-received_at"
    FIRST_RECEIVED = "received_at"


class CaseFilter(Struct, frozen=True, kw_only=True):
    """Every field given narrows the list; from and to are both included.

    ``overdue_on`` is the day on which the case is open and its due date has passed. ``text`` are
    words of the subject, or a number.
    """

    kind: str | None = None
    state: str | None = None
    open: bool | None = None
    unit: str | None = None
    executor: str | None = None
    channel: str | None = None
    region: str | None = None
    topic: str | None = None
    social_category: str | None = None
    subkind: str | None = None
    controller: str | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    registered_from: date | None = None
    registered_to: date | None = None
    due_from: date | None = None
    due_to: date | None = None
    overdue_on: date | None = None
    under_control: bool | None = None
    confidential: bool | None = None
    result: str | None = None
    legacy_number: str | None = None
    text: str | None = None


EVERYTHING = CaseFilter()

OF_KIND: dict[CaseKind, tuple[type[StrEnum], type[StrEnum]]] = {
    CaseKind.APPEAL: (appeal.Stage, appeal.AppealKind),
    CaseKind.MEDIA_INQUIRY: (media_inquiry.Stage, media_inquiry.Media),
    CaseKind.ASSIGNMENT: (assignment.Stage, assignment.Source),
    CaseKind.RECEPTION: (reception.ReceptionStage, reception.ReceptionForm),
}
"""The states and subkinds of each kind of case."""

OPEN_STATES = frozenset(
    {
        *appeal.OPEN,
        media_inquiry.Stage.RECEIVED,
        media_inquiry.Stage.ACKNOWLEDGED,
        media_inquiry.Stage.ROUTED,
        assignment.Stage.GIVEN,
        assignment.Stage.ACCEPTED,
        assignment.Stage.REJECTED,
        assignment.Stage.SUBMITTED,
        reception.ReceptionStage.PLANNED,
        reception.ReceptionStage.OPEN,
    }
)
"""No state is open in one kind of case and ended in another."""

_DUE = "coalesce(due_on, 'infinity'::date)"
_DAY_OF = "(%({})s::timestamptz AT TIME ZONE 'UTC')::date"


def _midnight(day: str, compared: str) -> str:
    return f"received_at {compared} ({day})::timestamp AT TIME ZONE 'UTC'"


_SORTS = {
    CaseOrder.NEWEST: ("registered_on", "date", True),
    CaseOrder.OLDEST: ("registered_on", "date", False),
    CaseOrder.DUE: (_DUE, "date", False),
    CaseOrder.LAST_RECEIVED: ("received_at", "timestamptz", True),
    CaseOrder.FIRST_RECEIVED: ("received_at", "timestamptz", False),
}
_EQUAL = (
    "kind",
    "state",
    "unit",
    "channel",
    "region",
    "topic",
    "social_category",
    "subkind",
    "controller",
    "result",
    "legacy_number",
)
_FLAGS = ("open", "under_control", "confidential")
_RANGES = {
    "received_from": "received_at >= %(received_from)s",
    "received_to": "received_at <= %(received_to)s",
    "registered_from": "registered_on >= %(registered_from)s",
    "registered_to": "registered_on <= %(registered_to)s",
    "due_from": f"{_DUE} >= %(due_from)s AND due_on IS NOT NULL",
    "due_to": f"{_DUE} <= %(due_to)s",
    "overdue_on": f"open AND {_DUE} < %(overdue_on)s",
}
_RECEIVED_ON = "(received_at AT TIME ZONE 'UTC')::date"
_SHORTEST, _LONGEST = (
    f"(SELECT {end}(due_on - registered_on) FROM read_models.register)"  # noqa: S608
    for end in ("min", "max")
)
_SOONEST, _LATEST = (
    f"(SELECT {end}(registered_on - {_RECEIVED_ON}) FROM read_models.register)"  # noqa: S608
    for end in ("min", "max")
)
_IMPLIED_REGISTERED = {
    "due_from": f"registered_on >= %(due_from)s::date - {_LONGEST}",
    "due_to": f"registered_on <= %(due_to)s::date - {_SHORTEST}",
    "received_from": f"registered_on >= {_DAY_OF.format('received_from')} + {_SOONEST}",
    "received_to": f"registered_on <= {_DAY_OF.format('received_to')} + {_LATEST}",
}
_IMPLIED_RECEIVED = {
    "registered_from": _midnight(f"%(registered_from)s::date - {_LATEST}", ">="),
    "registered_to": _midnight(f"%(registered_to)s::date - {_SOONEST} + 1", "<"),
    "due_from": _midnight(f"%(due_from)s::date - {_LONGEST} - {_LATEST}", ">="),
    "due_to": _midnight(f"%(due_to)s::date - {_SHORTEST} - {_SOONEST} + 1", "<"),
}
_IMPLIED = {
    CaseOrder.NEWEST: _IMPLIED_REGISTERED,
    CaseOrder.OLDEST: _IMPLIED_REGISTERED,
    CaseOrder.LAST_RECEIVED: _IMPLIED_RECEIVED,
    CaseOrder.FIRST_RECEIVED: _IMPLIED_RECEIVED,
    CaseOrder.DUE: {
        "registered_from": f"{_DUE} >= %(registered_from)s::date + {_SHORTEST}",
        "received_from": (
            f"{_DUE} >= {_DAY_OF.format('received_from')} + {_SOONEST} + {_SHORTEST}"
        ),
    },
}
_APART = str.maketrans(dict.fromkeys("-/.,:;_@'\"\\()[]&|!*<>", " "))
_ONE_I = str.maketrans("İIı", "iii")
_WORDS = 12
_LETTERS = 100
_BEGINNING = 3


async def list_cases(
    conn: AsyncConnection[Any],
    wanted: CaseFilter,
    sight: str,
    sight_values: dict[str, Any],
    *,
    order: CaseOrder = CaseOrder.NEWEST,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Row]:
    """One page of the cases that are *wanted* and in *sight*, a condition with its values.

    Where the values name ``sight_officials``, a confidential case is seen only by one of them
    who works on it. Raises CursorInvalid, LimitInvalid.
    """
    key, type_, descending = _SORTS[order]
    conditions, values = _conditions(wanted)
    conditions += _implied(wanted, order)
    conditions.append(sight)
    if wanted.confidential and "sight_officials" in sight_values:
        conditions.append("workers && %(sight_officials)s::text[]")
    if _contradicts_itself(wanted):
        conditions.append("false")
    values |= sight_values | {"limit": checked(limit) + 1}
    if cursor is not None:
        mark = decode(cursor, order)
        values |= {"after": _sort_value(mark.value, type_), "after_case": mark.case_id}
        conditions.append(
            f"({key}, case_id) {'<' if descending else '>'} (%(after)s::{type_}, %(after_case)s)"
        )
    direction = " DESC" if descending else ""
    order_by = SQL(f"{key}{direction}, case_id{direction}")
    query = SQL(
        "SELECT {columns} FROM read_models.register WHERE {where} "
        "ORDER BY {order_by} LIMIT %(limit)s"
    ).format(
        columns=columns(Row, "register"),
        where=SQL(" AND ").join(map(SQL, conditions)),
        order_by=order_by,
    )
    found, position = await page(conn, query, order_by, values, "register")
    rows = [Row(*row) for row in found[:limit]]
    return Page(
        rows=rows,
        cursor=encode(_mark(order, rows[-1])) if len(found) > limit else None,
        position=position,
    )


async def read_case(conn: AsyncConnection[Any], case_id: UUID) -> tuple[Row | None, int]:
    """The row of one case, whoever asks, and the position it is true for."""
    query = SQL("SELECT {} FROM read_models.register WHERE case_id = %(case_id)s").format(
        columns(Row, "register")
    )
    found, position = await page(
        conn, query, Identifier("case_id"), {"case_id": case_id}, "register"
    )
    return (Row(*found[0]) if found else None), position


def search_query(text: str) -> str:
    """*text* as a tsquery: every word has to be there, of three letters or more its beginning.

    Whatever was typed gives a valid query; one that nothing fits where it has no letter or digit.
    """
    terms = [_term(term) for term in text.translate(_ONE_I).lower().split()[:_WORDS]]
    return " & ".join(filter(None, terms)) or "'\\\\'"


def _term(term: str) -> str:
    term = term[:_LETTERS]
    words = [word for word in term.translate(_APART).split() if any(map(str.isalnum, word))]
    parts = " & ".join(_quoted(word) + (":*" if len(word) >= _BEGINNING else "") for word in words)
    if not parts:
        return ""
    if not any(map(str.isdigit, term)):
        return f"({parts})"
    return f"({parts} | {_quoted(term)} | {_quoted(f'{term}/')}:*)"


def _quoted(word: str) -> str:
    return "'" + word.replace("\x00", "").replace("\\", "\\\\").replace("'", "''") + "'"


def _conditions(wanted: CaseFilter) -> tuple[list[str], dict[str, Any]]:
    values = {
        name: value
        for name in CaseFilter.__struct_fields__
        if (value := getattr(wanted, name)) is not None
    }
    conditions = [f"{name} = %({name})s" for name in _EQUAL if name in values]
    conditions += [name if values[name] else f"NOT {name}" for name in _FLAGS if name in values]
    conditions += [sql for name, sql in _RANGES.items() if name in values]
    if wanted.executor is not None:
        conditions.append("executors @> ARRAY[%(executor)s]::text[]")
    if wanted.text is not None:
        values["text"] = search_query(wanted.text)
        conditions.append("search @@ %(text)s::tsquery")
    return conditions, values


def _implied(wanted: CaseFilter, order: CaseOrder) -> list[str]:
    """What the dates wanted imply for the date in whose order the register is walked.

    Without it a walk for what was due in some old month would begin at today's cases. The
    shortest and the longest time between two dates stand at the ends of an index.
    """
    given = {name for name in _RANGES if getattr(wanted, name) is not None}
    return [sql for name, sql in _IMPLIED.get(order, {}).items() if name in given]


def _contradicts_itself(wanted: CaseFilter) -> bool:
    """Nothing can be found, and PostgreSQL would look through everything to find that out."""
    if wanted.kind in OF_KIND:
        states, subkinds = OF_KIND[CaseKind(wanted.kind)]
        if (wanted.state or "") not in {"", *states}:
            return True
        if (wanted.subkind or "") not in {"", *subkinds}:
            return True
    must_be_open = wanted.open or wanted.overdue_on is not None
    if wanted.state is not None:
        is_open = wanted.state in OPEN_STATES
        if (must_be_open and not is_open) or (wanted.open is False and is_open):
            return True
    return wanted.open is False and wanted.overdue_on is not None


def _sort_value(value: str, type_: str) -> str:
    try:
        if not (value == "infinity" and type_ == "date"):
            (date if type_ == "date" else datetime).fromisoformat(value)
    except ValueError:
        raise CursorInvalid(CursorInvalid.__doc__) from None
    return value


def _mark(order: CaseOrder, row: Row) -> Mark:
    match order:
        case CaseOrder.NEWEST | CaseOrder.OLDEST:
            value = row.registered_on.isoformat()
        case CaseOrder.DUE:
            value = row.due_on.isoformat() if row.due_on else "infinity"
        case CaseOrder.LAST_RECEIVED | CaseOrder.FIRST_RECEIVED:
            value = row.received_at.isoformat()
        case _:
            assert_never(order)
    return Mark(order, value, row.case_id)
