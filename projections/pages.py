"""Pages of a list: keyset cursors, and the position a page is true for."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, date, datetime
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

from msgspec import DecodeError, Struct, ValidationError, json
from psycopg import AsyncConnection, AsyncRawCursor
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composable, Composed, Identifier

_PAGE_LIMIT = 200
NO_DAY = "infinity"
"""Where rows without a day are sorted, in PostgreSQL's words."""

RowT = TypeVar("RowT")


class CursorInvalid(Exception):
    """This cursor doesn't belong to this list: begin again without one."""


class LimitInvalid(ValueError):
    """A page has 1 to 200 rows."""


class Page(Struct, Generic[RowT], frozen=True):
    """``cursor`` leads to the next page, None on the last.

    ``position`` is the place in the log that all rows are true for.
    """

    rows: list[RowT]
    cursor: str | None
    position: int


class Mark(Struct, frozen=True, array_like=True):
    """Where a page ended: the sort value as text, and the keys that tell equals apart."""

    order: str
    value: str
    case_id: UUID
    part: str = ""


def encode(mark: Mark) -> str:
    return urlsafe_b64encode(json.encode(mark)).decode().rstrip("=")


def decode(cursor: str, order: str) -> Mark:
    """Raises CursorInvalid for anything but a cursor of a list in this order."""
    try:
        plain = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        mark = json.decode(plain, type=Mark)
    except (ValueError, DecodeError, ValidationError):
        raise CursorInvalid(CursorInvalid.__doc__) from None
    if mark.order != order:
        raise CursorInvalid(CursorInvalid.__doc__)
    return mark


def day_of(mark: Mark, *, endless: bool = False) -> str:
    """The day where a page ended, *endless* for a list that has rows without one at its end.

    Raises CursorInvalid for whatever else a forged cursor holds.
    """
    if endless and mark.value == NO_DAY:
        return NO_DAY
    try:
        return date.fromisoformat(mark.value).isoformat()
    except ValueError:
        raise CursorInvalid(CursorInvalid.__doc__) from None


def instant_of(mark: Mark) -> str:
    """The instant where a page ended. Raises CursorInvalid."""
    try:
        instant = datetime.fromisoformat(mark.value)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        pass
    raise CursorInvalid(CursorInvalid.__doc__)


def checked(limit: int) -> int:
    """*limit*, if a page may have so many rows. Raises LimitInvalid."""
    if not 1 <= limit <= _PAGE_LIMIT:
        raise LimitInvalid(LimitInvalid.__doc__)
    return limit


def position_of(*names: str) -> Composed:
    """SQL for the position that all these live read models have reached."""
    return SQL(
        "(SELECT coalesce(min(coalesce(t.notification_id, 0)), 0)"
        " FROM karguzar.read_model_builds b LEFT JOIN karguzar.register_tracking t"
        " ON t.application_name = b.name || '_' || b.build"
        " WHERE b.stage = 'live' AND b.name IN ({names}))"
    ).format(names=SQL(", ").join(names))


def columns(row: type[Struct], of: str, *, after: int = 0, first: int | None = None) -> Composed:
    """The row's columns, or the *first* of them or those *after*, from the view named *of*."""
    names = row.__struct_fields__[after:first]
    return SQL(", ").join(SQL("{}.{}").format(Identifier(of), Identifier(name)) for name in names)


async def for_reading(conn: AsyncConnection[Any]) -> None:
    """Set up a connection that lists are read on, as a pool's ``configure``.

    The pages of the lists' indexes are in memory nearly always, and reading the index of a
    column of lists takes longer than PostgreSQL reckons: with its own figures it collects the
    cases of half the department where walking past a few hundred rows would do.
    """
    await conn.execute("SET random_page_cost = 0.03")
    await conn.execute("SET seq_page_cost = 0.03")
    await conn.execute("SET cpu_index_tuple_cost = 0.01")
    await conn.execute("SET jit = off")
    if not conn.autocommit:
        await conn.commit()


def whole(query: Composable, order_by: Composable, *names: str) -> Composed:
    """The rows of *query* in their order, each behind the position of the read models *names*.

    One statement, so that rows and position are of one moment.
    """
    return SQL(
        "WITH page AS ({query}) SELECT {position}, page.* FROM (SELECT) AS one "
        "LEFT JOIN page ON true ORDER BY {order_by}"
    ).format(query=query, position=position_of(*names), order_by=order_by)


async def page(
    conn: AsyncConnection[Any],
    query: Composable,
    order_by: Composable,
    values: dict[str, Any],
    *names: str,
) -> tuple[list[tuple[Any, ...]], int]:
    """The rows of *query* in their order, and the position of the read models *names*.

    Planned for its own values: the best way to few rows is rarely the best way to many.
    """
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    await cursor.execute(whole(query, order_by, *names), values, prepare=False)
    return _parted(await cursor.fetchall())


class Prepared(Struct, frozen=True):
    """A statement that has one way to be carried out and takes long to plan.

    A connection plans it once, and its text is made once: ``names`` are those of the values in
    their order.
    """

    text: bytes
    names: tuple[str, ...]

    @classmethod
    def of(cls, statement: Composable) -> Self:
        names: dict[str, str] = {}

        def number(found: re.Match[str]) -> str:
            return names.setdefault(found[1], f"${len(names) + 1}")

        text = re.sub(r"%\((\w+)\)s", number, statement.as_string())
        return cls(text.encode(), tuple(names))


async def prepared_page(
    conn: AsyncConnection[Any], statement: Prepared, values: dict[str, Any]
) -> tuple[list[tuple[Any, ...]], int]:
    """The same of a statement that was made beforehand."""
    cursor = AsyncRawCursor(conn, row_factory=tuple_row)
    given = [values[name] for name in statement.names]
    async with conn.pipeline(), conn.transaction():
        await conn.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await cursor.execute(statement.text, given, prepare=True, binary=True)
        found = await cursor.fetchall()
    return _parted(found)


def _parted(found: list[tuple[Any, ...]]) -> tuple[list[tuple[Any, ...]], int]:
    return [row[1:] for row in found if row[1] is not None], found[0][0]
