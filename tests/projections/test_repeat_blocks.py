"""Blocks of keys that many have: who is looked at, and what is told of the others."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import psycopg
import pytest

from application.desk import Desk
from infra.blinding import Blinding
from projections import matters, people
from projections.builds import live_builds
from projections.readmodel import ReadModel
from projections.repeat_blocks import BROAD, NARROW, Blocks, commonest, in_blocks
from tests.projections.logs import reader_of, runner_for, tracking_in

MODELS = [ReadModel.of(people), ReadModel.of(matters)]
MAIL, PHONE, RARE = "em:office@example.com", "ph:123456789", "fin:7ZULFU4"
STEM = "st:lift"


@pytest.fixture
def blinding(desk: Desk, database: str) -> Blinding:
    runner_for(desk, database, tracking_in(database), MODELS)
    return reader_of(desk).blinding


def put(database: str, blinding: Blinding, rows: Mapping[int, tuple[str, ...]]) -> None:
    """Somebody in each case who has these keys, and a matter that has those of matters."""
    with psycopg.connect(database) as conn:
        builds = live_builds(conn)
        for number, keys in rows.items():
            tokens = [blinding.token(key) for key in keys if key != STEM]
            conn.execute(
                f"INSERT INTO read_models.people_{builds['people']} "
                "VALUES (%s, %s, 'applicant', '', %s::int8[])",
                (UUID(int=number), UUID(int=number), tokens),
            )
            if STEM in keys:
                conn.execute(
                    f"INSERT INTO read_models.matters_{builds['matters']} VALUES (%s, '', '', %s)",
                    (UUID(int=number), [blinding.token(STEM)]),
                )


def looked(database: str, blinding: Blinding, **asked: Any) -> Blocks:
    keys = {"narrow": [], "broad": [], "names": [], "of_matter": [], **asked}

    async def look() -> Blocks:
        async with await psycopg.AsyncConnection.connect(database, autocommit=True) as conn:
            return await in_blocks(conn, blinding, **keys)

    return asyncio.run(look())


def cases(blocks: Blocks, key: str) -> set[int]:
    return {row.case_id.int for row in blocks.people.get(key, ())}


def test_of_a_crowded_narrow_key_those_who_share_another_common_one_are_looked_at_first(
    database: str, blinding: Blinding
) -> None:
    crowd = dict.fromkeys(range(1, NARROW + 51), (MAIL,))
    callers = dict.fromkeys(range(1000, 1000 + BROAD + 1), (PHONE,))
    put(database, blinding, {**crowd, **callers, 5_000: (MAIL, PHONE), 6_000: (RARE,)})
    found = looked(database, blinding, narrow=[MAIL, RARE], broad=[PHONE])
    assert 5_000 in cases(found, MAIL)
    assert len(cases(found, MAIL)) == NARROW
    assert cases(found, PHONE) == set()
    assert cases(found, RARE) == {6_000}
    assert found.too_large == {MAIL, PHONE}


def test_what_is_known_to_be_common_is_left_without_being_read(
    database: str, blinding: Blinding
) -> None:
    put(database, blinding, {1: (PHONE, STEM), 2: (PHONE,)})
    read = looked(database, blinding, broad=[PHONE], names=[PHONE], of_matter=[STEM])
    assert cases(read, PHONE) == {1, 2}
    assert read.matters == {STEM: [UUID(int=1)]}
    assert read.namesakes == {PHONE: 2}
    assert read.too_large == set()
    about = {blinding.token(PHONE): 90_000, blinding.token(STEM): 401}
    left = looked(database, blinding, broad=[PHONE], names=[PHONE], of_matter=[STEM], about=about)
    assert left.people == left.matters == {}
    assert left.too_large == {PHONE, STEM}
    assert left.namesakes == {PHONE: 1_000}


def test_how_many_have_the_commonest_tokens_is_what_the_database_saw(
    database: str, blinding: Blinding
) -> None:
    put(database, blinding, {n: (PHONE, f"fin:{n}") for n in range(1, 301)})
    with psycopg.connect(database, autocommit=True) as conn:
        assert blinding.token(PHONE) not in commonest(conn)
        (build,) = [live_builds(conn)["people"]]
        conn.execute(f"ANALYZE read_models.people_{build}".encode())
        conn.execute("SET ROLE karguzar_app")
        assert commonest(conn)[blinding.token(PHONE)] == 300
