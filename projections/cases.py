"""Lists of cases from the register: filtered, in an order, a page at a time."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from domain import (
    appeal,
    assignment,
    calendar_decision,
    cause,
    destruction,
    finding,
    identity,
    media_inquiry,
    reception,
    unit_report,
)
from domain.calendar import DayKind
from domain.case import CaseKind
from domain.report_period import PeriodKind
from projections.case_pages import STRETCH, Shape, Sort, steps
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
    prepared_page,
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
    repeat: bool | None = None
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
    CaseKind.FINDING: (finding.Stage, finding.FindingKind),
    CaseKind.IDENTITY: (identity.Stage, identity.Subject),
    CaseKind.CAUSE: (cause.Stage, cause.CauseKind),
    CaseKind.DESTRUCTION: (destruction.Stage, destruction.Ground),
    CaseKind.UNIT_REPORT: (unit_report.Stage, PeriodKind),
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
        *finding.OPEN,
        *cause.OPEN,
        *unit_report.OPEN,
        destruction.Stage.PROPOSED,
        destruction.Stage.APPROVED,
        destruction.Stage.CARRIED_OUT,
    }
)
"""No state is open in one kind of case and ended in another."""

_DUE = "coalesce(due_on, 'infinity'::date)"
_RECEIVED_ON = "(received_at AT TIME ZONE 'UTC')::date"
_RECEIVED_STRETCH, _DUE_STRETCH = 0, 1
SORTS = {
    CaseOrder.NEWEST: Sort("registered_on", "date", "registered_on", descending=True),
    CaseOrder.OLDEST: Sort("registered_on", "date", "registered_on"),
    CaseOrder.DUE: Sort(_DUE, "date", "due_on", _DUE_STRETCH, undated=True),
    CaseOrder.LAST_RECEIVED: Sort(
        "received_at", "timestamptz", _RECEIVED_ON, _RECEIVED_STRETCH, descending=True
    ),
    CaseOrder.FIRST_RECEIVED: Sort("received_at", "timestamptz", _RECEIVED_ON, _RECEIVED_STRETCH),
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
_FLAGS = ("open", "under_control", "confidential", "repeat")
_RANGES = {
    "received_from": ("timestamptz", "received_at >= {}"),
    "received_to": ("timestamptz", "received_at <= {}"),
    "registered_from": ("date", "registered_on >= {}"),
    "registered_to": ("date", "registered_on <= {}"),
    "due_from": ("date", "due_on >= {}"),
    "due_to": ("date", "due_on <= {}"),
    "overdue_on": ("date", "open AND due_on < {}"),
}
_NARROWED = {
    **{name: ("text", f"{name} = {{}}") for name in _EQUAL},
    **{name: ("bool", f"{name} = {{}}") for name in _FLAGS},
    **_RANGES,
    "executor": ("text", "{} = ANY (executors)"),
    "text": ("tsquery", "search @@ {}"),
}
"""What each field of a filter asks of a case, and the type of its value."""


def _narrowed(name: str) -> str:
    kind, condition = _NARROWED[name]
    return condition.format(f"%({name})s::{kind}")


# A search has a statement of its own.
_CONDITIONS = (
    "%(possible)s::bool",
    *(
        f"(%({name})s::{kind} IS NULL OR {_narrowed(name)})"
        for name, (kind, _) in _NARROWED.items()
        if name != "text"
    ),
)


# What one date tells of another: the shortest and the longest time between them stand at the
# ends of an index. Without that a list of what was due in some old month begins at today's cases.
_SHORTEST, _LONGEST = (
    f"(SELECT {end}(due_on - registered_on) FROM read_models.register)"  # noqa: S608
    for end in ("min", "max")
)
_SOONEST, _LATEST = (
    f"(SELECT {end}(registered_on - {_RECEIVED_ON}) FROM read_models.register)"  # noqa: S608
    for end in ("min", "max")
)


def _if_given(name: str, bound: str) -> str:
    """What is given as *name* moved by *bound*, as a day."""
    day = f"%({name})s::date"
    if _RANGES[name][0] == "timestamptz":
        day = f"(%({name})s::timestamptz AT TIME ZONE 'UTC')::date"
    return f"CASE WHEN %({name})s::{_RANGES[name][0]} IS NOT NULL THEN {day} {bound} END"


def _midnight(day: str) -> str:
    return f"({day})::timestamp AT TIME ZONE 'UTC'"


_REGISTERED_SINCE = (
    "%(registered_from)s::date",
    _if_given("due_from", f"- {_LONGEST}"),
    _if_given("received_from", f"+ {_SOONEST}"),
)
_REGISTERED_UNTIL = (
    "%(registered_to)s::date",
    _if_given("due_to", f"- {_SHORTEST}"),
    _if_given("overdue_on", f"- {_SHORTEST}"),
    _if_given("received_to", f"+ {_LATEST}"),
)
_RECEIVED_SINCE = (
    "%(received_from)s::timestamptz",
    _midnight(_if_given("registered_from", f"- {_LATEST}")),
    _midnight(_if_given("due_from", f"- {_LONGEST} - {_LATEST}")),
)
_RECEIVED_UNTIL = (
    "%(received_to)s::timestamptz",
    _midnight(_if_given("registered_to", f"- {_SOONEST} + 1")),
    _midnight(_if_given("due_to", f"- {_SHORTEST} - {_SOONEST} + 1")),
    _midnight(_if_given("overdue_on", f"- {_SHORTEST} - {_SOONEST} + 1")),
)
_DUE_SINCE = (
    "%(due_from)s::date",
    _if_given("registered_from", f"+ {_SHORTEST}"),
    _if_given("received_from", f"+ {_SOONEST} + {_SHORTEST}"),
)
_DUE_UNTIL = (
    "%(due_to)s::date",
    _if_given("overdue_on", "- 1"),
    # Whoever gives a first day wants none of the cases without one.
    "CASE WHEN %(due_from)s::date IS NOT NULL THEN '9999-12-31'::date END",
)
_BOUNDS = {
    "registered_on": (_REGISTERED_SINCE, _REGISTERED_UNTIL),
    "received_at": (_RECEIVED_SINCE, _RECEIVED_UNTIL),
    _DUE: (_DUE_SINCE, _DUE_UNTIL),
}
_STRETCHES_LISTED = 15
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
    sort = SORTS[order]
    since, until = _BOUNDS[sort.key]
    any_of, stretches_of = _lists(wanted, order, sight_values)
    entries = _entries(wanted)
    shape = Shape(
        sort=sort,
        since=since,
        until=until,
        conditions=(*_CONDITIONS, sight),
        any_of=tuple(any_of),
        stretches_of=tuple(stretches_of),
        entries=bool(entries),
        words=wanted.text is not None,
    )
    after, after_case = place_behind(order, cursor)
    values = _values(wanted) | sight_values | any_of | stretches_of
    values |= {"entries": entries, "after": after, "after_case": str(after_case)}
    values |= {"limit": str(checked(limit) + 1)}
    found, position = await prepared_page(conn, steps(shape), values)
    rows = [Row(*row) for row in found[:limit]]
    return Page(
        rows=rows,
        cursor=encode(mark_of(order, rows[-1])) if len(found) > limit else None,
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


def conditions_of(wanted: CaseFilter) -> tuple[list[str], dict[str, Any]]:
    """What the given fields ask of a case, as SQL, and the values in it."""
    given = [name for name in _NARROWED if getattr(wanted, name) is not None]
    return [_narrowed(name) for name in given], _values(wanted)


def _values(wanted: CaseFilter) -> dict[str, str | None]:
    """Every field as a text, so that the statement's parameters are always of the same types."""
    values = {name: _text(getattr(wanted, name)) for name in CaseFilter.__struct_fields__}
    if wanted.text is not None:
        values["text"] = search_query(wanted.text)
    return values | {"possible": _text(not contradicts_itself(wanted))}


