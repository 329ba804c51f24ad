"""Returns: how many answers people came back after, by who gave them, on what and how."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from struct import Struct as Pack
from typing import Any
from uuid import UUID

import numpy as np
from msgspec import Struct
from msgspec.structs import asdict
from psycopg import AsyncConnection, adapters
from psycopg.adapt import Dumper
from psycopg.postgres import types
from psycopg.pq import Format
from psycopg.sql import SQL, Composable

from projections.pages import Mark, checked, day_of, decode, encode, page
from projections.ties import EPOCH, STOOD, Flags, Ints, Ties, ids_in, ties_at

MODELS = ("answers", "repeat_links")
LONGEST_WITHIN = 1_000
_ORDER = "-answered"
_POSITION = 1


class By(StrEnum):
    """What answers are counted by. The value is the read model's column."""

    UNIT = "unit"
    SIGNATORY = "signatory"
    AUTHOR = "author"
    TOPIC = "topic"
    REGION = "region"
    KIND = "kind"
    ANSWER = "answer"
    WAY = "way"
    RESULT = "result"
    GROUND = "ground"


class Figure(StrEnum):
    """What is counted of a group; each can be listed as well, by the same condition."""

    ANSWERS = "answers"
    HAD_TIME = "had-time"
    RETURNED = "returned"
    RETURNED_SO_FAR = "returned-so-far"
    ON_TIME = "on-time"
    ON_TIME_HAD_TIME = "on-time-had-time"
    ON_TIME_RETURNED = "on-time-returned"
    FIRST_ANSWERS = "first-answers"
    FIRST_TIME_RIGHT = "first-time-right"
    SET_ASIDE = "set-aside"


_ASIDE = "(set_aside_position <= %(at)s AND set_aside_on <= %(on)s AND coalesce(tied.days, -1) < 0)"
_STANDS = f"{_ASIDE} IS NOT TRUE"
_TIME = "answered_on <= %(watched_from)s"
_BACK = "tied.days BETWEEN 0 AND %(within)s"
_FIRST = "coalesce(tied.first = 1, nth = 1)"
_SET_ASIDE_WITHIN = (
    "(set_aside_position <= %(at)s AND set_aside_on <= answered_on + %(within)s::int)"
)
CONDITIONS: Mapping[Figure, str] = {
    Figure.ANSWERS: _STANDS,
    Figure.HAD_TIME: f"{_STANDS} AND {_TIME}",
    Figure.RETURNED: f"{_BACK} AND {_TIME}",
    Figure.RETURNED_SO_FAR: "tied.days >= 0",
    Figure.ON_TIME: f"{_STANDS} AND on_time",
    Figure.ON_TIME_HAD_TIME: f"{_STANDS} AND on_time AND {_TIME}",
    Figure.ON_TIME_RETURNED: f"{_BACK} AND on_time AND {_TIME}",
    Figure.FIRST_ANSWERS: f"{_FIRST} AND {_TIME}",
    Figure.FIRST_TIME_RIGHT: (
        f"{_FIRST} AND {_TIME} AND ({_BACK}) IS NOT TRUE AND {_SET_ASIDE_WITHIN} IS NOT TRUE"
    ),
    Figure.SET_ASIDE: _ASIDE,
}
"""Each with ``tied`` joined to ``answers``: those without a row there are nobody's return."""


class AnswerFilter(Struct, frozen=True, kw_only=True):
    """Every field given narrows the answers. ``result`` is what was known of it then."""

    unit: str | None = None
    signatory: str | None = None
    author: str | None = None
    topic: str | None = None
    region: str | None = None
    kind: str | None = None
    answer: str | None = None
    way: str | None = None
    result: str | None = None
    ground: str | None = None
    on_time: bool | None = None
    imported: bool | None = None


