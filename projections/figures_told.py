"""The figures as the sums of occurrences have them, and the cases behind each."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.rows import tuple_row
from psycopg.sql import SQL

from domain.case import CaseKind
from projections.figures import FIGURES, Counted, Days, Figure, Period, Scope, Span
from projections.occurrence import Occurrence
from projections.pages import (
    NO_DAY,
    CursorInvalid,
    Mark,
    Page,
    checked,
    day_of,
    decode,
    encode,
    page,
    position_of,
)

MODEL = "occurrences"


class By(StrEnum):
    """What figures are told by. The value is the sums' column; months are by their first days."""

    UNIT = "unit"
    KIND = "kind"
    MONTH = "month"


class Dimension(StrEnum):
    """What the occurrences of whole months can be broken down by."""

    SUBKIND = "subkind"
    CHANNEL = "channel"
    REGION = "region"
    TOPIC = "topic"
    APPLICANT = "applicant"
    OFFICIAL = "official"
    OUTCOME = "outcome"


class Sum(Struct, frozen=True):
    """``n`` occurrences, and what they come to."""

    n: int = 0
    amount: int = 0


NOTHING = Sum()


class Frame(Struct, frozen=True, kw_only=True):
    """Of what, and in what ``period``, figures are told."""

    scope: Scope
    period: Period

    @property
    def units(self) -> list[str]:
        """Whose sums have to be added up: those of the whole register are kept too."""
        return [""] if self.scope.units is None else list(self.scope.units)


class FigureCase(Struct, frozen=True):
    """An occurrence that a figure counts, with what a list shows of its case.

    ``workers`` are those who work or worked on it.
    """

    case_id: UUID
    number: str
    kind: str
    state: str
    unit: str
    official: str | None
    topic: str | None
    subject: str | None
    on_day: date | None
    outcome: str | None
    amount: int
    confidential: bool
    workers: list[str]


_CELLS = (
    "read_models.occurrence_sums cell WHERE cell.unit = ANY(%(units)s::text[])"
    " AND (NOT cell.confidential OR %(confidential)s)"
)
_WANTED = (
    "unnest(%(names)s::text[], %(occurrences)s::text[], %(dimensions)s::text[],"
    " %(values)s::text[], %(kinds)s::text[], %(grains)s::text[], %(firsts)s::text[]::date[],"
    " %(lasts)s::text[]::date[])"
    " AS wanted (name, occurrence, dimension, values, kinds, grain, first, last)"
)
# Each of the wanted finds its cells in the index: there are few, however many cases they count.
_SUMS = (
    "SELECT wanted.name, {by}, sum(cell.n)::int8, sum(cell.amount)::int8 FROM " + _WANTED + ""  # noqa: S608
    " CROSS JOIN LATERAL (SELECT * FROM " + _CELLS + ""
    " AND cell.occurrence = wanted.occurrence AND cell.dimension = wanted.dimension"
    " AND cell.grain = wanted.grain AND cell.starts_on BETWEEN wanted.first AND wanted.last"
    " AND cell.kind = ANY(string_to_array(wanted.kinds, ' '))"
    " AND (cell.value = wanted.values OR cell.value = ANY(string_to_array(wanted.values, ' ')))"
    " OFFSET 0) AS cell"
    " GROUP BY wanted.name, {by}"
)


_GROUPS: Mapping[By | None, LiteralString] = {
    None: "''::text",
    By.UNIT: "cell.unit",
    By.KIND: "cell.kind",
    By.MONTH: "date_trunc('month', cell.starts_on::timestamp)::date::text",
}


class Wanted(Struct, frozen=True):
    """What is added up under a ``name``."""

    name: str
    counted: Counted


async def sums(
    conn: AsyncConnection[Any], frame: Frame, wanted: Iterable[Wanted], by: By | None = None
) -> dict[tuple[str, str], Sum]:
    """What is wanted, by its name and what it is told by, or else ``""``; without what is 0."""
    rows = [
        (
            each.name,
            each.counted.occurrence.value,
            each.counted.column,
            " ".join(each.counted.values),
            " ".join(kind.value for kind in each.counted.kinds),
            span.grain,
            span.first,
            span.last,
        )
        for each in wanted
        for span in frame.period.spans(each.counted.days)
    ]
    columns = ("names", "occurrences", "dimensions", "values", "kinds", "grains", "firsts", "lasts")
    values: dict[str, Any] = dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))
    values |= {"units": frame.units, "confidential": frame.scope.confidential}
    if by is By.UNIT and frame.scope.units is None:
        values["units"] = await units_counted(conn)
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    await cursor.execute(SQL(_SUMS).format(by=SQL(_GROUPS[by])), values, prepare=True)
    return {(name, key): Sum(n, amount) for name, key, n, amount in await cursor.fetchall()}