def _text(value: object) -> str | None:
    if isinstance(value, datetime):
        return _in_utc(value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return None if value is None else str(value)


def _in_utc(instant: datetime) -> datetime:
    """PostgreSQL takes no offset of 16 hours or more."""
    try:
        return instant.astimezone(UTC)
    except OverflowError:  # at the ends of the calendar, where a day matters to nobody
        return instant.replace(tzinfo=UTC)


def place_behind(order: CaseOrder, cursor: str | None) -> tuple[str, UUID]:
    """The key and case behind which the page begins. Raises CursorInvalid."""
    sort = SORTS[order]
    if cursor is None:
        return sort.outermost
    mark = decode(cursor, order)
    if sort.type == "date":
        return day_of(mark, endless=order is CaseOrder.DUE), mark.case_id
    return instant_of(mark), mark.case_id


def _entries(wanted: CaseFilter) -> list[str]:
    """The texts under which all wanted cases are indexed."""
    flags = {name: getattr(wanted, name) for name in _FLAGS}
    if wanted.overdue_on is not None:
        flags["open"] = True
    named = {name: getattr(wanted, name) for name in _EQUAL}
    named |= {name: None if flag is None else str(flag).lower() for name, flag in flags.items()}
    entries = [f"{name} {value}" for name, value in named.items() if value is not None]
    return entries if wanted.executor is None else [*entries, wanted.executor]


def _lists(
    wanted: CaseFilter, order: CaseOrder, sight: dict[str, Any]
) -> tuple[dict[str, list[str]], dict[str, list[int]]]:
    """Names of which every wanted case is indexed by one, and stretches likewise."""
    names: dict[str, list[str]] = {}
    if "sight_officials" in sight and ("sight_units" in sight or wanted.confidential):
        units = [] if wanted.confidential else sight["sight_units"]
        names["sight_names"] = [*units, *sight["sight_officials"]]
    stretches: dict[str, list[int]] = {}
    own = SORTS[order].stretch
    if own != _RECEIVED_STRETCH:
        stretches |= _stretches(
            "received_stretches", wanted.received_from, wanted.received_to, _RECEIVED_STRETCH
        )
    if own != _DUE_STRETCH:
        stretches |= _stretches("due_stretches", wanted.due_from, wanted.due_to, _DUE_STRETCH)
    return names, stretches


def _stretches(name: str, start: date | None, end: date | None, which: int) -> dict[str, list[int]]:
    """The entries of the stretches from *start* to *end*; none where they are open or very many."""
    if start is None or end is None:
        return {}
    first, last = _stretch_of(start), _stretch_of(end)
    if last - first > _STRETCHES_LISTED:
        return {}
    return {name: [stretch * 2 + which for stretch in range(first, last + 1)]}


def _stretch_of(day: date) -> int:
    if isinstance(day, datetime):
        day = _in_utc(day)
    return (day.toordinal() - 1) // STRETCH


def contradicts_itself(wanted: CaseFilter) -> bool:
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


def mark_of(order: CaseOrder, row: Struct) -> Mark:
    """Where a page ends with *row*, which has the register's columns."""
    value: date | None = getattr(row, order.removeprefix("-"))
    case_id: UUID = row.case_id  # type: ignore[attr-defined]
    return Mark(order, value.isoformat() if value else NO_DAY, case_id)
