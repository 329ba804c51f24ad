"""Which answers people came back after: repeats tied to the decision before them.

A repeat is tied to the last answer in its group that was given on an earlier day than it was
received, and was final then; its group is whatever confirmed repeats and merges join. What arrives
on the day of an answer crossed it. A merged appeal joins its group without being a repeat, though
it was confirmed to be one before it was merged.
"""

from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from psycopg import AsyncConnection

EPOCH = date(1970, 1, 1)
_NEVER = 1 << 20
"""Beyond every day that a date can tell."""
_HEADER = 20
"""Bytes before the first element of an array as PostgreSQL sends it."""

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Ids = npt.NDArray[np.bytes_]

STOOD = (
    "since_position <= %(at)s::int8 AND (until_position IS NULL OR until_position > %(at)s::int8)"
)
_LINKED = f"FROM read_models.repeat_links WHERE verdict <> 'not-repeat' AND {STOOD}"
_LINKS = f"SELECT array_agg(case_id), array_agg(earlier), array_agg(verdict = 'repeat') {_LINKED}"
_CASES = (
    f"WITH linked AS MATERIALIZED (SELECT case_id {_LINKED} "  # noqa: S608 - its own words
    f"UNION SELECT earlier {_LINKED}) "
    "SELECT array_agg(case_id), array_agg(CASE WHEN position <= %(at)s THEN position ELSE 0 END), "
    "array_agg(coalesce(answered_on - '1970-01-01'::date, 0)), "
    "array_agg((received_at AT TIME ZONE %(zone)s)::date - '1970-01-01'::date), "
    "array_agg(CASE WHEN set_aside_position <= %(at)s THEN set_aside_on - '1970-01-01'::date "
    f"ELSE {_NEVER} END) FROM read_models.answers WHERE {STOOD} AND {{sight}} "
    "AND case_id IN (SELECT case_id FROM linked)"
)


class Ties(Struct, frozen=True):
    """The answers in groups, in the order of their groups and days, and the repeats.

    ``days`` is after how many days the first came back, -1 where nobody has; ``first``: no answer
    of its group came before. ``back`` and ``back_on`` are the repeat that came back first.
    ``repeats``, in the order of their ids, have ``tied_to``, the place of their answer or -1.
    ``cases`` are all in groups, with their ``group_of`` and the day they ``arrived``.
    """

    positions: Ints
    answered: Ints
    groups: Ints
    days: Ints
    returns: Ints
    first: Flags
    back: Ids
    repeats: Ids
    received: Ints
    of_group: Ints
    tied_to: Ints
    cases: Ids
    group_of: Ints
    arrived: Ints


async def ties_at(
    conn: AsyncConnection[Any],
    at: int,
    on: date,
    zone: str,
    sight: tuple[str, dict[str, Any]],
) -> Ties:
    """The ties as they were known at position *at*, up to the business day *on*.

    Whatever isn't in *sight* is left out before anything is joined, so that nothing is told of it.
    """
    condition, values = sight
    values = values | {"at": at, "zone": zone}
    links = await _columns(conn, _LINKS, values, ("S16", "S16", "?"))
    cases = await _columns(
        conn, _CASES.format(sight=condition), values, ("S16", ">i8", ">i4", ">i4", ">i4")
    )
    return _tied(links, cases, (on - EPOCH).days)


async def _columns(
    conn: AsyncConnection[Any], query: str, values: dict[str, Any], types: tuple[str, ...]
) -> tuple[Any, ...]:
    """The columns of one row of arrays: read as they are sent, none of their elements is null."""
    cursor = conn.cursor(binary=True)
    await cursor.execute(query.encode(), values, prepare=False)
    result = cursor.pgresult
    assert result is not None  # noqa: S101 - it selects
    sent = (result.get_value(0, number) for number in range(len(types)))
    return tuple(
        np.frombuffer((each or b"")[_HEADER:], np.dtype([("length", ">i4"), ("value", type_)]))[
            "value"
        ]
        for each, type_ in zip(sent, types, strict=True)
    )