# From one unit to the next by the index, however many sums there are of each.
_UNITS = (
    "WITH RECURSIVE known AS (SELECT min(unit) AS unit FROM read_models.occurrence_sums"
    " WHERE unit > '' UNION ALL SELECT (SELECT min(unit) FROM read_models.occurrence_sums"
    " WHERE unit > known.unit) FROM known WHERE known.unit IS NOT NULL)"
    " SELECT unit FROM known WHERE unit IS NOT NULL"
)


async def units_counted(conn: AsyncConnection[Any]) -> list[str]:
    """Every unit that anything was ever counted of."""
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    await cursor.execute(_UNITS, prepare=True)
    return [unit for (unit,) in await cursor.fetchall()]


async def course(
    conn: AsyncConnection[Any],
    frame: Frame,
    occurrences: Sequence[Occurrence],
    kinds: Sequence[CaseKind],
    grain: str,
) -> dict[tuple[date, str], int]:
    """How many of each occurrence there were, by the day or the month, within the period."""
    query = SQL(
        "SELECT date_trunc(%(grain)s, cell.starts_on::timestamp)::date, cell.occurrence,"  # noqa: S608
        " sum(cell.n)::int8 FROM unnest(%(grains)s::text[], %(firsts)s::text[]::date[],"
        " %(lasts)s::text[]::date[]) AS span (grain, first, last)"
        " CROSS JOIN LATERAL (SELECT * FROM " + _CELLS + ""
        " AND cell.occurrence = ANY(%(occurrences)s::text[]) AND cell.dimension = ''"
        " AND cell.grain = span.grain AND cell.starts_on BETWEEN span.first AND span.last"
        " AND cell.kind = ANY(%(kinds)s::text[]) OFFSET 0) AS cell GROUP BY 1, 2"
    )
    period = frame.period
    whole_days = [Span("day", period.since.isoformat(), period.until.isoformat())]
    spans = whole_days if grain == "day" else period.spans(Days.PERIOD)
    values = {
        "units": frame.units,
        "confidential": frame.scope.confidential,
        "occurrences": [each.value for each in occurrences],
        "kinds": [kind.value for kind in kinds],
        "grain": grain,
        "grains": [span.grain for span in spans],
        "firsts": [span.first for span in spans],
        "lasts": [span.last for span in spans],
    }
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    await cursor.execute(query, values, prepare=True)
    return {(on, occurrence): n for on, occurrence, n in await cursor.fetchall()}


async def breakdown(
    conn: AsyncConnection[Any], frame: Frame, figure: Figure, dimension: Dimension
) -> dict[str, int]:
    """How many there were of each value in the months of the period, the most frequent first.

    Of what is open it is all. Raises ValueError for a figure that can't be broken down.
    """
    counted = FIGURES[figure]
    column: str = dimension.value
    if figure is Figure.REPEATS and dimension is Dimension.TOPIC:
        column = "topic of repeats"
    elif counted.column:
        raise ValueError(f"{figure} can't be broken down by {dimension}")
    spans = {
        Days.PERIOD: (
            frame.period.since.replace(day=1).isoformat(),
            frame.period.until.isoformat(),
        ),
        Days.ALL: ("-infinity", "infinity"),
    }
    if counted.days not in spans:
        raise ValueError(f"{figure} isn't of whole months")
    first, last = spans[counted.days]
    query = SQL(
        "SELECT cell.value, sum(cell.n)::int8 AS n FROM " + _CELLS + ""  # noqa: S608
        " AND cell.occurrence = %(occurrence)s AND cell.dimension = %(dimension)s"
        " AND cell.grain = 'month' AND cell.starts_on BETWEEN %(first)s::date AND %(last)s::date"
        " AND cell.kind = ANY(%(kinds)s::text[]) GROUP BY 1 ORDER BY n DESC, 1"
    )
    values = {
        "units": frame.units,
        "confidential": frame.scope.confidential,
        "occurrence": counted.occurrence.value,
        "dimension": column,
        "kinds": [kind.value for kind in counted.kinds],
        "first": first,
        "last": last,
    }
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    await cursor.execute(query, values, prepare=True)
    return dict(await cursor.fetchall())


async def position(conn: AsyncConnection[Any]) -> int:
    """The position that the figures are true for."""
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    await cursor.execute(SQL("SELECT {}").format(position_of(MODEL)), prepare=True)
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


class Narrowing(Struct, frozen=True, kw_only=True):
    """What a list of a figure's cases is narrowed to: one kind, one value of a dimension."""

    kind: CaseKind | None = None
    dimension: Dimension | None = None
    value: str | None = None


