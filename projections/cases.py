"""Lists of cases from the register: filtered, in an order, a page at a time."""

from contextlib import suppress
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, assert_never
from uuid import UUID

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from domain import appeal, assignment, calendar_decision, media_inquiry, reception
from domain.calendar import DayKind
from domain.case import CaseKind
from projections.case_pages import Sort, Sought, steps
from projections.pages import (
    NO_DAY,
    Mark,
    Page,
    checked,
    columns,
    day_of,
    decode,
    encode,
    instant_of,
    page,
)
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
    CaseKind.CALENDAR_DECISION: (calendar_decision.Stage, DayKind),
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


_RECEIVED_ON = "(received_at AT TIME ZONE 'UTC')::date"
_RECEIVED_WEEK, _DUE_WEEK = 0, 1
_SORTS = {
    CaseOrder.NEWEST: Sort("registered_on", "date", "registered_on", descending=True),
    CaseOrder.OLDEST: Sort("registered_on", "date", "registered_on"),
    CaseOrder.DUE: Sort(_DUE, "date", "due_on", _DUE_WEEK),
    CaseOrder.LAST_RECEIVED: Sort(
        "received_at", "timestamptz", _RECEIVED_ON, _RECEIVED_WEEK, descending=True
    ),
    CaseOrder.FIRST_RECEIVED: Sort("received_at", "timestamptz", _RECEIVED_ON, _RECEIVED_WEEK),
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
    "overdue_on": f"{_DUE} < %(overdue_on)s",
}
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
    "overdue_on": f"registered_on <= %(overdue_on)s::date - {_SHORTEST}",
    "received_from": f"registered_on >= {_DAY_OF.format('received_from')} + {_SOONEST}",
    "received_to": f"registered_on <= {_DAY_OF.format('received_to')} + {_LATEST}",
}
_IMPLIED_RECEIVED = {
    "registered_from": _midnight(f"%(registered_from)s::date - {_LATEST}", ">="),
    "registered_to": _midnight(f"%(registered_to)s::date - {_SOONEST} + 1", "<"),
    "due_from": _midnight(f"%(due_from)s::date - {_LONGEST} - {_LATEST}", ">="),
    "due_to": _midnight(f"%(due_to)s::date - {_SHORTEST} - {_SOONEST} + 1", "<"),
    "overdue_on": _midnight(f"%(overdue_on)s::date - {_SHORTEST} - {_SOONEST} + 1", "<"),
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
_OWN_RANGES = {
    CaseOrder.NEWEST: {"registered_from", "registered_to"},
    CaseOrder.OLDEST: {"registered_from", "registered_to"},
    CaseOrder.DUE: {"due_from", "due_to", "overdue_on"},
    CaseOrder.LAST_RECEIVED: {"received_from", "received_to"},
    CaseOrder.FIRST_RECEIVED: {"received_from", "received_to"},
}
_WEEKS_LISTED = 60
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
    sort = _SORTS[order]
    conditions, values = _conditions(wanted)
    conditions.append(sight)
    if wanted.confidential and "sight_officials" in sight_values:
        conditions.append("workers && %(sight_officials)s::text[]")
    if _contradicts_itself(wanted):
        conditions.append("false")
    values |= sight_values | {"limit": checked(limit) + 1}
    reach = _reach(wanted, order)
    if cursor is not None:
        mark = decode(cursor, order)
        after = (
            day_of(mark, endless=order is CaseOrder.DUE)
            if sort.type == "date"
            else instant_of(mark)
        )
        values |= {"after": after, "after_case": mark.case_id}
        reach.append(
            f"({sort.key}, case_id) {sort.beyond} (%(after)s::{sort.type}, %(after_case)s)"
        )
    any_of, weeks_of = _lists(wanted, order, sight_values)
    sought = Sought(
        reach=tuple(reach),
        conditions=tuple(conditions),
        entries=tuple(_entries(wanted)),
        any_of=tuple(any_of),
        weeks_of=tuple(weeks_of),
        words=wanted.text is not None,
    )
    values |= any_of | weeks_of
    found, position = await page(
        conn, steps(sort, sought), sort.order_by, values, "register", prepared=True
    )
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
    if wanted.overdue_on is not None:
        conditions.append("open")
    if wanted.executor is not None:
        conditions.append("executors @> ARRAY[%(executor)s]::text[]")
    if wanted.text is not None:
        values["text"] = search_query(wanted.text)
        conditions.append("search @@ %(text)s::tsquery")
    return conditions, values


def _reach(wanted: CaseFilter, order: CaseOrder) -> list[str]:
    """What is wanted of the date in whose order the register is walked.

    What other dates imply for it too: without that a walk for what was due in some old month
    would begin at today's cases. The shortest and the longest time between two dates stand at
    the ends of an index.
    """
    own, implied = _OWN_RANGES[order], _IMPLIED[order]
    given = [name for name in _RANGES if getattr(wanted, name) is not None]
    return [
        _RANGES[name] if name in own else implied[name]
        for name in given
        if name in own | implied.keys()
    ]


def _entries(wanted: CaseFilter) -> list[str]:
    """The texts under which all wanted cases are indexed."""
    entries = [
        f"'{name} ' || %({name})s::text" for name in _EQUAL if getattr(wanted, name) is not None
    ]
    flags = {name: getattr(wanted, name) for name in _FLAGS}
    if wanted.overdue_on is not None:
        flags["open"] = True
    entries += [
        f"'{name} {'true' if flag else 'false'}'"
        for name, flag in flags.items()
        if flag is not None
    ]
    if wanted.executor is not None:
        entries.append("%(executor)s::text")
    return entries


def _lists(
    wanted: CaseFilter, order: CaseOrder, sight: dict[str, Any]
) -> tuple[dict[str, list[str]], dict[str, list[int]]]:
    """Names of which every wanted case is indexed by one, and weeks likewise."""
    names: dict[str, list[str]] = {}
    if "sight_officials" in sight and ("sight_units" in sight or wanted.confidential):
        units = [] if wanted.confidential else sight["sight_units"]
        names["sight_names"] = [*units, *sight["sight_officials"]]
    weeks: dict[str, list[int]] = {}
    own = _OWN_RANGES[order]
    if "received_from" not in own:
        weeks |= _weeks("received_weeks", wanted.received_from, wanted.received_to, _RECEIVED_WEEK)
    if "due_from" not in own:
        weeks |= _weeks("due_weeks", wanted.due_from, wanted.due_to, _DUE_WEEK)
    return names, weeks


def _weeks(name: str, start: date | None, end: date | None, which: int) -> dict[str, list[int]]:
    """The entries of the weeks from *start* to *end*; none where they are open or very many."""
    if start is None or end is None:
        return {}
    first, last = _week_of(start), _week_of(end)
    if last - first > _WEEKS_LISTED:
        return {}
    return {name: [week * 2 + which for week in range(first, last + 1)]}


def _week_of(day: date) -> int:
    if isinstance(day, datetime):
        # At the ends of the calendar there may be no such instant in UTC: its own day will do.
        with suppress(OverflowError):
            day = day.astimezone(UTC)
    return (day.toordinal() - 1) // 7


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


def _mark(order: CaseOrder, row: Row) -> Mark:
    match order:
        case CaseOrder.NEWEST | CaseOrder.OLDEST:
            value = row.registered_on.isoformat()
        case CaseOrder.DUE:
            value = row.due_on.isoformat() if row.due_on else NO_DAY
        case CaseOrder.LAST_RECEIVED | CaseOrder.FIRST_RECEIVED:
            value = row.received_at.isoformat()
        case _:
            assert_never(order)
    return Mark(order, value, row.case_id)