def _tied(links: tuple[Any, ...], cases: tuple[Any, ...], on: int) -> Ties:
    case_ids, given_at, given_on, arrived_on, aside_on = cases
    ids, case = np.unique(case_ids, return_inverse=True)
    later, earlier = _places(ids, links[0]), _places(ids, links[1])
    seen = (later >= 0) & (earlier >= 0)
    is_repeat = links[2] & ~np.isin(links[0], links[0][~links[2]])
    later, earlier, is_repeat = later[seen], earlier[seen], is_repeat[seen]
    group = _groups(len(ids), later, earlier)

    received_on = np.full(len(ids), 0, np.int64)
    received_on[case] = arrived_on
    repeats = np.unique(later[is_repeat])
    repeats = repeats[received_on[repeats] <= on]

    given = (given_at > 0) & (given_on <= on)
    of_case, positions = case[given], given_at[given].astype(np.int64)
    answered = given_on[given].astype(np.int64)
    aside = aside_on[given].astype(np.int64)
    order = np.lexsort((positions, answered, group[of_case]))
    of_case, positions, answered, aside = (
        each[order] for each in (of_case, positions, answered, aside)
    )
    groups = group[of_case]

    tied_to = _decision_before(
        groups * _NEVER + answered,
        groups,
        of_case,
        aside,
        repeats,
        group[repeats],
        received_on[repeats],
    )
    tied = np.flatnonzero(tied_to >= 0)
    # The last to be written is the first to have come back.
    tied = tied[np.argsort(-received_on[repeats[tied]], kind="stable")]
    back = np.full(len(positions), -1, np.int64)
    back[tied_to[tied]] = repeats[tied]
    came = back >= 0
    days = np.where(came, received_on[back] - answered, -1) if len(ids) else back
    return Ties(
        positions=positions,
        answered=answered,
        groups=groups,
        days=days,
        returns=np.bincount(tied_to[tied], minlength=len(positions)),
        first=np.concatenate(([True], groups[1:] != groups[:-1])) if len(groups) else came,
        back=np.where(came, ids[back], b"") if len(ids) else ids,
        repeats=ids[repeats],
        received=received_on[repeats],
        of_group=group[repeats],
        tied_to=tied_to,
        cases=ids,
        group_of=group,
        arrived=received_on,
    )


def ids_in(places: Ids) -> list[UUID]:
    """The ids of an array, which leaves out the zero bytes at their ends."""
    return [UUID(bytes=each.ljust(16, b"\0")) for each in places.tolist()]


def _places(ids: Ids, wanted: Ids) -> Ints:
    """Where each of *wanted* stands in the sorted *ids*, -1 where it doesn't."""
    if not len(ids):
        return np.full(len(wanted), -1, np.int64)
    places = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[places] == wanted, places, -1)


def _groups(count: int, one: Ints, other: Ints) -> Ints:
    """For each of *count* nodes the lowest of those it is joined with."""
    groups = np.arange(count)
    while True:
        before = groups.copy()
        lowest = np.minimum(groups[one], groups[other])
        np.minimum.at(groups, groups[one], lowest)
        np.minimum.at(groups, groups[other], lowest)
        groups = groups[groups]
        if np.array_equal(before, groups):
            return groups


def _decision_before(
    keys: Ints,
    groups: Ints,
    of_case: Ints,
    aside: Ints,
    repeats: Ints,
    group: Ints,
    received: Ints,
) -> Ints:
    """The place of the answer that each repeat came after; -1 where there was none."""
    place = np.searchsorted(keys, group * _NEVER + received, side="left") - 1
    while True:
        known = (place >= 0) & (groups[place] == group) if len(groups) else place >= 0
        place = np.where(known, place, -1)
        looked = np.flatnonzero(known)
        at = place[looked]
        passed = looked[(aside[at] < received[looked]) | (of_case[at] == repeats[looked])]
        if not len(passed):
            return place
        place[passed] -= 1