_ORDER = "on_day"
_CASES = (
    "SELECT occurrence.case_id, known.number, occurrence.kind, known.state, occurrence.unit,"
    " occurrence.official, coalesce(occurrence.topic, known.topic) AS topic, known.subject,"
    " occurrence.on_day, occurrence.outcome, occurrence.amount, occurrence.confidential,"
    " known.workers, occurrence.part, occurrence.nth FROM read_models.occurrences AS occurrence"
    " JOIN LATERAL (SELECT number, state, topic, subject, workers FROM read_models.register"
    " WHERE register.case_id = occurrence.case_id AND {sight}) AS known ON true"
    " WHERE {where} ORDER BY occurrence.on_day, occurrence.case_id, part, nth LIMIT %(limit)s"
)
# Each unit's list is read in its order and as far as the page goes: all of them at once would be
# sorted whole.
_CASES_OF_UNITS = (
    "SELECT found.* FROM unnest(%(units)s::text[]) AS own (unit) CROSS JOIN LATERAL ({cases})"
    " AS found ORDER BY found.on_day, found.case_id, found.part, found.nth LIMIT %(limit)s"
)


async def figure_cases(
    conn: AsyncConnection[Any],
    frame: Frame,
    figure: Figure,
    sight: tuple[str, dict[str, Any]],
    narrowed: Narrowing,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[FigureCase]:
    """What the figure counts and the reader may see, the earliest day first. Raises CursorInvalid.

    Where the reader sees all that is in the scope there are just as many as the figure says.
    """
    conditions, values = _conditions(frame, FIGURES[figure], narrowed)
    values |= sight[1] | {"limit": checked(limit) + 1}
    if cursor is not None:
        values |= _behind(cursor)
        place = "(occurrence.case_id, part, nth) > (%(case)s::uuid, %(part)s, %(nth)s::int8)"
        conditions.append(
            f"(occurrence.on_day > %(day)s::date OR occurrence.on_day = %(day)s::date AND {place}"
            f" OR occurrence.on_day IS NULL AND (%(day)s::date < 'infinity' OR {place}))"
        )
    query = SQL(_CASES).format(sight=SQL(sight[0]), where=SQL(" AND ").join(map(SQL, conditions)))
    if frame.scope.units is not None:
        query = SQL(_CASES_OF_UNITS).format(cases=query)
    order = SQL("on_day, case_id, part, nth")
    found, at = await page(conn, query, order, values, MODEL, "register")
    rows = [FigureCase(*row[:-2]) for row in found[:limit]]
    more = _cursor(rows[-1], *found[limit - 1][-2:]) if len(found) > limit else None
    return Page(rows, more, at)


def _behind(cursor: str) -> dict[str, Any]:
    mark = decode(cursor, _ORDER)
    part, _, nth = mark.part.rpartition(" ")
    if not nth.isdecimal() or len(nth) > _DIGITS:
        raise CursorInvalid(CursorInvalid.__doc__)
    day = day_of(mark, endless=True)
    return {"day": day, "case": mark.case_id, "part": part, "nth": int(nth)}


_DIGITS = 9


def _cursor(last: FigureCase, part: str, nth: int) -> str:
    day = last.on_day.isoformat() if last.on_day else NO_DAY
    return encode(Mark(_ORDER, day, last.case_id, f"{part} {nth}"))


def _conditions(
    frame: Frame, counted: Counted, narrowed: Narrowing
) -> tuple[list[str], dict[str, Any]]:
    """The same as the sums count, asked of the rows."""
    kinds = [kind.value for kind in counted.kinds if narrowed.kind in (None, kind)]
    values: dict[str, Any] = {"occurrence": counted.occurrence.value, "kinds": kinds}
    found = [
        "occurrence.memory IS NULL",
        "occurrence.occurrence = %(occurrence)s",
        "occurrence.kind = ANY(%(kinds)s::text[])",
    ]
    first, last = frame.period.of(counted.days)
    if counted.days is Days.NONE:
        found.append("occurrence.on_day IS NULL")
    if first:
        values["first"] = first
        found.append("occurrence.on_day >= %(first)s")
    if last:
        values["last"] = last
        found.append("occurrence.on_day <= %(last)s")
    if counted.column:
        values["values"] = list(counted.values)
        found.append(f"occurrence.{counted.column}::text = ANY(%(values)s::text[])")
    if narrowed.dimension:
        values["value"] = narrowed.value
        found.append(f"occurrence.{narrowed.dimension.value} = %(value)s")
    if frame.scope.units is not None:
        values["units"] = list(frame.scope.units)
        found.append("occurrence.unit = own.unit")
    if not frame.scope.confidential:
        found.append("NOT occurrence.confidential")
    return found, values