class Asked(Struct, frozen=True, kw_only=True):
    """Recorded time is the position ``at``; everything else is days of business time.

    Answers given from ``since`` to ``until``, both included, are watched up to ``on``; a return
    counts that comes ``within`` so many days. ``sight`` is the reader's, as SQL.
    """

    at: int
    on: date
    since: date
    until: date
    within: int
    zone: str
    sight: tuple[str, dict[str, Any]]
    wanted: AnswerFilter = AnswerFilter()

    @property
    def values(self) -> dict[str, Any]:
        """The values that the conditions name."""
        given = {name: each for name, each in asdict(self.wanted).items() if each is not None}
        return given | {
            "at": self.at,
            "on": self.on,
            "since": self.since,
            "until": min(self.until, self.on),
            "within": self.within,
            "watched_from": self.on - timedelta(days=self.within),
            **self.sight[1],
        }

    @property
    def conditions(self) -> list[str]:
        """What has to hold of a row of ``answers`` that is asked about."""
        found = [
            "position > 0 AND position <= %(at)s",
            STOOD,
            "answered_on BETWEEN %(since)s AND %(until)s",
            self.sight[0],
        ]
        for name in AnswerFilter.__struct_fields__:
            if getattr(self.wanted, name) is not None:
                column = RESULT if name == By.RESULT else name
                found.append(f"{column} = %({name})s")
        return found


RESULT = "CASE WHEN result_position <= %(at)s THEN result END"
Group = tuple[str | None, ...]


class Returns(Struct, frozen=True):
    """The figures of each group, and how many repeats came back after no answer at all."""

    groups: dict[Group, dict[Figure, int]]
    without_answer: int


class Returned(Struct, frozen=True, kw_only=True):
    """An answer. ``days`` are those until the first of ``returns`` came, ``back`` that appeal.

    ``set_aside_on``: its case was begun anew, and it was final no more.
    """

    case_id: UUID
    position: int
    number: str | None
    kind: str
    topic: str
    region: str | None
    unit: str
    author: str | None
    signatory: str | None
    answer: str
    way: str | None
    ground: str | None
    result: str | None
    answered_on: date
    due_on: date | None
    on_time: bool | None
    set_aside_on: date | None
    days: int | None
    returns: int
    back: UUID | None
    back_number: str | None


class ReturnedPage(Struct, frozen=True):
    rows: list[Returned]
    cursor: str | None


async def latest(conn: AsyncConnection[Any]) -> int:
    """The position that all read models have come to which returns are told from."""
    _, position = await page(conn, SQL("SELECT 1 WHERE false"), SQL("1"), {}, *MODELS)
    return position


async def count_returns(conn: AsyncConnection[Any], asked: Asked, by: Sequence[By]) -> Returns:
    """The figures by each of *by*, and the next."""
    ties = await _ties(conn, asked)
    groups = ", ".join(column(each) for each in by)
    figures = ", ".join(f"count(*) FILTER (WHERE {CONDITIONS[figure]})::int8" for figure in Figure)
    query = SQL("SELECT {figures}{more} FROM {source} WHERE {where} GROUP BY ({groups})").format(
        figures=SQL(figures),
        more=SQL(f", {groups}" if by else ""),
        source=TIED,
        where=where(asked),
        groups=SQL(groups),
    )
    cursor = conn.cursor(binary=True)
    await cursor.execute(query, asked.values | tied_values(ties, asked), prepare=False)
    found = {
        tuple(row[len(Figure) :]): dict(zip(Figure, row, strict=False))
        for row in await cursor.fetchall()
    }
    return Returns(found, _without_answer(ties, asked))


