"""How much of very many cases, and of those in them, a look for candidates takes in."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

import psycopg
import pytest
from psycopg import AsyncConnection

from application.desk import Desk
from domain.person_card import card_from, encode
from infra.blinding import Blinding
from projections import READ_MODELS
from projections.builds import live_builds
from projections.repeat_candidates import appearances, in_sight
from tests.orders import register_appeal
from tests.projections.logs import reader_of, run_out, runner_for, tracking_in

MODELS = [m for m in READ_MODELS if m.name in {"people", "matters", "parties", "register",
                                                "identity_links"}]  # fmt: skip
ALL = ("true", dict[str, object]())
CASES, PEOPLE, OWN = 600, 400, 300
T = TypeVar("T")


def numbered(number: int) -> UUID:
    return UUID(int=number)


@pytest.fixture
def blinding(desk: Desk, database: str) -> Blinding:
    """A register with one appeal, from whose rows others are made."""
    desk.execute(register_appeal())
    run_out(runner_for(desk, database, tracking_in(database), MODELS))
    return reader_of(desk).blinding


def more_rows(database: str, model: str, count: int, **changes: str) -> None:
    """So many rows like the first, numbered by ``n``; the changes are SQL."""
    with psycopg.connect(database) as conn:
        table = f"{model}_{live_builds(conn)[model]}"
        own = conn.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s "
            "AND is_generated = 'NEVER'",
            (table,),
        ).fetchall()
        columns = [column for (column,) in own]
        values = [changes.get(column, f"r.{column}") for column in columns]
        conn.execute(
            f"INSERT INTO read_models.{table} ({', '.join(columns)}) SELECT {', '.join(values)} "
            f"FROM (SELECT * FROM read_models.{table} LIMIT 1) AS r, generate_series(1, %s) AS n",
            (count,),
        )


ID = "lpad(to_hex(n), 32, '0')::uuid"
LATER = "r.received_at + n * interval '1 minute'"


def asked(database: str, look: Callable[[AsyncConnection[object]], Awaitable[T]]) -> T:
    async def ask() -> T:
        async with await AsyncConnection.connect(database, autocommit=True) as conn:
            return await look(conn)

    return asyncio.run(ask())


def test_of_very_many_cases_the_named_ones_and_the_newest_are_looked_at(
    database: str, blinding: Blinding
) -> None:
    count = CASES + 50
    more_rows(database, "register", count, case_id=ID, received_at=LATER)
    wanted, first = {numbered(n) for n in range(1, count + 1)}, {numbered(1), numbered(2)}
    found = asked(database, lambda conn: in_sight(conn, blinding, wanted, ALL, first=first))
    newest = {numbered(n) for n in range(count - CASES + 2, count + 1)}
    assert found.rows.keys() == newest | first
    assert found.more
    fewer = set(sorted(wanted)[:CASES])
    found = asked(database, lambda conn: in_sight(conn, blinding, fewer, ALL))
    assert found.rows.keys() == fewer
    assert not found.more


def test_of_very_many_people_those_known_are_looked_at_first(
    database: str, blinding: Blinding
) -> None:
    somebody = encode(card_from(surname="Nümunəyeva", name="Leyla"))
    persons = [numbered(n) for n in range(1, PEOPLE + 51)]
    with psycopg.connect(database) as conn:
        (case,) = conn.execute("SELECT case_id FROM read_models.register").fetchone() or (None,)
        assert isinstance(case, UUID)
        conn.cursor().executemany(
            f"INSERT INTO read_models.people_{live_builds(conn)['people']} "
            "VALUES (%s, %s, 'signatory', %s, '{}')",
            [(case, one, blinding.seal(somebody, case.bytes + one.bytes)) for one in persons],
        )
    known = set(persons[-3:])
    found = asked(
        database,
        lambda conn: in_sight(conn, blinding, {case}, ALL, people_of={case}, persons=known),
    )
    assert known < {each.person_id for each in found.people}
    assert len(found.people) == PEOPLE + 1
    assert found.more


@pytest.mark.usefixtures("blinding")
def test_of_very_many_own_cases_the_newest_are_looked_at(database: str) -> None:
    count = OWN + 50
    more_rows(database, "parties", count, case_id=ID, since="r.since + n * interval '1 minute'")
    with psycopg.connect(database) as conn:
        (person,) = conn.execute("SELECT person_id FROM read_models.parties").fetchone() or (None,)
    assert isinstance(person, UUID)
    found = asked(database, lambda conn: appearances(conn, {person}))
    assert found.cases == {numbered(n) for n in range(count - OWN, count + 1)}
    assert found.more
