"""Groups of appeals on one matter and clusters of persons who are one, derived when read.

A group is what standing links join: nothing of it is stored, so that a withdrawn link leaves
nothing behind, and a group is known at every position of the log.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.rows import tuple_row

from domain.appeal import (
    ON_THE_MERITS,
    AppealRegistered,
    AppealReopened,
    AppealReplyDispatched,
    AppealTakenUpAgain,
    LegacyOutcomeRecorded,
)
from domain.envelope import Recorded
from domain.repeat import ANSWERS_NEEDED, year_after
from infra.arrays import Texts, Uuids
from infra.mapper import EventMapper, stored_name
from infra.rows import StreamRow
from projections.seen_cases import Sight

WALKED = 1_000
"""To so many further appeals, or persons, links are followed; whoever asks is told of the cut."""
EVERYTHING: Sight = "true", {}
_NOW = (1 << 63) - 1
_MAPPER = EventMapper()
_REGISTERED = stored_name(AppealRegistered)
_ANSWERING = Texts(
    stored_name(event)
    for event in (
        AppealReplyDispatched,
        LegacyOutcomeRecorded,
        AppealReopened,
        AppealTakenUpAgain,
    )
)
_ANSWERS = (
    "WITH answering AS MATERIALIZED (SELECT * FROM karguzar.register_events "
    "WHERE originator_id = ANY(%(cases)s) AND notification_id <= %(upto)s "
    "AND topic = ANY(%(answering)s)), registered AS (SELECT * FROM karguzar.register_events "
    "WHERE originator_id = ANY(ARRAY(SELECT originator_id FROM answering)) "
    "AND originator_version = 1 AND topic = %(registered)s) "
    "SELECT originator_id, originator_version, topic, state, notification_id "
    "FROM (SELECT * FROM answering UNION ALL SELECT * FROM registered) AS telling "
    "ORDER BY originator_id, originator_version"
)


class Answer(Struct, frozen=True):
    """The final answer on the merits that an appeal has had; ``position`` is its event's."""

    case_id: UUID
    number: str
    answered_on: date
    position: int


class Group(Struct, frozen=True, kw_only=True):
    """``members`` are in the order of their ids, ``answers`` in that of their days.

    ``in_year`` counts the answers of the year before the day that is asked for. ``more``: so many
    are joined with those asked for that some were left out.
    """

    members: list[UUID]
    answers: list[Answer]
    in_year: int
    more: bool = False

    @property
    def may_be_left(self) -> bool:
        """Whether one more appeal, without new facts, may be left unconsidered."""
        return self.in_year >= ANSWERS_NEEDED


class GroupLink(Struct, frozen=True):
    """``verdict`` is repeat, not-repeat or merged.

    ``merge_advised``: when it was confirmed the later could be merged into the earlier one, within
    whose term it had come: by law the two are answered by one letter.
    """

    later: UUID
    earlier: UUID
    verdict: str
    decided_by: str
    since_position: int
    merge_advised: bool


class _Linked(Struct, frozen=True):
    """A read model of links, and what has to be in sight for one to be followed."""

    view: str
    one: str
    other: str
    apart: str
    seen: str


_APPEALS = _Linked(
    "read_models.repeat_links",
    "case_id",
    "earlier",
    "not-repeat",
    "EXISTS (SELECT FROM read_models.register WHERE case_id = next.id AND {0})",
)
_PERSONS = _Linked(
    "read_models.identity_links",
    "person_id",
    "other_id",
    "different",
    "EXISTS (SELECT FROM read_models.register WHERE case_id = next.decided_in AND {0}) "
    "AND EXISTS (SELECT FROM read_models.parties JOIN read_models.register USING (case_id) "
    "WHERE person_id = next.id AND {0})",
)


@lru_cache
def _walk(links: _Linked, condition: str) -> bytes:
    """All that is joined with what is asked for, the nearest first; then what joins these."""
    seen = "true" if condition == EVERYTHING[0] else links.seen.format(condition)
    stands = (
        f"l.verdict <> '{links.apart}' AND l.since_position <= %(upto)s "
        "AND (l.until_position IS NULL OR l.until_position > %(upto)s)"
    )
    ends = f"l.{links.other} AS id, l.case_id AS decided_in"
    reached = "ANY(ARRAY(SELECT id FROM reached))"
    return (
        "WITH RECURSIVE member (id) AS (SELECT unnest(%(ids)s::uuid[]) UNION "  # noqa: S608
        f"SELECT next.id FROM member, LATERAL (SELECT {ends} FROM {links.view} l "
        f"WHERE l.{links.one} = member.id AND {stands} UNION ALL "
        f"SELECT l.{links.one}, l.case_id FROM {links.view} l WHERE l.{links.other} = member.id "
        f"AND {stands}) AS next WHERE {seen}), "
        "reached AS MATERIALIZED (SELECT id FROM member LIMIT %(most)s) "
        "SELECT id, NULL::uuid FROM reached UNION ALL "
        f"SELECT next.one, next.id FROM (SELECT l.{links.one} AS one, {ends} "
        f"FROM {links.view} l WHERE l.{links.one} = {reached} AND l.{links.other} = {reached} "
        f"AND {stands}) AS next WHERE {seen}"
    ).encode()


