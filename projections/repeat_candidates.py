"""What a new appeal may be a repeat of, as the read models have it: by keys, then by case."""

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import IntEnum
from functools import cached_property, lru_cache, partial
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import AsyncConnection, Connection
from psycopg.rows import tuple_row

from domain.envelope import Recorded
from domain.matter_card import MatterCard
from domain.person_card import Card
from infra.arrays import Numbers, Uuids
from infra.blinding import Blinding
from projections import matters, people
from projections.matters import Told
from projections.pages import columns, position_of
from projections.readmodel import Rows
from projections.repeat_blocks import SealedPerson, rows_of
from projections.seen_cases import Sight

_PEOPLE_SEEN, _CASES_SEEN, _OWN_CASES = 400, 600, 300


class SeenPerson(Struct, dict=True):
    """Somebody of a case in sight. A card is opened when it is first compared."""

    case_id: UUID
    person_id: UUID
    part: str
    open: Callable[[], Card]

    @cached_property
    def card(self) -> Card:
        """Raises CardNotOurs."""
        return self.open()


class SeenMatter(Struct, dict=True):
    """What a part of a case in sight is about, opened likewise.

    ``shares`` a key with the matter that others are sought for.
    """

    case_id: UUID
    part: str
    shares: bool
    open: Callable[[], Told]

    @cached_property
    def card(self) -> MatterCard:
        """Raises CardNotOurs."""
        return self.open().card


class FoundCase(Struct, frozen=True):
    """Of the register's row what is told of a candidate."""

    case_id: UUID
    kind: str
    number: str
    state: str
    open: bool
    unit: str
    executors: list[str]
    workers: list[str]
    region: str | None
    topic: str | None
    subject: str | None
    received_at: datetime
    registered_on: date
    due_on: date | None
    result: str | None


class Cases(Struct, frozen=True):
    """What there is of the cases in the reader's sight, true for ``position``.

    ``more``: of very many cases, or people in them, the newest are here.
    """

    rows: dict[UUID, FoundCase]
    people: list[SeenPerson]
    matters: list[SeenMatter]
    more: bool
    position: int


class Appearances(Struct, frozen=True):
    """Cases in which persons write or are written for, and who was told apart from them."""

    cases: set[UUID]
    apart: set[UUID]
    more: bool


NOBODY = Appearances(set(), set(), more=False)


class Verdict(Struct, frozen=True):
    """What stands between an appeal and another, on the later of the two."""

    case_id: UUID
    later: UUID
    verdict: str
    decided_by: str


_APPEARANCES = (
    b"(SELECT case_id, NULL::uuid FROM read_models.parties WHERE person_id = ANY(%(persons)s) "
    b"AND part <> ALL ('{journalist,spokesperson,concerned}') GROUP BY case_id "
    b"ORDER BY max(since) DESC LIMIT " + str(_OWN_CASES + 1).encode() + b") UNION "
    b"SELECT NULL, CASE WHEN person_id = ANY(%(persons)s) THEN other_id ELSE person_id END "
    b"FROM read_models.identity_links WHERE until_position IS NULL AND verdict = 'different' "
    b"AND (person_id = ANY(%(persons)s) OR other_id = ANY(%(persons)s))"
)
_COUNTED = 20_000
_FEW = (
    "SELECT count(*) FROM (SELECT FROM read_models.people "  # noqa: S608 - a number
    f"LIMIT {_COUNTED + 1}) AS counted"
).encode()
_ABOUT = (
    b"SELECT greatest(c.reltuples, 20000)::int8 FROM karguzar.read_model_builds b "
    b"JOIN pg_class c ON c.oid = to_regclass('read_models.' || b.name || '_' || b.build) "
    b"WHERE b.name = 'people' AND b.stage = 'live'"
)
_POSITION = position_of("register", "people", "matters").as_string()
_VERDICTS = (
    b"SELECT CASE WHEN case_id = %(appeal)s THEN earlier ELSE case_id END, case_id, verdict, "
    b"decided_by FROM read_models.repeat_links WHERE until_position IS NULL "
    b"AND (case_id = %(appeal)s OR earlier = %(appeal)s)"
)


def asked_about(
    events: Sequence[Recorded], blinding: Blinding
) -> tuple[list[tuple[str, UUID, Card]], MatterCard | None]:
    """A case's people, each with part and id, and what it is about, as its events now say."""
    of_people: Rows = {}
    of_matters: Rows = {}
    for recorded in events:
        people.fold(of_people, recorded, blinding)
        matters.fold(of_matters, recorded, blinding)
    case = events[0].originator_id
    asking = [
        (row.part, row.person_id, people.opened((case, row.person_id, row.card), blinding))
        for row in of_people.values()
    ]
    matter = of_matters.get((case, matters.WHOLE))
    if matter is None:
        return asking, None
    return asking, matters.opened((case, matters.WHOLE, matter.card), blinding).card


async def appearances(conn: AsyncConnection[Any], persons: Collection[UUID]) -> Appearances:
    """The newest cases in which these persons write or are written for."""
    cases, apart = set(), set()
    values = {"persons": Uuids(persons)}
    for case, person in await rows_of(conn, _APPEARANCES, values):
        if case:
            cases.add(case)
        else:
            apart.add(person)
    return Appearances(cases, apart, more=len(cases) > _OWN_CASES)


