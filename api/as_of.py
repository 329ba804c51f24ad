"""What was known at a position or an instant, and for which business day: two times, both told."""

import re
from datetime import UTC, date, datetime, tzinfo
from typing import Annotated, Any

from litestar.params import QueryParameter
from msgspec import Struct
from msgspec.structs import replace
from psycopg import AsyncConnection

from api.instants import WRITTEN, InstantNotReadable, instant_of
from api.register_state import Register
from domain.case import NotFitting
from projections.cases import CaseFilter
from projections.instants import position_at, recorded_at

_POSITION = re.compile(r"[1-9][0-9]{0,17}")

AsKnown = Annotated[
    str | None,
    QueryParameter(
        name="as_of",
        max_length=40,
        description=(
            "Recorded time: as the register knew it at this position, or at this instant: "
            f"{WRITTEN}. Now, if left out"
        ),
    ),
]
Since = Annotated[
    str,
    QueryParameter(max_length=40, description=f"Recorded time: a position, or {WRITTEN}"),
]
BusinessDay = Annotated[
    date | None,
    QueryParameter(
        description=(
            "Business time: what is overdue is so on this day, and nothing registered for a later "
            "day is told. If left out, the day of as_of, or today"
        )
    ),
]


class AsOfNotReadable(NotFitting):
    """Recorded time is a position from 1, or an instant such as 2026-03-01T09:00:00+04:00."""


class AsOfAhead(NotFitting):
    """The register has not come so far yet: ask for an earlier position or instant."""


class CaseNotYetRegistered(Exception):
    """The case was not in the register yet at that time: ask for a later one."""


class AsOf(Struct, frozen=True, kw_only=True):
    """For what an answer is true.

    Recorded time is ``known_at``, when the register knew it, and ``position``, the last event by
    then. Business time is ``on``, the day for which it is told what is overdue.
    """

    position: int
    known_at: datetime
    on: date


async def as_of(register: Register, given: str, on: date | None = None) -> AsOf:
    """As `read_as_of`, of the running server."""
    async with register.pool.connection() as conn:
        return await read_as_of(conn, register.desk.terms.time_zone, given, on)


async def read_as_of(
    conn: AsyncConnection[Any], zone: tzinfo, given: str, on: date | None = None
) -> AsOf:
    """The position and instant *given*, and the day *on*, or else that of the instant in *zone*.

    Raises AsOfNotReadable, AsOfAhead.
    """
    if _POSITION.fullmatch(given):
        position = int(given)
        known_at = await recorded_at(conn, position)
        if known_at is None:
            raise AsOfAhead(AsOfAhead.__doc__)
    else:
        known_at = _instant(given, zone)
        if known_at > datetime.now(UTC):
            raise AsOfAhead(AsOfAhead.__doc__)
        position = await position_at(conn, known_at)
    return AsOf(position=position, known_at=known_at, on=on or known_at.astimezone(zone).date())


def as_of_now(zone: tzinfo, position: int, on: date | None = None) -> AsOf:
    """What is known at present, up to *position*."""
    now = datetime.now(UTC)
    return AsOf(position=position, known_at=now, on=on or now.astimezone(zone).date())


def on_day(wanted: CaseFilter, day: date, *, asked: bool) -> CaseFilter:
    """The filter for the business *day*: what is wanted overdue has to be so on that day.

    Where the day was *asked* for, what is registered for a later one is left out.
    """
    overdue_on = day if wanted.overdue_on is not None else None
    last = wanted.registered_to
    if asked:
        last = day if last is None else min(day, last)
    return replace(wanted, registered_to=last, overdue_on=overdue_on)


def _instant(given: str, zone: tzinfo) -> datetime:
    try:
        return instant_of(given, zone)
    except InstantNotReadable:
        raise AsOfNotReadable(AsOfNotReadable.__doc__) from None