async def groups_of(
    conn: AsyncConnection[Any],
    appeals: Collection[UUID],
    *,
    on: date,
    at: int | None = None,
    sight: Sight = EVERYTHING,
) -> dict[UUID, Group]:
    """The group of each appeal, as it stands or as it was known at position *at*.

    An appeal that nothing joins is a group of its own. Answers count that were given before the day
    *on*. Only appeals in *sight* join, so that no group hints at another.
    """
    members, more = await _joined(conn, _APPEALS, appeals, at, sight)
    told = await _answers(conn, {one for group in members.values() for one in group}, at)
    made: dict[UUID, Group] = {}
    for group in members.values():
        if group[0] in made:
            continue
        answers = sorted(
            (told[one] for one in group if one in told),
            key=lambda answer: (answer.answered_on, answer.position),
        )
        made[group[0]] = Group(
            members=group,
            answers=answers,
            in_year=counted(answers, on),
            more=more and len(group) > 1,
        )
    return {appeal: made[group[0]] for appeal, group in members.items()}


async def people_of(
    conn: AsyncConnection[Any],
    persons: Collection[UUID],
    at: int | None = None,
    sight: Sight = EVERYTHING,
) -> dict[UUID, list[UUID]]:
    """All who are one with each person, themselves included, as known at position *at*.

    Only decisions in *sight* join, on persons who have a case in sight. Of very many who are one,
    `WALKED` are told.
    """
    joined, _ = await _joined(conn, _PERSONS, persons, at, sight)
    return joined


async def links_among(
    conn: AsyncConnection[Any], appeals: Collection[UUID], at: int | None = None
) -> list[GroupLink]:
    """The standing links with both ends among the appeals."""
    upto = _NOW if at is None else at
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    await cursor.execute(
        "SELECT case_id, earlier, verdict, decided_by, since_position, merge_advised "
        "FROM read_models.repeat_links WHERE case_id = ANY(%b) AND earlier = ANY(%b) "
        "AND since_position <= %b AND (until_position IS NULL OR until_position > %b) "
        "ORDER BY since_position, earlier",
        (Uuids(appeals), Uuids(appeals), upto, upto),
    )
    return [GroupLink(*row) for row in await cursor.fetchall()]


async def repeats_of(conn: AsyncConnection[Any], appeal: UUID, at: int | None = None) -> list[UUID]:
    """The later appeals that were confirmed to repeat this one, as known at position *at*."""
    upto = _NOW if at is None else at
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    await cursor.execute(
        "SELECT case_id FROM read_models.repeat_links "
        "WHERE earlier = %b AND verdict = 'repeat' AND since_position <= %b "
        "AND (until_position IS NULL OR until_position > %b)",
        (appeal, upto, upto),
        prepare=True,
    )
    return [case for (case,) in await cursor.fetchall()]


def counted(answers: Iterable[Answer], on: date) -> int:
    """How many were given in the year before the day *on*; those of that day crossed what came."""
    return sum(each.answered_on < on <= year_after(each.answered_on) for each in answers)


async def _joined(
    conn: AsyncConnection[Any],
    links: _Linked,
    seeds: Collection[UUID],
    at: int | None,
    sight: Sight,
) -> tuple[dict[UUID, list[UUID]], bool]:
    """What each is joined with, itself included, in the order of ids; whether some were left."""
    condition, seen_values = sight
    asked = Uuids(dict.fromkeys(seeds))
    most = len(asked) + WALKED
    values = {"ids": asked, "most": most + 1, "upto": _NOW if at is None else at, **seen_values}
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    await cursor.execute(_walk(links, condition), values, prepare=True)
    found = await cursor.fetchall()
    walked = [one for one, other in found if other is None]
    neighbours: dict[UUID, list[UUID]] = {one: [] for one in walked[:most]}
    for one, other in found:
        if one in neighbours and other in neighbours:
            neighbours[one].append(other)
            neighbours[other].append(one)
    joined: dict[UUID, list[UUID]] = {}
    for seed in asked:
        if seed not in joined:
            group = _reached(seed, neighbours)
            joined |= dict.fromkeys(group, group)
    return {seed: joined[seed] for seed in asked}, len(walked) > most


def _reached(seed: UUID, neighbours: Mapping[UUID, Iterable[UUID]]) -> list[UUID]:
    found = dict.fromkeys([seed])
    waiting = [seed]
    for one in waiting:
        for other in neighbours.get(one, ()):
            if other not in found:
                found[other] = None
                waiting.append(other)
    return sorted(found)


async def _answers(
    conn: AsyncConnection[Any], appeals: Collection[UUID], at: int | None
) -> dict[UUID, Answer]:
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    values = {
        "cases": Uuids(appeals),
        "upto": _NOW if at is None else at,
        "answering": _ANSWERING,
        "registered": _REGISTERED,
    }
    await cursor.execute(_ANSWERS, values, prepare=True)
    return final_answers(_MAPPER.read(StreamRow(*row)) for row in await cursor.fetchall())


def final_answers(events: Iterable[Recorded]) -> dict[UUID, Answer]:
    """The last final answer of each appeal on the merits, where it was not begun anew since."""
    numbers: dict[UUID, str] = {}
    answers: dict[UUID, Answer] = {}
    for recorded in events:
        case, position = recorded.originator_id, recorded.position
        match recorded.event:
            case AppealRegistered(number=number):
                numbers[case] = str(number)
            case AppealReplyDispatched(interim=False, dispatched_on=day):
                answers[case] = Answer(case, numbers[case], day, position)
            case LegacyOutcomeRecorded(result=result, ended_on=day) if result in ON_THE_MERITS:
                answers[case] = Answer(case, numbers[case], day, position)
            case AppealReopened() | AppealTakenUpAgain():
                answers.pop(case, None)
            case _:
                pass
    return answers