def surroundings(
    conn: Connection[Any], blinding: Blinding, sample: int
) -> tuple[int, list[MatterCard]]:
    """About how many people's cards there are, and what the newest cases are about."""
    reader = conn.cursor(binary=True, row_factory=tuple_row)
    (count,) = reader.execute(_FEW).fetchone() or (0,)
    if count > _COUNTED:
        (count,) = reader.execute(_ABOUT).fetchone() or (count,)
    newest = reader.execute(
        "SELECT case_id, part, card FROM read_models.matters ORDER BY case_id DESC LIMIT %s",
        (sample,),
    )
    return int(count), [
        matters.opened((case, part, card), blinding).card for case, part, card in newest
    ]


async def in_sight(
    conn: AsyncConnection[Any],
    blinding: Blinding,
    cases: Collection[UUID],
    sight: Sight,
    *,
    people_of: Collection[UUID] = (),
    persons: Collection[UUID] = (),
    first: Collection[UUID] = (),
    of_matter: Collection[str] = (),
) -> Cases:
    """Those of the cases that may be seen, with their matters, and the people of some of them.

    Of very many cases those that go *first*, then the newest; likewise of people the *persons*.
    *of_matter* are the keys of the matter that others are sought for.
    """
    condition, seen_values = sight
    values = {
        "cases": Uuids(cases),
        "people_of": Uuids(people_of),
        "persons": Uuids(persons),
        "first": Uuids(first),
        "of_matter": Numbers(map(blinding.token, of_matter)),
        **seen_values,
    }
    found: dict[UUID, FoundCase] = {}
    of_people: list[SealedPerson] = []
    of_matters: list[SeenMatter] = []
    position = 0
    for what, *row in await rows_of(conn, _in_sight(condition), values):
        match what:
            case _Told.CASE:
                found[row[0]] = FoundCase(*row[_IN_CASE])
            case _Told.PERSON:
                of_people.append(SealedPerson(row[0], *row[_IN_PERSON]))
            case _Told.MATTER:
                part, card, shares = row[_IN_MATTER]
                opening = partial(matters.opened, (row[0], part, card), blinding)
                of_matters.append(SeenMatter(row[0], part, shares, opening))
            case _:
                position = row[-1]
    more = len(found) > _CASES_SEEN or len(of_people) > _PEOPLE_SEEN
    return Cases(found, _seen(of_people, blinding), of_matters, more, position)


def seen(
    with_key: Mapping[str, Iterable[SealedPerson]], in_sight: Container[UUID], blinding: Blinding
) -> dict[str, list[SeenPerson]]:
    """Of those who have each key the ones whose case is in sight."""
    once = {
        (row.case_id, row.person_id, row.part): row
        for rows in with_key.values()
        for row in rows
        if row.case_id in in_sight
    }
    one = dict(zip(once, _seen(once.values(), blinding), strict=True))
    return {
        key: [one[at] for row in rows if (at := (row.case_id, row.person_id, row.part)) in one]
        for key, rows in with_key.items()
    }


def _seen(rows: Iterable[SealedPerson], blinding: Blinding) -> list[SeenPerson]:
    return [
        SeenPerson(
            row.case_id,
            row.person_id,
            row.part,
            partial(people.opened, (row.case_id, row.person_id, row.card), blinding),
        )
        for row in rows
    ]


async def verdicts_on(conn: AsyncConnection[Any], appeal: UUID) -> list[Verdict]:
    """What has been decided on an appeal and others, and stands."""
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute(_VERDICTS, {"appeal": appeal})
    return [Verdict(*row) for row in await cursor.fetchall()]


class _Told(IntEnum):
    """What a row in sight is of."""

    CASE = 0
    PERSON = 1
    MATTER = 2
    POSITION = 3


_WIDTH = len(FoundCase.__struct_fields__)
_IN_CASE = slice(0, _WIDTH)
_IN_PERSON = slice(_WIDTH, _WIDTH + 3)
_IN_MATTER = slice(_WIDTH + 1, _WIDTH + 4)


@lru_cache
def _in_sight(sight: str) -> bytes:
    """One statement: each answer costs more than what is in it."""
    case = columns(FoundCase, "register").as_string()
    nothing = ", ".join(["NULL"] * (_WIDTH - 1))
    joined = (
        "FROM read_models.{0} JOIN register ON register.case_id = {0}.case_id "
        "WHERE {0}.case_id = ANY(%({1})s)"
    )
    return (
        "WITH register AS MATERIALIZED (SELECT * FROM read_models.register "  # noqa: S608
        f"WHERE case_id = ANY(%(cases)s) AND {sight} "
        "ORDER BY case_id = ANY(%(first)s) DESC, received_at DESC, case_id "
        f"LIMIT {_CASES_SEEN + 1}) "
        f"(SELECT {_Told.CASE:d}::int8, {case}, NULL::uuid, NULL::text, NULL::bytea, NULL::bool, "
        "NULL::int8 "
        "FROM register) UNION ALL "
        f"(SELECT {_Told.PERSON:d}, people.case_id, {nothing}, people.person_id, people.part, "
        f"people.card, NULL, NULL {joined.format('people', 'people_of')} "
        "ORDER BY people.person_id = ANY(%(persons)s) DESC, register.received_at DESC "
        f"LIMIT {_PEOPLE_SEEN + 1}) UNION ALL "
        f"(SELECT {_Told.MATTER:d}, matters.case_id, {nothing}, NULL, matters.part, matters.card, "
        "matters.blocks && %(of_matter)s::int8[], "
        f"NULL {joined.format('matters', 'cases')}) UNION ALL "
        f"(SELECT {_Told.POSITION:d}, NULL, {nothing}, NULL, NULL, NULL, NULL, {_POSITION})"
    ).encode()