async def list_returns(
    conn: AsyncConnection[Any],
    asked: Asked,
    figure: Figure,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> ReturnedPage:
    """The answers behind a figure, the latest first. Raises CursorInvalid, LimitInvalid."""
    ties = await _ties(conn, asked)
    conditions = [*asked.conditions, CONDITIONS[figure]]
    values = asked.values | tied_values(ties, asked) | {"limit": checked(limit) + 1}
    if cursor is not None:
        mark = decode(cursor, _ORDER)
        values |= {"after": day_of(mark), "after_case": mark.case_id, "after_position": mark.part}
        conditions.append(
            "(answered_on, case_id, position) < "
            "(%(after)s::date, %(after_case)s::uuid, %(after_position)s::int8)"
        )
    query = SQL(
        "SELECT answers.case_id, position, (SELECT number FROM read_models.register r "
        "WHERE r.case_id = answers.case_id), answers.kind, answers.topic, answers.region, "
        "answers.unit, author, signatory, answer, way, ground, {result}, answered_on, "
        "answers.due_on, on_time, CASE WHEN set_aside_position <= %(at)s THEN set_aside_on END, "
        "nullif(tied.days, -1), coalesce(tied.returns, 0) "
        "FROM {source} WHERE {where} "
        "ORDER BY answered_on DESC, case_id DESC, position DESC LIMIT %(limit)s"
    ).format(result=SQL(RESULT), source=TIED, where=_all(conditions))
    reader = conn.cursor(binary=True)
    await reader.execute(query, values, prepare=False)
    found = await reader.fetchall()
    appeals = [_back(ties, row[_POSITION]) for row in found]
    numbers = await _numbers(conn, [each for each in appeals if each])
    rows = [
        Returned(
            **dict(zip(Returned.__struct_fields__, row, strict=False)),
            back=appeal,
            back_number=numbers.get(appeal) if appeal else None,
        )
        for row, appeal in zip(found[:limit], appeals, strict=False)
    ]
    more = None
    if len(found) > limit:
        last = rows[-1]
        more = encode(Mark(_ORDER, last.answered_on.isoformat(), last.case_id, str(last.position)))
    return ReturnedPage(rows, more)


_TIED = ("tied", "tied_days", "tied_returns", "tied_first")
TIED: Composable = SQL(
    "read_models.answers LEFT JOIN unnest(%(tied)s::int8[], %(tied_days)s::int8[], "
    "%(tied_returns)s::int8[], %(tied_first)s::int8[]) "
    "AS tied (tied_to, days, returns, first) ON tied.tied_to = position"
)


def tied_values(ties: Ties, asked: Asked) -> dict[str, Any]:
    """What `TIED` joins to the answers asked about: those of groups."""
    inside = _inside(ties.answered, asked)
    columns = (ties.positions, ties.days, ties.returns, ties.first.astype(np.int64))
    return dict(zip(_TIED, (Int8s(each[inside]) for each in columns), strict=True))


class Int8s(Struct, frozen=True):
    """Numbers on their way to PostgreSQL, as it reads an array of int8: one by one takes long."""

    numbers: Ints


class _Int8sDumper(Dumper):
    """Of no type by itself: else it would be taken for all arrays of int8, in COPY too."""

    format = Format.BINARY

    def dump(self, obj: Int8s) -> bytes:
        elements = np.empty(len(obj.numbers), np.dtype([("length", ">i4"), ("value", ">i8")]))
        elements["length"], elements["value"] = 8, obj.numbers
        return _ARRAY.pack(1, 0, types["int8"].oid, len(elements), 1) + elements.tobytes()


_ARRAY = Pack(">iiIii")
adapters.register_dumper(Int8s, _Int8sDumper)


def column(by: By) -> str:
    return RESULT if by is By.RESULT else by.value


async def _ties(conn: AsyncConnection[Any], asked: Asked) -> Ties:
    return await ties_at(conn, asked.at, asked.on, asked.zone, asked.sight)


def _back(ties: Ties, position: int) -> UUID | None:
    """The appeal that came back first after the answer at *position*."""
    [place] = np.flatnonzero(ties.positions == position)[:1].tolist() or [-1]
    if place < 0 or ties.days[place] < 0:
        return None
    return ids_in(ties.back[place : place + 1])[0]


async def _numbers(conn: AsyncConnection[Any], cases: list[UUID]) -> dict[UUID, str]:
    cursor = conn.cursor(binary=True)
    query = "SELECT case_id, number FROM read_models.register WHERE case_id = ANY(%b)"
    await cursor.execute(query, (cases,), prepare=True)
    return dict(await cursor.fetchall())


def where(asked: Asked) -> Composable:
    """What has to hold of the answers asked about, in SQL."""
    return _all(asked.conditions)


def _all(conditions: Sequence[str]) -> Composable:
    return SQL(" AND ".join(f"({each})" for each in conditions))


def _without_answer(ties: Ties, asked: Asked) -> int:
    return int(np.count_nonzero(_inside(ties.received, asked) & (ties.tied_to < 0)))


def _inside(days: Ints, asked: Asked) -> Flags:
    since, until = (asked.since - EPOCH).days, (asked.until - EPOCH).days
    return (days >= since) & (days <= until)
